# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many accounts at once: new ones, changed ones, and such as are as they should be."""

from __future__ import annotations

import math
import statistics
import sys
from functools import partial
from typing import Any

from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import (
    SCRIPTS,
    Case,
    Figure,
    Medians,
    Workshop,
    expect,
    over,
    uri,
)
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import MEMORY, WALL, Contender
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import form_of, people
from ansible_collections.puqcloud.puqvpn.tests.benchmark.plan import accounts_of

ACCOUNT = "puqcloud.puqvpn.puqvpn_account"
APPLY = "puqcloud.puqvpn.puqvpn_apply"
INFO = "puqcloud.puqvpn.puqvpn_info"
LOAD = "{{ lookup('ansible.builtin.file', 'accounts.json') | from_json }}"
DOCUMENT = {"accounts": LOAD}

EMPTY = {"name": "Nothing", "ansible.builtin.meta": "noop"}


def apply_task(**options: Any) -> dict[str, Any]:
    """Apply what is in the file of accounts."""
    return {"name": "Apply", APPLY: {"config": DOCUMENT, **options}}


# --- b. Many new accounts

NEW, FEW = 500, 20


def new_accounts(shop: Workshop, *, loops: bool) -> list[Contender]:
    """Accounts on an empty panel."""
    accounts = people(NEW)
    shop.write("accounts.json", accounts)
    forms = shop.write("forms.json", [form_of(one) for one in accounts])
    script = str(SCRIPTS / "script.py")
    clear = {"prepare": lambda: shop.panel.fill([])}
    bulk = {**expect([shop.panel], GET=4, POST=NEW), **clear}
    contenders = [
        shop.playbook("empty playbook", [EMPTY]),
        shop.contender(
            "script with http.client", [sys.executable, script, "make", forms, "http.client"], shop.panel, **bulk
        ),
        shop.contender("script with requests", [sys.executable, script, "make", forms, "requests"], shop.panel, **bulk),
        shop.playbook(
            "puqvpn_apply in check mode",
            [{**apply_task(), "check_mode": True}],
            **{**expect([shop.panel], GET=3), **clear},
        ),
        shop.playbook("puqvpn_apply", [apply_task()], **bulk),
        shop.playbook("puqvpn_apply, 8 at a time", [apply_task(concurrency=8)], **bulk),
    ]
    if loops:
        account = {name: f"{{{{ item.{name} }}}}" for name in accounts[0]}
        body = (
            "{{ dict(item | dict2items | map(attribute='key') | map('replace', 'ips', 'IPs') | zip(item.values())) }}"
        )
        post = uri(shop.panel, "POST", "account", body_format="form-urlencoded", body=body)
        few = f"{{{{ (lookup('ansible.builtin.file', 'accounts.json') | from_json)[:{FEW}] }}}}"
        contenders += [
            shop.playbook(
                "loop of puqvpn_account",
                [{"name": "Loop", "loop": LOAD, ACCOUNT: account}],
                **{**expect([shop.panel], GET=2 * NEW, POST=NEW), **clear},
            ),
            shop.playbook(
                f"loop of uri, {FEW} accounts",
                [{"name": "Loop", "loop": few, **post}],
                **{**expect([shop.panel], POST=FEW), **clear},
            ),
        ]
    return contenders


def beside_a_script(library: str, medians: Medians) -> float:
    """What ``puqvpn_apply`` costs beside 1.5 times a script and an empty playbook."""
    return medians["puqvpn_apply"] / (1.5 * medians[f"script with {library}"] + medians["empty playbook"])


def for_each_account(name: str, number: int, medians: Medians) -> float:
    """What an account costs, apart from what a playbook costs that does nothing."""
    return (medians[name] - medians["empty playbook"]) / number


def loop_of_uri(medians: Medians) -> float:
    """How many times as much as with ``puqvpn_apply`` an account costs in a loop of ``uri``."""
    each = for_each_account(f"loop of uri, {FEW} accounts", FEW, medians)
    return each / for_each_account("puqvpn_apply", NEW, medians)


def gain(medians: Medians) -> float:
    """How many times as much one after the other costs: check mode is all but the changes."""
    others = medians["puqvpn_apply in check mode"]
    return (medians["puqvpn_apply"] - others) / (medians["puqvpn_apply, 8 at a time"] - others)


BESIDE_SCRIPTS = [
    Figure(f"`puqvpn_apply` / (1.5 × script with `{library}` + empty playbook)", partial(beside_a_script, library))
    for library in ("requests", "http.client")
]

# --- c. Many accounts that are as they should be


def unchanged_accounts(shop: Workshop, number: int) -> list[Contender]:
    """Accounts of which none changes, beside the reading of both sides."""
    accounts = people(number)
    shop.panel.fill(accounts)
    shop.write("accounts.json", accounts)
    # It takes its argument, and shows nothing of it.
    load = {"name": "Load", "ansible.builtin.debug": {"msg": DOCUMENT, "verbosity": 4}}
    listing = {"name": "List", **uri(shop.panel, "GET", "account")}
    return [
        shop.playbook("uri and loading", [listing, load], **expect([shop.panel], GET=1)),
        shop.playbook("puqvpn_apply", [apply_task()], **expect([shop.panel], GET=2)),
    ]


def large_panel(shop: Workshop) -> list[Contender]:
    """The same, and everything that the panel holds."""
    gather = {"name": "Gather", INFO: {"include_secrets": True}}
    return [*unchanged_accounts(shop, 50_000), shop.playbook("puqvpn_info", [gather])]


# --- growth

SIZES = (500, 5_000, 50_000)


def growing_panels(shop: Workshop) -> list[Contender]:
    """Panels of several sizes, each with a plan in which accounts come, change, go and stay."""
    contenders = [shop.playbook("empty playbook", [EMPTY])]
    for size in SIZES:
        panel, *_others = shop.panels(1)
        held, config = accounts_of(size)
        panel.fill(held.accounts)
        shop.write(f"{size}.json", config)
        load = f"{{{{ lookup('ansible.builtin.file', '{size}.json') | from_json }}}}"
        options = {"config": load, "purge": ["accounts"], "max_deletes": size}
        task = {"name": "Plan", "check_mode": True, APPLY: options}
        contenders.append(shop.playbook(f"{size:,} accounts", [task], panel))
    return contenders


def microseconds(size: int, medians: Medians) -> float:
    """What an account costs."""
    return 1e6 * for_each_account(f"{size:,} accounts", size, medians)


def slope(medians: Medians) -> float:
    """How the cost grows with the number of accounts, on log-log axes: 1 is linear. A least-squares line."""
    costs = [medians[f"{size:,} accounts"] - medians["empty playbook"] for size in SIZES]
    return statistics.linear_regression([math.log(size) for size in SIZES], [math.log(cost) for cost in costs]).slope


# --- parallel. Changes at the same time

CHANGES, AT_A_TIME, LATENCY = 200, 16, 0.01
# All waves of requests, and the reads before and after them.
IDEAL = LATENCY * (CHANGES / AT_A_TIME + 3)


def updates(shop: Workshop) -> list[Contender]:
    """Updates of all accounts, measured within the processes, without their start."""
    accounts = people(CHANGES)
    wanted = [{**one, "b_download": 20} for one in accounts]
    options = {**shop.panel.options, "config": {"accounts": wanted}, "concurrency": AT_A_TIME}
    arguments = shop.write("options.json", {"ANSIBLE_MODULE_ARGS": options})
    script = [str(SCRIPTS / "script.py"), "update", shop.write("wanted.json", wanted), "http.client", str(AT_A_TIME)]
    refill = {"prepare": lambda: shop.panel.fill(accounts), "measures_itself": True}
    bare = {**expect([shop.panel], PUT=CHANGES), **refill}
    ours = {**expect([shop.panel], GET=3, PUT=CHANGES), **refill}
    return [
        shop.contender("script with http.client", [sys.executable, *script], shop.panel, **bare),
        shop.contender("puqvpn_apply", [sys.executable, str(SCRIPTS / "engine.py"), arguments], ours=True, **ours),
    ]


def beside_the_ideal(name: str, medians: Medians) -> float:
    """How long it takes beside waves of requests that cost nothing but the latency."""
    return medians[name] / IDEAL


CASES = [
    Case(
        "b1",
        f"{NEW} new accounts on an empty panel",
        partial(new_accounts, loops=True),
        [
            *BESIDE_SCRIPTS,
            Figure("each account: loop of `uri` / `puqvpn_apply`", loop_of_uri),
            Figure("loop of `puqvpn_account` / `puqvpn_apply`", over("loop of puqvpn_account", "puqvpn_apply")),
        ],
        runs=3,
    ),
    Case(
        "b2",
        f"{NEW} new accounts on an empty panel",
        partial(new_accounts, loops=False),
        [*BESIDE_SCRIPTS, Figure("one at a time / 8 at a time, each less check mode", gain, measures=[WALL])],
        runs=3,
        latency=0.01,
    ),
    Case(
        "c1",
        "2,000 accounts that are as they should be",
        partial(unchanged_accounts, number=2_000),
        [Figure("`puqvpn_apply` / (`uri` + loading the configuration)", over("puqvpn_apply", "uri and loading"))],
    ),
    Case(
        "c2",
        "50,000 accounts that are as they should be",
        large_panel,
        [
            Figure(
                "`puqvpn_apply` / (`uri` + loading the configuration)",
                over("puqvpn_apply", "uri and loading"),
                at_most=1.0,
            ),
            *(
                Figure(f"memory of `{name}`", lambda medians, name=name: medians[name], at_most=200, measures=[MEMORY])
                for name in ("puqvpn_apply", "puqvpn_info")
            ),
        ],
        memory="process",
    ),
    Case(
        "growth",
        "Check mode of puqvpn_apply for panels of several sizes",
        growing_panels,
        [
            *(Figure(f"µs for each of {size:,} accounts", partial(microseconds, size)) for size in SIZES),
            Figure("slope on log-log axes", slope, at_most=1.1),
        ],
        runs=3,
        memory="process",
    ),
    Case(
        "parallel",
        f"{CHANGES} updates, {AT_A_TIME} at a time",
        updates,
        [
            Figure(
                f"{text} / (latency × ({CHANGES} / {AT_A_TIME} + 3))",
                partial(beside_the_ideal, name),
                at_most=most,
                measures=[WALL],
            )
            for text, name, most in (
                ("script", "script with http.client", None),
                ("`puqvpn_apply`", "puqvpn_apply", 1.8),
            )
        ],
        runs=11,
        latency=LATENCY,
        note="""\
Measured within the processes, without their start and the imports. The script sends the same updates from as many
threads, and neither reads nor verifies anything: what it takes beyond the latency is the time of the simulated panel, a
single process of Python.""",
    ),
]
