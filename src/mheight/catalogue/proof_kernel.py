"""The inner loops of proofs by branch and bound: boxes of matrices P, one codeword at a time.

A box holds P between centre - radius and centre + radius, entry by entry.  For a fixed message u
the codeword u [I | P] is linear in P, so that over a box each of its entries lies within

    c_j +- sum_i |u_i| radius_ij,

exactly.  So |c|(0) / |c|(m) is at least the largest lower end over the (m+1)-th largest upper
end, for every P of the box.  Rounding: c_j in float64 is off by less than ERROR times
sum_i |u_i| (1 + |P_ij|), which is added to the radius; the last quotient is lowered by ERROR.
"""

from __future__ import annotations

from mheight.kernels.compiling import kernel

__all__ = ["ERROR", "prove_box"]

ERROR = 1e-14
"""Far above the rounding of sums of at most 8 products: 10 x 2**-53 < 1.2e-15."""


@kernel()
def solve_signs(G, basis, signs, k, work, u):  # type: ignore[no-untyped-def]
    """The u with (u G)_b = sign on the basis, by elimination; False where it is near dependent.

    Args:
        G: shape (k, n).
        basis: shape (k,), the columns b.
        signs: shape (k,), 1 or -1 for each.
        k: dimension.
        work: shape (k, k+1), to work in.
        u: shape (k,), filled, unless it is near dependent.
    """
    for i in range(k):
        for j in range(k):
            work[i, j] = G[j, basis[i]]
        work[i, k] = signs[i]
    for column in range(k):
        lead = column
        for i in range(column + 1, k):
            if abs(work[i, column]) > abs(work[lead, column]):
                lead = i
        if abs(work[lead, column]) < 1e-7:
            return False
        if lead != column:
            for j in range(k + 1):
                work[column, j], work[lead, j] = work[lead, j], work[column, j]
        for i in range(k):
            if i != column:
                factor = work[i, column] / work[column, column]
                for j in range(column, k + 1):
                    work[i, j] -= factor * work[column, j]
    for i in range(k):
        u[i] = work[i, k] / work[i, i]
    return True


@kernel()
def word_bound(G, radius, u, n, k, m, upper):  # type: ignore[no-untyped-def]
    """A lower bound of |c|(0) / |c|(m) over a box, for the word of the message u.

    Args:
        G: shape (k, n), [I | centre].
        radius: shape (k, n), 0 in the first k columns.
        u: shape (k,).
        n: length.
        k: dimension.
        m: index of the height.
        upper: shape (n,), filled: the upper ends, the m+1 largest of them first.
    """
    least = 0.0
    size = 0.0
    for i in range(k):
        size += abs(u[i])
    for j in range(n):
        word = 0.0
        spread = 0.0
        for i in range(k):
            word += u[i] * G[i, j]
            spread += abs(u[i]) * radius[i, j]
        spread = spread * (1.0 + 1e-12) + ERROR * 2.0 * size
        word = abs(word)
        if word - spread > least:
            least = word - spread
        upper[j] = word + spread
    # The (m+1)-th largest upper end.
    for i in range(m + 1):
        place = i
        for j in range(i + 1, n):
            if upper[j] > upper[place]:
                place = j
        upper[i], upper[place] = upper[place], upper[i]
    return least / upper[m] * (1.0 - ERROR)


@kernel()
def is_outside(G, radius, n, k):  # type: ignore[no-untyped-def]
    """Whether no P of the box is in normal form: see `mheight.catalogue.proofs`.

    Args:
        G: shape (k, n), [I | centre].
        radius: shape (k, n), 0 in the first k columns.
        n: length.
        k: dimension.
    """
    slack = 1e-9
    corner = G[0, k] + radius[0, k]
    for i in range(k):
        for j in range(k, n):
            # The corner is the largest entry, and is at most 1.
            if abs(G[i, j]) - radius[i, j] > corner + slack:
                return True
    for j in range(k + 1, n):  # the first row descends
        if G[0, j] - radius[0, j] > G[0, j - 1] + radius[0, j - 1] + slack:
            return True
    for i in range(1, k):  # the first column descends
        if G[i, k] - radius[i, k] > G[i - 1, k] + radius[i - 1, k] + slack:
            return True
    # Minors of two rows and two columns of P are at most 1.
    for i in range(k):
        for h in range(i):
            for j in range(k, n):
                for g in range(k, j):
                    a = G[i, j] * G[h, g] - G[i, g] * G[h, j]
                    spread = (
                        abs(G[i, j]) * radius[h, g]
                        + radius[i, j] * (abs(G[h, g]) + radius[h, g])
                        + abs(G[i, g]) * radius[h, j]
                        + radius[i, g] * (abs(G[h, j]) + radius[h, j])
                    )
                    if abs(a) - spread > 1.0 + slack:
                        return True
    return False


@kernel()
def prove_box(G, radius, bases, signs, n, k, m, value, most, state):  # type: ignore[no-untyped-def]
    """Prove h_m >= value for all P of a box in normal form, depth first.

    Args:
        G: shape (k, n), [I | centre].
        radius: shape (k, n), 0 in the first k columns.
        bases: shape (C(n, k), k), the sets of k columns.
        signs: shape (2^(k-1), k), what a word is on them: the first sign is 1.
        n: length.
        k: dimension.
        m: index of the height.
        value: the bound.
        most: boxes after which it gives up.
        state: shape (depth, 2, k, n), room for the boxes that wait: centre and radius of each.

    Returns:
        How many boxes were looked at; where a box is left, -1 minus that.
    """
    depth = state.shape[0]
    for i in range(k):
        for j in range(n):
            state[0, 0, i, j] = G[i, j]
            state[0, 1, i, j] = radius[i, j]
    waiting = 1
    count = 0
    work = state[depth - 1, 0, :, : k + 1] * 0.0
    u = signs[0] * 1.0
    upper = G[0] * 0.0
    while waiting > 0:
        if count >= most or waiting >= depth - 2:
            return -count - 1
        count += 1
        waiting -= 1
        centre = state[waiting, 0]
        spread = state[waiting, 1]
        if is_outside(centre, spread, n, k):
            continue
        done = False
        for b in range(bases.shape[0]):
            for s in range(signs.shape[0]):
                if not solve_signs(centre, bases[b], signs[s], k, work, u):
                    continue
                if word_bound(centre, spread, u, n, k, m, upper) >= value:
                    done = True
                    break
            if done:
                break
        if done:
            continue
        row, column = 0, k
        for i in range(k):
            for j in range(k, n):
                if spread[i, j] > spread[row, column]:
                    row, column = i, j
        half = 0.5 * spread[row, column]
        if half < 1e-13:
            return -count - 1
        # Centres and radii are multiples of powers of two with few digits: nothing is rounded.
        for i in range(k):
            for j in range(n):
                state[waiting + 1, 0, i, j] = centre[i, j]
                state[waiting + 1, 1, i, j] = spread[i, j]
        state[waiting, 0, row, column] -= half
        state[waiting + 1, 0, row, column] += half
        state[waiting, 1, row, column] = half
        state[waiting + 1, 1, row, column] = half
        waiting += 2
    return count
