from __future__ import annotations

from mheight.codes.reading import parse_matrix
from mheight.codes.reading.latex import is_latex


def test_a_single_entry_in_latex() -> None:
    assert is_latex(r"\begin{bmatrix} 7 \end{bmatrix}")
    assert parse_matrix(r"\begin{bmatrix} 7 \end{bmatrix}") == [[7.0]]
