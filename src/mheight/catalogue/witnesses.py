"""The codeword that is +1 or -1 on an information set, as a certificate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from mheight.catalogue.certified import word_ratio
from mheight.catalogue.exact_code import ExactCode
from mheight.codes.algebra.exact_matrices import solve
from mheight.heights import Certificate

__all__ = ["codeword_of"]


def codeword_of(
    code: ExactCode, m: int, information_set: Sequence[int], signs: Sequence[int]
) -> Certificate:
    """The certificate of a height by the codeword with given signs on an information set.

    Args:
        code: the code.
        m: index of the height.
        information_set: k positions.
        signs: 1 or -1 for each.

    Returns:
        Exact for a rational code of no floats; else rounded to floats, with the height rounded
        down.

    Raises:
        InvalidCodeError: as for `word_ratio`.
    """
    ratio = word_ratio(code, m, information_set, signs)
    B = list(information_set)
    rounded = code.fractions is None or any(isinstance(x, float) for r in code.rows for x in r)
    if rounded:
        G = code.floats()
        message = np.linalg.solve(G[:, B].T, np.array(signs, dtype=float))
        word = [float(x) for x in message @ G]
        height: float | Fraction = math.nextafter(float(ratio), 0.0)
        scaled = [float(u) for u in message]
        order = sorted(range(code.n), key=lambda j: (-abs(word[j]), j in B, j))
        flip = -1.0 if word[order[0]] < 0 else 1.0
        return Certificate(
            m, height, order[0], tuple(sorted(order[:m])), tuple(sorted(B)),
            tuple(flip * u for u in scaled), tuple(flip * x for x in word),
        )  # fmt: skip
    assert code.fractions is not None
    found = solve(tuple(tuple(r[b] for r in code.fractions) for b in B), [*map(Fraction, signs)])
    assert found is not None  # else word_ratio has said so
    exact = [
        sum((u * row[j] for u, row in zip(found, code.fractions, strict=True)), Fraction(0))
        for j in range(code.n)
    ]
    order = sorted(range(code.n), key=lambda j: (-abs(exact[j]), j in B, j))
    sign = -1 if exact[order[0]] < 0 else 1
    return Certificate(
        m, ratio, order[0], tuple(sorted(order[:m])), tuple(sorted(B)),
        tuple(sign * u for u in found), tuple(sign * x for x in exact),
    )  # fmt: skip
