# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions of a 2.x panel, whose container nobody has documented (contract: client_session, ``container``).

Structure decides: a session is an object that holds plain values. Around it there may be lists, and maps by the name of
the client, by protocol, or by both in either order. What is a protocol and what is a client shows in the words.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Tuple

from .._errors import ExchangeError

Session = Dict[str, Any]
# The two keys above a session, the outer one first.
_Keyed = Tuple[str, str, Session]

PROTOCOLS = ("wireguard", "amneziawg", "openvpn", "ikev2")


def sessions_in(payload: Any) -> list[Session]:
    """The sessions in an answer, each with its ``name`` and ``protocol`` as far as they are known, sorted by both.

    :raises ExchangeError: ``answer_wrong_type`` for what fits none of the containers.
    """
    if _is_empty(payload) or payload == "":
        found: list[Session] = []
    elif _is_list(payload):
        found = [one for one in payload if not _is_empty(one)]
    elif isinstance(payload, dict):
        found = _of_map({key: held for key, held in payload.items() if not _is_empty(held)})
    else:
        raise _not_understood()
    sessions = [_checked(one) for one in found]
    return sorted(sessions, key=lambda one: (one.get("name", ""), one.get("protocol", "")))


def _of_map(held: dict[str, Any]) -> list[Session]:
    """The sessions of a map, all of whose values have the same form."""
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
    """True for what holds no session, such as a client or a protocol without any."""
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
    """Single sessions by client; by protocol where they say their name and the key is another one."""
    return [
        {"protocol" if _is_protocol(key) and one.get("name", key) != key else "name": key, **one}
        for key, one in held.items()
    ]


def _by_protocol(held: dict[str, list[Session]]) -> list[Session]:
    """Lists by protocol; by client where the sessions do not say their name and the key is no protocol."""
    return [
        {"name" if "name" not in one and ("protocol" in one or not _is_protocol(key)) else "protocol": key, **one}
        for key, sessions in held.items()
        for one in sessions
    ]


def _by_both(held: dict[str, dict[str, Session]]) -> list[Session]:
    """Maps in maps, in the order that makes more sense: that with fewer contradictions to what the sessions say of
    themselves, then with fewer unknown protocols, then with fewer clients that are called like a protocol.
    """
    keyed = [(outer, inner, one) for outer, rest in held.items() for inner, one in rest.items() if not _is_empty(one)]
    # The outer level are the clients, or it is the protocols.
    readings = keyed, [(inner, outer, one) for outer, inner, one in keyed]
    best = min(readings, key=_strangeness)
    return [{"name": name, "protocol": protocol, **one} for name, protocol, one in best]


def _strangeness(reading: Iterable[_Keyed]) -> tuple[int, int, int]:
    """How little sense it makes that the first key is the client and the second one the protocol."""
    reading = list(reading)
    contradictions = sum(
        one.get("name", name) != name or _folded(one.get("protocol", protocol)) != _folded(protocol)
        for name, protocol, one in reading
    )
    unknown = {protocol for _name, protocol, _one in reading if not _is_protocol(protocol)}
    odd = {name for name, _protocol, _one in reading if _is_protocol(name)}
    return contradictions, len(unknown), len(odd)


# --- Sessions


def _checked(session: Session) -> Session:
    """The session with its protocol as others of this protocol have it."""
    for field in ("name", "protocol"):
        if not isinstance(session.get(field, ""), str):
            raise _not_understood()
    if _is_protocol(session.get("protocol")):
        return {**session, "protocol": _folded(session["protocol"])}
    return session


def _folded(word: Any) -> str:
    return str(word).casefold()


def _is_protocol(word: Any) -> bool:
    return _folded(word) in PROTOCOLS


def _not_understood() -> ExchangeError:
    return ExchangeError("answer_wrong_type", "the answer is no collection of sessions")
