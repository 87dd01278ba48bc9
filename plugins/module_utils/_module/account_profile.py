# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_account_profile``: the profiles of accounts, as files."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import RefusedError
from .._file_writer import FileWriter
from .._objects.account import ACCOUNT
from .._profile.bulk import save_profiles
from .._profile.formats import ACCOUNT_FORMATS, is_bulk, profile_options
from .._profile.reply import read_profile
from .._profile.target import Target, warn_of_another_login
from .._schema import ArgumentSpec

OPTIONS: ArgumentSpec = profile_options(ACCOUNT, ACCOUNT_FORMATS)


def account_profile(options: Mapping[str, Any], client: PanelClient, files: FileWriter) -> dict[str, Any]:
    """Save a profile to a file, with one read, or two for IKEv2; or those of many accounts, see :func:`save_profiles`.

    :returns: ``changed``, ``dest``, ``format``, ``checksum``, ``size``, ``diff`` and ``msg``; in check mode a
        prediction as long as the account does not exist.
    :raises OptionError: with every problem of the options, before anything is sent.
    :raises ExchangeError: ``answer_wrong_type`` when the answer is not a profile.
    """
    if is_bulk(options):
        return save_profiles(options, client, files, ACCOUNT, ACCOUNT_FORMATS)
    target = Target.from_options(options, client, files, ACCOUNT_FORMATS)
    try:
        content = read_profile(client, ACCOUNT, target.name, target.format)
    except RefusedError as refused:
        # An earlier task may yet create the account or its certificates.
        if not client.check_mode or not refused.absent:
            raise
        client.assume(f"account {target.name} exists{target.format.also_assumed}")
        return target.prediction()
    if target.label == "ikev2":
        path = expand_path(ACCOUNT.item_path, {"name": target.name})
        warn_of_another_login(client, target.name, content, client.get(path).payload, "account")
    return target.save(files, content)
