"""Certificates from a target a and a set T of kept positions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode
from mheight.codes.compiling import for_work
from mheight.codes.conditioning import exact_rank
from mheight.codes.solving import solve_refined
from mheight.heights.certificate import Certificate
from mheight.heights.simplex import crash, expel, reduced_table

__all__ = ["build_certificate", "infinite_bounds", "positions", "restated"]

Float = NDArray[np.float64]

_STEP = 1e-9  # seconds for an entry of a tableau in one of the k pivots

_CLEAR = 1e-7
"""A multiplier of a basis is not zero if it is this large beside the largest."""


def positions(mask: int) -> list[int]:
    """The elements of a set given as a bit mask, ascending."""
    return [j for j in range(int(mask).bit_length()) if int(mask) >> j & 1]


def build_certificate(
    G: Float, m: int, target: int, kept: Sequence[int], basis: Iterable[int] = ()
) -> Certificate:
    """The codeword of largest |c_a| among those with |c_j| <= 1 on the kept positions.

    Args:
        G: shape (k, n), rank k.
        m: index of the height.
        target: a, not kept.
        kept: T, n - m positions.
        basis: an optimal basis in T, if one is known; otherwise it is found by a linear
            program.

    Returns:
        A certificate whose `height` is what its codeword reaches; infinite if the
        kept columns do not span.
    """
    k, n = G.shape
    larger = tuple(j for j in range(n) if j not in set(kept))
    columns = list(basis)
    if len(columns) == k:
        multipliers = solve_refined(G[:, columns], G[:, [target]])[:, 0]
        sizes = np.abs(multipliers)
        if sizes.min() > _CLEAR * sizes.max():
            return _finite(G, m, target, larger, columns, np.sign(multipliers))
    vertex = _optimal_vertex(G, target, kept)
    if vertex is None:
        return _infinite(G, m, kept)
    return _finite(G, m, target, larger, *vertex)


def _optimal_vertex(G: Float, target: int, kept: Sequence[int]) -> tuple[list[int], Float] | None:
    k, n = G.shape
    allowed = np.zeros(n, np.bool_)
    allowed[list(kept)] = True
    basis = np.empty(k, np.int64)
    growth = np.zeros(1)
    seconds = _STEP * k * k * n
    table = for_work(reduced_table, seconds)(np.ascontiguousarray(G), basis, growth)
    if not for_work(expel, seconds)(table, basis, growth, allowed):
        return None
    open_ = allowed.copy()
    open_[basis] = False
    signs, word = np.empty(k), np.empty(n)
    for_work(crash, seconds)(table, basis, growth, signs, word, open_, np.ones(n), target)
    return basis.tolist(), signs


def _finite(
    G: Float, m: int, target: int, larger: tuple[int, ...], basis: list[int], signs: Float
) -> Certificate:
    message = solve_refined(G[:, basis].T, signs[:, None])[:, 0]
    word = _word(message, G)
    if word[target] < 0:
        message, word = -message, -word
    return _certificate(m, message, word, target, larger, tuple(sorted(basis)))


def _word(message: Float, G: Float) -> NDArray[np.longdouble]:
    return np.asarray(message.astype(np.longdouble) @ G.astype(np.longdouble))


def _certificate(
    m: int,
    message: Float,
    word: NDArray[np.longdouble],
    target: int,
    larger: tuple[int, ...],
    information_set: tuple[int, ...],
) -> Certificate:
    magnitudes = np.sort(np.abs(word))[::-1]
    return Certificate(
        m=m,
        height=max(float(magnitudes[0] / magnitudes[m]), 1.0),
        target=target,
        larger=larger,
        information_set=information_set,
        message=tuple(float(x) for x in message),
        codeword=tuple(float(x) for x in word),
    )


def _infinite(G: Float, m: int, kept: Sequence[int]) -> Certificate:
    # Rows and columns of like size, so that the least singular value is the zero one.
    part = G[:, list(kept)]
    rows = np.abs(G).max(axis=1, keepdims=True)
    sizes = np.abs(part / rows).max(axis=0, keepdims=True)
    vectors = np.linalg.svd(part / rows / np.where(sizes > 0, sizes, 1.0))[0]
    message = vectors[:, -1] / rows[:, 0]
    word = message @ G
    word[list(kept)] = 0.0
    target = int(np.argmax(np.abs(word)))
    scale = word[target]
    return Certificate(
        m=m,
        height=float("inf"),
        target=target,
        larger=tuple(j for j in range(G.shape[1]) if j not in set(kept)),
        information_set=None,
        message=tuple(float(x) for x in message / scale),
        codeword=tuple(float(x) for x in word / scale),
    )


def infinite_bounds(
    G: Float, m: int, kept: Sequence[int], certificate: Certificate
) -> tuple[float, float]:
    """Bounds of a height that rounding calls infinite; the first is infinite if it is.

    Kept columns that span, taken as they are, make a finite height, however large.  All
    that can be said of it is the ratio that the codeword has.
    """
    if exact_rank(G[:, list(kept)]) < len(G):
        return float("inf"), float("inf")
    magnitudes = np.sort(np.abs(np.array(certificate.message, dtype=np.float64) @ G))[::-1]
    with np.errstate(divide="ignore"):
        ratio = float(magnitudes[0] / magnitudes[m])
    return min(ratio, float(np.finfo(np.float64).max)), float("inf")


def restated(certificate: Certificate, G: Float) -> Certificate:
    """The same codeword, or nearly, by another generator matrix; its height is its own."""
    word = np.array(certificate.codeword, dtype=np.float64)
    columns = list(certificate.information_set or LinearCode(G).information_set)
    try:
        message = solve_refined(G[:, columns].T, word[columns, None])[:, 0]
    except np.linalg.LinAlgError:  # singular to rounding
        message = np.asarray(np.linalg.lstsq(G.T, word)[0], dtype=np.float64)
    if certificate.information_set is None:
        return replace(certificate, message=tuple(float(x) for x in message))
    return _certificate(
        certificate.m, message, _word(message, G), certificate.target,
        certificate.larger, certificate.information_set,
    )  # fmt: skip
