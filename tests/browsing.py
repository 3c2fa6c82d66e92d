"""A browser for tests of pages, and what is asked of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

__all__ = ["ARGS", "CONTRASTS", "CROWDED_LABELS", "READ_ALL", "chromium"]

ARGS = [
    "--no-sandbox", "--headless=new", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic",
    "--disable-gpu",
]  # fmt: skip

# Asked of a page in its own language.
READ_ALL, CONTRASTS, CROWDED_LABELS = (
    (Path(__file__).parent / "browser" / "asked_of_the_page.js")
    .read_text(encoding="utf-8")
    .split("\n\n")
)


def chromium() -> str:
    """The browser that is installed; without one the test is skipped."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("needs Chromium, which is not installed")
    return found
