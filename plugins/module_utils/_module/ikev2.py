# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_ikev2``: a root certificate, a server certificate and the switch, in the order they need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from .._certificates import PEMS, read_ikev2
from .._change import differing, unverified
from .._client import PanelClient
from .._compare import shown
from .._crypto import certificate_problems, subject_of
from .._errors import ExchangeError, OptionError, PuqVpnError, RefusedError, VerificationError
from .._field_types import Switch
from .._objects.ikev2 import CA, SERVER
from .._schema import STATE_ARGUMENT, VERIFY_ARGUMENTS, Kind, Values
from .._secrets import without_secrets
from .._signals import signals_deferred
from .._verify import not_verified, report_diff, reporting_diff, value_not_stored, verifying


def _part(kind: Kind) -> dict[str, Any]:
    return {"type": "dict", "options": {"state": STATE_ARGUMENT, **{one.name: one.argument for one in kind.fields}}}


OPTIONS: dict[str, dict[str, Any]] = {
    "enabled": {"type": "bool"},
    "ca": _part(CA),
    "server": _part(SERVER),
    "recreate": {"type": "bool", "default": False},
    "include_secrets": {"type": "bool", "default": False},
    **VERIFY_ARGUMENTS,
}

_SWITCH = Switch()
_NEEDED = {"ca": ("common_name", "organization"), "server": ("domain", "ip", "common_name", "organization")}


@dataclass
class _Plan:
    """What is to be sent, in order, and the configuration as it will be then.

    ``made`` are the parts whose certificate is made or imported. ``enable`` is how the switch must stand.
    """

    steps: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    after: dict[str, Any] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    enable: bool = False


def ikev2(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Let IKEv2 and its certificates be as the options say: one read, the writes that are needed, one read.

    :returns: ``changed``, ``ikev2``, ``unverified`` and ``diff``.
    :raises PuqVpnError: ``immutable_field``, ``missing_option``, ``missing_certificate``, ``value_not_stored``, or as
        the client does.
    """
    wanted = _wanted(options, client)
    live = read_ikev2(client)
    if client.check_mode:
        live = _assumed(client, wanted, live, options["recreate"])
    plan = _plan(wanted, live, options["recreate"])
    changed = bool(plan.steps) or plan.enable != live["enabled"]
    found = live
    if changed:
        found = plan.after if client.check_mode else _carry_out(client, plan, live, wanted)
    unseen = [f"server.{name}" for name in unverified(wanted["server"], found["server"]) if name != "state"]
    return {
        "changed": changed,
        "ikev2": found if options["include_secrets"] else without_secrets(found),
        "unverified": unseen if wanted["server"].get("state") == "present" else [],
        "diff": _diff(live, plan, wanted) if changed else {"before": {}, "after": {}},
    }


# --- What is wanted and what is there


def _wanted(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """``enabled``, ``ca`` and ``server`` in normal form; a part that was not given is empty.

    :raises OptionError: with every problem, before anything is sent.
    """
    wanted: dict[str, Any] = {"enabled": options["enabled"]}
    problems: list[str] = []
    for kind in (CA, SERVER):
        given = options[kind.name]
        part = kind.parse(given or {}, f"{kind.name}.")
        problems += part.problems
        wanted[kind.name] = {"state": given["state"], **part.values} if given else {}
        if wanted["enabled"] and wanted[kind.name].get("state") == "absent":
            problems.append(f"enabled cannot be true without the {kind.title}: {kind.name}.state is absent.")
    problems += _ca_problems(wanted["ca"])
    if problems:
        raise OptionError(" ".join(problems))
    client.learn_secrets(wanted["ca"])
    return wanted


def _ca_problems(ca: Values) -> list[str]:
    if not ca.get("cert"):
        return ["ca.key needs ca.cert."] if ca.get("key") else []
    problems = list(certificate_problems(ca["cert"], ca["key"])) if ca.get("key") else []
    for name, value in subject_of(ca["cert"]).items():
        if ca.get(name, value) != value:
            problems.append(f"ca.{name} is not that of ca.cert, which has {value}.")
    return problems


# --- What check mode assumes


def _assumed(client: PanelClient, wanted: Mapping[str, Any], live: Mapping[str, Any], recreate: bool) -> dict[str, Any]:
    """The configuration as earlier tasks may have left it, where this one could do nothing with it as it is."""
    assumed = dict(live)
    if live["server"]["state"] == "absent" and _needs_server(wanted):
        client.assume(f"the {SERVER.title} exists")
        assumed["server"] = {"state": "present", **wanted["server"]}
    if live["ca"]["state"] == "absent" and _needs_root(wanted, assumed["server"] is not live["server"]):
        client.assume(f"the {CA.title} exists")
        assumed["ca"] = {"state": "present", **wanted["ca"]}
    if live["server"]["state"] == "present" and not wanted["server"] and _ends_root(wanted, live, recreate):
        client.assume(f"the {SERVER.title} is removed before")
        # Without it IKEv2 stops.
        assumed.update(enabled=False, server={**live["server"], "state": "absent", **dict.fromkeys(PEMS, "")})
    return assumed


def _needs_server(wanted: Mapping[str, Any]) -> bool:
    """True when there must be a server certificate, and too little is said of it to make it."""
    server = wanted["server"]
    if server.get("state") == "present":
        return wanted["ca"].get("state") != "absent" and bool(_missing(server, _NEEDED["server"]))
    return not server and bool(wanted["enabled"])


def _needs_root(wanted: Mapping[str, Any], with_server: bool) -> bool:
    """True when there must be a root certificate that this task cannot make, as there is one for a server's that is."""
    ca = wanted["ca"]
    if ca.get("state") == "present":
        return with_server or bool(_missing(ca, ("key",) if ca.get("cert") else _NEEDED["ca"]))
    return not ca and (bool(wanted["enabled"]) or wanted["server"].get("state") == "present")


def _ends_root(wanted: Mapping[str, Any], live: Mapping[str, Any], recreate: bool) -> bool:
    """True when this task removes the root certificate, or makes it again."""
    ca = wanted["ca"]
    if live["ca"]["state"] == "absent" or not ca:
        return False
    return ca["state"] == "absent" or (recreate and bool(_differing_ca(ca, live["ca"])))


# --- The plan


def _plan(wanted: Mapping[str, Any], live: Mapping[str, Any], recreate: bool) -> _Plan:
    plan = _Plan(after={"enabled": live["enabled"], "ca": dict(live["ca"]), "server": dict(live["server"])})
    _plan_removal(plan, wanted, live)
    _plan_ca(plan, wanted, live, recreate)
    _plan_server(plan, wanted, live, recreate)
    plan.enable = live["enabled"] if wanted["enabled"] is None else wanted["enabled"]
    missing = [kind.title for kind in (CA, SERVER) if plan.after[kind.name]["state"] == "absent"]
    if missing and wanted["enabled"]:
        raise PuqVpnError(
            "missing_certificate",
            f"IKEv2 cannot be enabled without the {' and the '.join(missing)}",
            hint="Give ca and server to have them made in the same task.",
        )
    if plan.steps and missing:
        # Without its certificates IKEv2 stops (contract: ikev2_delete_server).
        plan.enable = False
    plan.after["enabled"] = plan.enable
    return plan


def _plan_removal(plan: _Plan, wanted: Mapping[str, Any], live: Mapping[str, Any]) -> None:
    gone = {name: wanted[name].get("state") == "absent" for name in ("ca", "server")}
    has = {name: live[name]["state"] == "present" for name in ("ca", "server")}
    if gone["ca"] and has["ca"] and has["server"] and not gone["server"]:
        raise PuqVpnError(
            "missing_option",
            "removing the root certificate leaves a server certificate that no client can trust",
            hint="Give server with state: absent as well.",
        )
    for name in ("server", "ca"):
        if gone[name] and has[name]:
            plan.steps.append(("DELETE", f"ikev2/delete_{name}_rsa", {}))
            plan.after[name].update(state="absent", **dict.fromkeys(PEMS, ""))


def _plan_ca(plan: _Plan, wanted: Mapping[str, Any], live: Mapping[str, Any], recreate: bool) -> None:
    ca = wanted["ca"]
    if ca.get("state") != "present":
        return
    if live["ca"]["state"] == "present":
        fields = _differing_ca(ca, live["ca"])
        if not fields:
            return
        _refuse(CA, fields, recreate)
        if live["server"]["state"] == "present":
            if wanted["server"].get("state") != "present":
                raise PuqVpnError(
                    "missing_option",
                    "a new root certificate needs a new server certificate",
                    hint="Give server as well, as it should be.",
                )
            # Removed first: the next run would take one that is left over after a failure for a good one.
            plan.steps.append(("DELETE", "ikev2/delete_server_rsa", {}))
        plan.steps.append(("DELETE", "ikev2/delete_ca_rsa", {}))
    if ca.get("cert"):
        _require(ca, ("key",), "ca")
        plan.steps.append(("PUT", "ikev2/import_ca_rsa", {"ca_cert": ca["cert"], "ca_key": ca["key"]}))
        subject = subject_of(ca["cert"])
        plan.after["ca"] = {"state": "present", "cert": ca["cert"], "key": ca["key"], **subject}
    else:
        old = live["ca"] if live["ca"]["state"] == "present" else {}
        values = {**CA.settable(old), **ca}
        _require(values, _NEEDED["ca"], "ca")
        plan.steps.append(("PUT", "ikev2/generate_ca_rsa", _form(CA, values)))
        plan.after["ca"] = {name: value for name, value in values.items() if name not in PEMS}
    plan.made.append("ca")


def _differing_ca(ca: Values, live: Values) -> list[str]:
    """The fields of the root certificate that differ; its key is that of the certificate, however it is written."""
    return differing(CA, {name: value for name, value in ca.items() if name != "key"}, live)


def _plan_server(plan: _Plan, wanted: Mapping[str, Any], live: Mapping[str, Any], recreate: bool) -> None:
    server = wanted["server"]
    if server.get("state") != "present":
        return
    is_there = live["server"]["state"] == "present"
    if is_there and "ca" not in plan.made:
        fields = differing(SERVER, server, live["server"])
        if not fields:
            return
        _refuse(SERVER, fields, recreate)
    if plan.after["ca"]["state"] == "absent":
        raise PuqVpnError(
            "missing_certificate",
            "a server certificate cannot be made without a root certificate",
            hint="Give ca to have it made in the same task.",
        )
    old = live["server"] if is_there else {}
    values = {**SERVER.settable(old), **server}
    _require(values, _NEEDED["server"], "server")
    plan.steps.append(("PUT", "ikev2/generate_server_rsa", _form(SERVER, values)))
    plan.after["server"] = {
        name: value
        for name, value in values.items()
        if name not in PEMS and (name in live["server"] or name == "state" or not SERVER[name].write_only)
    }
    plan.made.append("server")


def _refuse(kind: Kind, fields: list[str], recreate: bool) -> None:
    if not recreate:
        names = [f"{kind.name}.{name}" for name in fields]
        raise PuqVpnError(
            "immutable_field",
            f"the {kind.title} has another {' and '.join(names)}, which cannot be changed afterwards",
            hint="Give recreate: true to have it made again, or leave the option out.",
            details={"fields": names},
        )


def _missing(values: Values, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not values.get(name)]


def _require(values: Values, names: tuple[str, ...], part: str) -> None:
    missing = [f"{part}.{name}" for name in _missing(values, names)]
    if missing:
        raise PuqVpnError(
            "missing_option",
            f"a new {CA.title if part == 'ca' else SERVER.title} needs {' and '.join(missing)}",
            hint=f"Give {' and '.join(missing)}.",
        )


def _form(kind: Kind, values: Values) -> dict[str, str]:
    filled = {name: value for name, value in values.items() if value and name not in PEMS}
    return {f"{kind.name}_{name}": value for name, value in kind.serialize(filled).items()}


def _diff(live: Mapping[str, Any], plan: _Plan, wanted: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By dotted name: what differs between the configuration as it is and as it will be."""
    before, after = _flat(live), _flat(plan.after)
    for name in plan.made:
        # Certificates that the panel makes are only known when they are there.
        if not wanted[name].get("cert"):
            after[f"{name}.cert"] = "a new one"
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    names = [name for name in names if name in after or name.endswith(PEMS)]
    return {
        "before": {name: shown(name, before[name]) for name in names if before.get(name, "") != ""},
        "after": {name: shown(name, after[name], "changed") for name in names if after.get(name, "") != ""},
    }


def _flat(view: Mapping[str, Any]) -> dict[str, Any]:
    flat = {"enabled": view["enabled"]}
    for part in ("ca", "server"):
        flat.update((f"{part}.{name}", value) for name, value in view[part].items())
    return flat


# --- Carrying out


def _carry_out(client: PanelClient, plan: _Plan, live: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    done: list[str] = []
    enabled = live["enabled"]
    # A root that is removed for a new one takes the server certificate along: they come or stay together.
    with signals_deferred():
        try:
            for method, path, form in plan.steps:
                enabled = _take_step(client, plan, method, path, form)
                done.append(f"{method} {path}")
            # Some panels switch IKEv2 on by themselves with a new server certificate (ikev2_generate_server/3).
            if enabled != plan.enable:
                client.write("PUT", "ikev2", {"enabled": _SWITCH.serialize(plan.enable)})
        except PuqVpnError as error:
            if done:
                error.wrote = True
                error.details["done"] = done
                error.hint += f" Done before: {', '.join(done)}."
            if done[-1:] == ["DELETE ikev2/delete_ca_rsa"] and "ca" in plan.made and error.code != "write_fate_unknown":
                _put_back(client, live, error)
            reached = _reached(plan, live, done, is_restored=error.details.get("restored") is True)
            report_diff(error, _diff(live, reached, wanted))
            raise
    with reporting_diff(_diff(live, plan, wanted)):
        return _verify(client, plan, live, wanted)


def _reached(plan: _Plan, live: Mapping[str, Any], done: list[str], *, is_restored: bool) -> _Plan:
    """The plan as far as it was carried out, when only these of its steps are done."""
    reached = _Plan(after={"enabled": live["enabled"], "ca": dict(live["ca"]), "server": dict(live["server"])})
    if is_restored:
        # The server certificate cannot be put back, only be made again.
        reached.made = ["server"] if live["server"]["state"] == "present" else []
        return reached
    for step in done:
        part = "ca" if "_ca_" in step else "server"
        if step.startswith("DELETE"):
            reached.after[part].update(state="absent", **dict.fromkeys(PEMS, ""))
        else:
            reached.after[part] = plan.after[part]
            reached.made.append(part)
    if done and any(reached.after[kind.name]["state"] == "absent" for kind in (CA, SERVER)):
        reached.after["enabled"] = False
    return reached


def _verify(client: PanelClient, plan: _Plan, live: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Read the configuration again, until it is as planned.

    :raises UnprovenError: ``value_not_stored`` with the names of the ``fields``, after ``verify_timeout`` seconds.
    """

    def look() -> dict[str, Any]:
        with verifying():
            found = read_ikev2(client)
        wrong = _wrong(found, plan, live, wanted)
        if wrong:
            raise value_not_stored(client, "IKEv2", wrong)
        return found

    return client.until_verified(look)


def _wrong(found: Mapping[str, Any], plan: _Plan, live: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """The names of what is not as planned."""
    wrong = ["enabled"] if found["enabled"] != plan.enable else []
    for kind in (CA, SERVER):
        asked = {name: value for name, value in wanted[kind.name].items() if name != "key"}
        if plan.after[kind.name]["state"] != found[kind.name]["state"]:
            wrong.append(f"{kind.name}.state")
        elif asked.get("state") == "present":
            wrong += [f"{kind.name}.{name}" for name in differing(kind, asked, found[kind.name])]
        if kind.name in plan.made and live[kind.name]["cert"] and found[kind.name]["cert"] == live[kind.name]["cert"]:
            wrong.append(f"{kind.name}.cert")
    return wrong


def _take_step(client: PanelClient, plan: _Plan, method: str, path: str, form: Mapping[str, str]) -> bool | None:
    """Send a step; how the switch stands afterwards, None when the answer does not show it.

    The panel refuses to do a step twice, which is what a repeated request asks for when only its answer was lost. What
    came of a removal that makes room for a new certificate is looked into, so that the new one is made.
    """
    try:
        payload = client.write(method, path, form or None).payload
    except RefusedError as refused:
        is_done = refused.absent if method == "DELETE" else refused.code == "already_exists"
        if refused.attempts == 1 or not is_done:
            raise
        return None
    except ExchangeError as error:
        makes_room = method == "DELETE" and "ca" in plan.made
        if not makes_room or not error.may_have_acted or not _confirm_removed(client, path, error):
            raise
        return None
    return _SWITCH.read(payload["enabled"]) if isinstance(payload, dict) and "enabled" in payload else None


def _confirm_removed(client: PanelClient, path: str, error: ExchangeError) -> bool:
    """Look whether a removal took place whose answer could not be read."""
    kind = CA if "_ca_" in path else SERVER

    def look() -> None:
        if read_ikev2(client)[kind.name]["state"] == "present":
            raise not_verified(client, "object_not_removed", f"the {kind.title} is still there after its removal")

    try:
        client.until_verified(look)
    except VerificationError:
        return False
    except PuqVpnError:
        error.hint += f" It could not be found out whether the {kind.title} was removed before that."
        return False
    return True


def _put_back(client: PanelClient, live: Mapping[str, Any], error: PuqVpnError) -> None:
    """Import the old root again, which was removed for a new one, and say in the error whether that worked."""
    ca, server = live["ca"], live["server"]
    try:
        client.write("PUT", "ikev2/import_ca_rsa", {"ca_cert": ca["cert"], "ca_key": ca["key"]})
        if server["state"] == "present":
            client.write("PUT", "ikev2/generate_server_rsa", _form(SERVER, server))
        if live["enabled"]:
            client.write("PUT", "ikev2", {"enabled": _SWITCH.serialize(True)})
    except PuqVpnError as second:
        error.details["restored"] = False
        error.hint += f" The old root certificate could NOT be put back: {second}"
    else:
        error.details["restored"] = True
        error.hint += " The old root certificate was put back, with a new server certificate of the old subject."
