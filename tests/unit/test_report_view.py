# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page and the Markdown of the role report show, and that no text of a panel can be more than a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.view import report_view
from ansible_collections.puqcloud.puqvpn.tests.hostile.tables import texts
from ansible_collections.puqcloud.puqvpn.tests.unit.report_pages import (
    MARKDOWN,
    PAGE,
    blank_panel,
    document,
    engine,
    eventful,
    fleet,
    months,
    panel,
    rendered,
    source,
    with_texts,
)
from jinja2 import nodes

HOSTILE = texts(Path("/canary"))
# These have no end tag.
VOID = {"meta"}


class Page(HTMLParser):
    """The elements of a page in their order, with their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style" and data.strip():
            self.texts.append(" ".join(data.split()))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def structure(page: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """The elements of a page with their attributes, but without texts that are read aloud."""
    return [
        (tag, [(name, "" if name == "aria-label" else value) for name, value in attributes.items()])
        for tag, attributes in Page(page).elements
    ]


@cache
def harmless(template: str) -> str:
    """The file in which every text is a letter."""
    return rendered(with_texts("x"), template)


# --- What is shown


@pytest.mark.parametrize(
    ("panels", "headline", "level"),
    [
        ([], "No panels to report on", "unknown"),
        ([panel("a")], "The panel is healthy", "good"),
        ([blank_panel("a", "unreachable")], "The panel is unreachable", "down"),
        ([panel("a"), panel("b")], "All 2 panels are healthy", "good"),
        (
            [panel("a", drift={"changes": 1, "plan": [], "refusals": []}), panel("b")],
            "All 2 panels are healthy",
            "notice",
        ),
        ([blank_panel("a", "not_checked"), panel("b")], "1 of 2 panels is healthy", "bad"),
        ([eventful("a"), panel("b"), panel("c")], "2 of 3 panels are healthy", "bad"),
    ],
)
def test_the_headline_says_how_many_panels_are_well(panels: list[dict[str, Any]], headline: str, level: str) -> None:
    view = report_view(document(*panels))
    assert (view["headline"], view["level"]) == (headline, level)
    page = rendered(document(*panels))
    assert f"<h1>{headline}</h1>" in page
    assert rendered(document(*panels), MARKDOWN).startswith(f"# {headline}\n")


def test_a_page_shows_what_a_reader_wants_to_know_with_units() -> None:
    shown = document(eventful("vpn1.example.com"), gone=["vpn9"], notes=["the last report cannot be read"])
    for text in (Page(rendered(shown)).text, rendered(shown, MARKDOWN).replace("&#58;", ":")):
        for expected in (
            "2026-11-30 14:30 UTC",
            "Compared with the report of 2026-11-29 14:30 UTC",
            "The last report cannot be read",
            "12 days are left until its license ends, and min_license_days is 30",
            "12 days left",
            "40 of 100 slots",
            "60 hours old",
            "accounts with a session",
            "346 GB download, 69.3 GB upload",
            "Healthy before, unhealthy now",
            "1 account created: carl",
            "vpn9",
            "This report does not have it",
            "office_1",
            "277 GB",
            "b_download, status",
            "max_deletes is 0",
            "expired on 2026-11-01",
            "ends on 2026-12-05, in 5 days",
            "over quota: 232 GB of 200 GB this month",
            "no traffic this month and last month",
        ):
            assert expected in text, expected


def test_the_first_report_of_panels_that_show_nothing() -> None:
    shown = document(blank_panel("a", "unreachable", ("unreachable", "it is unreachable")), previous=None)
    page = Page(rendered(shown))
    assert "No earlier report to compare with" in page.text
    assert "It is unreachable" in page.texts
    assert report_view(shown)["figures"] == []
    assert [page.all(tag) for tag in ("svg", "table", "details", "dl")] == [[], [], [], []]


def test_panels_without_a_license_a_limit_or_traffic_have_no_bar() -> None:
    counts = {"used": 3, "limit": None, "free": None, "enabled": None, "online": 0}
    shown = panel("a", license=dict.fromkeys(("valid", "expires", "days_left")), accounts=counts, traffic=[])
    view = report_view(document(shown))
    assert [(meter["label"], meter["text"], meter["percent"]) for meter in view["panels"][0]["meters"]] == [
        ("Accounts", "3 in use", None),
        ("Online now", "0", None),
        ("Backup", "3 hours old", None),
    ]
    assert view["traffic"] is None


def test_a_number_of_any_type_is_shown_as_a_whole_one() -> None:
    counts = {"used": 20.0, "limit": 1000.0, "free": 980.0, "enabled": 18.0, "online": 0}
    (row,) = report_view(document(panel("a", accounts=counts)))["panels"]
    assert [(meter["text"], meter["note"]) for meter in row["meters"][1:3]] == [
        ("20 of 1,000 slots", "980 free"),
        ("0", "of 18 enabled"),
    ]


@pytest.mark.parametrize(
    ("backup", "text"),
    [
        ({"count": 0, "newest": None, "age_seconds": None}, "none"),
        ({"count": 2, "newest": "a.zip", "age_seconds": None}, "of unknown age"),
        ({"count": 2, "newest": "a.zip", "age_seconds": 60}, "1 minute old"),
        ({"count": 2, "newest": "a.zip", "age_seconds": 7200}, "2 hours old"),
        ({"count": 2, "newest": "a.zip", "age_seconds": 72 * 3600}, "3 days old"),
    ],
)
def test_the_age_of_a_backup_has_a_unit(backup: dict[str, Any], text: str) -> None:
    (row,) = report_view(document(panel("a", backup=backup)))["panels"]
    assert [meter["text"] for meter in row["meters"] if meter["label"] == "Backup"] == [text]


@pytest.mark.parametrize(
    ("days", "text", "note", "figure"),
    [
        (-4, "ended 3 days ago", "on 2026-11-27", "3 days ago"),
        (-1, "ended today", "on 2026-11-27", "today"),
        (0, "0 days left", "until 2026-11-27", "0 days"),
        (1, "1 day left", "until 2026-11-27", "1 day"),
    ],
)
def test_a_license_is_valid_or_has_ended(days: int, text: str, note: str, figure: str) -> None:
    license_ = {"valid": days >= 0, "expires": "2026-11-27T10:00:00Z", "days_left": days}
    view = report_view(document(panel("a", license=license_)))
    (meter,) = [meter for meter in view["panels"][0]["meters"] if meter["label"] == "License"]
    assert (meter["text"], meter["note"]) == (text, note)
    assert [shown["value"] for shown in view["figures"] if shown["label"] == "Next license to end"] == [figure]


@pytest.mark.parametrize(("days", "percent"), [(-3, 0), (0, 0), (1, 1), (73, 20), (365, 100), (3650, 100)])
def test_a_bar_is_never_longer_than_its_place(days: int, percent: int) -> None:
    (row,) = report_view(document(panel("a", license={"valid": True, "expires": None, "days_left": days})))["panels"]
    assert row["meters"][0]["percent"] == percent


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (231 * 10**9, "231 GB"),
        (1234 * 10**10, "12.3 TB"),
        (5 * 10**18, "5,000 PB"),
    ],
)
def test_an_amount_has_three_digits_and_a_decimal_unit(number: int, text: str) -> None:
    month = {"year": 2026, "month": 11, "download": number, "upload": 0, "total": number}
    shown = document(panel("a", traffic=[month]))
    assert report_view(shown)["panels"][0]["traffic"] == text


def test_a_chart_has_a_place_for_each_month_and_nothing_for_missing_ones() -> None:
    november, september = ({"year": 2026, "month": month, "download": 40, "upload": 60} for month in (11, 9))
    older = {"year": 2025, "month": 10, "download": 10**6, "upload": 0}
    chart = report_view(document(panel("a", traffic=[older, september, november])))["traffic"]
    assert [chart["labels"][place] for place in (0, 1, 10, 11, 12)] == ["Nov", "Dec", "Sep", "Oct", "Nov"]
    # An older month is not in the chart, and must not make it flat.
    assert chart["total"] == "M305 110v-110h20V110zM365 110v-110h20V110z"
    assert chart["download"] == "M305 110v-44h20V110zM365 110v-44h20V110z"
    assert chart["description"] == "Sep 2026: 100 B, Nov 2026: 100 B"
    assert [row["month"] for row in chart["rows"]] == ["Nov 2026", "Sep 2026"]


def test_servers_of_a_panel_have_bars_of_one_scale() -> None:
    servers = [
        {"name": name, "accounts": 1, "enabled": 1, "online": 0, "traffic": months(amount, 1)}
        for name, amount in (("small", 100), ("large", 1000), ("quiet", 0))
    ]
    (row,) = report_view(document(panel("a", servers=0) | {"servers": servers}))["panels"]
    lines = {server["name"]: server["line"]["bars"] for server in row["servers"]["rows"]}
    assert lines == {"large": "M122 26v-26h6V26z", "small": "M122 26v-3h6V26z", "quiet": ""}


def test_long_lists_say_how_much_they_leave_out() -> None:
    names = [{"name": f"a{number}", "server": None} for number in range(70)]
    (row,) = report_view(document(panel("a", unused=names)))["panels"]
    assert (len(row["accounts"]["rows"]), row["accounts"]["more"]) == (50, "and 20 more accounts")
    rows = report_view(document(*(panel(f"p{number}", unused=names) for number in range(200))))["panels"]
    assert {(len(row["accounts"]["rows"]), row["accounts"]["more"]) for row in rows} == {(5, "and 65 more accounts")}


def test_well_panels_of_a_large_fleet_are_folded_and_sick_ones_are_not() -> None:
    page = rendered(fleet(50))
    cards = re.findall(r'<(article|details) class="card is-(\w+)"', page)
    assert {level for tag, level in cards if tag == "details"} == {"good"}
    assert {level for tag, level in cards if tag == "article"} == {"down", "unknown", "bad", "notice"}
    assert len(cards) == 50
    assert all("open" in details for details in Page(rendered(document(eventful("a")))).all("details"))


# --- What is not shown


def _outputs(template: str) -> Iterator[tuple[nodes.Node, int]]:
    for output in engine().parse(source(template)).find_all(nodes.Output):
        yield from ((node, output.lineno) for node in output.nodes if not isinstance(node, nodes.TemplateData))


@pytest.mark.parametrize(("template", "escape"), [(PAGE, "e"), (MARKDOWN, "puqcloud.puqvpn.table_cell")])
def test_every_expression_of_a_template_is_escaped(template: str, escape: str) -> None:
    macros = {macro.name for macro in engine().parse(source(template)).find_all(nodes.Macro)}
    for node, line in _outputs(template):
        if isinstance(node, nodes.Call):
            assert isinstance(node.node, nodes.Name) and node.node.name in macros, f"line {line}"
        else:
            assert isinstance(node, nodes.Filter) and node.name == escape, f"line {line}"


@pytest.mark.parametrize("case", HOSTILE)
def test_no_text_becomes_a_part_of_the_page(case: str) -> None:
    page = rendered(with_texts(HOSTILE[case]))
    assert structure(page) == structure(harmless(PAGE))
    assert all(character.isprintable() or character == "\n" for character in page)


@pytest.mark.parametrize("case", HOSTILE)
def test_no_text_becomes_markup_of_the_markdown(case: str) -> None:
    lines, expected = rendered(with_texts(HOSTILE[case]), MARKDOWN).split("\n"), harmless(MARKDOWN).split("\n")
    assert len(lines) == len(expected)
    for line, other in zip(lines, expected, strict=True):
        assert line.isprintable()
        assert line.count("|") == other.count("|")
        # What is not the template's own has no sign that Markdown or HTML gives a meaning to.
        assert set("<>[]`*_~!\\").isdisjoint(re.sub(r"(?<=\w)_+(?=\w)", "", line))
        # Each line begins as the template says.
        assert line[:2] == other[:2]


@pytest.mark.parametrize("shown", [fleet(50), document(eventful("a")), document()], ids=["fleet", "one", "empty"])
def test_a_page_loads_nothing_runs_nothing_and_leads_nowhere(shown: dict[str, Any]) -> None:
    page = rendered(shown)
    elements = Page(page).elements
    assert not {tag for tag, _attributes in elements} & {"script", "link", "img", "iframe", "form", "object", "base"}
    assert not {name for _tag, attributes in elements for name in attributes if name.startswith("on") or name == "src"}
    ids = [attributes["id"] for _tag, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"] for _tag, attributes in elements if "href" in attributes}
    assert links <= {f"#{id}" for id in ids}
    assert not re.search(r"url\(|@import", page)
    policy = next(one["content"] for one in Page(page).all("meta") if one.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def test_every_table_has_a_caption_and_every_header_a_scope() -> None:
    page = Page(rendered(document(eventful("a"))))
    assert len(page.all("table")) == len(page.all("caption")) == 5
    assert {header.get("scope") for header in page.all("th")} == {"col", "row"}


def test_the_page_of_a_large_fleet_is_small() -> None:
    names = [f"account_{number}" for number in range(500)]
    lists = {
        "unused": [{"name": name, "server": "office_1"} for name in names[:100]],
        "expiring": [{"kind": "account", "name": name, "expires": "2026-12-05", "days_left": 5} for name in names[:50]],
        "changes": [{"code": "account_created", "text": f"1 account created: {name}"} for name in names[:20]],
        "account_names": names,
    }
    panels = [panel(f"vpn{number}.example.com", servers=4, **lists) for number in range(200)]
    shown = document(*panels)
    assert len(rendered(shown).encode()) < 2_000_000
    assert len(rendered(shown, MARKDOWN).encode()) < 2_000_000
