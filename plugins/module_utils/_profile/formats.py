# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats of client configurations that panels offer, by generation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from .._file_writer import FILE_ARGUMENTS
from .._panel.filters import filter_options
from .._panel.parallel import CONCURRENCY_ARGUMENT
from .._schema import ArgumentSpec, ObjectKind
from .content import AMNEZIAWG, INTERFACE, JSON_OBJECT, OPENVPN, PICTURE, STRONGSWAN, WIREGUARD, Content


@dataclass(frozen=True)
class ProfileFormat:
    """A format: the ``operation`` below the object that answers it, the file extension, and the kind of content.

    ``ending`` is unique among the formats of a panel, for files of one name in one directory. ``protocol`` is what a
    2.x network must offer. ``also_assumed`` is what else check mode assumes to exist.
    """

    operation: str
    extension: str
    content: Content
    ending: str
    protocol: str = ""
    also_assumed: str = ""


DEFAULT_FORMAT = "wireguard"

# Contract: account_config_text, account_config_qr and account_ikev2_profile.
ACCOUNT_FORMATS: Mapping[str, ProfileFormat] = {
    "wireguard": ProfileFormat("config_text", "conf", INTERFACE, "conf"),
    "qr": ProfileFormat("config_qr", "png", PICTURE, "png"),
    "ikev2": ProfileFormat(
        "ikev2_profile", "sswan", JSON_OBJECT, "sswan", also_assumed=", and so do the certificates of IKEv2"
    ),
}

# Contract of 2.x: the GET operations under /client/{name}.
CLIENT_FORMATS: Mapping[str, ProfileFormat] = {
    "wireguard": ProfileFormat("config/text", "conf", WIREGUARD, "conf", "wireguard"),
    "wireguard_qr": ProfileFormat("config/qr", "png", PICTURE, "png", "wireguard"),
    "amneziawg": ProfileFormat("amneziawg/config", "conf", AMNEZIAWG, "awg.conf", "amneziawg"),
    "amneziawg_qr": ProfileFormat("amneziawg/qr", "png", PICTURE, "awg.png", "amneziawg"),
    "openvpn": ProfileFormat("openvpn/profile", "ovpn", OPENVPN, "ovpn", "openvpn"),
    "ikev2": ProfileFormat("ikev2/profile", "sswan", STRONGSWAN, "sswan", "ikev2"),
}


def profile_options(kind: ObjectKind, formats: Mapping[str, ProfileFormat]) -> ArgumentSpec:
    """Return the options of a module that saves configurations of accounts or clients in some of the formats."""
    return {
        "name": {"type": "str"},
        "names": {"type": "list", "elements": "str"},
        "all": {"type": "bool", "default": False},
        "filters": {"type": "dict", "options": filter_options(kind)},
        "format": {"type": "str", "choices": list(formats)},
        "formats": {"type": "list", "elements": "str", "choices": list(formats)},
        "dest": {"type": "path", "required": True},
        "folder_per_name": {"type": "bool", "default": False},
        "concurrency": CONCURRENCY_ARGUMENT,
        **FILE_ARGUMENTS,
    }


def is_bulk(options: Mapping[str, Any]) -> bool:
    """Return whether the options ask for any number of files, and not for a single one."""
    return options["name"] is None or options["formats"] is not None


def selection_problems(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the options that say whose configurations to save, in which formats, as sentences."""
    ways = [name for name in ("name", "names", "all") if options[name] not in (None, False)]
    if len(ways) != 1:
        yield f"Set exactly one of name, names and all{', not ' if ways else ''}{' and '.join(ways)}."
    if options["filters"] is not None and not options["all"]:
        yield "filters needs all: true."
    if options["format"] is not None and options["formats"] is not None:
        yield "format and formats are mutually exclusive."
    if options["folder_per_name"] and not is_bulk(options):
        yield "folder_per_name needs names, all or formats."
