# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that hold what a panel answered: compared by their content, replaced in one step, readable by nobody else."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from typing import BinaryIO, Callable, Iterable, Iterator, TypeVar

from ._errors import OptionError, PuqVpnError

T = TypeVar("T")


def unwritable(dest: str | None) -> Iterable[str]:
    """Why the file ``dest`` cannot be written, as sentences."""
    if dest is None:
        return
    folder = os.path.dirname(dest) or "."
    if os.path.isdir(dest):
        yield f"dest {dest} is a folder: add the name of the file."
    elif not os.path.isdir(folder):
        yield f"dest {dest} cannot be written, the folder {folder} does not exist: create it first."
    elif not os.access(folder, os.W_OK):
        yield f"dest {dest} cannot be written, the folder {folder} is not writable for this user."


def digest_of_file(path: str) -> str | None:
    """The SHA-256 of a file in hexadecimal digits; None when there is no such file.

    :raises OptionError: it cannot be read.
    """
    return _read(path, _digest)


def content_of_file(path: str) -> bytes | None:
    """The content of a file; None when there is no such file.

    :raises OptionError: it cannot be read.
    """
    return _read(path, lambda file: file.read())


def _read(path: str, take: Callable[[BinaryIO], T]) -> T | None:
    try:
        with open(path, "rb") as file:
            return take(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OptionError(f"dest {path} cannot be read ({error.strerror})") from None


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for piece in iter(lambda: file.read(1024 * 1024), b""):
        digest.update(piece)
    return digest.hexdigest()


class FileBeside:
    """A new file of mode 0600 in the folder of ``path``, gone at the end unless it was put in place.

    :raises PuqVpnError: ``file_not_written``, also for what goes wrong while it is written.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        with self._explained():
            handle, self.temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".puqvpn-")
            self.file = os.fdopen(handle, "w+b")

    def __enter__(self) -> FileBeside:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.temporary)

    def write(self, content: bytes) -> None:
        """Write the whole content."""
        with self._explained():
            self.file.write(content)

    def put_in_place(self) -> None:
        """Replace the file in one step: whoever reads it sees the old or the new one, whole."""
        with self._explained():
            self.file.flush()
            os.replace(self.temporary, self.path)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PuqVpnError("file_not_written", f"dest {self.path} could not be written ({error.strerror})") from None
