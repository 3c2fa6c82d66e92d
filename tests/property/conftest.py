from __future__ import annotations

from collections.abc import Iterator

import pytest

from mheight.kernels.threads import set_threads


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Thousands of tiny kernel calls: on a busy machine, waking threads takes most of the time."""
    set_threads(1)
    yield
    set_threads(None)
