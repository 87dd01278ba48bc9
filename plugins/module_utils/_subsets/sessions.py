# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The live sessions of a panel, and the accounts or clients that they belong to.

The container of those of a 2.x panel is not documented (contract: client_session, ``container``). Structure decides:
a session is an object of plain values. It may be inside lists, and inside maps by the name of the
client, by protocol, or by both in either order. Which key is the protocol follows from the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, Mapping, Tuple

from .._errors import ExchangeError, PuqVpnError
from .._networks import interface_of
from .._objects.read_only import SESSION
from .._panel.reader import PanelReader
from .._schema import ObjectKind, Values, items_of

Session = Dict[str, Any]
# The two keys above a session, the outer one first.
_Keyed = Tuple[str, str, Session]

PROTOCOLS = ("wireguard", "amneziawg", "openvpn", "ikev2")


def live_sessions(reader: PanelReader) -> list[Session]:
    """Read the live sessions, with one GET for each of the two lists of a 1.x panel, or with one for a 2.x panel.

    :raises PuqVpnError: as the client does.
    """
    return [session for online in ONLINE_LISTS[reader.generation] for session in online.read_from(reader)]


def known_sessions(reader: PanelReader, kind: ObjectKind) -> list[Session] | None:
    """As :func:`live_sessions`, with a warning for each list that the panel does not show; None if it shows none.

    :param kind: what the sessions belong to, accounts or clients.
    :raises PuqVpnError: the panel would not answer any other request either.
    """
    shown = [
        sessions
        for sessions in (_known(reader, kind, online) for online in ONLINE_LISTS[reader.generation])
        if sessions is not None
    ]
    return [session for sessions in shown for session in sessions] if shown else None


def _known(reader: PanelReader, kind: ObjectKind, online: OnlineList) -> list[Session] | None:
    try:
        return online.read_from(reader)
    except PuqVpnError as error:
        if not reader.concerns_one_list(error):
            raise
        over = f" over {online.title}" if online.title else ""
        reader.client.warnings.append(f"{error} No {kind.title} of this panel is reported as online{over}.")
        return None


def sessions_by_account(
    kind: ObjectKind, accounts: Iterable[Values], sessions: Iterable[Session]
) -> dict[str, list[Session]]:
    """Return the sessions by the names of their accounts or clients.

    The rows of a 2.x panel have a network and an address for certain, and whether a name is the name or the username
    is open (contract: client_session, ``fields_exact``). So the name counts, then the username, then the address.
    """
    accounts = list(accounts)
    names = [
        {account[field]: account["name"] for account in accounts if isinstance(account.get(field), str)}
        for field in ("name", "username", kind.address)
    ]
    found: dict[str, list[Session]] = {}
    for session in sessions:
        address = interface_of(session.get("ip", session.get("allowed_ips")))
        shown = (session.get("name"), session.get("username", session.get("name")), address and str(address.ip))
        owners = [known[key] for known, key in zip(names, shown) if isinstance(key, str) and key in known]
        if owners:
            found.setdefault(owners[0], []).append(session)
    return found


@dataclass(frozen=True)
class OnlineList:
    """A list of live sessions, at a path. ``protocol`` is that of all of them; if it is empty, each names its own."""

    path: str
    read: Callable[[Any], Iterable[Session]]
    protocol: str = ""
    title: str = ""

    def read_from(self, reader: PanelReader) -> list[Session]:
        """Read the sessions, with one GET, each with its ``protocol`` as far as it is known.

        :raises PuqVpnError: as the client does.
        """
        sessions = reader.client.read(self.path, self.read)
        return [{**session, "protocol": self.protocol or session.get("protocol")} for session in sessions]


def sessions_in(payload: Any) -> list[Session]:
    """Return the sessions in an answer, with their ``name`` and ``protocol`` as far as known, sorted by both.

    :raises ExchangeError: ``answer_wrong_type`` for what fits none of the containers.
    """
    if _is_empty(payload) or payload == "":
        found: list[Session] = []
    elif _is_list(payload):
        found = [session for session in payload if not _is_empty(session)]
    elif isinstance(payload, dict):
        found = _of_map({key: held for key, held in payload.items() if not _is_empty(held)})
    else:
        raise _not_understood()
    return sorted(map(_checked, found), key=lambda session: (session.get("name", ""), session.get("protocol", "")))


def _documented_sessions(payload: Any) -> list[Session]:
    """Return the sessions in an answer of a 1.x panel (contract: wireguard_online, ikev2_online)."""
    return [SESSION.read(session) for session in items_of(payload)]


# By generation. 2.x panels have one list of all protocols, in an unknown container (contract: GET /client/online).
ONLINE_LISTS: Mapping[int, tuple[OnlineList, ...]] = {
    1: (
        OnlineList("wireguard/online", _documented_sessions, "wireguard", "WireGuard"),
        OnlineList("ikev2/online", _documented_sessions, "ikev2", "IKEv2"),
    ),
    2: (OnlineList("client/online", sessions_in),),
}


def _of_map(held: dict[str, Any]) -> list[Session]:
    """Return the sessions of a map, all of whose values have the same form."""
    forms: tuple[tuple[Callable[[Any], bool], Callable[[dict[str, Any]], list[Session]]], ...] = (
        (_is_session, _by_name),
        (_is_list, _by_protocol),
        (_is_map, _by_both),
    )
    for fits, read in forms:
        if all(map(fits, held.values())):
            return read(held)
    raise _not_understood()


# --- Forms


def _is_empty(value: Any) -> bool:
    """Return whether a value contains no session, such as a client or a protocol without any."""
    if isinstance(value, dict):
        return all(held is None or held in ([], {}) for held in value.values())
    return value is None or value == []


def _is_session(value: Any) -> bool:
    return isinstance(value, dict) and not any(isinstance(held, (dict, list)) for held in value.values())


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_session, value))


def _is_map(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_empty(held) or _is_session(held) for held in value.values())


# --- Containers


def _by_name(held: dict[str, Session]) -> list[Session]:
    """Read single sessions by client, or by protocol where they have a name and the key is another one."""
    return [
        {"protocol" if _is_protocol(key) and session.get("name", key) != key else "name": key, **session}
        for key, session in held.items()
    ]


def _by_protocol(held: dict[str, list[Session]]) -> list[Session]:
    """Read lists by protocol, or by client where the sessions have no name and the key is no protocol."""
    return [
        {"name" if "name" not in item and ("protocol" in item or not _is_protocol(key)) else "protocol": key, **item}
        for key, sessions in held.items()
        for item in sessions
    ]


def _by_both(held: dict[str, dict[str, Session]]) -> list[Session]:
    """Read maps in maps, in the order that makes more sense.

    That is the one with fewer contradictions to what the sessions say themselves, then with fewer unknown protocols,
    then with fewer clients that have the name of a protocol.
    """
    keyed = [
        (outer, inner, session)
        for outer, sessions in held.items()
        for inner, session in sessions.items()
        if not _is_empty(session)
    ]
    # The outer level are the clients, or it is the protocols.
    readings = keyed, [(inner, outer, session) for outer, inner, session in keyed]
    best = min(readings, key=_strangeness)
    return [{"name": name, "protocol": protocol, **session} for name, protocol, session in best]


def _strangeness(reading: Iterable[_Keyed]) -> tuple[int, int, int]:
    """Return a sort key: how little sense it makes that the first key is the client and the second the protocol."""
    reading = list(reading)
    contradictions = sum(
        session.get("name", name) != name or _folded(session.get("protocol", protocol)) != _folded(protocol)
        for name, protocol, session in reading
    )
    unknown = {protocol for _name, protocol, _session in reading if not _is_protocol(protocol)}
    odd = {name for name, _protocol, _session in reading if _is_protocol(name)}
    return contradictions, len(unknown), len(odd)


# --- Sessions


def _checked(session: Session) -> Session:
    """Return the session with its protocol in the spelling that all sessions get."""
    for field in ("name", "protocol"):
        if not isinstance(session.get(field, ""), str):
            raise _not_understood()
    if _is_protocol(session.get("protocol")):
        return {**session, "protocol": _folded(session["protocol"])}
    return session


def _folded(word: object) -> str:
    return str(word).casefold()


def _is_protocol(word: object) -> bool:
    return _folded(word) in PROTOCOLS


def _not_understood() -> ExchangeError:
    return ExchangeError("answer_wrong_type", "the answer is not a collection of sessions")
