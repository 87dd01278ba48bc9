# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the file of a result as ``ansible.builtin.copy`` does, with the means of an ``AnsibleModule``."""

from __future__ import annotations

import contextlib
import os
import shlex
from typing import Any, Iterator

from ._errors import PuqVpnError
from ._files import AtomicFile, FileNotWrittenError
from ._untrusted import one_line


def write_file(module: Any, result: dict[str, Any]) -> None:
    """Write ``content`` of a result to its ``dest`` and set the attributes of the file; the default mode is 0600.

    :raises PuqVpnError: ``validation_failed`` or ``file_not_written``; the file is left unchanged then.
    """
    content: bytes = result.pop("content")
    dest = result["dest"]
    if module.params["mode"] is None:
        module.params["mode"] = "0600"
    if result["changed"] and not module.check_mode:
        with AtomicFile(dest) as new:
            new.write(content)
            _validate(module, new.temporary)
            _replace(module, new, dest)
    attributes = module.load_file_common_arguments(module.params, path=dest)
    result["changed"] = module.set_fs_attributes_if_different(attributes, result["changed"])


def _validate(module: Any, path: str) -> None:
    if module.params["validate"] is None:
        return
    code, _out, _err = module.run_command(module.params["validate"].replace("%s", shlex.quote(path)))
    if code != 0:
        raise PuqVpnError(
            "validation_failed",
            f"validate rejected the new content: the command exited with code {code}",
            # Its output may contain the private key.
            hint="dest is unchanged. Run the command by hand on such a file to see its output.",
        )


def _replace(module: Any, new: AtomicFile, dest: str) -> None:
    """Put the new content in place.

    The new file inherits the mode of the old one, so that mode is set first: at no moment can anybody read a key who
    may not read it in the end. A symbolic link passes nothing on: the link is replaced, and its target is left alone.
    """
    if os.path.islink(dest) or not os.path.exists(dest):
        new.put_in_place()
        module.set_default_selinux_context(dest, False)
        return
    module.set_mode_if_different(dest, module.params["mode"], False)
    with _moving_to(module, dest):
        module.atomic_move(new.temporary, dest, unsafe_writes=module.params["unsafe_writes"])


@contextlib.contextmanager
def _moving_to(module: Any, dest: str) -> Iterator[None]:
    """Turn a failure of Ansible's own move into an error that names the file.

    Ansible leaves with ``fail_json`` there, and since 2.19 with an exception of no particular type.
    """

    def fail_json(msg: str, **_result: Any) -> None:
        raise FileNotWrittenError(dest, one_line(msg))

    module.fail_json = fail_json
    try:
        yield
    except PuqVpnError:
        raise
    except Exception as error:
        cause = error.__cause__ or error
        raise FileNotWrittenError(dest, one_line(getattr(cause, "strerror", None) or cause)) from None
    finally:
        del module.fail_json
