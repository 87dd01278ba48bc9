# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the role report in a browser: accessible, readable on a phone and on paper, and without any request."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.tests.hostile.tables import texts
from ansible_collections.puqcloud.puqvpn.tests.unit.report_pages import (
    document,
    eventful,
    fleet,
    months,
    rendered,
)
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def crowded(name: str, hostile: Sequence[str]) -> dict[str, Any]:
    """The row of a panel with one text in each row of its lists."""
    step = {"action": "update", "kind": "account", "reason": ""}
    return eventful(name) | {
        "reasons": [{"code": "other", "text": text} for text in hostile],
        "servers": [
            {"name": text, "accounts": 1, "enabled": 1, "online": 0, "traffic": months(10**9)} for text in hostile
        ],
        "unused": [{"name": text, "server": None} for text in hostile],
        "drift": {
            "changes": 1,
            "plan": [{**step, "name": text, "fields": [text]} for text in hostile],
            "refusals": hostile,
        },
        "changes": [{"code": "other", "text": text} for text in hostile],
    }


HOSTILE = list(texts(Path("/canary")).values())
DOCUMENTS = {
    "one": document(eventful("vpn1.example.com")),
    "fifty": fleet(50),
    "empty": document(previous=None),
    "hostile": document(crowded("a", HOSTILE[:40]), crowded(HOSTILE[-3], HOSTILE[40:]), notes=HOSTILE, gone=HOSTILE),
}
PHONE, SCREEN = 400, 1280


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of the system."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip(f"there is none of {', '.join(PROGRAMS)} to look at the page with")
    with sync_playwright() as playwright:
        # Chromium refuses to run as root otherwise, as in containers.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


Opened = Callable[[str, int, str], Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Open a report, which must neither ask for anything nor run anything."""
    complaints: list[str] = []
    pages: list[Page] = []

    def open_report(name: str, width: int, scheme: str) -> Page:
        file = tmp_path / f"{name}.html"
        file.write_text(rendered(DOCUMENTS[name]), encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
        pages.append(page)
        page.on("request", lambda request: complaints.append(f"requests {request.url}"))
        page.on("console", lambda message: complaints.append(f"says {message.text}"))
        page.on("dialog", lambda dialog: complaints.append(f"asks {dialog.message}"))
        page.goto(file.as_uri())
        # Its own address alone, so this would notice others.
        assert complaints == [f"requests {file.as_uri()}"]
        complaints.clear()
        return page

    yield open_report
    for page in pages:
        page.close()
    assert complaints == []


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "dark"), (SCREEN, "light")], ids=["phone", "screen"])
def test_everybody_can_read_a_page(opened: Opened, name: str, width: int, scheme: str) -> None:
    page = opened(name, width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_colors_follow_the_scheme_of_the_reader(opened: Opened) -> None:
    color = "getComputedStyle(document.body).backgroundColor"
    light, dark = (opened("one", SCREEN, scheme).evaluate(color) for scheme in ("light", "dark"))
    assert light != dark


def test_a_printed_page_shows_what_is_folded_on_white_paper(opened: Opened) -> None:
    page = opened("fifty", SCREEN, "light")
    hidden = "[...document.querySelectorAll('details td')].filter(cell => !cell.checkVisibility()).length"
    assert page.evaluate(hidden) > 0
    page.emulate_media(media="print")
    assert page.evaluate(hidden) == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
