# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge between a module's work and Ansible: options in, results and failures out.

The work of a module is a function ``work(options, client) -> result``. It is called here by a module process; it needs
no Ansible class, so that anything else can call it as well.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ._client import PanelClient
from ._connection import CONNECTION_OPTIONS, Connection
from ._errors import PuqVpnError
from ._secrets import hide_secrets
from ._transport import REQUESTS_IMPORT_ERROR

Work = Callable[[Mapping[str, Any], PanelClient], Mapping[str, Any]]


def connection_argument_spec() -> dict[str, dict[str, Any]]:
    """The connection options as an argument spec, each with its environment variable as fallback."""
    return {
        name: {
            **{key: value for key, value in option.items() if key != "env"},
            "fallback": (env_fallback, [option["env"]]),
        }
        for name, option in CONNECTION_OPTIONS.items()
    }


class TaskModule(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """An AnsibleModule whose results never show a secret.

    Options that hold free-form data are ``no_log``, so that nothing logs them. Ansible would then also hide every
    value of theirs wherever it stands in a result, words such as ``enable`` included: here only the credentials are
    hidden in that way, and the secrets in free-form data by their names.
    """

    def __init__(self, options: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(argument_spec={**connection_argument_spec(), **options}, supports_check_mode=True)
        self.no_log_values = {self.params[name] for name in ("access_hash", "token") if self.params[name]}

    def exit_json(self, **result: Any) -> None:
        """Leave with a result; its ``invocation`` shows the options without their secrets."""
        super().exit_json(invocation=self._invocation(), **result)

    def fail_json(self, msg: str, **result: Any) -> None:
        """Leave with a failure; its ``invocation`` shows the options without their secrets.

        Ansible itself calls this for an option that does not fit the argument spec, without a code.
        """
        result = {"error_code": "invalid_option", "panel_error": "", **result}
        super().fail_json(msg, invocation=self._invocation(), **result)

    def _invocation(self) -> dict[str, Any]:
        return {"module_args": hide_secrets(self.params)}


def run_module(options: Mapping[str, Mapping[str, Any]], work: Work) -> None:
    """Run the work of a module as a module process does, and leave with its result."""
    module = TaskModule(options)
    client: PanelClient | None = None
    try:
        with PanelClient(Connection.from_options(module.params), check_mode=module.check_mode) as client:
            result = work(module.params, client)
    except PuqVpnError as error:
        _show_warnings(module, client)
        module.fail_json(**failure(error))
    except RecursionError:
        # JSON of any depth is read by the standard library, but not everything that follows goes as deep.
        module.fail_json(**failure(PuqVpnError("answer_wrong_type", "The answer of the panel is nested too deeply")))
    else:
        _show_warnings(module, client)
        module.exit_json(**result)


def failure(error: PuqVpnError) -> dict[str, Any]:
    """A failed result: the sentence, the stable code, the panel's own words, and what the work adds."""
    result = {"msg": str(error), "error_code": error.code, "panel_error": error.panel_error, **error.details}
    if error.code == "missing_library":
        result.update(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    return result


def _show_warnings(module: AnsibleModule, client: PanelClient | None) -> None:
    for text in client.warnings if client else ():
        module.warn(text)
