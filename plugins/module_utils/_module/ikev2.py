# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of ``puqvpn_ikev2``: a root certificate, a server certificate and the switch, in the order they need.

The engine of other objects is of no use here. The two certificates are commands and not resources: they are generated,
imported and deleted by paths of their own, shown by one read together with the switch, and never edited. And they are
no two objects: a new root needs a new server certificate, and the switch falls with either of them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, Mapping

from .._change import Diff, differing, unverified
from .._client import PanelClient
from .._compare import shown
from .._crypto import certificate_problems, subject_of
from .._errors import ExchangeError, OptionError, PuqVpnError, RefusedError, VerificationError
from .._field_types import Switch
from .._objects.ikev2 import CA, SERVER
from .._panel.certificates import PEMS, read_ikev2
from .._schema import STATE_ARGUMENT, VERIFY_ARGUMENTS, Argument, ArgumentSpec, Kind, Values
from .._secrets import without_secrets
from .._signals import signals_deferred
from .._summary import summarize_diff
from .._verify import not_verified, report_diff, reporting_diff, value_not_stored, verifying


def _part(kind: Kind) -> Argument:
    fields = {field.name: field.argument for field in kind.fields}
    return {"type": "dict", "options": {"state": STATE_ARGUMENT, **fields}}


OPTIONS: ArgumentSpec = {
    "enabled": {"type": "bool"},
    "ca": _part(CA),
    "server": _part(SERVER),
    "recreate": {"type": "bool", "default": False},
    "include_secrets": {"type": "bool", "default": False},
    **VERIFY_ARGUMENTS,
}

# The switch as ``enabled``, and the certificates as ``ca`` and ``server``, each with its ``state``.
View = Mapping[str, Any]

_SWITCH = Switch()
_KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (CA, SERVER)}
_NEEDED = {"ca": ("common_name", "organization"), "server": ("domain", "ip", "common_name", "organization")}


@dataclass(frozen=True)
class _Step:
    """One write that creates or deletes the certificate of a ``part``."""

    method: str
    path: str
    part: str
    form: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class _Plan:
    """What is sent, in order, and the configuration ``after`` it.

    ``created`` are the parts whose certificate is generated or imported. ``enable`` is how the switch must stand.
    """

    after: dict[str, Any]
    steps: list[_Step] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    enable: bool = False

    def delete(self, part: str) -> None:
        self.steps.append(_Step("DELETE", f"ikev2/delete_{part}_rsa", part))
        self.after[part].update(state="absent", **dict.fromkeys(PEMS, ""))

    def create(self, step: _Step, certificate: Values) -> None:
        self.steps.append(step)
        self.after[step.part] = certificate
        self.created.append(step.part)

    @property
    def missing(self) -> list[str]:
        """The titles of the certificates that do not exist in the end."""
        return [kind.title for name, kind in _KINDS.items() if self.after[name]["state"] == "absent"]


def ikev2(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Ensure that IKEv2 and its certificates are as the options say: one read, the writes that are needed, one read.

    :returns: ``changed``, ``ikev2``, ``unverified``, ``diff`` and ``msg``.
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
        found = plan.after if client.check_mode else _execute(client, plan, live, wanted)
    unseen = [f"server.{name}" for name in unverified(wanted["server"], found["server"]) if name != "state"]
    diff = _diff(live, plan, wanted) if changed else {"before": {}, "after": {}}
    return {
        "changed": changed,
        "ikev2": found if options["include_secrets"] else without_secrets(found),
        "unverified": unseen if wanted["server"].get("state") == "present" else [],
        "diff": diff,
        "msg": summarize_diff("IKEv2", diff),
    }


# --- Options


def _wanted(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Return ``enabled``, ``ca`` and ``server`` in normal form; a part that was not given is empty.

    :raises OptionError: with every problem, before anything is sent.
    """
    wanted: dict[str, Any] = {"enabled": options["enabled"]}
    problems: list[str] = []
    for name, kind in _KINDS.items():
        given = options[name]
        parsed = kind.parse(given or {}, f"{name}.")
        problems += parsed.problems
        wanted[name] = {"state": given["state"], **parsed.values} if given else {}
        if wanted["enabled"] and wanted[name].get("state") == "absent":
            problems.append(f"enabled cannot be true without the {kind.title}: {name}.state is absent.")
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


def _assumed(client: PanelClient, wanted: View, live: View, recreate: bool) -> dict[str, Any]:
    """Return the configuration as earlier tasks may leave it, where this one could not use it as it is."""
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


def _needs_server(wanted: View) -> bool:
    """Return whether a server certificate must exist that the options are not enough to generate."""
    server = wanted["server"]
    if server.get("state") == "present":
        return wanted["ca"].get("state") != "absent" and bool(_missing(server, _NEEDED["server"]))
    return not server and bool(wanted["enabled"])


def _needs_root(wanted: View, with_server: bool) -> bool:
    """Return whether a root certificate must exist that this task cannot create: one of a server's that exists does."""
    ca = wanted["ca"]
    if ca.get("state") == "present":
        return with_server or bool(_missing(ca, ("key",) if ca.get("cert") else _NEEDED["ca"]))
    return not ca and (bool(wanted["enabled"]) or wanted["server"].get("state") == "present")


def _ends_root(wanted: View, live: View, recreate: bool) -> bool:
    """Return whether this task deletes or recreates the root certificate."""
    ca = wanted["ca"]
    if live["ca"]["state"] == "absent" or not ca:
        return False
    return ca["state"] == "absent" or (recreate and bool(_differing(CA, ca, live)))


# --- The plan


def _plan(wanted: View, live: View, recreate: bool) -> _Plan:
    plan = _Plan(copy.deepcopy(dict(live)))
    _plan_removal(plan, wanted, live)
    _plan_ca(plan, wanted, live, recreate)
    _plan_server(plan, wanted, live, recreate)
    plan.enable = live["enabled"] if wanted["enabled"] is None else wanted["enabled"]
    if plan.missing and wanted["enabled"]:
        raise PuqVpnError(
            "missing_certificate",
            f"IKEv2 cannot be enabled without the {' and the '.join(plan.missing)}",
            hint="Give ca and server to have them generated in the same task.",
        )
    if plan.steps and plan.missing:
        # Without its certificates IKEv2 stops (contract: ikev2_delete_server).
        plan.enable = False
    plan.after["enabled"] = plan.enable
    return plan


def _plan_removal(plan: _Plan, wanted: View, live: View) -> None:
    unwanted = [name for name in ("server", "ca") if wanted[name].get("state") == "absent"]
    existing = [name for name in _KINDS if live[name]["state"] == "present"]
    if unwanted == ["ca"] and len(existing) == len(_KINDS):
        raise PuqVpnError(
            "missing_option",
            "removing the root certificate leaves a server certificate that no client can trust",
            hint="Give server with state: absent as well.",
        )
    for name in unwanted:
        if name in existing:
            plan.delete(name)


def _plan_ca(plan: _Plan, wanted: View, live: View, recreate: bool) -> None:
    ca = wanted["ca"]
    if ca.get("state") != "present":
        return
    exists = live["ca"]["state"] == "present"
    if exists:
        fields = _differing(CA, ca, live)
        if not fields:
            return
        _require_recreate(CA, fields, recreate)
        if live["server"]["state"] == "present":
            if wanted["server"].get("state") != "present":
                raise PuqVpnError(
                    "missing_option",
                    "a new root certificate needs a new server certificate",
                    hint="Give server as well, as it should be.",
                )
            # Removed first: the next run would take one that is left over after a failure for a good one.
            plan.delete("server")
        plan.delete("ca")
    if ca.get("cert"):
        _require(CA, ca, ("key",))
        step = _Step("PUT", "ikev2/import_ca_rsa", "ca", {"ca_cert": ca["cert"], "ca_key": ca["key"]})
        subject = subject_of(ca["cert"])
        plan.create(step, {"state": "present", "cert": ca["cert"], "key": ca["key"], **subject})
        return
    values = {**(CA.settable(live["ca"]) if exists else {}), **ca}
    _require(CA, values, _NEEDED["ca"])
    step = _Step("PUT", "ikev2/generate_ca_rsa", "ca", _form(CA, values))
    plan.create(step, {name: value for name, value in values.items() if name not in PEMS})


def _plan_server(plan: _Plan, wanted: View, live: View, recreate: bool) -> None:
    server = wanted["server"]
    if server.get("state") != "present":
        return
    exists = live["server"]["state"] == "present"
    if exists and "ca" not in plan.created:
        fields = _differing(SERVER, server, live)
        if not fields:
            return
        _require_recreate(SERVER, fields, recreate)
    if plan.after["ca"]["state"] == "absent":
        raise PuqVpnError(
            "missing_certificate",
            "a server certificate cannot be generated without a root certificate",
            hint="Give ca to have it generated in the same task.",
        )
    values = {**(SERVER.settable(live["server"]) if exists else {}), **server}
    _require(SERVER, values, _NEEDED["server"])
    certificate = {
        name: value
        for name, value in values.items()
        if name not in PEMS and (name in live["server"] or name == "state" or not SERVER[name].write_only)
    }
    plan.create(_Step("PUT", "ikev2/generate_server_rsa", "server", _form(SERVER, values)), certificate)


def _differing(kind: Kind, wanted: Values, view: View) -> list[str]:
    """Return the fields of a certificate that differ; its key is that of the certificate, however it is written."""
    return differing(kind, {name: value for name, value in wanted.items() if name != "key"}, view[kind.name])


def _require_recreate(kind: Kind, fields: list[str], recreate: bool) -> None:
    if not recreate:
        names = [f"{kind.name}.{name}" for name in fields]
        raise PuqVpnError(
            "immutable_field",
            f"the {kind.title} has another {' and '.join(names)}, which cannot be changed afterwards",
            hint="Give recreate: true to have it recreated, or leave the option out.",
            details={"fields": names},
        )


def _missing(values: Values, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not values.get(name)]


def _require(kind: Kind, values: Values, names: tuple[str, ...]) -> None:
    missing = " and ".join(f"{kind.name}.{name}" for name in _missing(values, names))
    if missing:
        raise PuqVpnError("missing_option", f"a new {kind.title} needs {missing}", hint=f"Give {missing}.")


def _form(kind: Kind, values: Values) -> dict[str, str]:
    filled = {name: value for name, value in values.items() if value and name not in PEMS}
    return {f"{kind.name}_{name}": value for name, value in kind.serialize(filled).items()}


def _diff(live: View, plan: _Plan, wanted: View) -> Diff:
    """Return what differs between the configuration as it is and as it will be, by dotted name."""
    before, after = _flat(live), _flat(plan.after)
    for name in plan.created:
        # A certificate that the panel generates is only known when it exists.
        if not wanted[name].get("cert"):
            after[f"{name}.cert"] = "a new one"
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    names = [name for name in names if name in after or name.endswith(PEMS)]
    return {
        "before": {name: shown(name, before[name]) for name in names if before.get(name, "") != ""},
        "after": {name: shown(name, after[name], "changed") for name in names if after.get(name, "") != ""},
    }


def _flat(view: View) -> dict[str, Any]:
    parts = {f"{part}.{name}": value for part in _KINDS for name, value in view[part].items()}
    return {"enabled": view["enabled"], **parts}


# --- Execution


def _execute(client: PanelClient, plan: _Plan, live: View, wanted: View) -> dict[str, Any]:
    done: list[_Step] = []
    enabled = live["enabled"]
    # A root that is removed for a new one takes the server certificate along: they come or stay together.
    with signals_deferred():
        try:
            for step in plan.steps:
                enabled = _send(client, plan, step)
                done.append(step)
            # Some panels switch IKEv2 on by themselves with a new server certificate (ikev2_generate_server/3).
            if enabled != plan.enable:
                client.write("PUT", "ikev2", {"enabled": _SWITCH.serialize(plan.enable)})
        except PuqVpnError as error:
            if done:
                error.wrote = True
                error.details["done"] = list(map(str, done))
                error.hint += f" Done before: {', '.join(map(str, done))}."
                has_no_root = (done[-1].method, done[-1].part) == ("DELETE", "ca") and "ca" in plan.created
                if has_no_root and error.code != "write_fate_unknown":
                    _restore(client, live, error)
            report_diff(error, _diff(live, _reached(plan, live, done, error), wanted))
            raise
    with reporting_diff(_diff(live, plan, wanted)):
        return _verify(client, plan, live, wanted)


def _reached(plan: _Plan, live: View, done: list[_Step], error: PuqVpnError) -> _Plan:
    """Return the plan as far as it was executed, when an error came after these of its steps."""
    reached = _Plan(copy.deepcopy(dict(live)))
    if error.details.get("restored") is True:
        # The server certificate cannot be restored, only be generated again.
        reached.created = ["server"] if live["server"]["state"] == "present" else []
        return reached
    for step in done:
        if step.method == "DELETE":
            reached.delete(step.part)
        else:
            reached.create(step, plan.after[step.part])
    if done and reached.missing:
        reached.after["enabled"] = False
    return reached


def _send(client: PanelClient, plan: _Plan, step: _Step) -> bool | None:
    """Send a step; return how the switch stands afterwards, None when the answer does not show it.

    The panel refuses a step that is done already, which is what a repeated request asks for when only its answer was
    lost. After a removal of unknown fate that makes room for a new certificate the panel is read, so that the new one
    is created.
    """
    is_removal = step.method == "DELETE"
    try:
        payload = client.write(step.method, step.path, step.form or None).payload
    except RefusedError as refused:
        is_done = refused.absent if is_removal else refused.code == "already_exists"
        if refused.attempts == 1 or not is_done:
            raise
        return None
    except ExchangeError as error:
        makes_room = is_removal and "ca" in plan.created
        if not makes_room or not error.may_have_acted or not _confirm_removed(client, _KINDS[step.part], error):
            raise
        return None
    return _SWITCH.read(payload["enabled"]) if isinstance(payload, dict) and "enabled" in payload else None


def _confirm_removed(client: PanelClient, kind: Kind, error: ExchangeError) -> bool:
    """Return whether a removal took place whose answer could not be read."""

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


def _restore(client: PanelClient, live: View, error: PuqVpnError) -> None:
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
        error.hint += f" The old root certificate could NOT be restored: {second}"
    else:
        error.details["restored"] = True
        error.hint += " The old root certificate was restored, with a new server certificate of the old subject."


# --- Verification


def _verify(client: PanelClient, plan: _Plan, live: View, wanted: View) -> dict[str, Any]:
    """Read the configuration until it is as planned, for ``verify_timeout`` seconds at most.

    :raises VerificationError: ``value_not_stored`` with the names of the ``fields``.
    """

    def look() -> dict[str, Any]:
        with verifying():
            found = read_ikev2(client)
        wrong = _wrong(found, plan, live, wanted)
        if wrong:
            raise value_not_stored(client, "IKEv2", wrong)
        return found

    return client.until_verified(look)


def _wrong(found: View, plan: _Plan, live: View, wanted: View) -> list[str]:
    """Return the names of what is not as planned."""
    wrong = ["enabled"] if found["enabled"] != plan.enable else []
    for name, kind in _KINDS.items():
        if plan.after[name]["state"] != found[name]["state"]:
            wrong.append(f"{name}.state")
        elif wanted[name].get("state") == "present":
            wrong += [f"{name}.{field}" for field in _differing(kind, wanted[name], found)]
        if name in plan.created and live[name]["cert"] and found[name]["cert"] == live[name]["cert"]:
            wrong.append(f"{name}.cert")
    return wrong
