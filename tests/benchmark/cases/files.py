# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the controller: exports of panels, and what their users get."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial

from ansible_collections.puqcloud.puqvpn.tests.benchmark.baseline import COLLECTIONS
from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import (
    BIN,
    FOLDER,
    SCRIPTS,
    Case,
    Figure,
    Medians,
    Workshop,
    expect,
    over,
    role,
)
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import CPU, Contender
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import people

APPLY = "puqcloud.puqvpn.puqvpn_apply"
EXPORT = "puqcloud.puqvpn.puqvpn_export"
INFO = "puqcloud.puqvpn.puqvpn_info"
PROFILE = "puqcloud.puqvpn.puqvpn_account_profile"

JSON_SINCE = "0.10.0"


# --- export. A panel as files

FEW, MANY = 1, 1_000
VARIANTS = ("unchanged files", "new files", "unchanged files of JSON")


def exports(shop: Workshop) -> list[Contender]:
    """Two panels as files."""
    contenders = []
    for number in (FEW, MANY):
        panel, *_others = shop.panels(1)
        panel.fill(people(number))
        reads = expect([panel], GET=11)
        export = partial(role, "export", puqvpn_export_folder=FOLDER)
        unchanged, new, as_json = (f"role export of {number:,}, {variant}" for variant in VARIANTS)
        gather = {"name": "Gather", INFO: {"gather_subset": "config"}}
        contenders += [
            shop.playbook(f"puqvpn_info of {number:,}", [gather], panel, **reads),
            shop.playbook(unchanged, [export()], panel, **reads),
            shop.playbook(new, [export()], panel, anew=True, **reads),
            shop.playbook(as_json, [export(puqvpn_export_format="json")], panel, since=JSON_SINCE, **reads),
        ]
    return contenders


def beside_info(variant: str, medians: Medians) -> float:
    """What the export of a small panel costs beside the reading of it."""
    return medians[f"role export of {FEW}, {variant}"] / medians[f"puqvpn_info of {FEW}"]


def milliseconds_of_an_account(variant: str, medians: Medians) -> float:
    """What an account costs in the role beyond what it costs in ``puqvpn_info``."""
    few, many = (
        medians[f"role export of {number:,}, {variant}"] - medians[f"puqvpn_info of {number:,}"]
        for number in (FEW, MANY)
    )
    return 1000 * (many - few) / (MANY - FEW)


# --- readback. An export that is read back


def read_back(shop: Workshop) -> list[Contender]:
    """The variables of an export, and the same as one file of JSON."""
    shop.panel.fill(people(10_000))
    contenders = []
    for name in ("yaml", "json"):
        folder = shop.folder / name / "host_vars/localhost"
        _export(shop, str(folder), name)
        contenders.append(
            shop.playbook(
                f"role panel with {name.upper()}",
                [role("panel")],
                place=f"{name}/",
                **expect([shop.panel], GET=9),
            )
        )
    exported = {
        path.stem.removeprefix("puqvpn_panel_"): json.loads(path.read_text())
        for path in (shop.folder / "json/host_vars/localhost").glob("*.yml")
    }
    shop.write("config.json", {section: next(iter(held.values())) for section, held in exported.items()})
    apply = {APPLY: {"config": "{{ lookup('ansible.builtin.file', 'config.json') | from_json }}"}}
    return [
        shop.playbook("puqvpn_apply with JSON", [{"name": "Apply", **apply}], **expect([shop.panel], GET=9)),
        *contenders,
    ]


def _export(shop: Workshop, folder: str, name: str) -> None:
    """Export the panel with the checkout."""
    export = shop.playbook(f"export as {name}", [{"name": "Export", EXPORT: {"dest": folder, "format": name}}])
    environment = {**export.environment, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    subprocess.run(
        [str(BIN / export.command[0]), *export.command[1:]], env=environment, check=True, stdout=subprocess.DEVNULL
    )


# --- profiles. Files of many accounts


def profiles(shop: Workshop) -> list[Contender]:
    """The files of two hundred accounts in two formats."""
    accounts = people(200)
    shop.panel.fill(accounts)
    file = shop.write("people.json", accounts)
    options = {"all": True, "formats": ["wireguard", "ikev2"], "dest": FOLDER}
    loop = {"name": "{{ item.0.name }}", "format": "{{ item.1 }}", "dest": FOLDER}
    items = "{{ lookup('ansible.builtin.file', 'people.json') | from_json | product(['wireguard', 'ikev2']) }}"
    reads = expect([shop.panel], GET=401)
    download = [
        sys.executable,
        str(SCRIPTS / "script.py"),
        "download",
        file,
        "requests",
        "config_text",
        "ikev2_profile",
    ]
    return [
        shop.playbook("empty playbook", []),
        shop.contender("download with requests", download, shop.panel, **expect([shop.panel], GET=400)),
        shop.playbook("puqvpn_account_profile", [{"name": "Save", PROFILE: options}], anew=True, **reads),
        shop.playbook(
            "puqvpn_account_profile, 4 at a time",
            [{"name": "Save", PROFILE: {**options, "concurrency": 4}}],
            anew=True,
            **reads,
        ),
        shop.playbook("unchanged files", [{"name": "Save", PROFILE: options}], **reads),
        shop.playbook("loop of puqvpn_account_profile", [{"name": "Save", PROFILE: loop, "loop": items}], anew=True),
    ]


def beside_the_download(medians: Medians) -> float:
    """What ``puqvpn_account_profile`` costs beside the bare download and an empty playbook."""
    return medians["puqvpn_account_profile"] / (medians["download with requests"] + medians["empty playbook"])


CASES = [
    Case(
        "export",
        "Panels with 1 account and with 1,000 as files",
        exports,
        [
            *(
                Figure(
                    f"role `export` / `puqvpn_info`, 1 account, {variant}", partial(beside_info, variant), at_most=1.5
                )
                for variant in VARIANTS
            ),
            *(
                Figure(
                    f"ms for each account beyond `puqvpn_info`, {variant}",
                    partial(milliseconds_of_an_account, variant),
                    at_most=0.1,
                    measures=[CPU],
                )
                for variant in VARIANTS
            ),
        ],
    ),
    Case(
        "readback",
        "An export with 10,000 accounts, read back by the role panel",
        read_back,
        [
            Figure(
                f"role `panel` with {name} / `puqvpn_apply` with JSON",
                over(f"role panel with {name}", "puqvpn_apply with JSON"),
                at_most=1.2,
            )
            for name in ("YAML", "JSON")
        ],
        runs=3,
        note="""\
What YAML takes beyond JSON is Ansible's own reading of the files, before the role begins. Measured apart, most of what
JSON takes is Ansible's as well: 2 s to validate the arguments of the role, which `rolespec_validate: false` leaves out,
1.5 s to tag each value that it loads, and 1 s to evaluate them.""",
    ),
    Case(
        "profiles",
        "The files of 200 accounts in two formats",
        profiles,
        [
            Figure("`puqvpn_account_profile` / (download with `requests` + empty playbook)", beside_the_download),
            Figure("loop / `puqvpn_account_profile`", over("loop of puqvpn_account_profile", "puqvpn_account_profile")),
        ],
        runs=3,
    ),
]
