# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role panel makes of its variables, and how it reports the drift of a panel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_table_cell, one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._dates import dates_as_text
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._text_formats import diff_text


def panel_config(sections: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections as one document, in which the ``secrets`` take precedence over the options beside them.

    ``secrets`` contains options by section, for the items of a list also by the name of the item. A section that has
    the wrong type is left as it is: the module reports it. Dates become texts.

    :raises AnsibleFilterError: the secrets of a section or an item are not a dictionary.
    """
    return {
        name: _with_secrets(section, _options(secrets, name), name)
        for name, section in dates_as_text({**sections}).items()
    }


def _with_secrets(section: Any, secrets: Mapping[Any, Any], name: str) -> Any:
    if isinstance(section, Mapping):
        return {**section, **secrets}
    if isinstance(section, Sequence) and not isinstance(section, (str, bytes)):
        return [_item_with_secrets(item, secrets, name) for item in section]
    return section


def _item_with_secrets(item: Any, secrets: Mapping[Any, Any], section: str) -> Any:
    if not isinstance(item, Mapping):
        return item
    # A name of another type is no key of a dictionary of names, and may not even be hashable.
    name = item.get("name")
    return {**item, **_options(secrets, name, f"{section}.")} if isinstance(name, (str, int)) else item


def _options(secrets: Mapping[Any, Any], key: Any, prefix: str = "") -> Mapping[Any, Any]:
    found = secrets.get(key) or {}
    if not isinstance(found, Mapping):
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
