# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals that end a process or a task, held back while something must not be left half done."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Any, Callable, Iterator

# Of a service manager, a user, a terminal that is closed, and Ansible when the time of a task is over.
_HELD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM)


@contextlib.contextmanager
def signals_deferred(notify: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the signals back that come in the block; afterwards each of them has the effect that it would have had.

    ``notify`` is called when one comes, between any two steps of the main thread: it must not wait for a lock. Blocks
    may be nested. In another thread than the main one, which is the only one that Python hands signals to, nothing is
    held. A signal that is ignored stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[signal.Signals] = []
    before: dict[signal.Signals, Any] = {}

    def note(number: int, _frame: Any) -> None:
        if number not in came:
            came.append(signal.Signals(number))
        notify()

    try:
        for number in _HELD:
            # None: some other library than Python handles it, and nobody could hand it back.
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, note)
        yield
    finally:
        # A handler may raise, and the first signal may be the end: all is put back before any of them has its effect.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, before)
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
