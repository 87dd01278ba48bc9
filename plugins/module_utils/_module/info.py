# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_info``: gather information about a panel, by subset."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Iterable, Mapping

from .._client import PanelClient
from .._errors import OptionError, PuqVpnError, unsupported_generation
from .._panel.reader import PanelReader
from .._resource import parse_options
from .._schema import ArgumentSpec
from .._secrets import without_secrets
from .._subsets import v1, v2
from .._subsets.traffic import PERIOD
from .._untrusted import echo

OPTIONS: ArgumentSpec = {
    "gather_subset": {"type": "list", "elements": "str", "default": ["all", "!traffic"]},
    **PERIOD.argument_spec,
}

# Returns a subset for the options.
_Gather = Callable[[PanelReader, Mapping[str, Any]], Any]

# The subsets of each generation. Those of 2.x panels are a part of those of 1.x panels.
_SUBSETS = {1: v1.SUBSETS, 2: v2.SUBSETS}
_NAMES = tuple(v1.SUBSETS)
_MIN = ("system", "license")


def info(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Gather the subsets; one that the panel refuses does not prevent the others.

    :returns: ``changed``, ``info`` and ``msg``.
    :raises OptionError: for a wrong option, before anything is sent.
    :raises PuqVpnError: as the client does when the panel cannot be reached or refuses the credential.
    """
    subsets = _SUBSETS[client.connection.generation]
    names = _chosen(options["gather_subset"], subsets)
    period = {"year": client.now.year, "month": client.now.month}
    options = {**options, **period, **parse_options(PERIOD, options, client)}
    gather = {name: subsets.get(name) or partial(_not_documented, name) for name in names}
    # What the reader remembers is forgotten before the secrets are left out, which copies all that was found.
    found = _gathered(PanelReader(client), gather, options)
    return {
        "changed": False,
        "info": found if options["include_secrets"] else without_secrets(found),
        "msg": f"gathered {', '.join(_counted(name, value) for name, value in found.items()) or 'nothing'}",
    }


def _gathered(reader: PanelReader, gather: Mapping[str, _Gather], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the subsets by name; one that the panel does not show is an error and a warning."""
    found: dict[str, Any] = {}
    for name, subset in gather.items():
        try:
            found[name] = subset(reader, options)
        except PuqVpnError as error:
            if not reader.concerns_one_part(error):
                raise
            found[name] = {"error": str(error), "error_code": error.code}
            reader.client.warnings.append(f"The subset {name} was not gathered: {error}")
    return found


def _counted(name: str, value: Any) -> str:
    """Return a subset with the number of its objects, if it is a list of them."""
    if isinstance(value, list):
        return f"{name} ({len(value)})"
    return f"{name} (failed)" if isinstance(value, dict) and "error_code" in value else name


def _chosen(wanted: Iterable[str], available: Iterable[str]) -> list[str]:
    """Return the names of the subsets to gather, in this order.

    A subset that is not available is only gathered, and reported as missing, when it is named.
    """
    groups = {"all": set(available), "min": set(_MIN), **{name: {name} for name in _NAMES}}
    left_out = {name[1:] for name in wanted if name.startswith("!")}
    named = {name for name in wanted if not name.startswith("!")}
    unknown = [*sorted(named - set(groups)), *(f"!{name}" for name in sorted(left_out - set(_NAMES)))]
    if unknown:
        raise OptionError(
            f"gather_subset contains {', '.join(map(echo, unknown))}, which cannot be gathered or excluded",
            hint=f"Choose among {', '.join(groups)}. A ! before the name of a subset excludes it.",
        )
    chosen = set().union(*(groups[name] for name in named or {"all"})) - left_out
    return [name for name in _NAMES if name in chosen]


def _not_documented(name: str, reader: PanelReader, _options: Mapping[str, Any]) -> Any:
    raise unsupported_generation(f"The subset {name}").at(reader.root)
