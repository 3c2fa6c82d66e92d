"""From blocks of numbers to batches, and to rational codes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mheight.codes import LinearCode
from mheight.codes.from_blocks import batches, rational_codes
from mheight.codes.reading import Block, parse_matrix
from mheight.errors import InvalidCodeError
from mheight.heights import height_profile

MATRICES = np.random.default_rng(0).normal(size=(7, 2, 5))


def test_batches_are_of_one_shape_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mheight.codes.from_blocks.batch_length", lambda _: 3)
    blocks = [Block(G) for G in MATRICES] + [Block([[1, 2]]), Block({"H": [[1, 2]]})]
    found = list(batches(blocks))
    shapes = [(b.first, b.generators.shape) for b in found]
    assert shapes == [
        (0, (3, 2, 5)), (3, (3, 2, 5)), (6, (1, 2, 5)), (7, (1, 1, 2)), (8, (1, 1, 2)),
    ]  # fmt: skip
    np.testing.assert_array_equal(np.concatenate([b.generators for b in found[:3]]), MATRICES)


def test_parity_checks_in_batches() -> None:
    checks = np.random.default_rng(1).integers(-5, 6, (20, 2, 5)).astype(float)
    checks[3, :, 3:] = 0.0  # the last columns are no information set of the dual
    (batch,) = batches([Block(checks, "H")])
    for G, H in zip(batch.generators, checks, strict=True):
        np.testing.assert_allclose(G @ H.T, 0.0, atol=1e-10)
        expected = height_profile(LinearCode.from_parity_check(H))
        np.testing.assert_allclose(height_profile(G), expected, rtol=1e-9)
    checks[5, 1] = checks[5, 0]
    with pytest.raises(InvalidCodeError, match="x, matrix 5: the rows of H must be independent"):
        list(batches([Block(checks)], "x", "H"))


def test_rational_codes_round_nothing() -> None:
    blocks = [
        Block(parse_matrix("0.1 1/3", exact=True)),
        Block(parse_matrix("[[0.1, 1e-30]]", exact=True), "P"),
        Block(np.array([[[1, 2, 4], [0, 0, 3]]]), "H"),
    ]
    tenth, tiny = Fraction(1, 10), Fraction(1, 10**30)
    assert list(rational_codes(blocks)) == [
        (0, ((tenth, Fraction(1, 3)),)),
        (1, ((1, tenth, tiny),)),
        (2, ((-2, 1, 0),)),
    ]


@pytest.mark.parametrize(
    ("rows", "kind", "message"),
    [
        ([["1/0", 1]], "G", "x, matrix 0: G must have denominators other than 0"),
        ([["nan", 1]], "G", "x, matrix 0: G must be finite"),
        ([[1, 2], [3]], "G", "x, matrix 0: G must have rows of one length"),
        ([[1, 2], [3]], "P", "x, matrix 0: P must have rows of one length"),
        ([["b"]], "P", r"P as text must be a rational number .* got 'b' at index \(0, 0\)"),
        ([[]], "P", "P must have shape"),
        ([1], "P", "P must be a matrix of numbers, got list"),
        ([[1, 2], [2, 4]], "H", "H must have shape"),
        ([[1, 2, 3], [2, 4, 6]], "H", "the rows of H must be independent, got rank 1 for 2 rows"),
    ],
)
def test_what_is_no_rational_code(rows: Any, kind: Any, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        list(rational_codes([Block(rows, kind)], "x"))
