# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Poll panels, and put an event for each change into the queue of ansible-rulebook.

Each poll of a panel runs in a thread. An error of a panel is logged or becomes an event, and never ends the source.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, TypeVar

import yaml
from ansible.errors import AnsibleError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import STATUS_PATH, PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.conflicts import check_items
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.parse import Document, parse
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.plan import plan_document
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.progress import Progress
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.purge import RemovalGuards
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.result import result_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.sections import LAYOUTS, LISTS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import content_of_file
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import REPORTED_PARTS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel.archives import read_archives
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel.reader import PanelReader
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel.status import summarize_status
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._secrets import mask_texts
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.sessions import ONLINE_LISTS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import nested_too_deeply
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._time import now as current_time
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._transport.session import Transport
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo, one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._dates import dates_as_text
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._events.state import (
    Event,
    Findings,
    PanelState,
    advance,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._events.state_file import StateFile
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import (
    PANELS_OPTION,
    InventoryPanel,
    panels_of,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._plugin_client import (
    connection_options,
    errors_as,
    refuse_unknown,
    validated,
)

T = TypeVar("T")

logger = logging.getLogger("puqcloud.puqvpn.panel")

# A busy panel is an event. Nothing waits until it is ready.
_WITHOUT_WAITING = {"busy_timeout": 0}
_CONNECTION = [name for name in CONNECTION_OPTIONS if name not in _WITHOUT_WAITING]
_DOCUMENT: dict[str, dict[str, Any]] = {
    "config": {"type": "dict", "no_log": True},
    "config_file": {"type": "path"},
}
_PANEL = {name: option for name, option in PANELS_OPTION["options"].items() if name == "name" or name in _CONNECTION}

OPTIONS: dict[str, dict[str, Any]] = {
    "panels": {"type": "list", "elements": "dict", "options": {**_PANEL, **_DOCUMENT}},
    "interval": {"type": "float", "default": 60.0},
    "jitter": {"type": "float", "default": 0.1},
    "concurrency": {"type": "int", "default": 8},
    "watch": {
        "type": "list",
        "elements": "str",
        "choices": ["accounts", "sessions"],
        "default": ["accounts", "sessions"],
    },
    "min_license_days": {"type": "int", "default": 30},
    "min_free_accounts": {"type": "int", "default": 1},
    "max_backup_hours": {"type": "int", "default": 48},
    "state_file": {"type": "path"},
    **_DOCUMENT,
    "purge": {"type": "list", "elements": "str", "choices": [section.name for section in LISTS], "default": []},
    "purge_scope": {"type": "list", "elements": "str"},
    "protect": {"type": "list", "elements": "str", "default": []},
    "drift_interval": {"type": "float", "default": 3600.0},
}

# The variables of the role panel are named like the sections of a document.
_ROLE_PREFIX = "puqvpn_panel_"
_SECTIONS = {name for layout in LAYOUTS.values() for name in layout.sections}

# ansible-rulebook adds it to the options of a source that waits for its rules.
_FEEDBACK = "eda_feedback_queue"

# By option: the smallest and the largest value.
_LIMITS: Mapping[str, tuple[float, float]] = {
    "interval": (0.001, 86400),
    "jitter": (0, 1),
    "concurrency": (1, 64),
    "min_license_days": (0, 10**6),
    "min_free_accounts": (0, 10**6),
    "max_backup_hours": (0, 10**6),
    "drift_interval": (0.001, 86400 * 366),
}

# In seconds. Backups are made once a day at most. After the process was killed, events since the last save come again.
_BACKUPS_INTERVAL = 3600.0
_SAVE_INTERVAL = 1.0
# Of one poll of one panel. A hostile panel could fill the memory with the events for its accounts.
_MOST_EVENTS = 10_000


class EventQueue(Protocol):
    """The queue of ansible-rulebook."""

    async def put(self, event: Event) -> None:
        """Add an event."""


async def watch(queue: EventQueue, args: Mapping[str, Any]) -> None:
    """Poll panels until the task is cancelled. ``args`` are the options of the source.

    :raises AnsibleError: an option is invalid, before anything is sent.
    """
    with errors_as(AnsibleError):
        options = parse_options(args)
        states = StateFile(options["state_file"]) if options["state_file"] else None
        watchers = watchers_of(options, states)
    limit = asyncio.Semaphore(options["concurrency"])
    tasks = [asyncio.create_task(_follow(watcher, queue, limit, options)) for watcher in watchers]
    if states is not None:
        tasks.append(asyncio.create_task(_save_regularly(states)))
    try:
        await asyncio.gather(*tasks)
    finally:
        for watcher in watchers:
            watcher.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if states is not None:
            states.save()


async def _follow(
    watcher: PanelWatcher, queue: EventQueue, limit: asyncio.Semaphore, options: Mapping[str, Any]
) -> None:
    while True:
        async with limit:
            events = await _in_thread(watcher.poll)
        for event in events:
            await queue.put(event)
        # After the events: one that was not delivered is found again after a restart.
        watcher.keep_state()
        await asyncio.sleep(options["interval"] * (1 + random.uniform(0, options["jitter"])))


async def _save_regularly(states: StateFile) -> None:
    """Write the states of all panels at once, since the file contains all of them."""
    while True:
        await asyncio.sleep(_SAVE_INTERVAL)
        await _in_thread(states.save)


async def _in_thread(work: Callable[[], T]) -> T:
    """Do blocking work in a thread that does not keep the process from ending, as those of an executor do."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def finish(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]  # the result of work
        else:
            future.set_exception(error)

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except BaseException as error:
            failed = error
        # The loop may be closed by now.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(finish, result, failed)

    threading.Thread(target=run, daemon=True).start()
    return await future


# --- Options


def parse_options(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options in their types, those of the connection included.

    :raises OptionError: an option is unknown or invalid.
    """
    given = {name: value for name, value in args.items() if name != _FEEDBACK}
    refuse_unknown(given, {*OPTIONS, *_CONNECTION})
    panels = given.get("panels")
    for panel in panels if isinstance(panels, list) else ():
        if isinstance(panel, Mapping):
            refuse_unknown(panel, OPTIONS["panels"]["options"].keys())
    options = validated(OPTIONS, {name: value for name, value in given.items() if name in OPTIONS})
    for name, (least, most) in _LIMITS.items():
        # The comparison is written so that NaN fails it as well.
        if not least <= options[name] <= most:
            raise OptionError(f"{name} is {options[name]}", hint=f"Set it to a number from {least:g} to {most:g}.")
    return {**options, **connection_options({**given, **_WITHOUT_WAITING})}


def watchers_of(options: Mapping[str, Any], states: StateFile | None = None) -> list[PanelWatcher]:
    """Return what polls each panel.

    :raises OptionError: the options of a panel or its document cannot be used.
    :raises PuqVpnError: ``invalid_config`` for a document with problems.
    """
    panels = panels_of(options, options["panels"])
    documents = [_document_of(given, options) for given in options["panels"] or [{}]]
    if any(options[name] for name in ("purge", "purge_scope", "protect")) and not any(documents):
        raise OptionError("purge, purge_scope and protect need a document", hint="Set config or config_file.")
    return [PanelWatcher(panel, options, document, states) for panel, document in zip(panels, documents, strict=True)]


@dataclass(frozen=True)
class _Document:
    """The document that a panel is compared with: a dictionary, or a file that is read before each comparison."""

    config: Mapping[str, Any] | None
    path: str | None

    def load(self) -> dict[str, Any]:
        """Return the document.

        :raises OptionError: the file cannot be read, or is neither a document nor the variables of the role panel.
        """
        config = dates_as_text(self.config if self.path is None else _yaml_file(self.path))
        return dict(config)


def _document_of(given: Mapping[str, Any], options: Mapping[str, Any]) -> _Document | None:
    """Return the document of a panel, its own or the one beside ``panels``."""
    own = {name: given.get(name) for name in _DOCUMENT}
    chosen = own if any(value is not None for value in own.values()) else {name: options[name] for name in _DOCUMENT}
    if all(value is not None for value in chosen.values()):
        raise OptionError("config and config_file are mutually exclusive", hint="Set one of them.")
    if all(value is None for value in chosen.values()):
        return None
    return _Document(chosen["config"], chosen["config_file"])


def _yaml_file(path: str) -> Mapping[str, Any]:
    content = content_of_file(path)
    if content is None:
        raise OptionError(f"config_file {echo(path)} does not exist")
    try:
        held = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError):
        # Without the words of the library, which show lines of the file.
        raise OptionError(
            f"config_file {echo(path)} is not valid YAML, or is encrypted",
            hint="Encrypted values can be passed in config, from variables that ansible-rulebook decrypts.",
        ) from None
    if not isinstance(held, dict):
        raise OptionError(f"config_file {echo(path)} does not contain a dictionary")
    if _has_template(held):
        raise OptionError(
            f"config_file {echo(path)} contains a template, which nothing evaluates there",
            hint="Pass the document in config, where ansible-rulebook evaluates templates.",
        )
    of_role = {name: held[f"{_ROLE_PREFIX}{name}"] for name in _SECTIONS if f"{_ROLE_PREFIX}{name}" in held}
    return of_role or held


def _has_template(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_template, value.values()))
    if isinstance(value, list):
        return any(map(_has_template, value))
    return isinstance(value, str) and ("{{" in value or "{%" in value)


# --- One panel


class PanelWatcher:
    """Polls a panel, and knows its state. One thread at a time uses it; :meth:`stop` may be called by any other."""

    def __init__(
        self,
        panel: InventoryPanel,
        options: Mapping[str, Any],
        document: _Document | None,
        states: StateFile | None,
    ) -> None:
        self.panel = panel
        self.state = states.state_of(panel) if states else PanelState()
        self._kept = self.state
        self._options = options
        self._document = document
        self._states = states
        self._generation = panel.connection.generation
        self._kind = LAYOUTS[self._generation].accounts.kind
        self._transport = Transport(panel.connection)
        self._client = self._new_client()
        self._comparing: PanelClient | None = None
        self._lists = ONLINE_LISTS[self._generation] if "sessions" in options["watch"] else ()
        self._turn = 0
        # By name of what is not done with every poll: when it was done last, by a clock that never jumps.
        self._done: dict[str, float] = {}
        # By name of what cannot be read: the error code that was logged.
        self._failing: dict[str, str] = {}
        if document is not None:
            check_items(self._parsed(document.load()))
        for text in self._client.warnings:
            logger.warning("%s", text)

    def stop(self) -> None:
        """Make a poll end as soon as possible, and close the connection."""
        for client in (self._client, self._comparing):
            if client is not None:
                client.stop()
        self._transport.close()

    def poll(self) -> list[Event]:
        """Read the panel with one to three requests, and return the events for what has changed."""
        try:
            found = self._read()
            events, self.state = advance(self.state, found, self._kind, self._options)
        except Exception as error:
            # Of any type: a panel must not end the source.
            self._log_failure("poll", type(error).__name__, one_line(error))
            return []
        self._succeeded("poll")
        if len(events) > _MOST_EVENTS:
            logger.error("%s: %s of %s events are left out", self.panel.name, len(events) - _MOST_EVENTS, len(events))
        return [self._signed(event) for event in events[:_MOST_EVENTS]]

    def keep_state(self) -> None:
        """Hand a state that has changed to the state file."""
        if self._states is not None and self.state != self._kept:
            self._states.keep(self.panel, self.state)
            self._kept = self.state

    def _new_client(self) -> PanelClient:
        # In check mode, it cannot write.
        return PanelClient(self.panel.connection, check_mode=True, transport=self._transport)

    def _signed(self, event: Event) -> Event:
        """Add what all events have in common."""
        return {
            "type": event["type"],
            "panel": self.panel.name,
            "url": self.panel.connection.root,
            "generation": self._generation,
            "time": self._client.now.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
            **event,
            "text": f"{self.panel.name}: {event['text']}",
        }

    # --- Reading

    def _read(self) -> Findings:
        found = Findings()
        self._client.now = current_time()
        self._client.warnings.clear()
        try:
            status = self._attempt(self._read_status)
        except PuqVpnError as error:
            found.unreachable = error
            return found
        found.report.parts["status"] = status
        if status["ready"]:
            self._read_parts(found)
        return found

    def _read_status(self) -> Mapping[str, Any]:
        try:
            return summarize_status(self._client.get(STATUS_PATH), self.panel.connection.root)
        except PuqVpnError as error:
            if error.code != "panel_busy":
                raise
            return {"generation": self._generation, "ready": False, "state": one_line(error.panel_error)}

    def _read_parts(self, found: Findings) -> None:
        reader = PanelReader(self._client)
        if "accounts" in self._options["watch"]:
            found.accounts = self._part(self._kind.list_path, lambda: reader.named_objects(self._kind))
        if self._backups_are_due():
            archives = self._part("backups", lambda: read_archives(self._client))
            if archives is not None:
                found.report.parts["backups"] = archives
        elif self._lists:
            online = self._lists[self._turn % len(self._lists)]
            self._turn += 1
            sessions = self._part(online.path, lambda: online.read_from(reader))
            found.sessions = None if sessions is None else (online, sessions)
        document = self._document
        if document is not None and self._is_due("drift", self._options["drift_interval"]):
            found.drift = self._part("drift", lambda: self._compare(document))

    def _backups_are_due(self) -> bool:
        return (
            "backups" in REPORTED_PARTS[self._generation]
            and self._options["max_backup_hours"] > 0
            and self._is_due("backups", _BACKUPS_INTERVAL)
        )

    def _is_due(self, name: str, interval: float) -> bool:
        moment = monotonic()
        if name in self._done and moment - self._done[name] < interval:
            return False
        self._done[name] = moment
        return True

    def _part(self, name: str, read: Callable[[], T]) -> T | None:
        """Read a part of the panel; None, and a line in the log, if that fails."""
        try:
            found = self._attempt(read)
        except PuqVpnError as error:
            self._log_failure(name, error.code, str(error))
            return None
        self._succeeded(name)
        return found

    def _attempt(self, read: Callable[[], T]) -> T:
        """Read something of the panel, which may contain its own credential: nothing may show it.

        :raises PuqVpnError: as the client does; also for an answer that is nested too deeply.
        """
        try:
            shown: T = mask_texts(read(), [self.panel.connection.credential])
        except RecursionError:
            raise nested_too_deeply() from None
        return shown

    # --- Drift

    def _parsed(self, config: Mapping[str, Any]) -> Document:
        return parse(config, {"recreate": False}, self._generation, current_time())

    def _compare(self, document: _Document) -> Mapping[str, Any]:
        """Return what would have to change on the panel, as ``puqvpn_apply`` reports it in check mode."""
        # A client of its own learns the secrets of the document, and forgets them.
        self._comparing = client = self._new_client()
        config = document.load()
        client.learn_secrets(config)
        guards = RemovalGuards(
            sections=tuple(self._options["purge"]),
            scope=None if self._options["purge_scope"] is None else tuple(self._options["purge_scope"]),
            protect=tuple(self._options["protect"]),
        )
        reader = PanelReader(client)
        plan = plan_document(self._parsed(config), reader, guards, client.assume)
        return result_of(Progress(plan, reader.root, include_secrets=False), check_mode=True)

    # --- Log

    def _log_failure(self, name: str, code: str, message: str) -> None:
        """Log a failure, once as long as it stays the same."""
        if self._failing.get(name) != code:
            self._failing[name] = code
            logger.error("%s: %s failed (%s): %s", self.panel.name, name, code, self._client.redact(one_line(message)))

    def _succeeded(self, name: str) -> None:
        if self._failing.pop(name, None) is not None:
            logger.info("%s: %s works again", self.panel.name, name)
