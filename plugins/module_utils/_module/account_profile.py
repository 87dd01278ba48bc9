# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_account_profile``: the profile of an account, as a file."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import RefusedError
from .._file_writer import FileWriter
from .._profile.formats import ACCOUNT_FORMATS, profile_options
from .._profile.reply import content_of_text
from .._profile.target import Target, warn_of_another_login
from .._schema import ArgumentSpec

OPTIONS: ArgumentSpec = profile_options(ACCOUNT_FORMATS)


def account_profile(options: Mapping[str, Any], client: PanelClient, files: FileWriter) -> dict[str, Any]:
    """Save a profile to a file: one read, or two for IKEv2.

    :returns: ``changed``, ``dest``, ``format``, ``checksum``, ``size``, and ``diff``; in check mode a prediction
        as long as the account does not exist.
    :raises OptionError: with every problem of the options, before anything is sent.
    :raises ExchangeError: ``answer_wrong_type`` when the answer is not a profile.
    """
    target = Target.from_options(options, client, files, ACCOUNT_FORMATS)
    path = expand_path("account/{name}", {"name": target.name})
    kind = target.format.content
    try:
        content = client.read(
            f"{path}/{target.format.operation}", lambda payload: content_of_text(payload, kind, "account")
        )
    except RefusedError as refused:
        # An earlier task may yet create the account or its certificates.
        if not client.check_mode or not refused.absent:
            raise
        client.assume(f"account {target.name} exists{target.format.also_assumed}")
        return target.prediction()
    if target.label == "ikev2":
        warn_of_another_login(client, target.name, content, client.get(path).payload, "account")
    return target.save(files, content)
