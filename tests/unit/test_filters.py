# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How filters are loaded, and what their errors become."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.filter.filters import FilterModule

FILTERS = FilterModule().filters()


def test_a_filter_that_is_not_used_is_not_loaded() -> None:
    # Ansible loads this file in the worker of each task and each host.
    code = "import sys\nfrom ansible_collections.puqcloud.puqvpn.plugins.filter.filters import FilterModule\n"
    code += "FilterModule().filters()\nprint(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "requests" not in loaded
    assert [name for name in loaded if ".puqvpn.plugins.plugin_utils." in name] == []


def test_what_a_user_can_mend_is_an_error_of_a_filter() -> None:
    with pytest.raises(AnsibleFilterError, match="was given a string"):
        FILTERS["to_csv"]("rows")
    nested: list[object] = []
    nested.append(nested)
    with pytest.raises(AnsibleFilterError, match="nested too deeply"):
        FILTERS["yaml_value"](nested)
