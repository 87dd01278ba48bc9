# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contract leaves open, as options: clients can be tested against each reading."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

OF_2 = "reading of generation 2"


def _one_of(*values: str, of_2: bool = False) -> Any:
    """Return a field for one of a few words, the first of them by default; `of_2`: a reading of generation 2."""
    # pylint: disable-next=invalid-field-call
    return dataclasses.field(default=values[0], metadata={"choices": values, OF_2: of_2})


def _switch(default: bool, *, of_2: bool = False) -> Any:
    """Return a field for a switch."""
    # pylint: disable-next=invalid-field-call
    return dataclasses.field(default=default, metadata={"choices": (default, not default), OF_2: of_2})


@dataclass
class Options:
    """The readings of the contract that this panel follows."""

    error_codes: bool = _switch(False, of_2=True)  # errors come with an HTTP status of their own instead of 200
    # How success is spelled; generation 2 answers ok instead of OK where generation 1 answers SUCCESS.
    status_word: str = _one_of("success", "SUCCESS", of_2=True)
    bound_to: str = ""  # source address that the credential is bound to; empty: any
    licensed: bool = True  # generation 2 serves 50 clients without a licence, and the whole API
    licence_slots: int = 500  # 50 on a panel of generation 2, unless given
    licence_expires: str = "2030-12-31T18:38:43+01:00"
    version: str = ""  # empty: the newest of the generation
    # How numbers travel; generation 2 takes texts of digits for numbers only where it shows them.
    numbers: str = _one_of("documented", "strings", "numbers", of_2=True)
    keyed: str = _one_of("documented", "swapped")  # swapped: arrays come keyed by name, and keyed objects as arrays
    empty_sets: str = _one_of("documented", "text", "null")  # these collections come as "" or null when they are empty
    switch_words: str = _one_of("any", "digits", "words")  # the only spellings of a switch that DNS and firewall heed
    ready_text: str = "OK"
    echo_write_only: bool = False  # the fields that no documented reply shows are returned too
    ikev2_self_enable: bool = False  # a new server certificate switches IKEv2 on
    ftp_fails: bool = False  # with FTP on, a backup is made and kept, and its upload reported as an error
    # Generation 1: a new account gets its server's bandwidth, when the server has one.
    server_bandwidth_wins: bool = True
    unknown_fields: bool = _switch(False, of_2=True)  # every object has an undocumented field
    spelling: str = _one_of("default", "alternate")  # the other documented or likely spelling of some paths
    busy_after_write: float = 0.0  # seconds of rebuilding after a write to servers, accounts, clients or firewall
    reload_seconds: float = 0.2
    latency: float = 0.0  # seconds before each answer

    # Generation 2 alone. The readings, each an open point of its contract; README.md describes their values.
    bare_unauthorized: bool = _switch(False, of_2=True)  # a bad token is answered without envelope
    field_errors: bool = _switch(True, of_2=True)  # refusals say by field what is wrong
    inferred: bool = _switch(True, of_2=True)  # operations that most likely are there, though no page names them
    openapi: str = _one_of("full", "thin", "none", of_2=True)  # the panel's own document, with schemas or without
    clients: str = _one_of("rows", "map", "wrapped", "thin", of_2=True)  # the list of clients
    networks: str = _one_of("rows", "map", of_2=True)  # the list of networks
    sessions: str = _one_of("rows", "named", "by_client", "by_protocol", "lists", "by_name", of_2=True)
    status_case: str = _one_of("lower", "title", of_2=True)  # how a client's status is shown
    network_key: str = _one_of("network_name", "network", "both", "nested", of_2=True)  # how a client shows its network
    address_form: str = _one_of("bare", "prefix", of_2=True)  # a client's ipv4 is shown alone or with a prefix length
    address_change: str = _one_of("taken", "ignored", "refused", of_2=True)  # what becomes of ipv4 in a PUT of a client
    available_ip: str = _one_of("list", "single", "object", of_2=True)  # all free addresses of a network, or one
    bandwidth_on_create: str = _one_of("ignored", "taken", of_2=True)  # what becomes of bandwidth in a POST of a client
    create_answer: str = _one_of("client", "name", "nothing", of_2=True)  # `data` of POST and PUT of a client
    protocol_flags: str = _one_of("flat", "nested", "enabled", "hidden", of_2=True)  # how a network shows its protocols
    profile_reply: str = _one_of("text", "object", "raw", "base64", of_2=True)  # profiles and pictures
    ikev2_profile: str = _one_of("text", "json", of_2=True)  # an IKEv2 profile is a text of JSON, or the JSON itself
    link_reply: str = _one_of("text", "object", "nested", of_2=True)  # one-time links
    dns_names: str = _one_of("known", "other", of_2=True)  # the keys of the name server's settings
    adblock_names: str = _one_of("known", "other", of_2=True)  # the key of the switch of ad blocking
    adblock_lists: str = _one_of("rows", "map", of_2=True)  # the lists of ad blocking, and its whitelist
    # And what a panel of generation 2 can be set to.
    permissions: str = ""  # of the token, such as client:read,client:write,network:read; empty: all
    maintenance: bool = False  # pages only, apart from the status and the panel's own document

    def __post_init__(self) -> None:
        """Check the values given at the start."""
        self.set(**dataclasses.asdict(self))

    def set(self, **values: Any) -> None:
        """Change options by name; a name or a value that is not an option's is an error, and nothing changes."""
        checked = {name: _checked(name, value) for name, value in values.items()}
        for name, value in checked.items():
            setattr(self, name, value)


_FIELDS = {field.name: field for field in dataclasses.fields(Options)}
_CHOICES = {name: field.metadata["choices"] for name, field in _FIELDS.items() if "choices" in field.metadata}
_TYPES = {name: type(field.default) for name, field in _FIELDS.items()}


def readings_of_2() -> dict[str, tuple[Any, ...]]:
    """Return the options that are readings of generation 2, each with its values, the default first."""
    return {name: values for name, values in _CHOICES.items() if _FIELDS[name].metadata[OF_2]}


def parse(setting: str) -> tuple[str, Any]:
    """Read OPTION=VALUE: texts as they are, numbers and switches as in JSON."""
    name, _equals, value = setting.partition("=")
    if _TYPES.get(name) is str:
        return name, value
    try:
        return name, json.loads(value)
    except ValueError:
        raise ValueError(f"{name} cannot be {value}") from None


def _checked(name: str, value: Any) -> Any:
    if name not in _TYPES:
        raise ValueError(f"{name} is not an option; the options are: {', '.join(_TYPES)}")
    if _TYPES[name] is str and value not in _CHOICES.get(name, (value,)):
        raise ValueError(f"{name} must be one of: {', '.join(_CHOICES[name])}")
    wanted = _TYPES[name]
    # A switch is a number to Python, but not to a user.
    is_switch = isinstance(value, bool)
    if wanted is float and isinstance(value, int) and not is_switch:
        return float(value)
    if not isinstance(value, wanted) or is_switch is not (wanted is bool):
        raise ValueError(f"{name} must be of type {wanted.__name__}, not {type(value).__name__}")
    return value
