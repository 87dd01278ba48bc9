# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an event source remembers of its panels, in a file that survives a restart."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import AtomicFile, content_of_file, unwritable
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._events.state import PROBLEMS, PanelState
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import InventoryPanel

logger = logging.getLogger("puqcloud.puqvpn.panel")

_FORMAT = "puqcloud.puqvpn.panel"
_VERSION = 1


class StateFile:
    """The states of panels by name, in a JSON file with mode 0600 that is replaced atomically.

    A panel that has another address or generation than the one that was saved has no state. Several threads may use it.

    :raises OptionError: the file cannot be written, or is something else: it would be overwritten.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        problems = [problem.replace("dest", "state_file", 1) for problem in unwritable(path)]
        if problems:
            raise OptionError(" ".join(problems))
        self._read = _panels_in(path)
        # The JSON of each panel: most of them do not change between two writes.
        self._panels: dict[str, str] = {}
        # One of the states, and one that a write holds, which takes longer.
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._is_written = True
        self._failed = False

    def state_of(self, panel: InventoryPanel) -> PanelState:
        """Return the state of a panel; that of a new one if nothing usable was saved."""
        saved = self._read.get(panel.name)
        if not isinstance(saved, dict) or any(saved.get(name) != value for name, value in _identity(panel).items()):
            return PanelState()
        state = _loaded(saved)
        if state is None:
            logger.warning("%s: state_file %s has no usable state of this panel", panel.name, echo(self.path))
            return PanelState()
        self._panels[panel.name] = json.dumps(saved)
        return state

    def keep(self, panel: InventoryPanel, state: PanelState) -> None:
        """Replace the state of a panel. :meth:`save` writes it."""
        content = json.dumps({**_identity(panel), **_saved(state)})
        with self._lock:
            self._panels[panel.name] = content
            self._is_written = False

    def save(self) -> None:
        """Write the file if a state has changed, after any other write. A failure is logged once."""
        with self._writing:
            content = self._unwritten()
            if content is None:
                return
            try:
                with AtomicFile(self.path) as file:
                    file.write(content.encode())
                    file.put_in_place()
            except PuqVpnError as error:
                # For example on a full disk. The next time may succeed.
                self._is_written = False
                if not self._failed:
                    logger.error("state_file cannot be written (%s): %s", error.code, error)
                self._failed = True
            else:
                self._failed = False

    def _unwritten(self) -> str | None:
        """Return the content of the file; None if it has it already."""
        with self._lock:
            if self._is_written:
                return None
            panels = ",\n".join(f"{json.dumps(name)}: {content}" for name, content in self._panels.items())
            self._is_written = True
        return f'{{"format": "{_FORMAT}", "version": {_VERSION}, "panels": {{\n{panels}\n}}}}\n'


def _identity(panel: InventoryPanel) -> dict[str, Any]:
    return {"url": panel.connection.root, "generation": panel.connection.generation}


def _panels_in(path: str) -> dict[str, Any]:
    """Return the panels of a file; none if it does not exist or is empty."""
    content = content_of_file(path)
    if not content:
        return {}
    try:
        held = json.loads(content)
    except (ValueError, RecursionError):
        held = None
    panels = held.get("panels") if isinstance(held, dict) and held.get("format") == _FORMAT else None
    if not isinstance(panels, dict):
        raise OptionError(
            f"state_file {echo(path)} exists and is not the state of an event source",
            hint="Choose another path, or remove the file. Without it, the source begins with the present state.",
        )
    if held.get("version") != _VERSION:
        raise OptionError(
            f"state_file {echo(path)} was written by another version of the collection",
            hint="Remove the file, or choose another path.",
        )
    return panels


# --- Conversion

_FIELDS = ("problems", "accounts", "online", "addresses", "drift")


def _saved(state: PanelState) -> dict[str, Any]:
    """Return a state as JSON, without the digests of secrets."""
    return {
        "problems": sorted(state.problems),
        "accounts": state.accounts,
        "online": {path: list(names) for path, names in state.online.items()},
        "addresses": {name: list(addresses) for name, addresses in state.addresses.items()},
        "drift": state.drift,
    }


def _loaded(saved: Mapping[str, Any]) -> PanelState | None:
    """Return the state that was saved as JSON; None if it is none."""
    if not saved.keys() >= set(_FIELDS):
        return None
    problems, accounts, online, addresses, drift = (saved[name] for name in _FIELDS)
    is_usable = (
        _is_texts(problems)
        and isinstance(drift, str)
        and (accounts is None or _is_map(accounts, dict))
        and all(_is_map(lists, list) and all(map(_is_texts, lists.values())) for lists in (online, addresses))
    )
    if not is_usable:
        return None
    return PanelState(
        problems=frozenset(problems) & PROBLEMS, accounts=accounts, online=online, addresses=addresses, drift=drift
    )


def _is_map(value: Any, of: type) -> bool:
    return isinstance(value, dict) and all(isinstance(part, of) for part in value.values())


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)
