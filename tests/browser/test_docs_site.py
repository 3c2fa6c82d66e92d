"""The documentation as a site, opened from disk in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs Playwright")
pytest.importorskip("mkdocs", reason="needs MkDocs")

from browsing import ARGS, CONTRASTS, chromium
from playwright.sync_api import Page, expect, sync_playwright
from tiny import ROOT

from mheight import best_code, exact_profile
from mheight.catalogue import shipped


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    subprocess.run(build, check=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="module", params=["light", "dark"])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails on complaints and on requests for anything but files."""
    complaints: list[str] = []
    program = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGS)
        page = browser.new_page(color_scheme=request.param)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:", "blob:"))
                or complaints.append(asked.url))  # fmt: skip
        yield page
        browser.close()
    assert complaints == []


def test_links_stand_out_and_pages_need_no_sideways_scrolling(page: Page, site: Path) -> None:
    for name in ("index.html", "mathematics.html", "api/errors.html"):
        page.goto((site / name).as_uri())
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = [(r, text) for r, text in page.evaluate(CONTRASTS) if text[:2] != "LI"]
            assert len(found) > 10
            assert [text for ratio, text in found if ratio < 4.5] == []


def test_links_lead_from_page_to_page_on_disk(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto((site / "index.html").as_uri())
    page.click("[role=main] a:text('how to choose')")
    expect(page).to_have_url((site / "choosing.html").as_uri())
    expect(page.locator("[role=main] h1")).to_contain_text("Choosing")


def test_formulas_are_typeset(page: Page, site: Path) -> None:
    page.goto((site / "mathematics.html").as_uri())
    assert page.locator("[role=main] math").count() > 100
    assert page.locator("[role=main] .formula math[display=block] munder").count() >= 8
    assert "$" not in page.locator("[role=main]").inner_text()
    assert page.evaluate(
        "document.fonts.ready.then(() => document.fonts.check('1em \"STIX Two Math\"'))"
    )


def test_the_search_works_on_disk(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.click("[data-bs-target='#mkdocs_search_modal']")
    page.fill("#mkdocs-search-query", "minimum distance")
    first = page.locator("#mkdocs-search-results article h3 a").first
    expect(first).to_be_visible()
    page.fill("#mkdocs-search-query", "nosuchwordanywhere")
    expect(page.locator("#mkdocs-search-results")).to_have_text("Nothing found.")
    page.fill("#mkdocs-search-query", "icosahedral")
    page.locator("#mkdocs-search-results a").first.click()
    page.wait_for_url("file:///**/*.html*")
    assert "icosahedral" in page.locator("[role=main]").inner_text()


def test_the_table_of_good_codes_works_on_disk(page: Page, site: Path) -> None:
    page.goto((site / "good_codes.html").as_uri())
    total = sum(len(shipped().of_length(n)) for n in shipped().lengths())
    expect(page.locator("#codes-status")).to_have_text(
        f"{total} of {total} entries, the first 300 are shown"
    )
    page.fill("#codes-filter [name=n]", "9")
    page.select_option("#codes-filter [name=kind]", "integer")
    expect(page.locator("#codes tbody tr")).to_have_count(len(shipped().of_length(9)) // 2)
    for falls in (False, True):
        page.click("#codes th[data-name=value] button")
        values = page.locator("#codes tbody td:nth-child(6)").all_inner_texts()
        heights = page.locator("#codes tbody td:nth-child(5)").all_inner_texts()
        numbers = [float(Fraction(text)) for text in heights]
        assert numbers == sorted(numbers, reverse=falls)
        assert all(float(low) <= h * 1.001 for low, h in zip(values, numbers, strict=True))
    page.fill("#codes-filter [name=k]", "4")
    page.fill("#codes-filter [name=m]", "5")
    page.locator("#codes tbody button").click()
    entry = best_code(9, 4, 5, "integer")
    expect(page.locator("#one-code-title")).to_contain_text(f"h_5 = {entry.height}")
    lines = page.locator("#one-code-matrix").inner_text().splitlines()
    matrix = [[int(x) for x in line.split()] for line in lines]
    assert exact_profile(matrix)[4] == entry.certificate.height
    with page.expect_download() as saved:
        page.click("#codes-json")
    assert json.loads(saved.value.path().read_text())[0]["matrix"] == [
        [str(x) for x in row] for row in matrix
    ]
    with page.expect_download() as saved:
        page.click("#codes-csv")
    lines = saved.value.path().read_text().splitlines()
    assert lines[1].startswith(f"9,4,5,integer,{entry.height},")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = [text for ratio, text in page.evaluate(CONTRASTS) if ratio < 4.5]
    assert [text for text in found if text[:2] != "LI"] == []
