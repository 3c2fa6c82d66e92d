"""Codes to try: named ones whose heights are known, and random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode, systematic_generators
from mheight.codes.families import (
    cosine_code,
    cosine_dual_code,
    icosahedral,
    repetition,
    single_parity,
)

__all__ = ["DrawnCode", "NamedCode", "known_codes", "random_code"]


@dataclass(frozen=True)
class NamedCode:
    """A code that has a name.

    Attributes:
        id: its name for programs.
        family: its name for people, without the parameters.
        code: the code.
        about: what is known of it.
    """

    id: str
    family: str
    code: LinearCode
    about: str

    @property
    def name(self) -> str:
        """Parameters and family."""
        return f"[{self.code.n}, {self.code.k}] {self.family} code"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "n": self.code.n,
            "k": self.code.k,
            "G": self.code.G.tolist(),
            "about": self.about,
        }


@dataclass(frozen=True, eq=False)
class DrawnCode:
    """A code that was drawn.

    Attributes:
        seed: that it was drawn with.
        G: its systematic generator matrix, shape (k, n).
    """

    seed: int
    G: NDArray[np.float64]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        k, n = self.G.shape
        return {"n": n, "k": k, "seed": self.seed, "G": self.G.tolist()}


def known_codes() -> tuple[NamedCode, ...]:
    """Named codes with their matrices, and what is known of them."""
    return (
        NamedCode("repetition-9", "repetition", repetition(9), "Every height is 1."),
        NamedCode("parity-9", "single parity", single_parity(9),
                  "Words of sum 0; h_1 = n - 1 = 8."),
        NamedCode("icosahedral", "icosahedral", icosahedral(),
                  "The six axes of the icosahedron; heights sqrt 5, sqrt 5, 2 + sqrt 5."),
        NamedCode("cosine-9", "cosine", cosine_code(9),
                  "Columns (cos j pi/n, sin j pi/n); heights in closed form."),
        NamedCode("cosine-dual-6", "dual cosine", cosine_dual_code(6),
                  "h_2 is the least possible of any [6, 4] code (arXiv 2606.03011)."),
        NamedCode("cosine-dual-9", "dual cosine", cosine_dual_code(9),
                  "h_2 is the least possible of any [9, 7] code (arXiv 2606.03011)."),
    )  # fmt: skip


def random_code(n: int, k: int, seed: int) -> DrawnCode:
    """A systematic code; entries of P are normal, rounded to two decimals.

    Args:
        n: length.
        k: 1 <= k < n.
        seed: the same seed gives the same code.
    """
    P = np.random.default_rng(seed).standard_normal((1, k, n - k)).round(2)
    G = systematic_generators(P)[0] + 0.0  # without negative zeros
    return DrawnCode(seed, G)
