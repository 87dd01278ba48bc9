# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge between the plugins and the panel client: options in, Ansible's errors and warnings out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.display import Display
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import (
    connection_argument_spec,
    failure,
    nested_too_deeply,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line


def validated(spec: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, checked and converted as those of a module are.

    Ansible does not look into the parts of the options of plugins, and takes words that it does not know for false:
    a typing mistake would turn off the check of a certificate.

    :raises OptionError: with everything that is wrong.
    """
    result = ArgumentSpecValidator(spec).validate({name: value for name, value in given.items() if value is not None})
    if result.error_messages:
        raise OptionError(". ".join(one_line(text) for text in result.error_messages))
    return dict(result.validated_parameters)


def connection_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The connection options among those that were given, from the environment where they were not."""
    # Nothing logs the options of plugins, and the search for secrets in them does not know vaulted texts in 2.18.
    beside = {"required": False, "no_log": False}
    spec = {name: {**option, **beside} for name, option in connection_argument_spec().items()}
    return validated(spec, {name: given.get(name) for name in spec})


@contextmanager
def errors_as(kind: type[AnsibleError]) -> Iterator[None]:
    """Let what a user can act on leave as an error of Ansible, which holds the one sentence and nothing else."""
    try:
        yield
    except PuqVpnError as error:
        raise kind(failure(error)["msg"]) from None
    except RecursionError:
        raise kind(failure(nested_too_deeply())["msg"]) from None


@contextmanager
def reader(connection: Connection) -> Iterator[PanelClient]:
    """A client that only reads, as in check mode; Ansible shows its warnings in the end."""
    with PanelClient(connection, check_mode=True) as client:
        try:
            yield client
        finally:
            for text in client.warnings:
                Display().warning(text)
