# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of a report in the text format of Prometheus, for the textfile collector of node_exporter.

The collector refuses a file that has a sample twice or a timestamp. A value that is unknown has no sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._time import parse_time

Values = Mapping[str, Any]
Samples = Iterable[tuple[Mapping[str, str], Any]]

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class _Metric(NamedTuple):
    name: str
    type: str
    help: str


def metrics_text(report: Values) -> str:
    """Return the metrics of a document, as documented in the README of the role report."""
    return "".join(f"{line}\n" for metric, samples in _metrics(report) for line in _lines(metric, samples))


def _lines(metric: _Metric, samples: Samples) -> Iterator[str]:
    known: dict[str, Any] = {}
    for labels, value in samples:
        if value is not None:
            known.setdefault(_labels(labels), value)
    if known:
        yield f"# HELP {metric.name} {metric.help}"
        yield f"# TYPE {metric.name} {metric.type}"
        yield from (f"{metric.name}{labels} {value}" for labels, value in known.items())


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _metrics(report: Values) -> Iterator[tuple[_Metric, Samples]]:
    panels = sorted(report["panels"], key=lambda panel: str(panel["name"]))
    generated = parse_time(report["generated"])
    timestamp = None if generated is None else int(generated.timestamp())
    yield (
        _Metric("puqvpn_report_timestamp_seconds", "gauge", "Time of this report, in seconds since 1970."),
        [({}, timestamp)],
    )
    for metric, value_of in _BY_PANEL:
        yield metric, [({"panel": panel["name"]}, value_of(panel)) for panel in panels]
    yield (
        _Metric("puqvpn_online", "gauge", "Accounts or clients with a live session, by server or network."),
        (sample for panel in panels for sample in _online(panel)),
    )
    yield (
        _Metric(
            "puqvpn_traffic_bytes_total",
            "counter",
            "Traffic of this month by server or network and direction, as the role usage has read it last.",
        ),
        (sample for panel in panels for sample in _traffic(panel, report["generated"][:7])),
    )


def _switch(value: bool | None) -> int | None:
    return None if value is None else int(value)


# The metrics with one value for each panel.
_BY_PANEL = (
    (
        _Metric("puqvpn_up", "gauge", "Whether the panel could be read."),
        lambda panel: int(panel["state"] in ("healthy", "unhealthy")),
    ),
    (
        _Metric("puqvpn_ready", "gauge", "Whether the panel is ready, and not busy with a task of its own."),
        lambda panel: _switch(panel["ready"]),
    ),
    (
        _Metric("puqvpn_license_days", "gauge", "Whole days until the license ends, negative afterwards."),
        lambda panel: panel["license"]["days_left"],
    ),
    (
        _Metric("puqvpn_accounts_used", "gauge", "Accounts or clients that exist."),
        lambda panel: panel["accounts"]["used"],
    ),
    (
        _Metric("puqvpn_accounts_limit", "gauge", "Accounts or clients that the license allows."),
        lambda panel: panel["accounts"]["limit"],
    ),
    (
        _Metric("puqvpn_backup_age_seconds", "gauge", "Age of the newest backup on the panel, infinite without any."),
        # So that a panel that has no backup is above every limit.
        lambda panel: "+Inf" if panel["backup"]["count"] == 0 else panel["backup"]["age_seconds"],
    ),
    (
        _Metric("puqvpn_drift_changes", "gauge", "Changes that applying the files would make."),
        lambda panel: panel["drift"] and panel["drift"]["changes"],
    ),
)


def _online(panel: Values) -> Iterator[tuple[dict[str, str], Any]]:
    labels = {"panel": panel["name"]}
    servers = [server for server in panel["servers"] if server["online"] is not None]
    yield from (({**labels, "server": server["name"] or ""}, server["online"]) for server in servers)
    if not servers:
        # A panel without accounts shows no server either.
        yield {**labels, "server": ""}, panel["accounts"]["online"]


def _traffic(panel: Values, month: str) -> Iterator[tuple[dict[str, str], Any]]:
    for server in panel["servers"]:
        for amounts in server["traffic"]:
            if f"{amounts['year']}-{amounts['month']:02}" == month:
                labels = {"panel": panel["name"], "server": server["name"] or ""}
                for direction in ("download", "upload"):
                    yield {**labels, "direction": direction}, amounts[direction]
