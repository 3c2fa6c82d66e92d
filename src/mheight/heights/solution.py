"""What a search for one height comes to: a value, or bounds and the reason for stopping."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from mheight.errors import UnsolvedHeightError
from mheight.heights.certificate import Certificate, rounded
from mheight.heights.doubts import Doubt, doubt_text

__all__ = ["EXACT_TO", "Method", "Route", "Solution", "Status"]

Method = Literal["auto", "lattice", "branch-and-bound"]
Route = Literal["lattice", "branch-and-bound", "rational"]
Status = Literal["exact", "time limit", "node limit", "stopped", "rounding"]

EXACT_TO = 1e-9
"""A height is exact when its bounds agree to this relative difference."""


@dataclass(frozen=True)
class Solution:
    """The m-height of a code, or what is known of it: `lower <= h_m <= upper`.

    Attributes:
        n: length.
        k: dimension.
        m: index of the height.
        lower: a bound: the codeword of `certificate`, before its numbers were rounded to
            floats, reaches it.
        upper: a bound: no codeword exceeds it; `inf` if nothing is known.
        status: "exact" if both agree to 1e-9, else why the search stopped: a limit, a
            request, or "rounding" where float64 does not carry that far.
        certificate: a codeword that reaches `lower`.
        method: "lattice", "branch-and-bound", or "rational" where a short code was done
            exactly because rounding would have left doubt, or m > n-k.
        nodes: linear programs that branch and bound solved; 0 for the lattice.
        seconds: wall time.
        doubts: what rounding leaves open beside the bounds; mostly empty.
        zero_tolerance: codeword entries up to this part of the largest count as zero; None
            where no tolerance was asked for.
    """

    n: int
    k: int
    m: int
    lower: float
    upper: float
    status: Status
    certificate: Certificate
    method: Route
    nodes: int
    seconds: float
    doubts: tuple[Doubt, ...] = ()
    zero_tolerance: float | None = None

    @property
    def is_exact(self) -> bool:
        """Whether both bounds are the height, to 1e-9."""
        return self.status == "exact"

    @property
    def height(self) -> float:
        """The height, as near as it is known: to the last digit if calculated in fractions.

        Raises:
            UnsolvedHeightError: only bounds are known.
        """
        if not self.is_exact:
            raise UnsolvedHeightError(
                f"h_{self.m} is only known to lie in [{self.lower:.12g}, {self.upper:.12g}] "
                f"({self.status})"
            )
        known = self.certificate.height
        return rounded(known) if isinstance(known, Fraction) else self.lower

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; infinity as null beside `status`."""
        return {
            "n": self.n,
            "k": self.k,
            "m": self.m,
            "lower": self.lower if math.isfinite(self.lower) else None,
            "upper": self.upper if math.isfinite(self.upper) else None,
            "infinite": math.isinf(self.lower),
            "status": self.status,
            "method": self.method,
            "nodes": self.nodes,
            "seconds": self.seconds,
            "doubts": [doubt.as_dict() for doubt in self.doubts],
            "zero_tolerance": self.zero_tolerance,
        }

    def __str__(self) -> str:
        remark = f"; in doubt: {doubt_text(self.doubts)}" if self.doubts else ""
        if self.zero_tolerance is not None:
            remark = f" (zero tolerance {self.zero_tolerance:g}){remark}"
        if self.is_exact:
            return f"h_{self.m} = {self.height:.12g}{remark}"
        return f"{self.lower:.12g} <= h_{self.m} <= {self.upper:.12g} ({self.status}){remark}"
