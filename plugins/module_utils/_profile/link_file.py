# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that a one-time link is written to, so that neither results nor logs need to show it."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from .._check_mode import unwritable_for
from .._client import PanelClient
from .._errors import OptionError, PuqVpnError
from .._file_writer import FileWriter
from .._files import content_of_file
from .._resource import account_name
from .._untrusted import as_one_time_link, one_line


class LinkFile:
    """The file ``path`` for the link of the account or client ``name``; without a path, nothing is written.

    ``link`` is the line that the file contains, empty if it does not exist.

    :raises OptionError: with every problem of the options, before anything is sent.
    """

    def __init__(
        self, options: Mapping[str, Any], client: PanelClient, files: FileWriter, more_problems: Iterable[str] = ()
    ) -> None:
        self.name, self.path, self.link = "", options["dest"], ""
        self._files = files
        problems = list(more_problems)
        try:
            self.name = account_name(options)
        except OptionError as error:
            problems.append(str(error))
        if self.path is None:
            problems += (f"{option} needs dest." for option in files.given_options)
        else:
            problems += [*unwritable_for(client, self.path), *files.problems(client.assume)]
        if problems:
            raise OptionError(" ".join(problems))
        if self.path is not None:
            self._before = content_of_file(self.path)
            self.link = (self._before or b"").decode("utf-8", "replace").strip()
            client.learn_secrets({"token": key_of(self.link)})

    def holds(self, key: str) -> bool:
        """Return whether the file contains the link with this key, by whatever address of the panel."""
        return bool(key) and key_of(self.link) == key

    def keep(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a task that leaves the content of the file as it is; its attributes may change."""
        return self._written(result, self._before or b"", changed=False)

    def save(self, result: Mapping[str, Any], url: str, lost_hint: str = "") -> dict[str, Any]:
        """Write a link to the file if it differs, and return the result with what this changes.

        ``lost_hint`` is the next step if that fails, since nobody learns a link that was created then.

        :raises PuqVpnError: as :meth:`FileWriter.write` does; ``untrusted_value`` if the link is none.
        """
        if self.path is None:
            return dict(result)
        try:
            content = f"{self._checked(url)}\n".encode()
            return self._written(result, content, changed=content != self._before)
        except PuqVpnError as error:
            if lost_hint:
                error.hint = f"{error.hint} {lost_hint}".strip()
                error.details.update(result)
            raise

    def _checked(self, url: str) -> str:
        try:
            return as_one_time_link(url)
        except ValueError as reason:
            # The value is a secret, so it is not shown.
            raise PuqVpnError("untrusted_value", f"the one-time link of {self.name} {reason}") from None

    def predict(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result for a link that check mode does not create."""
        if self.path is None:
            return dict(result)
        return {**result, "dest": self.path, "diff": self._diff(result, changed=True)}

    def _written(self, result: Mapping[str, Any], content: bytes, *, changed: bool) -> dict[str, Any]:
        if self.path is None:
            return dict(result)
        written = self._files.write(self.path, content, changed=changed)
        action = "saved to" if changed else "kept in"
        return {
            **result,
            **written,
            "changed": result["changed"] or written["changed"],
            "dest": self.path,
            "diff": self._diff(result, changed=changed),
            "msg": one_line(f"{result['msg']}, {action} {self.path}"),
        }

    def _diff(self, result: Mapping[str, Any], *, changed: bool) -> dict[str, dict[str, Any]]:
        """Return the diff of a result with the change of the file, without links."""
        if not changed:
            return dict(result["diff"])
        before = "absent" if self._before is None else "another content"
        sides = result["diff"]
        return {
            "before": {**sides["before"], self.path: before},
            "after": {**sides["after"], self.path: "the link"},
        }


def key_of(link: str) -> str:
    """Return the key of a link, which is the last part of its path."""
    return link.rstrip("/").rpartition("/otl/")[2] if "/otl/" in link else ""
