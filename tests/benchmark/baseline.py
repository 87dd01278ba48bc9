# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The releases that are measured: the checkout, and the previous one from git."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

PLACE = Path("ansible_collections/puqcloud/puqvpn")

# Where Ansible finds the checkout.
COLLECTIONS = Path(__file__).resolve().parents[5]


@dataclass(frozen=True)
class Release:
    """A version of the collection, and the folder that Ansible finds it in."""

    version: str
    collections: Path

    def has(self, since: str) -> bool:
        """Whether what came with a version is part of this one; everything is part of it that came with none."""
        return not since or _numbers(since) <= _numbers(self.version)


def checkout_of(collections: Path) -> Release:
    """Return the release that is in a folder."""
    return Release(_version((collections / PLACE / "galaxy.yml").read_text()), collections)


def previous_release(repository: Path, version: str) -> str:
    """Return the newest commit that set another version.

    Not the newest commit that has another one: a version that is raised at the end, to be released, would be compared
    with nearly itself.
    """
    commits = _git(repository, "log", "--format=%H", "-G^version:", "--", "galaxy.yml").decode().split()
    for commit in commits:
        if _version(_git(repository, "show", f"{commit}:galaxy.yml").decode()) != version:
            return commit
    raise LookupError(f"no commit in {repository} has another version than {version}: choose one with --baseline")


def extract(repository: Path, commit: str, collections: Path) -> Release:
    """Put the files of a commit where Ansible finds the collection below ``collections``."""
    place = collections / PLACE
    place.mkdir(parents=True)
    archive = _git(repository, "archive", commit)
    subprocess.run(["tar", "--extract", "--directory", str(place)], check=True, input=archive)
    return checkout_of(collections)


def _git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(repository), *arguments], check=True, stdout=subprocess.PIPE).stdout


def _version(galaxy: str) -> str:
    return str(yaml.safe_load(galaxy)["version"])


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split("-", maxsplit=1)[0].split(".")]
