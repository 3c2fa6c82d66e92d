"""The service's page of good codes in a real browser: sorted, filtered, a code shown, saved."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright", reason="needs Playwright")
pytest.importorskip("fastapi", reason="needs FastAPI")

from browsing import ARGS, CONTRASTS, chromium
from playwright.sync_api import Page, expect, sync_playwright
from serving import ExactPredictor, serving

import mheight
from mheight.catalogue import shipped

SIZES = {n: len(shipped().of_length(n)) for n in shipped().lengths()}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """The page, which fails on complaints and on requests to other hosts."""
    complaints: list[str] = []
    program = chromium()
    with sync_playwright() as playwright, serving(ExactPredictor()) as server:
        browser = playwright.chromium.launch(executable_path=program, args=ARGS)
        page = browser.new_page()
        expect.set_options(timeout=20_000)
        host = urlsplit(server.url).netloc
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: urlsplit(asked.url).netloc == host
                or asked.url.startswith("blob:") or complaints.append(asked.url))  # fmt: skip
        page.goto(f"{server.url}/catalogue")
        # The first request reads the whole catalogue.
        expect(page.locator("#status")).to_contain_text(" entries", timeout=120_000)
        yield page
        browser.close()
    assert complaints == []


@pytest.fixture(autouse=True)
def unfiltered(page: Page) -> None:
    page.evaluate("document.getElementById('filter').reset()")
    page.fill("#words", "")


def column(page: Page, number: int) -> list[str]:
    return page.locator(f"#table tbody td:nth-child({number})").all_inner_texts()


def test_all_entries_are_there_and_filtered(page: Page) -> None:
    expect(page.locator("#status")).to_have_text(
        f"{sum(SIZES.values())} of {sum(SIZES.values())} entries, the first 400 are shown"
    )
    page.fill("#n", "8")
    expect(page.locator("#status")).to_have_text(f"{SIZES[8]} of {sum(SIZES.values())} entries")
    assert set(column(page, 1)) == {"8"}
    page.select_option("#kind", "integer")
    page.fill("#k", "4")
    assert column(page, 3) == ["1", "2", "3", "4"]
    assert set(column(page, 4)) == {"integer"}
    page.fill("#words", "nosuchwordanywhere")
    expect(page.locator("#table tbody tr")).to_have_count(0)


def test_headings_sort(page: Page) -> None:
    page.fill("#n", "9")
    page.select_option("#kind", "real")
    for name, falls in (("ascending", False), ("descending", True)):
        page.click("#table th[data-name='lower_value'] button")
        expect(page.locator("#table th[data-name='lower_value']")).to_have_attribute(
            "aria-sort", name
        )
        bounds = [float(text) for text in column(page, 6)]
        assert len(bounds) > 20
        assert bounds == sorted(bounds, reverse=falls)
    page.click("#table th[data-name='n'] button")


def test_a_clicked_row_shows_a_code_of_its_height(page: Page) -> None:
    page.fill("#n", "8")
    page.fill("#k", "5")
    page.fill("#m", "2")
    page.select_option("#kind", "integer")
    page.locator("#table tbody tr button").click()
    entry = mheight.best_code(8, 5, 2, "integer")
    expect(page.locator("#one-title")).to_have_text(
        f"[8, 5] code, integer entries: h_2 = {entry.height}"
    )
    lines = page.locator("#one-matrix").inner_text().splitlines()
    matrix = [[int(x) for x in line.split()] for line in lines]
    assert mheight.exact_profile(matrix)[1] == entry.certificate.height
    expect(page.locator("#one-word")).to_contain_text("A codeword that attains it: ")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 20
    assert [text for ratio, text in contrasts if ratio < 4.5] == []
    page.click("#one-open")
    # The same code is computed there, and its height is the same.
    expect(page.locator("#status")).to_have_text("Done: [8, 5] code.", timeout=30_000)
    typed = page.locator("#matrix").input_value().splitlines()
    assert [[int(x) for x in line.split()] for line in typed] == matrix
    shown = page.locator("#heights tbody td:first-of-type").all_inner_texts()
    assert [float(x) for x in shown] == pytest.approx(mheight.height_profile(matrix), rel=1e-5)
    expect(page.locator("#word-line")).to_contain_text("ratio is h\u2082 = ")
    page.go_back()
    expect(page.locator("#status")).to_contain_text(" entries", timeout=30_000)


def test_what_is_shown_is_saved(page: Page, tmp_path: Path) -> None:
    page.fill("#n", "7")
    page.select_option("#kind", "real")
    wanted = [entry for entry in shipped().of_length(7) if entry.kind == "real"]
    found = {}
    for name in ("csv", "json"):
        with page.expect_download() as saved:
            page.click(f"#{name}")
        found[name] = tmp_path / saved.value.suggested_filename
        saved.value.save_as(found[name])
    assert [path.name for path in found.values()] == ["good-codes.csv", "good-codes.json"]
    rows = list(csv.DictReader(found["csv"].read_text(encoding="utf-8").splitlines()))
    assert [(int(r["k"]), int(r["m"]), r["height"]) for r in rows] == [
        (entry.k, entry.m, entry.height) for entry in wanted
    ]
    values = json.loads(found["json"].read_text(encoding="utf-8"))
    assert [row["value"] for row in values] == [entry.number for entry in wanted]
