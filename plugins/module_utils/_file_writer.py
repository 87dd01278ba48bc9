# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write files as ``ansible.builtin.copy`` does, with the tools of an ``AnsibleModule``."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shlex
from typing import Any, Callable, Iterator

from ._errors import PuqVpnError
from ._files import AtomicFile, FileNotWrittenError, create_folder
from ._untrusted import echo, one_line

# Beside the options that Ansible itself defines for files.
FILE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "validate": {"type": "str"},
    "backup": {"type": "bool", "default": False},
}

DEFAULT_MODE = "0600"

# Without unsafe_writes, which the environment may set for all modules.
_OPTIONS = ("mode", "owner", "group", "seuser", "serole", "setype", "selevel", "attributes", *FILE_ARGUMENTS)

_LARGEST_MODE = 0o7777


class FileWriter:
    """Writes files with the attributes that the options of a task ask for; the default mode is 0600.

    ``tools`` is an AnsibleModule, or has its methods and ``params``. Only the main thread of a task may use them.
    """

    def __init__(self, tools: Any) -> None:
        self._tools = tools
        mode = DEFAULT_MODE if tools.params["mode"] is None else tools.params["mode"]
        # A module without the options in FILE_ARGUMENTS neither validates nor copies.
        self._options = {"validate": None, "backup": False, **tools.params, "mode": mode}
        # Users and groups of check mode that an earlier task of the play may create.
        self._assumed: dict[str, None] = {}

    @property
    def given_options(self) -> list[str]:
        """The options about files that were given, for a module that may write none."""
        return [name for name in _OPTIONS if self._tools.params[name] not in (None, False)]

    @property
    def check_mode(self) -> bool:
        """Whether nothing is written."""
        return bool(self._tools.check_mode)

    @property
    def diff_mode(self) -> bool:
        """Whether the user wants to see contents."""
        return bool(self._tools._diff)

    def problems(self, assume: Callable[[str], None]) -> Iterator[str]:
        """Yield what is wrong with the options about files, as sentences, before anything is sent.

        ``assume`` notes what check mode assumes, as :meth:`PanelClient.assume` does.
        """
        validate = self._options["validate"]
        if validate is not None and "%s" not in validate:
            yield "validate must contain %s, which stands for the file to validate."
        yield from self.mode_problems("mode", self._options["mode"])
        for option, what, look_up in _ACCOUNTS:
            name = self._options[option]
            if name is None or _exists(name, look_up):
                continue
            if self.check_mode:
                assume(f"the {what} {echo(name)} exists")
                self._assumed[option] = None
            else:
                yield f"{option} names the {what} {echo(name)}, which does not exist on this host."

    def mode_problems(self, option: str, mode: Any) -> Iterator[str]:
        """Yield why the value of an option is not a mode, as a sentence."""
        if not self._is_mode(mode):
            yield f"{option} must be an octal number such as '0640', or symbolic such as u=rw,g=r, not {echo(mode)}."

    def write(self, dest: str, content: bytes, *, changed: bool, durable: bool = True) -> dict[str, Any]:
        """Write the content if it ``changed``, and set the attributes of the file; check mode only predicts.

        See :meth:`AtomicFile.finish` for ``durable``.

        :returns: ``changed``, and ``backup_file`` if the previous file was copied.
        :raises PuqVpnError: ``validation_failed`` or ``file_not_written``; only if the attributes could not be set, the
            file has the new content then.
        """
        written = {}
        if changed and not self.check_mode:
            with AtomicFile(dest) as new:
                new.write(content, durable=durable)
                self._validate(new.temporary)
                backup = self._back_up(dest)
                self._replace(new, dest)
            written = {"backup_file": backup} if backup else {}
        with self._failing_as(dest, "could not get its owner, group, mode or other attributes"):
            attributes = self._tools.load_file_common_arguments(self._options, path=dest)
            attributes.update(self._assumed)
            changed = self._tools.set_fs_attributes_if_different(attributes, changed or bool(self._assumed))
        return {"changed": changed, **written}

    def make_folder(self, path: str) -> None:
        """Create a folder, and the missing ones above it, with mode 0700 and the owner and group of the files.

        :raises PuqVpnError: ``file_not_written``.
        """
        with self._failing_as(path, "could not be created"):
            create_folder(path, 0o700, self._set_owner_and_group)

    def ensure_folder(self, path: str, mode: Any) -> bool:
        """Create a folder as :meth:`make_folder` does if it is missing, and give it the mode, unless that is None.

        The missing folders above it get the same mode.

        :returns: whether something changed; in check mode, whether it would.
        :raises PuqVpnError: ``file_not_written``.
        """

        def set_attributes(folder: str) -> None:
            self._set_owner_and_group(folder)
            self._tools.set_mode_if_different(folder, mode, False)

        is_new = not os.path.isdir(path)
        with self._failing_as(path, "could not be created" if is_new else "could not get its mode"):
            if is_new and not self.check_mode:
                create_folder(path, 0o700, set_attributes)
            return bool(self._tools.set_mode_if_different(path, mode, is_new))

    def _set_owner_and_group(self, path: str) -> None:
        self._tools.set_owner_if_different(path, self._options["owner"], False)
        self._tools.set_group_if_different(path, self._options["group"], False)

    def _is_mode(self, mode: Any) -> bool:
        if isinstance(mode, bool):
            return False
        try:
            number = mode if isinstance(mode, int) else int(mode, 8)
        except (TypeError, ValueError):
            try:
                number = self._tools._symbolic_mode_to_octal(os.stat(os.curdir), mode)
            except Exception:
                # Which ones it raises for what is no mode differs between versions of Ansible.
                return False
        return bool(0 <= number <= _LARGEST_MODE)

    def _validate(self, path: str) -> None:
        if self._options["validate"] is None:
            return
        command = self._options["validate"].replace("%s", shlex.quote(path))
        with self._raising(lambda reason: PuqVpnError("validation_failed", f"validate could not be run ({reason})")):
            code, _out, _err = self._tools.run_command(command)
        if code != 0:
            raise PuqVpnError(
                "validation_failed",
                f"validate rejected the new content: the command exited with code {code}",
                # Its output may contain the private key.
                hint="dest is unchanged. Run the command by hand on such a file to see its output.",
            )

    def _back_up(self, dest: str) -> str:
        """Copy the previous file, and return the path of the copy; empty if there is none."""
        if not self._options["backup"]:
            return ""
        # The copy gets the mode of the file, but only after its content.
        mask = os.umask(0o077)
        try:
            with self._failing_as(dest, "could not be copied to a backup file"):
                return str(self._tools.backup_local(dest))
        finally:
            os.umask(mask)

    def _replace(self, new: AtomicFile, dest: str) -> None:
        """Put the new content in place.

        The new file inherits the mode of the old one, so that mode is set first: at no moment can anybody read a key
        who may not read it in the end. A symbolic link passes nothing on: the link is replaced, and its target is left
        alone.
        """
        with self._failing_as(dest):
            if os.path.islink(dest) or not os.path.exists(dest):
                new.put_in_place()
                self._tools.set_default_selinux_context(dest, False)
            else:
                self._tools.set_mode_if_different(dest, self._options["mode"], False)
                self._tools.atomic_move(new.temporary, dest, unsafe_writes=self._options["unsafe_writes"])

    @contextlib.contextmanager
    def _failing_as(self, dest: str, failed: str = "could not be written") -> Iterator[None]:
        """Turn a failure of the tools into an error that names the file."""
        with self._raising(lambda reason: FileNotWrittenError(dest, reason, failed)):
            yield

    @contextlib.contextmanager
    def _raising(self, error_for: Callable[[str], PuqVpnError]) -> Iterator[None]:
        """Turn a failure of the tools into an error.

        They leave with ``fail_json``, or with an exception of no particular type.
        """

        def fail_json(msg: str, **result: Any) -> None:
            # Older versions of Ansible pass a traceback as a text.
            cause = result.get("exception") if isinstance(result.get("exception"), Exception) else result.get("details")
            raise error_for(": ".join(one_line(part) for part in (msg, cause) if part))

        self._tools.fail_json = fail_json
        try:
            yield
        except PuqVpnError:
            raise
        except Exception as error:
            cause = error.__cause__ or error
            raise error_for(one_line(getattr(cause, "strerror", None) or cause)) from None
        finally:
            del self._tools.fail_json


# The options with users and groups, in words, and how Ansible looks them up.
_ACCOUNTS: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("owner", "user", pwd.getpwnam),
    ("group", "group", grp.getgrnam),
)


def _exists(name: str, look_up: Callable[[str], Any]) -> bool:
    # Ansible takes a number for the ID.
    with contextlib.suppress(ValueError):
        int(name)
        return True
    try:
        look_up(name)
    except (KeyError, ValueError):
        return False
    return True
