# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for ``community.general.mail``: its options, with a file for the mails."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """Keep a mail where the tests find it."""
    module = AnsibleModule(
        argument_spec={
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "host": {"type": "str", "default": "localhost"},
            "port": {"type": "int", "default": 25},
            "sender": {"type": "str", "default": "root", "aliases": ["from"]},
            "to": {"type": "list", "elements": "str", "default": ["root"], "aliases": ["recipients"]},
            "subject": {"type": "str", "required": True, "aliases": ["msg"]},
            "body": {"type": "str"},
            "attach": {"type": "list", "elements": "path", "default": []},
            "secure": {"type": "str", "default": "try", "choices": ["always", "never", "starttls", "try"]},
        },
        required_together=[["password", "username"]],
    )
    with Path(os.environ["PUQVPN_TEST_MAILS"]).open("a") as mails:
        mails.write(
            json.dumps({name: module.params[name] for name in ("host", "sender", "to", "subject", "body")}) + "\n"
        )
    module.exit_json(msg="Mail sent successfully", result={})


if __name__ == "__main__":
    main()
