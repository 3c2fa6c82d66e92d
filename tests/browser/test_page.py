"""The page of the service in a real browser."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pasted
import pytest

pytest.importorskip("playwright", reason="needs Playwright")
pytest.importorskip("fastapi", reason="needs FastAPI")

from browsing import ARGS, CONTRASTS, CROWDED_LABELS, READ_ALL, chromium
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from serving import ExactPredictor, serving

import mheight
from mheight.datasets import Samples, exact_heights
from mheight.deployment.service.example_codes import random_code
from mheight.evaluation.predictions import Predictions
from mheight.tiers import COURSE_9

SMALL = "1 0 1 1; 0 1 1 2"
EXAMPLE = random_code(9, 4, 1).G.tolist()


class StandIn:
    """In place of a network: the exact height, off by what depends on m alone."""

    manifest = replace(ExactPredictor.manifest, name="stand-in")
    card = "# stand-in\n\nThe exact height, a little off."
    groups = trained = COURSE_9

    def predict(self, samples: Samples) -> Predictions:
        log2 = np.log2(exact_heights(samples))
        guess = log2 + 0.1 * np.sin(3.0 * samples.m)
        flags = np.where(np.isinf(log2), "infinite height", "")
        return Predictions(guess, guess - 0.25, guess + 0.25, flags, 0.9)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(browser: Browser) -> Iterator[str]:
    with serving(StandIn()) as server:
        yield server.url


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Opens pages, and fails if one of them complained or asked another host."""
    contexts, complaints = [], []

    def complain(text: str) -> None:
        complaints.append(text)

    def start(fragment: str = "", *, quiet: bool = True, **options: Any) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        if quiet:
            page.on("console", lambda message: complain(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complain(str(error)))
        host = urlsplit(address).netloc
        page.on("request", lambda request: urlsplit(request.url).netloc == host
                or request.url.startswith(f"blob:{address}/")
                or complain(f"a request to {request.url}"))  # fmt: skip
        page.goto(f"{address}/{fragment}")
        expect(page.locator("#codes")).not_to_have_value("")
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []


def compute(page: Page, text: str) -> None:
    page.fill("#matrix", text)
    page.click("button.primary")


def heights(page: Page) -> list[str]:
    page.wait_for_selector("#heights tbody tr")
    cells = page.locator("#heights tbody tr td:nth-child(2)")
    return [text.replace("\u2212", "-") for text in cells.all_inner_texts()]


def shown_profile(page: Page) -> list[float]:
    return [float(text) for text in heights(page)]


def exact_profile(G: Any) -> Any:
    return pytest.approx(mheight.height_profile(np.array(G, dtype=float)).tolist(), rel=1e-5)


def test_a_typed_matrix_gets_its_heights_codeword_and_capability(open_page: Open) -> None:
    page = open_page()
    expect(page.locator("#result")).to_be_hidden()
    compute(page, SMALL)
    assert shown_profile(page) == [2, 3]
    expect(page.locator("#status")).to_have_text("Done: [4, 2] code.")
    expect(page.locator("#result-title")).to_contain_text("[4,\u00a02] code")
    expect(page.locator("#chart-title")).to_contain_text("from 2 at m = 1 to 3 at m = 2")
    expect(page.locator("#word-line")).to_contain_text("ratio is h\u2081 = 2")
    rows = page.locator("#capability tbody tr").all_inner_texts()
    assert [row.split() for row in rows] == [["0", "6", "8"], ["1", "8", "\u2013", "\u2013"]]
    expect(page.locator("#learned")).to_contain_text(
        "No prediction: the model knows codes [9, 4], [9, 5], [9, 6]; this one is [4, 2]."
    )


READ = [
    ("1 0 1; 0 1 1", [[1, 0, 1], [0, 1, 1]], None),
    ("1 0 1;\n0 1 1;", [[1, 0, 1], [0, 1, 1]], None),
    ("[[1,0],[0,1]]", [[1, 0], [0, 1]], None),
    ('[["1/2", 1]]', [[0.5, 1]], None),
    ("1/4 -1/2", [[0.25, -0.5]], None),
    ("1,0\r\n0,1\r\n", [[1, 0], [0, 1]], None),
    ("1;0\n0;1\n", [[1, 0], [0, 1]], None),
    ("1\t0\n0\t1", [[1, 0], [0, 1]], None),
    ("\ufeffg0,g1\n1,2", [[1, 2]], None),
    ("[1 0; 0 1]", [[1, 0], [0, 1]], None),
    ("G = [1, 0; 0, 1];", [[1, 0], [0, 1]], "G"),
    ("np.array([[1., 0.],\n [0., 1e-3]])", [[1, 0], [0, 0.001]], None),
    ("A = array([[1, 0],\n       [0, 1]], dtype=float32)", [[1, 0], [0, 1]], None),
    ("[[1. 0.]\n [0. 1.]]", [[1, 0], [0, 1]], None),
    ("((1, 0), (0, 1))", [[1, 0], [0, 1]], None),
    ("{{1, 1/2}, {0, 1}}", [[1, 0.5], [0, 1]], None),
    ('{"H": [[1, 1, 1]], "name": "x"}', [[1, 1, 1]], "H"),
    ("P = 1 2", [[1, 2]], "P"),
    ("\u22121 +.5", [[-1, 0.5]], None),
    ("1 2 # said\n3 4", [[1, 2], [3, 4]], None),
]
REFUSED = [
    ("", "There is no matrix yet"),
    ("1 0; 0", "row 1 has 2 entries, row 2 has 1"),
    ("1 x; 2 3", "row 1, column 2 there is \u201cx\u201d"),
    ("[[1,0],[0,1]", "brackets do not match"),
    ("[[[1]]]", "several matrices"),
    ("1,0\n\n0,1", "blank line"),
    ("1,5;2\n3;4,5", "commas and semicolons"),
    ("nan 1", "must be finite"),
    ("1/0 1", "division by zero"),
    ("1e999 1", "too large"),
    ("1,,2", "row 1, column 2 there is no number"),
    ("[[1,0],3,[0,1]]", "belongs to no row"),
    ('{"A": [[1]]}', "exactly one of the keys"),
    ('{"G": ', "begins as JSON but is none"),
    ("<script>alert(1)</script> 1", "no number"),
]


def test_many_ways_to_write_a_matrix_are_read(open_page: Open) -> None:
    found = open_page().evaluate(READ_ALL, [text for text, _, _ in READ])
    assert found == [[rows, kind] for _, rows, kind in READ]


def test_the_page_reads_what_python_reads(open_page: Open) -> None:
    texts = [*pasted.SAME, *(text for text, _, _ in pasted.OTHERS)]
    expected = [[pasted.BASE, None]] * len(pasted.SAME)
    expected += [[rows, kind] for _, rows, kind in pasted.OTHERS]
    page = open_page()
    found = page.evaluate(READ_ALL, texts)
    assert dict(zip(texts, found, strict=True)) == dict(zip(texts, expected, strict=True))
    texts = [text for text, _, _ in pasted.REFUSED]
    refused = page.evaluate(READ_ALL, texts)
    expected = [message for _, _, message in pasted.REFUSED]
    assert dict(zip(texts, refused, strict=True)) == dict(zip(texts, expected, strict=True))


def test_a_bar_or_a_lone_comma_is_no_p(open_page: Open) -> None:
    page = open_page()
    page.check("input[value=P]")
    for text, message in (("1 0 | 1; 0 1 | 2", "A bar belongs"), ("0,5;1,5", "is 0.5 or the two")):
        compute(page, text)
        expect(page.locator("#matrix-error")).to_contain_text(message)


def test_what_is_no_matrix_is_refused_in_one_sentence(open_page: Open) -> None:
    found = open_page().evaluate(READ_ALL, [text for text, _ in REFUSED])
    for (text, part), message in zip(REFUSED, found, strict=True):
        assert isinstance(message, str), f"{text!r} was read as {message}"
        assert part in message
        assert message.endswith(".")


def test_p_and_h(open_page: Open) -> None:
    page = open_page()
    G = [[1, 0, 1, 1], [0, 1, 1, 2]]
    for text, kind, same in [
        ("1 1; 1 2", "P", G),
        ("1 1 1", "H", [[1, 0, -1], [0, 1, -1]]),
        ('{"P": [[1, 1], [1, 2]]}', "G", G),  # what the text says counts
    ]:
        page.check(f"input[value={kind}]")
        compute(page, text)
        expect(page.locator("#result-title")).to_contain_text(f"[{len(same[0])},")
        assert shown_profile(page) == exact_profile(same)


def test_errors_stand_beside_the_field_and_lose_nothing(open_page: Open) -> None:
    page = open_page(quiet=False)  # Chromium notes a status of 422 in the console
    field, error = page.locator("#matrix"), page.locator("#matrix-error")
    expect(error).to_have_attribute("role", "alert")
    for text, part in [
        ("1 0; 0 x", "row 2, column 2"),
        ("1 0; 0 1", "more columns than rows"),
        ("1 2 3; 2 4 6", "independent"),  # the service says so
        ("1 0 1e300; 0 1 1", "(row 1, column 3)"),
    ]:
        page.fill("#matrix", text)
        page.press("#matrix", "Control+Enter")
        expect(error).to_contain_text(part)
        expect(field).to_be_focused()
        expect(field).to_have_value(text)
        expect(field).to_have_attribute("aria-invalid", "true")
        page.fill("#matrix", SMALL)
        expect(error).to_be_empty()


def test_infinite_heights_have_no_bound(open_page: Open) -> None:
    page = open_page()
    compute(page, "1 0 1 1 0; 0 1 1 0 0")
    assert heights(page) == ["2", "inf", "inf"]
    expect(page.locator("#legend")).to_contain_text("inf: m \u2265 minimum distance d")
    expect(page.locator("#chart .infinite")).to_have_count(2)
    page.click("#heights button[data-m='2']")
    expect(page.locator("#word-line")).to_contain_text("inf")
    expect(page.locator("#capability-line")).to_contain_text("since h\u2082 is inf")


def test_bounds_are_drawn_and_called_bounds(open_page: Open) -> None:
    page = open_page()
    answer = {
        "n": 40, "k": 38, "seconds": 2.0, "remark": "the search ended",
        "capability": [],
        "heights": [
            {"m": 1, "height": None, "infinite": False, "exact": False, "lower": 19.0,
             "upper": 25.5, "log2_height": None, "codeword": None},
            {"m": 2, "height": None, "infinite": False, "exact": False, "lower": 30.0,
             "upper": None, "log2_height": None, "codeword": [3.0] + [0.1] * 39},
        ],
    }  # fmt: skip
    page.route("**/api/heights", lambda route: route.fulfill(json={"codes": [answer]}))
    compute(page, SMALL)
    assert heights(page) == ["19 to 25.5", "30 to ?"]
    expect(page.locator("#chart-title")).to_have_text(
        "Only bounds of the heights were found in time"
    )
    expect(page.locator("#remark")).to_contain_text("search ended")
    expect(page.locator("#word-line")).to_contain_text("No codeword was found in time")
    page.click("#heights button[data-m='2']")
    expect(page.locator("#word-line")).to_contain_text("30 is a lower bound of h\u2082")
    expect(page.locator("#chart .bound.dashed")).to_have_count(1)


def test_the_prediction_stands_beside_the_exact_height(open_page: Open) -> None:
    page = open_page()
    page.click("#example")
    assert shown_profile(page) == exact_profile(EXAMPLE)
    expect(page.locator("#chart .predicted")).to_have_count(4)  # m = 2, 3, 4, 5 for k = 4
    expect(page.locator("#learned")).to_contain_text("the exact height is right, and cheaper")
    h2 = mheight.height_profile(np.array(EXAMPLE))[1]
    cells = page.locator("#heights tbody tr:nth-child(2) td").all_inner_texts()
    predicted, interval = cells[2].split("\n")
    assert float(predicted) == pytest.approx(h2 * 2 ** (0.1 * np.sin(6.0)), rel=1e-4)
    low, high = map(float, interval.split(" to "))
    assert low < float(predicted) < high
    assert float(cells[3].replace("\u2212", "-")) == pytest.approx(0.1 * np.sin(6.0), abs=1e-4)
    page.click("#model summary")
    expect(page.locator("#card")).to_contain_text("The exact height, a little off.")


def test_choosing_m_by_click_and_by_keys(open_page: Open) -> None:
    page = open_page()
    page.click("#example")
    chart = page.locator("#chart")
    page.click("#chart .column[data-m='3']")
    expect(page.locator("#word-title")).to_have_text("Worst codeword for m = 3")
    expect(page.locator("#word .among")).to_have_count(2)
    expect(page.locator("#word .reference")).to_have_count(1)
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(chart).to_have_attribute("aria-valuenow", "4")
    expect(chart).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(chart).to_have_attribute("aria-valuenow", "5")
    page.keyboard.press("Home")
    expect(page.locator("#word-title")).to_have_text("Worst codeword for m = 1")
    assert page.evaluate("location.hash").endswith("&m=1")


def test_by_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.locator("#matrix")).to_be_focused()
    page.keyboard.type("1 1; 1 2")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[value=P]")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert shown_profile(page) == [2, 3]
    focused = "document.activeElement.id"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "chart":
            break
    assert page.evaluate(focused) == "chart"
    page.keyboard.press("ArrowRight")
    expect(page.locator("#word-line")).to_contain_text("h\u2082 = 3")


def test_named_and_random_codes(open_page: Open) -> None:
    page = open_page()
    page.fill("#matrix", "1 2 typed")
    page.select_option("#codes", "icosahedral")
    expect(page.locator("#about")).to_contain_text("icosahedron")
    page.click("#take")
    assert shown_profile(page) == pytest.approx([5**0.5, 5**0.5, 2 + 5**0.5], rel=1e-5)
    expect(page.locator("#result-line")).to_contain_text("icosahedral")
    page.click("#former")
    expect(page.locator("#matrix")).to_have_value("1 2 typed")
    for name, value in {"n": 8, "k": 3, "seed": 6}.items():
        page.fill(f"#random-{name}", str(value))
    page.click("#draw-next")
    expect(page.locator("#result-line")).to_contain_text("Random code, seed 7:")
    assert shown_profile(page) == exact_profile(random_code(8, 3, 7).G.tolist())
    page.fill("#random-k", "8")
    page.click("#draw")
    expect(page.locator("#random-error")).to_contain_text("n > k")


REFUSED_FILES = [
    ("a.pkl", b"\x80\x04]", "is a pickle"),
    ("a.npy", b"\x93NUMPY", "binary"),
    ("b.csv", b"\x80\x04\x95\x00", "b.csv holds binary data"),
    ("b.txt", b"1 0\x00 1", "b.txt holds binary data"),
    ("c.csv", b"", "c.csv is empty"),
    ("c.json", b"\xef\xbb\xbf \n", "c.json is empty"),
    ("d.csv", b"1," * 600_000, "larger than 1 MB"),
    ("a.exe", b"1 0 1", "is not read here"),
    ("e.csv", b"1,2\n3\n", "e.csv: Rows must have one length"),
]


def test_files_that_are_refused_are_not_sent(open_page: Open) -> None:
    page = open_page()
    page.fill("#matrix", "1 2 typed")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    for name, content, part in REFUSED_FILES:
        page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": content})
        expect(page.locator("#file-error")).to_contain_text(part)
        expect(page.locator("#matrix")).to_have_value("1 2 typed")
    assert sent == []


def test_files_that_are_read(open_page: Open) -> None:
    page = open_page()
    for name, content, kind in [
        ("a.csv", b"\xef\xbb\xbfg0;g1;g2;g3\n1;0;1;1\n0;1;1;2\n", "G"),
        ("a.json", b'{"P": [[1, 1], [1, 2]]}', "P"),
        ("a.TXT", '{"H": [[1, 1, 1]]}'.encode("utf-16"), "H"),
    ]:
        page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": content})
        expect(page.locator(f"input[value={kind}]")).to_be_checked()
        expect(page.locator("#result-title")).to_contain_text("[3," if kind == "H" else "[4,")
        assert shown_profile(page) == ([2] if kind == "H" else [2, 3])


def test_a_link_reproduces_the_view(open_page: Open) -> None:
    page = open_page()
    page.check("input[value=P]")
    compute(page, "1/3 1; 1 2")
    page.wait_for_selector("#heights tbody tr")
    page.click("#heights button[data-m='2']")
    expect(page.locator("#word-title")).to_have_text("Worst codeword for m = 2")
    fragment = page.evaluate("location.hash")
    assert fragment == "#P=1/3,1;1,2&m=2"

    other = open_page(fragment)
    expect(other.locator("#word-title")).to_have_text("Worst codeword for m = 2")
    assert heights(other) == heights(page)
    expect(other.locator("input[value=P]")).to_be_checked()
    expect(other.locator("#matrix")).to_have_value("1/3 1\n1 2")

    compute(page, "1 1 1")
    expect(page.locator("#result-title")).to_contain_text("[4,\u00a01]")
    page.go_back()
    expect(page.locator("#word-title")).to_have_text("Worst codeword for m = 2")
    page.go_back()
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#result")).to_be_hidden()

    bad = open_page("#G=1,0;oops,1")
    expect(bad.locator("#matrix-error")).to_contain_text("matrix in the link cannot be read")
    expect(bad.locator("#matrix")).to_have_value("1 0\noops 1")


def test_copies_run_and_parse(open_page: Open, tmp_path: Path) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.check("input[value=P]")
    compute(page, "1/1 1; 1 2")
    page.wait_for_selector("#heights tbody tr")
    read = "navigator.clipboard.readText()"
    page.click("#copy-link")
    expect(page.locator("#copy-status")).to_have_text("Link copied.")
    assert page.evaluate(read) == page.url
    page.click("#copy-json")
    expect(page.locator("#copy-status")).to_have_text("JSON copied.")
    found = json.loads(page.evaluate(read))
    assert found["P"] == [[1, 1], [1, 2]]
    assert [height["height"] for height in found["heights"]] == [2, 3]
    page.click("#copy-python")
    expect(page.locator("#copy-status")).to_have_text("Python copied.")
    program = page.evaluate(read)
    assert "mheight.height_profile(" in program
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "[2. 3.]\n"


def without_clipboard(page: Page, *, command: bool) -> None:
    page.evaluate(
        "(done) => { Object.defineProperty(navigator, 'clipboard', { value: undefined,"
        " configurable: true }); document.execCommand = () => done; }",
        command,
    )


def test_copying_without_a_clipboard(open_page: Open) -> None:
    page = open_page("#G=1,0,1,1;0,1,1,2")
    page.wait_for_selector("#heights tbody tr")
    without_clipboard(page, command=False)
    page.click("#copy-python")
    expect(page.locator("#copy-text")).to_be_focused()
    assert "mheight.height_profile" in page.input_value("#copy-text")
    expect(page.locator("#copy-status")).to_contain_text("does not let this page copy")
    without_clipboard(page, command=True)
    page.click("#copy-link")
    expect(page.locator("#copy-status")).to_have_text("Link copied.")
    expect(page.locator("#copy-text")).to_be_hidden()
    expect(page.locator("#copy-link")).to_be_focused()


@pytest.mark.parametrize("fragment", ["", "#G=1,0,1,1;0,1,1,2"])
def test_a_phone_needs_no_sideways_scrolling(open_page: Open, fragment: str) -> None:
    page = open_page(fragment, viewport={"width": 360, "height": 740}, has_touch=True)
    page.click("#draw")
    expect(page.locator("#chart .predicted")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('#chart svg').clientWidth") <= 330
    top = page.evaluate("document.querySelector('#result').getBoundingClientRect().top")
    assert 0 <= top < 740  # what was asked for is on the screen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_in_light_and_dark(open_page: Open, scheme: str) -> None:
    page = open_page("#G=1,0,1,1,0;0,1,1,0,0&m=2", color_scheme=scheme)
    page.wait_for_selector("#heights tbody tr")
    brightness = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (brightness == "rgb(16, 19, 23)") == (scheme == "dark")
    found = page.evaluate(CONTRASTS)
    assert len(found) > 40
    assert [text for ratio, text in found if ratio < 4.5] == []


def test_labels_do_not_overlap(open_page: Open) -> None:
    page = open_page()
    large = "1 0 1000000 3 1; 0 1 5 0.00001 1"
    cosines = "; ".join(" ".join(f"{np.cos(i * j):.3f}" for j in range(20)) for i in range(2))
    codes = [(4, SMALL), (5, large), (5, "1 0 1 1 0; 0 1 1 0 0"), (2, "-1 -2"), (20, cosines)]
    for n, text in codes:
        compute(page, text)
        expect(page.locator("#status")).to_contain_text(f"Done: [{n},")
        for width in (360, 1100):
            page.set_viewport_size({"width": width, "height": 800})
            drawn = page.evaluate("document.querySelector('#chart').clientWidth")
            expect(page.locator("#chart svg")).to_have_attribute("viewBox", f"0 0 {drawn} 300")
            assert page.evaluate(CROWDED_LABELS) == []


def test_a_new_request_takes_over_from_a_slow_one(open_page: Open) -> None:
    page = open_page()
    held: list[Route] = []
    page.route("**/api/heights", lambda route: held.append(route), times=1)
    compute(page, "1 1 1 1 1")
    expect(page.locator("#status")).to_have_text("Computing\u2026")
    compute(page, SMALL)
    assert shown_profile(page) == [2, 3]
    assert len(held) == 1
    expect(page.locator("#matrix-error")).to_be_empty()
    expect(page.locator("#status")).to_have_text("Done: [4, 2] code.")


def test_a_busy_service_is_asked_again_and_a_lost_one_named(open_page: Open) -> None:
    page = open_page(quiet=False)
    busy = {
        "status": 503,
        "headers": {"Retry-After": "1"},
        "json": {"error": "busy", "where": None},
    }
    page.route("**/api/heights", lambda route: route.fulfill(**busy), times=1)
    compute(page, SMALL)
    assert shown_profile(page) == [2, 3]
    page.route("**/api/heights", lambda route: route.abort())
    compute(page, "1 1 1")
    expect(page.locator("#matrix-error")).to_contain_text("The service does not answer")
    expect(page.locator("#matrix")).to_have_value("1 1 1")
    assert shown_profile(page) == [2, 3]


def test_a_service_without_a_model_says_so(open_page: Open) -> None:
    page = open_page(quiet=False)
    missing = {"error": "this service was started without a model", "where": None}
    page.route("**/api/model", lambda route: route.fulfill(status=404, json=missing))
    page.reload()
    page.click("#example")
    assert shown_profile(page) == exact_profile(EXAMPLE)
    expect(page.locator("#learned")).to_contain_text("started without a model")


def test_a_reload_keeps_what_was_typed(open_page: Open) -> None:
    page = open_page()
    page.fill("#matrix", "1 2 unfinished [")
    page.reload()
    expect(page.locator("#matrix")).to_have_value("1 2 unfinished [")


def test_a_file_dropped_anywhere_is_read(open_page: Open) -> None:
    page = open_page()
    page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["1 0 1 1\\n0 1 1 2"], "dropped.txt"));
            document.body.dispatchEvent(
                new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )
    assert shown_profile(page) == [2, 3]


def test_arrow_keys_in_the_table(open_page: Open) -> None:
    page = open_page("#G=1,0,1,1;0,1,1,2")
    page.locator("#heights button[data-m='1']").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#heights button[data-m='2']")).to_be_focused()
    expect(page.locator("#word-title")).to_have_text("Worst codeword for m = 2")


# --- longer searches, fractions, one m -----------------------------------------------------

BOUNDS = {"log2_height": None, "codeword": None, "fraction": None, "infinite": False}


def known(m: int, height: float) -> dict[str, Any]:
    return {**BOUNDS, "m": m, "height": height, "exact": True, "lower": height, "upper": height}


def between(m: int, lower: float, upper: float | None) -> dict[str, Any]:
    return {**BOUNDS, "m": m, "height": None, "exact": False, "lower": lower, "upper": upper}


def answer_of(*heights: dict[str, Any], remark: str | None = None) -> dict[str, Any]:
    return {"n": 40, "k": 37, "seconds": 0.25, "heights": list(heights), "capability": [],
            "remark": remark, "doubts": []}  # fmt: skip


def long_code(page: Page) -> None:
    """Show a code of which one height of three is known."""
    first = answer_of(known(1, 19), between(2, 20, None), between(3, 30, 90), remark="ended")
    page.route("**/api/heights", lambda route: route.fulfill(json={"codes": [first]}))
    compute(page, SMALL)
    expect(page.locator("#result-line")).to_contain_text("1 of 3 heights known")
    expect(page.locator("#status")).to_have_text("Done: [40, 37] code. 1 of 3 heights known.")


def test_a_longer_search_fills_in_what_is_missing(open_page: Open) -> None:
    page = open_page()
    long_code(page)
    expect(page.locator("#heights caption")).to_contain_text("1 of 3 heights known")
    now = {"m": 3, "lower": 31.0, "upper": 80.0}
    step = {"seconds": 4.2, "waiting": False, "known": 2, "of": 3, "now": now}
    part = answer_of(known(1, 19), known(2, 25), between(3, 25, None))
    last = answer_of(known(1, 19), known(2, 25), between(3, 31, 80))
    asked: list[Any] = []

    def reply(route: Route) -> None:
        asked.append(route.request.post_data_json)
        lines = [{"progress": {**step, "answer": part}}, {"answer": last}]
        body = "".join(json.dumps(line) + "\n" for line in lines)
        route.fulfill(body=body, content_type="application/x-ndjson")

    page.route("**/api/search", reply)
    page.select_option("#longer-seconds", "10")
    page.click("#longer-all")
    expect(page.locator("#longer-status")).to_have_text("2 of 3 heights known after 10 s.")
    assert heights(page) == ["19", "25", "31 to 80"]  # the narrower bounds of both
    assert asked[0]["time_limit"] == 10
    page.click("#heights button[data-m='3']")
    page.click("#longer-one")
    expect(page.locator("#longer-status")).to_have_text("2 of 3 heights known after 10 s.")
    assert asked[1]["m"] == 3


def test_a_longer_search_can_be_stopped(open_page: Open) -> None:
    page = open_page()
    long_code(page)
    held: list[Route] = []
    page.route("**/api/search", lambda route: held.append(route))
    page.click("#longer-all")
    expect(page.locator("#longer-status")).to_have_text("Searching\u2026")
    expect(page.locator("#longer-all")).to_be_disabled()
    page.click("#cancel")
    expect(page.locator("#longer-status")).to_have_text("Stopped; what was found so far is shown.")
    expect(page.locator("#longer-all")).to_be_enabled()
    page.click("#longer-all")
    page.unroute("**/api/heights")
    compute(page, SMALL)  # another code takes its place
    expect(page.locator("#heights tbody tr")).to_have_count(2)
    assert shown_profile(page) == [2, 3]
    expect(page.locator("#longer")).to_be_hidden()


def test_the_service_itself_searches_for_longer(open_page: Open) -> None:
    page = open_page()
    G = np.random.default_rng(0).integers(-9, 10, (16, 32)).tolist()
    compute(page, json.dumps(G))
    page.wait_for_selector("#longer-all:visible", timeout=30_000)
    first = int(page.locator("#result-line").inner_text().split(" of ")[0])
    page.select_option("#longer-seconds", "60")
    page.click("#longer-all")
    expect(page.locator("#longer-status")).to_contain_text("of 60 s", timeout=30_000)
    page.click("#cancel")
    expect(page.locator("#longer-status")).to_contain_text("Stopped")
    assert int(page.locator("#result-line").inner_text().split(" of ")[0]) >= first


def test_fractions_and_one_m(open_page: Open) -> None:
    page = open_page()
    page.check("#exact")
    compute(page, "1 0 1/3 1; 0 1 0.1 2")
    assert heights(page) == ["3", "77/3"]
    expect(page.locator("#result-line")).to_contain_text("in fractions")
    page.fill("#only-m", "2")
    page.click("button.primary")
    expect(page.locator("#result-line")).to_contain_text("1 height,")
    assert heights(page) == ["77/3"]
    page.uncheck("#exact")
    page.click("button.primary")
    expect(page.locator("#heights td").first).to_have_text("25.6667")


# --- what is read, and what is shown beside it ---------------------------------------------


def test_what_is_pasted_is_read_as_on_the_command_line(open_page: Open) -> None:
    page = open_page(quiet=False)  # Chromium notes a status of 422 in the console
    compute(page, r"\begin{pmatrix} 1 & 0 & 1 & 1 \\ 0 & 1 & \frac{2}{2} & 2 \end{pmatrix}")
    assert shown_profile(page) == [2, 3]
    compute(page, "1 0 0,5; 0 1 1,5")
    expect(page.locator("#matrix-error")).to_contain_text("0.5 or the two numbers 0 and 5")
    expect(page.locator("#stale")).to_be_visible()


def test_a_stale_result_is_dimmed(open_page: Open) -> None:
    page = open_page()
    compute(page, SMALL)
    assert shown_profile(page) == [2, 3]
    result, said = page.locator("#result"), page.locator("#stale")
    expect(said).to_be_hidden()
    page.fill("#matrix", "1 0 1 1; 0 1 1 3")
    expect(said).to_be_visible()
    expect(result).to_have_class("stale")
    page.fill("#matrix", "1  0 1 1;0 1 1 2")  # the same matrix
    expect(said).to_be_hidden()
    page.check("input[value=P]")
    expect(said).to_be_visible()
    page.check("input[value=G]")
    page.fill("#matrix", "1 0; 0 1")
    page.click("button.primary")  # an error
    expect(page.locator("#matrix-error")).not_to_be_empty()
    expect(said).to_be_visible()
    compute(page, "1 0 1 1; 0 1 1 3")
    expect(said).to_be_hidden()
    expect(result).not_to_have_class("stale")


def test_npy_and_tab_separated_files(open_page: Open) -> None:
    page = open_page()
    G = np.array([[1, 0, 1, 1], [0, 1, 1, 2]])
    files = [("a.tsv", b"1\t0\t1\t1\n0\t1\t1\t2\n")]
    for name, array in [
        ("f.npy", np.asfortranarray(G, dtype=">f8")), ("i.npy", G.astype("i2")), ("s.npy", G[None])
    ]:  # fmt: skip
        stream = io.BytesIO()
        np.save(stream, array)
        files.append((name, stream.getvalue()))
    for name, content in files:
        page.click("#draw")
        expect(page.locator("#result-title")).to_contain_text("[9,")
        page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": content})
        expect(page.locator("#result-title")).to_contain_text("[4,")
        assert shown_profile(page) == [2, 3]
    stream = io.BytesIO()
    np.save(stream, np.ones((2, 2, 4)))
    page.set_input_files("#file", {"name": "two.npy", "mimeType": "", "buffer": stream.getvalue()})
    expect(page.locator("#file-error")).to_contain_text("shape (2, 2, 4); one matrix")


def test_downloads(open_page: Open) -> None:
    page = open_page()
    page.check("#exact")
    compute(page, "1 0 1/3 1 0; 0 1 0.1 2 0")
    assert heights(page) == ["3", "77/3", "inf"]

    def saved(button: str) -> bytes:
        with page.expect_download() as download:
            page.click(f"#save-{button}")
        return Path(download.value.path()).read_bytes()

    table = list(csv.DictReader(io.StringIO(saved("csv").decode())))
    assert [row["fraction"] for row in table] == ["3", "77/3", ""]
    assert [float(row["height"]) for row in table] == pytest.approx([3, 77 / 3, np.inf])
    word = [abs(float(x)) for x in table[1]["codeword"].split()]
    assert max(word) / sorted(word)[-3] == pytest.approx(77 / 3)
    assert "2 & $\\frac{77}{3}$ \\\\\n3 & $\\infty$ \\\\" in saved("latex").decode()
    picture = saved("png")
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(picture) > 5000


def test_what_my_ratio_affords(open_page: Open) -> None:
    page = open_page()
    compute(page, SMALL)
    assert shown_profile(page) == [2, 3]
    page.fill("#ratio", "7")
    page.press("#ratio", "Enter")
    rows = page.locator("#affords tbody tr")
    expect(rows.first).to_contain_text("detects 1")
    page.fill("#ratio", "8")
    page.press("#ratio", "Enter")
    expect(rows.first).to_contain_text("detects 2, or locates 1")
    expect(rows.nth(1)).to_contain_text("repetition")
    page.fill("#ratio", "-1")
    page.press("#ratio", "Enter")
    expect(page.locator("#ratio-error")).to_contain_text("above 0")
    page.fill("#ratio", "8")
    page.press("#ratio", "Enter")
    expect(rows.first).to_contain_text("this [4, 2] code")
    compute(page, "1 1 1 1")
    expect(page.locator("#affords")).to_be_empty()  # not of this code


def test_nine_columns_fit_and_axes_have_round_numbers(open_page: Open) -> None:
    page = open_page(viewport={"width": 1280, "height": 900})
    page.fill("#random-seed", "3")
    page.click("#draw")
    expect(page.locator("#result-line")).to_contain_text("seed 3")
    size = "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)"
    assert page.evaluate(f"{size}(document.querySelector('#matrix'))") <= 0
    drawn = "[...document.querySelectorAll('#chart text[text-anchor=end]:not(.value)')]"
    ticks = page.evaluate(f"{drawn}.map((text) => text.textContent)")
    assert len(ticks) > 2
    for tick in ticks:
        assert tick.strip("0") in ("1", "2", "5", "inf"), tick


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_for_programs(open_page: Open, address: str, scheme: str) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": 360, "height": 740})
    page.goto(f"{address}/docs")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = page.evaluate(CONTRASTS)
    assert len(found) > 40
    assert [text for ratio, text in found if ratio < 4.5] == []
    page.click("nav a >> nth=0")
    expect(page.locator("section:target pre").first).to_contain_text("curl ")


# --- what the code protects ----------------------------------------------------------------


def icosahedral_code(page: Page) -> None:
    page.select_option("#codes", "icosahedral")
    page.click("#take")
    expect(page.locator("#verdict")).to_contain_text("clean")


def test_a_slider_over_the_threshold_locates_the_position(open_page: Open) -> None:
    page = open_page()
    icosahedral_code(page)
    verdict, located = page.locator("#verdict"), page.locator("#entries tr.located th")
    expect(page.locator(".spoil svg").first).to_contain_text("= 5.472\u2009\u03b4")
    expect(page.locator("#checks-line")).to_have_text("Violated checks (circuits): 0 of 15")
    expect(page.locator("#errors .found")).to_have_count(0)
    page.select_option("#position-0", "4")
    page.locator("#size-0").fill("5.6")
    expect(verdict).to_have_text("located: position 4")
    expect(located).to_have_text(["4"])
    expect(page.locator("#errors .found")).to_have_count(1)
    expect(page.locator("#promise")).to_contain_text("1 entry above \u03b4")
    expect(page.locator("#promise")).to_contain_text("promised at most 4.472 \u03b4")
    listed = page.locator("#checks-table tbody td:first-child").all_text_contents()
    assert listed
    assert all("4" in positions for positions in listed)
    page.locator("#size-0").focus()
    page.keyboard.press("Home")  # and back
    expect(verdict).to_contain_text("clean")
    expect(located).to_have_count(0)


def test_two_spoiled_entries_and_other_tasks(open_page: Open) -> None:
    page = open_page()
    icosahedral_code(page)
    page.locator("#size-0").fill("8")
    page.select_option("#position-1", "5")
    page.locator("#size-1").fill("8")
    promise = page.locator("#promise")
    expect(promise).to_contain_text("2 entries above \u03b4, more than \u03c4 + \u03c3 = 1")
    page.select_option("#sigma", "1")  # h_3 decides
    expect(page.locator("#task-line")).to_contain_text("= 3;")
    expect(page.locator(".spoil svg").first).to_contain_text("= 9.472\u2009\u03b4")
    expect(promise).to_contain_text("\u201ctoo many\u201d is promised, or that all above")
    page.select_option("#tau", "0")
    page.select_option("#sigma", "2")
    expect(page.locator("#verdict")).to_have_text("too many: there is an outlier")
    expect(page.locator("#entries tbody td:nth-child(5)").first).to_have_text("\u2013")


def test_another_word_and_another_delta(open_page: Open) -> None:
    page = open_page()
    icosahedral_code(page)
    page.locator("#size-0").fill("6")
    expect(page.locator("#verdict")).to_have_text("located: position 2")
    first = page.locator("#entries tbody td:nth-child(2)").first
    before = first.inner_text()
    page.click("#draw-word")
    expect(first).not_to_have_text(before)
    expect(page.locator("#verdict")).to_have_text("located: position 2")
    errors = page.locator("#entries tbody td:nth-child(4)")
    expect(errors.nth(2)).to_have_text("6")
    sizes, received = errors.all_text_contents(), page.locator("#entries tbody td:nth-child(3)")
    before = received.first.inner_text()
    page.fill("#delta", "0.002")
    expect(received.first).not_to_have_text(before)
    expect(page.locator("#verdict")).to_have_text("located: position 2")
    assert errors.all_text_contents() == sizes  # in units of delta
    page.fill("#delta", "-1")
    expect(page.locator("#protection-error")).to_contain_text("above 0")
    page.fill("#delta", "0.1")
    expect(page.locator("#protection-error")).to_be_empty()


def test_another_word_while_an_answer_is_under_way(open_page: Open) -> None:
    page = open_page()
    icosahedral_code(page)
    first = page.locator("#entries tbody td:nth-child(2)").first
    before = first.inner_text()
    held: list[Route] = []
    page.route("**/api/decode", lambda route: held.append(route), times=1)
    with page.expect_request("**/api/decode"):
        page.locator("#size-0").fill("6")
    page.click("#draw-word")
    held[0].continue_()
    expect(first).not_to_have_text(before)
    expect(page.locator("#verdict")).to_have_text("located: position 2")
    expect(page.locator("#protection-error")).to_be_empty()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1 0 1; 0 1 0", "h\u2081 is inf"),
        (" ".join(["1"] * 13), "up to n = 12; this one has n = 13"),
    ],
)
def test_where_there_is_nothing_to_try(open_page: Open, text: str, part: str) -> None:
    page = open_page()
    compute(page, text)
    expect(page.locator("#protection-none")).to_contain_text(part)
    expect(page.locator("#protection-panel")).to_be_hidden()
    compute(page, "1 0 1; 0 1 1")
    expect(page.locator("#task-line")).to_contain_text("n \u2212 k = 1 allows")
    expect(page.locator("#task-line")).to_contain_text("it only detects")
    expect(page.locator("#protection-none")).to_be_hidden()
    page.locator("#size-0").fill("6")
    expect(page.locator("#verdict")).to_have_text("too many: there is an outlier")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_on_a_phone(open_page: Open, scheme: str) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    icosahedral_code(page)
    page.locator("#size-0").fill("8")
    expect(page.locator("#verdict")).to_contain_text("located")
    page.click("#checks-line")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    table = page.evaluate("document.querySelector('#entries').clientWidth")
    assert table <= page.evaluate("document.querySelector('#entries').parentElement.clientWidth")
    assert [text for ratio, text in page.evaluate(CONTRASTS) if ratio < 4.5] == []
    assert page.evaluate(CROWDED_LABELS) == []


def test_a_service_that_fails_is_named_in_the_panel(open_page: Open) -> None:
    page = open_page(quiet=False)
    icosahedral_code(page)
    page.route("**/api/decode", lambda route: route.abort())
    page.locator("#size-0").fill("8")
    expect(page.locator("#protection-error")).to_contain_text("The service does not answer")
    page.unroute("**/api/decode")
    page.locator("#size-0").fill("7")
    expect(page.locator("#verdict")).to_contain_text("located")
    expect(page.locator("#protection-error")).to_be_empty()
