# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A panel at work: its memory, the readings it follows, whether it is busy, and how it speaks."""

from __future__ import annotations

import contextlib
import fnmatch
import hmac
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from werkzeug import Request, Response

from .options import Options
from .state import Panel
from .wire import PanelError

BUSY_TEXT = "Loading (Wireguard delete old interfaces)"


class Busy:
    """Whether the panel rebuilds its configuration, and until when."""

    def __init__(self) -> None:
        self._text = ""
        self._until: float | None = None
        self._requests: int | None = None

    def start(self, seconds: float | None = None, requests: int | None = None, text: str = BUSY_TEXT) -> None:
        """Be busy for some seconds, until some requests were answered, or, without either, until told to stop."""
        self._until = None if seconds is None else time.monotonic() + seconds
        self._requests = requests
        self._text = text

    def stop(self) -> None:
        """Be idle."""
        self._text, self._until, self._requests = "", None, None

    def answered(self) -> None:
        """Take note that a request was answered."""
        if self._requests is not None:
            self._requests -= 1

    @property
    def text(self) -> str:
        """What the panel is busy with; empty when idle."""
        timed_out = self._until is not None and time.monotonic() >= self._until
        if timed_out or (self._requests is not None and self._requests <= 0):
            self.stop()
        return self._text


class Lag:
    """What a panel shows lags behind what it holds: so many reads after a write show what there was before."""

    def __init__(self) -> None:
        self.stop()

    def start(self, reads: int, view: str) -> None:
        """Let this be so for the next writes; only reads of paths like `view` lag behind, and count."""
        self._reads, self._view = reads, view

    def stop(self) -> None:
        """Let all reads show what there is."""
        self._before = b""
        self._left = self._reads = 0
        self._view = "*"

    @contextlib.contextmanager
    def seen(self, panel: Panel, method: str, path: str) -> Iterator[None]:
        """Let a request see what it is to see."""
        # The GET that makes a one-time link is a write.
        is_read = method == "GET" and not path.endswith("/otl")
        if not is_read and self._reads:
            self._before = self._before if self._left else panel.snapshot()
            self._left = self._reads
        if not is_read or not self._left or not fnmatch.fnmatchcase(path, self._view):
            yield
            return
        self._left -= 1
        now = dict(vars(panel))
        panel.restore(self._before)
        try:
            yield
        finally:
            vars(panel).update(now)


class Dialect(Protocol):
    """How a generation puts its answers."""

    def success(self, site: Site, payload: Any) -> Response:
        """Return the envelope around a payload."""

    def failure(self, site: Site, error: PanelError) -> Response:
        """Return the envelope of a refusal."""

    def credential(self, request: Request) -> str:
        """Return the credential that a request carries, empty when none."""


@dataclass
class Site:
    """What all operations work on. One operation runs at a time, under the lock."""

    options: Options
    credential: str
    dialect: Dialect
    panel: Panel = field(default_factory=Panel)
    busy: Busy = field(default_factory=Busy)
    lag: Lag = field(default_factory=Lag)
    lock: threading.RLock = field(default_factory=threading.RLock)
    url: str = ""

    def authorize(self, request: Request) -> None:
        """Refuse a request with another credential, or from another address."""
        sent = self.dialect.credential(request).encode()
        bound_to = self.options.bound_to
        if not hmac.compare_digest(sent, self.credential.encode()) or bound_to not in ("", request.remote_addr):
            raise PanelError("Not authorized", code=401)

    def refuse_when_busy(self) -> None:
        """Refuse a write while the configuration is being rebuilt."""
        if self.busy.text:
            raise PanelError("PUQVPNCP status not OK", code=409)

    def rebuild(self, seconds: float) -> None:
        """Be busy for as long as rebuilding the configuration takes."""
        if seconds:
            self.busy.start(seconds=seconds)

    def status(self) -> str:
        """Return what the status operation says about being busy."""
        return self.busy.text or self.options.ready_text
