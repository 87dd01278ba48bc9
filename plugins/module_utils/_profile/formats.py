# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats of client configurations that panels offer, by generation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from .._file_writer import FILE_ARGUMENTS
from .._schema import ArgumentSpec
from .content import AMNEZIAWG, INTERFACE, JSON_OBJECT, OPENVPN, PICTURE, STRONGSWAN, WIREGUARD, Content


@dataclass(frozen=True)
class ProfileFormat:
    """A format: the ``operation`` below the object that answers it, the file extension, and the kind of content.

    ``protocol`` is what a 2.x network must offer. ``also_assumed`` is what else check mode assumes to exist.
    """

    operation: str
    extension: str
    content: Content
    protocol: str = ""
    also_assumed: str = ""


# Contract: account_config_text, account_config_qr and account_ikev2_profile.
ACCOUNT_FORMATS: Mapping[str, ProfileFormat] = {
    "wireguard": ProfileFormat("config_text", "conf", INTERFACE),
    "qr": ProfileFormat("config_qr", "png", PICTURE),
    "ikev2": ProfileFormat("ikev2_profile", "sswan", JSON_OBJECT, also_assumed=", and so do the certificates of IKEv2"),
}

# Contract of 2.x: the GET operations under /client/{name}.
CLIENT_FORMATS: Mapping[str, ProfileFormat] = {
    "wireguard": ProfileFormat("config/text", "conf", WIREGUARD, "wireguard"),
    "wireguard_qr": ProfileFormat("config/qr", "png", PICTURE, "wireguard"),
    "amneziawg": ProfileFormat("amneziawg/config", "conf", AMNEZIAWG, "amneziawg"),
    "amneziawg_qr": ProfileFormat("amneziawg/qr", "png", PICTURE, "amneziawg"),
    "openvpn": ProfileFormat("openvpn/profile", "ovpn", OPENVPN, "openvpn"),
    "ikev2": ProfileFormat("ikev2/profile", "sswan", STRONGSWAN, "ikev2"),
}


def profile_options(formats: Mapping[str, ProfileFormat]) -> ArgumentSpec:
    """Return the options of a module that saves a configuration in one of the formats."""
    return {
        "name": {"type": "str", "required": True},
        "format": {"type": "str", "choices": list(formats), "default": "wireguard"},
        "dest": {"type": "path", "required": True},
        **FILE_ARGUMENTS,
    }
