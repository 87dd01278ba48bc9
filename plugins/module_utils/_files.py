# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files with the answer of a panel: compared by content, replaced atomically, readable by nobody else.

Only regular files are read and replaced. A file that a user names in full may be a symbolic link: it is followed to
compare the content, and the link itself is replaced. Inside a directory, where a panel may have chosen the name, a link
is refused like everything else that is not a regular file (``follow=False``).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import tempfile
from typing import Any, BinaryIO, Callable, Iterable, Iterator, TypeVar

from ._errors import OptionError, PuqVpnError
from ._untrusted import echo

T = TypeVar("T")

_PIECE = 1024 * 1024

_NO_REGULAR_FILE = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


# --- Before anything is sent


def unwritable(dest: str | None, *, follow: bool = True) -> Iterable[str]:
    """Yield why the file ``dest`` cannot be written, as sentences. It is not opened, which could block."""
    if dest is None:
        return
    if not dest:
        yield "dest is empty: set it to the path of a file."
        return
    directory = os.path.dirname(dest) or "."
    if os.path.isdir(dest) and follow:
        yield f"dest {echo(dest)} is a directory: add the name of the file."
        return
    problem = obstacle(dest, follow=follow)
    if problem:
        yield f"dest {problem}"
    elif not os.path.isdir(directory):
        yield f"dest {echo(dest)} cannot be written: the directory {echo(directory)} does not exist. Create it first."
    elif not os.access(directory, os.W_OK):
        yield f"dest {echo(dest)} cannot be written: the directory {echo(directory)} is not writable for this user."


def directory_unwritable(directory: str) -> Iterable[str]:
    """Yield why no file can be created in an existing directory, as sentences."""
    if not os.access(directory, os.W_OK):
        yield f"dest {echo(directory)} cannot be written to: the directory is not writable for this user."


def obstacle(path: str, *, follow: bool = False) -> str:
    """Return why no file can be put at a path, as a sentence: it is not a regular file. Empty if one can."""
    try:
        mode = os.stat(path).st_mode if follow else os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        return f"{echo(path)} cannot be used ({_reason(error)})."
    if stat.S_ISREG(mode):
        return ""
    found = next((words for is_kind, words in _NO_REGULAR_FILE if is_kind(mode)), "of an unknown kind")
    return f"{echo(path)} is {found}, and only regular files are replaced: remove it, or use another path."


def folder_unwritable(dest: str) -> Iterable[str]:
    """Yield why no file can be written into the folder ``dest``, as sentences; one that does not exist is created."""
    if not dest:
        yield "dest is empty: set it to the path of a folder."
    elif os.path.isdir(dest):
        yield from directory_unwritable(dest)
    else:
        problem = folder_obstacle(dest)
        if problem:
            yield f"dest {problem}"


def folder_obstacle(path: str) -> str:
    """Return why a path cannot be a folder, as a sentence: it is something else, or cannot be created. Empty if it can.

    A symbolic link is not followed, but those in the path of the folder are.
    """
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return _not_creatable(path)
    except (OSError, ValueError) as error:
        return f"{echo(path)} cannot be used ({_reason(error)})."
    if stat.S_ISDIR(mode):
        return ""
    found = "a symbolic link" if stat.S_ISLNK(mode) else "a file"
    return f"{echo(path)} is {found}, not a folder. Remove it, or choose another folder."


def _not_creatable(path: str) -> str:
    existing = path
    while not os.path.exists(existing):
        existing = os.path.dirname(existing) or "."
    if os.path.isdir(existing) and os.access(existing, os.W_OK | os.X_OK):
        return ""
    return f"{echo(path)} cannot be created in {echo(existing)}. Choose another folder."


# --- What is there


def digest_of_file(path: str, *, follow: bool = True) -> str | None:
    """Return the SHA-256 of a file in hexadecimal digits; None if the file does not exist.

    :raises OptionError: it cannot be read, or is not a regular file.
    """
    return _read(path, follow, _digest)


def content_of_file(path: str, *, follow: bool = True) -> bytes | None:
    """Return the content of a file; None if the file does not exist.

    :raises OptionError: it cannot be read, or is not a regular file.
    """
    return _read(path, follow, lambda file: file.read())


def mode_of_file(path: str) -> int:
    """Return the permissions of an existing file, which is not a link."""
    return stat.S_IMODE(os.lstat(path).st_mode)


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for piece in iter(lambda: file.read(_PIECE), b""):
        digest.update(piece)
    return digest.hexdigest()


def _read(path: str, follow: bool, take: Callable[[BinaryIO], T]) -> T | None:
    def opened(name: str, flags: int) -> int:
        # The file that was checked may have been replaced since, so this neither blocks nor follows links.
        handle = os.open(name, flags | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW))
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OptionError(f"dest {echo(path)} is not a regular file")
        return handle

    try:
        with open(path, "rb", opener=opened) as file:
            return take(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise OptionError(f"dest {echo(path)} cannot be read ({_reason(error)})") from None


# --- A new file


class FileNotWrittenError(PuqVpnError):
    """A file could not be written, for example on a full disk. No request caused that, not even one in flight."""

    def __init__(self, dest: str, reason: str, failed: str = "could not be written") -> None:
        super().__init__("file_not_written", f"dest {echo(dest)} {failed} ({reason})")

    def during(self, method: str, path: str, panel: str) -> PuqVpnError:
        """Note the panel alone."""
        return self.at(panel)


@contextlib.contextmanager
def written_to(dest: str, failed: str = "could not be written") -> Iterator[None]:
    """Turn an error of the operating system while ``dest`` is written into a :class:`FileNotWrittenError`."""
    try:
        yield
    except OSError as error:
        raise FileNotWrittenError(dest, _reason(error), failed) from None


def create_folder(path: str, mode: int = 0o755, created: Callable[[str], None] = lambda _path: None) -> None:
    """Create a folder, and the missing ones above it, with exactly this mode. Existing ones are left as they are.

    :param created: called with the path of each new folder.
    :raises FileNotWrittenError: it cannot be created.
    """
    if os.path.isdir(path):
        return
    create_folder(os.path.dirname(path) or os.curdir, mode, created)
    # The tasks of other hosts may create the folders that they share at the same moment.
    with written_to(path, "could not be created"), contextlib.suppress(FileExistsError):
        os.mkdir(path, mode)
        # The umask of the user does not count.
        os.chmod(path, mode)
        created(path)


class AtomicFile:
    """A new file with mode 0600 in the directory of ``path``, deleted at the end unless it was put in place.

    ``file`` can be passed to whoever writes the content: its errors are those of this class.

    :raises FileNotWrittenError: also if writing, flushing or closing fails.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        with written_to(path):
            handle, self.temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".puqvpn-")
        self.file = _OpenFile(handle, path)

    def __enter__(self) -> AtomicFile:
        return self

    def __exit__(self, *_exc: object) -> None:
        # Closing writes the rest, which may fail again; the file is closed nevertheless.
        with contextlib.suppress(FileNotWrittenError):
            self.file.close()
        with contextlib.suppress(OSError):
            os.unlink(self.temporary)

    def write(self, content: bytes, *, durable: bool = True) -> None:
        """Write the entire content to :attr:`temporary`. See :meth:`finish`."""
        self.file.write(content)
        self.finish(durable=durable)

    @contextlib.contextmanager
    def reader(self) -> Iterator[BinaryIO]:
        """Open what was written so far for reading, from the beginning. Nothing is written after that."""
        self.file.flush()
        with open(self.file.fileno(), "rb", closefd=False) as file:
            file.seek(0)
            yield file

    def digest(self) -> str:
        """Return the SHA-256 of what was written, in hexadecimal digits."""
        with written_to(self.path), self.reader() as file:
            return _digest(file)

    def finish(self, *, durable: bool = True) -> None:
        """Flush everything to disk: only then it is certain that there was enough space.

        Unless it is ``durable``, the operating system does that later, and an empty file may be left if the machine
        fails before. For a small file, most of the time goes into waiting for the disk.
        """
        if not self.file.closed:
            with written_to(self.path):
                self.file.flush()
                if durable:
                    os.fsync(self.file.fileno())
                self.file.close()

    def put_in_place(self) -> None:
        """Replace the file atomically: readers see the old or the new content, and never a part of it."""
        self.finish()
        with written_to(self.path):
            os.replace(self.temporary, self.path)


class _OpenFile(io.BufferedRandom):
    """An open file whose errors name the file that it will become."""

    def __init__(self, handle: int, dest: str) -> None:
        super().__init__(io.FileIO(handle, "r+b"))
        self._dest = dest

    def write(self, content: Any) -> int:
        with written_to(self._dest):
            return super().write(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        with written_to(self._dest):
            return super().seek(offset, whence)

    def truncate(self, size: int | None = None) -> int:
        with written_to(self._dest):
            return super().truncate(size)

    def flush(self) -> None:
        with written_to(self._dest):
            super().flush()

    def close(self) -> None:
        with written_to(self._dest):
            super().close()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
