# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Defer the signals that end a process or a task while something must not be left half done."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Any, Callable, Iterator

# From a service manager, a user, a closed terminal, and from Ansible when a task times out.
_DEFERRED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM)


@contextlib.contextmanager
def signals_deferred(notify: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Defer the signals that arrive in the block; afterwards, each has the effect that it would have had.

    ``notify`` is called when one arrives, between any two steps of the main thread: it must not wait for a lock.
    Blocks may be nested. Python delivers signals to the main thread only, so in other threads nothing is deferred. A
    signal that is ignored stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[signal.Signals] = []
    before: dict[signal.Signals, Any] = {}

    def note(number: int, _frame: Any) -> None:
        if number not in arrived:
            arrived.append(signal.Signals(number))
        notify()

    try:
        for number in _DEFERRED:
            # None: a library other than Python handles the signal, and its handler could not be restored.
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, note)
        yield
    finally:
        # A handler may raise, and the first signal may end the process: all handlers are restored before any signal
        # takes effect.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, before)
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in arrived:
            signal.raise_signal(number)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
