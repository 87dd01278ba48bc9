# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that a client configuration is saved to: validate it, compare it, and return the result of the module."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Any, Mapping

from .._check_mode import unwritable_for
from .._client import PanelClient
from .._errors import OptionError
from .._file_writer import FileWriter
from .._files import content_of_file, directory_unwritable
from .._resource import account_name
from .._untrusted import one_line
from .content import parse_profile
from .formats import DEFAULT_FORMAT, ProfileFormat, selection_problems


@dataclass(frozen=True)
class Target:
    """A file for the configuration of the account or client ``name``.

    ``follow`` is false if the file is only named after it, and must not be a link.
    """

    name: str
    dest: str
    follow: bool
    label: str
    format: ProfileFormat

    @classmethod
    def from_options(
        cls, options: Mapping[str, Any], client: PanelClient, files: FileWriter, formats: Mapping[str, ProfileFormat]
    ) -> Target:
        """Return the target that the options describe.

        :raises OptionError: with every problem of the options.
        """
        name, problems = "", list(selection_problems(options))
        try:
            name = account_name(options)
        except OptionError as error:
            problems.append(str(error))
        label = options["format"] or DEFAULT_FORMAT
        chosen = formats[label]
        dest, is_directory = options["dest"], os.path.isdir(options["dest"]) or options["dest"].endswith("/")
        if is_directory and name:
            dest = os.path.join(dest, f"{name}.{chosen.extension}")
        # Without a name, no file is known, and only an existing directory itself can be checked.
        is_alone = not name and os.path.isdir(dest)
        problems += directory_unwritable(dest) if is_alone else unwritable_for(client, dest, follow=not is_directory)
        problems += files.problems(client.assume)
        if problems:
            raise OptionError(" ".join(problems))
        return cls(name, dest, not is_directory, label, chosen)

    def prediction(self) -> dict[str, Any]:
        """Return the result for a configuration that cannot be read yet."""
        return {
            "changed": True,
            "dest": self.dest,
            "format": self.label,
            "checksum": None,
            "size": None,
            "diff": {"before_header": self.dest, "after_header": self.dest, "before": "", "after": ""},
            "msg": one_line(f"{self.name}: {self.label} saved to {self.dest}"),
        }

    def save(self, files: FileWriter, content: bytes) -> dict[str, Any]:
        """Write a configuration to the file if it differs, and return the result."""
        before = content_of_file(self.dest, follow=self.follow)
        if before is not None and self.format.content.same(before, content):
            content = before
        is_new = before != content
        # A new file has nothing to lose: the next run writes it again.
        written = files.write(self.dest, content, changed=is_new, durable=before is not None)
        action = "saved to" if is_new else "with other attributes in" if written["changed"] else "unchanged in"
        return {
            "dest": self.dest,
            "format": self.label,
            "checksum": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "diff": self._diff(before, content) if is_new else {"before": "", "after": ""},
            "msg": one_line(f"{self.name}: {self.label} {action} {self.dest}"),
            **written,
        }

    def _diff(self, before: bytes | None, after: bytes) -> dict[str, str]:
        """Return the diff of two contents without their secrets."""
        show = self.format.content.show
        shown = {"before": "" if before is None else show(before), "after": show(after)}
        if shown["before"] == shown["after"]:
            shown["after"] += "# The key changes, too.\n"
        return {"before_header": self.dest, "after_header": self.dest, **shown}


def warn_of_another_login(client: PanelClient, name: str, profile: bytes, owner: Any, title: str) -> None:
    """Warn of an IKEv2 profile with the login of another account or client (contract: account_ikev2_profile/2).

    ``owner`` is what the panel shows of it, and ``title`` what it is.
    """
    local = parse_profile(profile).get("local")
    login = local.get("eap_id") if isinstance(local, dict) else None
    username = owner.get("username") if isinstance(owner, dict) else None
    if login != username:
        logins = client.redact(f"the login {one_line(login)}, and the {title} has {one_line(username)}")
        client.warnings.append(f"The profile of {name} has {logins}.")
