# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compile the expressions of ``compose``, ``groups`` and ``keyed_groups`` once instead of for each host.

Ansible parses and compiles an expression each time it evaluates it. With one ``compose`` and one ``keyed_groups``
entry, this was six sevenths of the time of an inventory of 10,000 accounts. Evaluating them remains Ansible's own, host
by host: the types, the errors, and the values that differ each time, such as those of ``now()``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jinja2.nodes import EvalContext, Filter, Test

# More than an inventory file has. Before ansible-core 2.19, other variables that are templates count as well.
_MOST_EXPRESSIONS = 256


def compile_once(templar: Any) -> None:
    """Make a templar of Ansible compile each expression once, as long as it exists."""
    # Since ansible-core 2.19, the environment is not public. Without it, each host costs what it did before.
    engine = getattr(templar, "_engine", None)
    if engine is None:
        environment = templar.environment
        environment.__class__ = _compiling_once(type(environment))
    elif hasattr(engine, "environment"):
        keep = lru_cache(maxsize=_MOST_EXPRESSIONS)
        engine.environment.compile_expression = keep(engine.environment.compile_expression)


def _compiling_once(environment_class: Any) -> Any:
    """Return a class of environments that compile each template once, for ansible-core before 2.19.

    Ansible copies an environment for a template with delimiters of its own: an attribute would serve the wrong one.
    """

    class CompilingOnce(environment_class):  # type: ignore[misc]  # the class is only known at run time
        def compile(self, source: Any, *args: Any, **kwargs: Any) -> Any:
            if args or kwargs or not isinstance(source, str) or self._has_constant_results(source):
                return super().compile(source, *args, **kwargs)
            return self._compiled(source)

        @lru_cache(maxsize=_MOST_EXPRESSIONS)  # noqa: B019  # the class lives no longer than its environment
        def _compiled(self, source: str) -> Any:
            return super().compile(source)

        @lru_cache(maxsize=_MOST_EXPRESSIONS)  # noqa: B019
        def _has_constant_results(self, source: str) -> bool:
            """Return whether Jinja evaluates a part such as ``100 | random`` when it compiles the template."""
            context = EvalContext(self)
            return any(_is_constant(node, context) for node in self.parse(source).find_all((Filter, Test)))

    return CompilingOnce


def _is_constant(node: Any, context: EvalContext) -> bool:
    try:
        node.as_const(context)
    except Exception:
        # Besides Impossible of Jinja, whatever a filter raises.
        return False
    return True
