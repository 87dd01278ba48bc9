# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible makes the same of the templates of the role report as the unit tests, whatever the texts are."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.view import report_view
from ansible_collections.puqcloud.puqvpn.tests.hostile.tables import texts
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import Playbook
from ansible_collections.puqcloud.puqvpn.tests.unit.report_pages import (
    MARKDOWN,
    PAGE,
    TEMPLATES,
    blank_panel,
    document,
    eventful,
    fleet,
    rendered,
)


def test_ansible_writes_the_page_and_the_markdown_as_they_are_tested(playbook: Playbook, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    # As the role takes texts into its document.
    notes = [one_line(text) for text in texts(canary).values()]
    hostile = [eventful(text) | {"reasons": [{"code": "x", "text": text}]} for text in notes]
    panels = [blank_panel("vpn1.example.com", "unreachable"), *hostile, *fleet(10)["panels"]]
    shown = document(*panels, notes=notes)
    kept = tmp_path / "view.json"
    kept.write_text(json.dumps(report_view(shown)))
    task = {
        "name": "Write the files",
        "ansible.builtin.template": {
            "src": f"{TEMPLATES}/{{{{ item }}}}",
            "dest": f"{tmp_path}/{{{{ item }}}}",
            "mode": "0644",
        },
        "loop": [PAGE, MARKDOWN],
        "vars": {"report": f"{{{{ lookup('ansible.builtin.file', '{kept}') | from_json }}}}"},
    }
    run = playbook([task])
    assert run.code == 0, run.output
    for name in (PAGE, MARKDOWN):
        assert (tmp_path / name).read_text(encoding="utf-8") == rendered(shown, name)
    assert not canary.exists()
