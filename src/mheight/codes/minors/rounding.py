"""What rounding leaves of a minor: when it counts as zero, and when it is in doubt."""

from __future__ import annotations

import numpy as np

from mheight.kernels.compiling import kernel

__all__ = ["CLOSE_ZERO", "DOUBT", "NOISE", "ZERO_TOLERANCE", "doubt_limits"]

ZERO_TOLERANCE = 1e-12
"""A minor of a matrix that is not of exact integers counts as zero below this fraction
of the larger of two bounds: the permanent of the magnitudes of its entries (relative
changes of the entries this small may make it zero), and the product of the Euclidean
norms of its columns, once each row is scaled by a power of two to an absolute sum from 1
to 2 (an entry that is noise beside the rest of its column may be zero)."""

NOISE = 1e-14
"""A true zero comes out below this fraction of the permanent: r rounding errors each in
r products, r sums and the entries.  A larger minor that counts as zero is in doubt."""

DOUBT = 1e-9
"""A nonzero minor above this fraction of the permanent is right to about 1e-6."""

ACCURACY, MOST_ACCURATE_MINORS = 1e-8, 252
"""Heights are right to this where a code has no more minors, as all have up to n = 10."""

CLOSE_ZERO = 1e-3
"""Of the permanent of a minor that counts as zero: a sum s(B + a) below may belong to a height
of less than 1e12."""

_SUSPICIOUS, _CONDITIONED, _FEW_MINORS = 2e-4, 2e-2, 126.0

_UNIT = 2.0**-53


@kernel()
def doubt_limits(rows, count):  # type: ignore[no-untyped-def]
    """Three fractions of the permanent, the first two to tell an unusual code from a random one.

    The first: beside nonzero minors below it, zero ones may be small instead.  The second:
    if no minor is above it, the rows are nearly dependent.  A random minor of r rows is
    about 1 / (0.8^r sqrt(r!)) of its permanent, and the least of many is smaller.

    The third: a minor above it has the digits that heights need.  Laplace expansion rounds
    t products and sums of t terms at each size t up to r, and the r entries may be rounded;
    a height is a quotient of minors.  Where there are many minors, the least of them is
    seldom above such a limit, and only `DOUBT` is asked for.

    Args:
        rows: r, of the matrix that is expanded.
        count: of its maximal minors.
    """
    typical = 1.0
    for i in range(1, rows + 1):
        typical /= 0.8 * np.sqrt(i)
    digits = DOUBT
    if count <= MOST_ACCURATE_MINORS:
        digits = (rows + 1) * (rows + 2) * _UNIT / ACCURACY
    return _SUSPICIOUS * typical * min(1.0, _FEW_MINORS / count), _CONDITIONED * typical, digits
