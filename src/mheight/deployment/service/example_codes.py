"""Codes to try: named ones whose heights are known, and random ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from mheight.codes import LinearCode, systematic_generators
from mheight.codes.families import (
    cosine_code,
    cosine_dual_code,
    icosahedral,
    repetition,
    single_parity,
)

__all__ = ["known_codes", "random_code"]


def known_codes() -> list[dict[str, Any]]:
    """Named codes with their matrices, and what is known of them."""
    return [
        _entry("repetition-9", "repetition", repetition(9), "Every height is 1."),
        _entry("parity-9", "single parity", single_parity(9), "Words of sum 0; h_1 = n - 1 = 8."),
        _entry("icosahedral", "icosahedral", icosahedral(),
               "The six axes of the icosahedron; heights sqrt 5, sqrt 5, 2 + sqrt 5."),
        _entry("cosine-9", "cosine", cosine_code(9),
               "Columns (cos j pi/n, sin j pi/n); heights in closed form."),
        _entry("cosine-dual-6", "dual cosine", cosine_dual_code(6),
               "h_2 is the least possible of any [6, 4] code (arXiv 2606.03011)."),
        _entry("cosine-dual-9", "dual cosine", cosine_dual_code(9),
               "h_2 is the least possible of any [9, 7] code (arXiv 2606.03011)."),
    ]  # fmt: skip


def _entry(name: str, title: str, code: LinearCode, about: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": f"[{code.n}, {code.k}] {title} code",
        "n": code.n,
        "k": code.k,
        "G": code.G.tolist(),
        "about": about,
    }


def random_code(n: int, k: int, seed: int) -> dict[str, Any]:
    """A systematic code; entries of P are normal, rounded to two decimals.

    Args:
        n: length.
        k: 1 <= k < n.
        seed: the same seed gives the same code.
    """
    P = np.random.default_rng(seed).standard_normal((1, k, n - k)).round(2)
    G = systematic_generators(P)[0] + 0.0  # without negative zeros
    return {"n": n, "k": k, "seed": seed, "G": G.tolist()}
