"""The best code of given sizes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import mheight
from mheight.catalogue import best_code
from mheight.errors import InvalidCodeError
from mheight.heights import verify


def test_best_code() -> None:
    entry = mheight.best_code(6, 3, 3)
    assert (entry.height, entry.status) == ("2+sqrt(5)", "proved")
    assert verify(entry.certificate, entry.G)
    whole = best_code(9, 4, 2, "integer")
    assert whole.height == "2"
    assert whole.certificate.height == Fraction(2)
    assert verify(whole.certificate, whole.record.code.linear())


@pytest.mark.parametrize(
    ("asked", "message"),
    [((9, 4, 6), r"m must be in 1\.\.n-k = 1\.\.5"), ((99, 4, 2), r"n must be in 2\.\.64"),
     ((40, 4, 20), "beyond n = 16 the catalogue has families"),
     ((9, 9, 1), r"k must be in 1\.\.n-1"), ((9, 4, True), "m must be an integer")],
)  # fmt: skip
def test_what_best_code_refuses(asked: tuple[int, int, int], message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        best_code(*asked)


@pytest.mark.parametrize(
    ("n", "k", "m", "kind", "status"),
    [(30, 2, 20, "real", "open"), (24, 22, 2, "real", "proved"), (40, 39, 1, "integer", "proved"),
     (30, 5, 5, "integer", "proved"), (20, 1, 3, "real", "proved")],
)  # fmt: skip
def test_families_beyond(n: int, k: int, m: int, kind: str, status: str) -> None:
    entry = best_code(n, k, m, kind)
    assert entry.status == status
    assert float(entry.certificate.height) == pytest.approx(entry.number)
    assert mheight.m_height(entry.G, m) == pytest.approx(entry.number)
    if kind == "integer":
        assert (entry.G[:, :k] == np.eye(k)).all()
