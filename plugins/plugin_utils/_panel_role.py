# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role panel makes of its variables, and how it reports the drift of a panel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_table_cell, one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._dates import dates_as_text
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._text_formats import diff_text


def panel_config(sections: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections as one document, in which the ``secrets`` take precedence over the options beside them.

    ``secrets`` contains options by section, for the items of a list also by the name of the item. A section that has
    the wrong type is left as it is: the module reports it. Dates become texts.

    :raises AnsibleFilterError: the secrets of a section or an item are not a dictionary.
    """
    sections, secrets = _plain(sections), _plain(secrets)
    config = {
        name: _with_secrets(_parsed(section), _options(secrets, name), name) for name, section in sections.items()
    }
    # Ansible has evaluated all templates. Before 2.19, it would evaluate what is left wherever the result is stored.
    return dict(wrap_var(config))


def _plain(value: Any) -> Any:
    """Return variables as a module receives them, without what Ansible attaches to each value, and dates as texts.

    For ten thousand accounts, that saves more than a second: since 2.19, Ansible looks for templates and tags in each
    value wherever it is used, and here it does so once.
    """
    return json.loads(json.dumps(value, default=_as_text))


def _as_text(value: Any) -> str:
    # The others are encrypted values, whose text is the decrypted one.
    return value.isoformat() if isinstance(value, date) else str(value)


def _parsed(section: Any) -> Any:
    """Return a section in which nothing is the text that Ansible made of a dictionary or a list with dates."""
    section = dates_as_text(section) if isinstance(section, str) else section
    if isinstance(section, list):
        return [dates_as_text(item) if isinstance(item, str) else item for item in section]
    return section


def _with_secrets(section: Any, secrets: Mapping[str, Any], name: str) -> Any:
    if isinstance(section, dict):
        return {**section, **secrets}
    if isinstance(section, list):
        return [_item_with_secrets(item, secrets, name) for item in section]
    return section


def _item_with_secrets(item: Any, secrets: Mapping[str, Any], section: str) -> Any:
    if not isinstance(item, dict):
        return item
    # A name may be a number. Any other type is no key of a dictionary of names.
    name = item.get("name")
    return {**item, **_options(secrets, str(name), f"{section}.")} if isinstance(name, (str, int)) else item


def _options(secrets: Mapping[str, Any], key: str, prefix: str = "") -> Mapping[str, Any]:
    found = secrets.get(key) or {}
    if not isinstance(found, dict):
        raise AnsibleFilterError(f"puqvpn_panel_secrets.{prefix}{one_line(key)} must be a dictionary of options.")
    return found


def drift_report(result: Mapping[str, Any], host: str) -> str:
    """Return the Markdown report on the result of ``puqvpn_apply`` in check mode, for the panel of a host.

    No name or value of a panel has a meaning in Markdown or on a terminal.
    """
    lines = [f"# {as_table_cell(host)}", ""]
    lines += _differences(result) if result["plan"] else ["The panel matches its variables."]
    return "\n".join([*lines, ""])


def _differences(result: Mapping[str, Any]) -> Iterator[str]:
    yield from ("The panel differs from its variables. Applying them would make these changes:", "")
    yield from _table(
        ("action", "kind", "name", "fields", "reason"),
        (
            (change["action"], change["kind"], change["name"], ", ".join(change["fields"]), change["reason"])
            for change in result["plan"]
        ),
    )
    if result["refusals"]:
        yield from ("", "Applying them would be refused:", "")
        yield from (f"- {as_table_cell(refusal['message'])}" for refusal in result["refusals"])
    yield from ("", "The panel (-) compared with its variables (+):", "", "```diff", diff_text(result["diff"]), "```")


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (header, ["---"] * len(header)):
        yield f"| {' | '.join(row)} |"
    for row in rows:
        yield f"| {' | '.join(map(as_table_cell, row))} |"
