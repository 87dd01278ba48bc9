# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge between plugins and the panel client: options in, errors and warnings of Ansible out."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.display import Display
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError, listed
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import (
    connection_argument_spec,
    failure,
    keep_secret,
    nested_too_deeply,
    spec_to_validate,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line

_MOST_NAMED = 5


def refuse_unknown(given: Iterable[Any], known: Collection[str]) -> None:
    """Refuse unknown options, which Ansible silently ignores, together with what they were meant to do.

    :raises OptionError: with the nearest known name for each of them.
    """
    unknown = [str(name) for name in given if name not in known]
    if unknown:
        named = [f'unknown option "{one_line(name)}"{_nearest(name, known)}' for name in unknown]
        raise OptionError(listed(named, _MOST_NAMED), hint=f"Valid options: {', '.join(sorted(known))}.")


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(one_line(name).casefold().replace("-", "_"), known, 1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def validated(spec: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Validate and convert options as those of a module are.

    Ansible does not look into the suboptions of plugins, and takes unknown words for false in options of type bool: a
    typing mistake would turn off the validation of certificates.

    :raises OptionError: with everything that is wrong.
    """
    set_options = {name: value for name, value in given.items() if value is not None}
    try:
        result = ArgumentSpecValidator(spec_to_validate(spec)).validate(set_options)
    except ValueError:
        # Before ansible-core 2.18, a string in place of suboptions may end the validation.
        names = " or ".join(name for name in set_options if "options" in spec[name])
        raise OptionError(f"{names} contains a string where a dictionary is required") from None
    if result.error_messages:
        raise OptionError(". ".join(one_line(text) for text in result.error_messages))
    return dict(result.validated_parameters)


def connection_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the connection options among those that were given, or from the environment if they were not."""
    spec = {name: {**option, "required": False} for name, option in connection_argument_spec().items()}
    return validated(spec, {name: given.get(name) for name in spec})


@contextmanager
def errors_as(kind: type[AnsibleError]) -> Iterator[None]:
    """Turn an error that a user can act on into one of Ansible, which holds its message and nothing else."""
    try:
        yield
    except PuqVpnError as error:
        raise kind(failure(error)["msg"]) from None
    except RecursionError:
        raise kind(failure(nested_too_deeply())["msg"]) from None


@contextmanager
def reader(connection: Connection, *, masks_credential: bool = True) -> Iterator[PanelClient]:
    """Yield a client that only reads, as in check mode; Ansible shows its warnings in the end.

    :param masks_credential: whether Ansible hides the credential in all output of its process, as other secrets.
    """
    with PanelClient(connection, check_mode=True) as client:
        try:
            yield client
        finally:
            shown = () if masks_credential else (connection.credential,)
            keep_secret(secret for secret in client.redact.secrets if secret not in shown)
            for text in client.warnings:
                Display().warning(text)
