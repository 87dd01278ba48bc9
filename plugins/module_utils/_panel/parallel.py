# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to a panel that do not depend on each other, several of them at the same time."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, Generator, Sequence, TypeVar

from .._errors import OptionError
from .._schema import Argument
from .._transport.session import MOST_AT_ONCE

T = TypeVar("T")
R = TypeVar("R")

CONCURRENCY_ARGUMENT: Argument = {"type": "int", "default": 1}


def check_concurrency(concurrency: int) -> None:
    """Refuse a number of requests that a session cannot have in flight.

    :raises OptionError: the number is too small or too large.
    """
    if not 1 <= concurrency <= MOST_AT_ONCE:
        raise OptionError(f"concurrency is {concurrency}", hint=f"Give a number from 1 to {MOST_AT_ONCE}.")


def in_parallel(concurrency: int, work: Callable[[T], R], items: Sequence[T], interrupt: Callable[[], None]) -> list[R]:
    """Do the work for all items, at most ``concurrency`` of them at the same time; return the results in their order.

    After an exception of any item, and after a signal, nothing else is begun: ``interrupt`` is called, and what is in
    flight is completed. Then the exception is raised.
    """
    concurrency = min(concurrency, len(items))
    if concurrency <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(concurrency) as pool:
        pending = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in pending]
        except BaseException:
            interrupt()
            for future in pending:
                future.cancel()
            raise


def each_in_parallel(
    concurrency: int, work: Callable[[T], R], items: Sequence[T], interrupt: Callable[[], None]
) -> Generator[tuple[T, R], None, None]:
    """As :func:`in_parallel`, but yield each item with its result as soon as it is its turn.

    At most twice as many results as requests in flight are kept, and nothing else is begun once it is closed.
    """
    concurrency = min(concurrency, len(items))
    if concurrency <= 1:
        for item in items:
            yield item, work(item)
        return
    with ThreadPoolExecutor(concurrency) as pool:
        pending: deque[tuple[T, Future[R]]] = deque()
        try:
            for item in items:
                pending.append((item, pool.submit(work, item)))
                if len(pending) >= 2 * concurrency:
                    first, future = pending.popleft()
                    yield first, future.result()
            for last, future in pending:
                yield last, future.result()
        except BaseException:
            interrupt()
            for _item, future in pending:
                future.cancel()
            raise
