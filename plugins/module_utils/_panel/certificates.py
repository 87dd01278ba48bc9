# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IKEv2 switch and certificates of a panel."""

from __future__ import annotations

from typing import Any

from .._client import PanelClient
from .._crypto import subject_of
from .._field_types import Pem, Switch
from .._objects.ikev2 import CA, SERVER
from .._schema import object_of

PEMS = ("cert", "key")


def read_ikev2(client: PanelClient) -> dict[str, Any]:
    """Return whether IKEv2 is enabled, and its certificates, with one GET (contract: ikev2_config_get)."""
    view = client.read("ikev2/config", _view)
    client.learn_secrets(view)
    return view


def _view(payload: Any) -> dict[str, Any]:
    """Return the configuration by part, so that the result has the form of the options."""
    config = object_of(payload, "IKEv2 configuration")
    view: dict[str, Any] = {"enabled": Switch().read(config.get("enabled", False))}
    for kind in (CA, SERVER):
        prefix = f"{kind.name}_"
        part = kind.read({name[len(prefix) :]: value for name, value in config.items() if name.startswith(prefix)})
        part.update((name, Pem().read(part.get(name) or "")) for name in PEMS)
        view[kind.name] = {"state": "present" if part["cert"] else "absent", **part}
    # The panel shows its form, which is not the subject of a root that was imported (contract: ikev2_config_get/1).
    view["ca"].update(subject_of(view["ca"]["cert"]))
    return view
