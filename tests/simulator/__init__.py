# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VPN control panel to test clients against."""

from __future__ import annotations

from .simulator import RecordedRequest, Simulator
from .tls import Tls

__all__ = ["RecordedRequest", "Simulator", "Tls"]
