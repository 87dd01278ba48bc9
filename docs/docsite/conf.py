# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of Sphinx for the HTML documentation."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

project = "puqcloud.puqvpn"
extensions = ["sphinx_antsibull_ext"]
highlight_language = "YAML+Jinja"
html_theme = "sphinx_ansible_theme"

ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
# The labels of Ansible's documentation that the pages refer to: intersphinx would have to download the list of them.
LABELS = {
    "action_plugins": "plugins/action",
    "ansible_configuration_settings": "reference_appendices/config",
    "common_return_values": "reference_appendices/common_return_values",
    "module_defaults_groups": "playbook_guide/playbooks_module_defaults",
}


def link_to_ansible(_app: Sphinx, _env: object, node: pending_xref, text: nodes.TextElement) -> nodes.reference | None:
    """Link a label that no page has to Ansible's documentation, if it belongs there; any other one fails the build."""
    label = node["reftarget"]
    # antsibull-docs has checked that the plugin exists.
    plugin = re.fullmatch(r"ansible_collections\.ansible\.builtin\.(\w+)", label)
    page = f"collections/ansible/builtin/{plugin[1]}" if plugin else LABELS.get(label)
    return nodes.reference("", "", text, internal=False, refuri=f"{ANSIBLE}/{page}.html") if page else None


def setup(app: Sphinx) -> None:
    """Register the handler of labels that are not found."""
    app.connect("missing-reference", link_to_ansible)
