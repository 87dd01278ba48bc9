# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of error codes, generated from the table in ``_errors.py``.

Run it as a program to write the page: ``.build/venv/bin/nox -s pages``.
"""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import ERROR_CODES, ErrorCode

COLLECTION = Path(__file__).resolve().parents[2]
PAGE = COLLECTION / "docs" / "docsite" / "rst" / "error_codes.rst"


def page() -> str:
    """The page in reStructuredText."""
    rows = [f"  * - ``{code}``\n    - {_text(entry.meaning)}\n    - {_text(entry.action)}\n" for code, entry in codes()]
    return HEAD + "".join(rows)


def codes() -> list[tuple[str, ErrorCode]]:
    return sorted(ERROR_CODES.items())


def _text(text: str) -> str:
    """A sentence in which names of modules are links."""
    return re.sub(r"\b(?:puqcloud\.puqvpn\.)?(puqvpn_[a-z]+)\b", r":ansplugin:`puqcloud.puqvpn.\1#module`", text)


HEAD = """\
..
  Copyright (c) 2026 PUQ VPN collection contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. _ansible_collections.puqcloud.puqvpn.docsite.error_codes:

Error codes
===========

A failed task returns ``error_code`` beside ``msg``: a stable, machine-readable word that playbooks can branch on.
``panel_error`` is the error message returned by the panel, empty if there was none. The message contains the request
that failed, the panel, and the next step, which may be more specific than the advice below. Codes are never renamed;
new ones may be added in any minor release.

.. code-block:: yaml+jinja

  - name: Remove a server, unless it is in use
    puqcloud.puqvpn.puqvpn_wireguard:
      name: office
      state: absent
    register: removal
    failed_when: removal is failed and removal.error_code != 'server_has_accounts'

The inventory and lookup plugins fail with the same messages, without a code.

.. list-table::
  :header-rows: 1
  :widths: 20 40 40

  * - Code
    - Meaning
    - What to do
"""

if __name__ == "__main__":
    PAGE.write_text(page())
