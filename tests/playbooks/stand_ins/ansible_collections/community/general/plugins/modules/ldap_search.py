# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for ``community.general.ldap_search``: its options and its result, with entries from a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """Return the entries of the directory that the tests describe."""
    module = AnsibleModule(
        argument_spec={
            "dn": {"type": "str", "required": True},
            "scope": {"type": "str", "default": "base", "choices": ["base", "onelevel", "subordinate", "children"]},
            "filter": {"type": "str", "default": "(objectClass=*)"},
            "attrs": {"type": "list", "elements": "str"},
            "schema": {"type": "bool", "default": False},
            "page_size": {"type": "int", "default": 0},
            "base64_attributes": {"type": "list", "elements": "str"},
            "server_uri": {"type": "str", "default": "ldapi:///"},
            "bind_dn": {"type": "str"},
            "bind_pw": {"type": "str", "default": "", "no_log": True},
        },
        supports_check_mode=True,
        required_together=[["bind_dn", "bind_pw"]],
    )
    directory = json.loads(Path(os.environ["PUQVPN_TEST_LDAP"]).read_text())
    if (module.params["bind_dn"], module.params["bind_pw"]) != (directory["bind_dn"], directory["bind_pw"]):
        module.fail_json(msg="Cannot bind to the server.")
    entries = directory["entries"].get(f"{module.params['dn']} {module.params['filter']}", [])
    wanted = {"dn", *module.params["attrs"]}
    module.exit_json(
        changed=False, results=[{name: entry[name] for name in entry if name in wanted} for entry in entries]
    )


if __name__ == "__main__":
    main()
