"""Which way to a height: the one place where that is chosen.

There are three engines.  The *lattice* of minors gives all heights at once, at a cost of about
n (n-1) 2^(n-2) steps.  *Branch and bound* gives one height after the other, at a cost that
grows with m like the binomial coefficient of k+m-2 over m-2, and can be stopped with bounds.
*Fractions* are exact, and slow.  Whoever wants heights asks here first; nobody else compares
lengths or predicted times.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, inf
from typing import Literal

from mheight.errors import InvalidCodeError
from mheight.heights.lattice.one_code import LATTICE_LENGTH
from mheight.heights.programs.dives import search_programs
from mheight.heights.solution import Method

__all__ = [
    "Engine",
    "Plan",
    "begins_within",
    "distance_is_counted",
    "engine_of_height",
    "engine_of_number",
    "engine_of_profile",
    "engine_of_rest",
    "goes_by_parity",
    "has_lattice",
    "kernel_for",
    "plan_within",
    "predicted_seconds",
    "preparation_seconds",
    "require_certificates",
    "require_time",
    "seconds_for_table",
    "settles_exactly",
    "way_to_table",
]

Engine = Literal["lattice", "branch-and-bound"]
Kernel = Literal["batches", "one code"]
TableWay = Literal["fractions", "search", "certificates", "numbers"]

MAX_LATTICE_SETS = 2_000_000
"""Largest lattice (sets T for one target) that tables are made for."""

PROFILE_SECONDS = 120.0
"""A full profile that is predicted to take a search longer is refused."""

HEIGHT_SECONDS = 600.0
"""One height that is predicted to take longer is refused."""

SHORT = 16
"""Up to this length fractions settle what rounding leaves open, in 0.3 s or less, and all heights
are as good as one."""

_MOST_TABLE_SETS = 400_000  # beyond, a lattice of eight codes no longer fits a cache
_FEW_CODES = 4  # fewer do not fill the lanes
_MOST_FRACTION_SETS = 600_000  # pairs of a target and a set that fractions do in passing
_LONGEST_IN_FRACTIONS = 256
_LATTICE_STEP = 0.7e-9  # seconds for one of the n (n-1) 2^(n-2) minima
_TARGET = 2e-5  # seconds to begin with one of the n positions
_PROGRAM = 0.5e-6  # seconds a program, whatever its size
_PIVOT_ENTRY = 10e-9  # seconds a program for each of the k n entries of its tableau
_ENTRY = 6e-6  # seconds for one of the k n entries: enclosed before a search, verified after it
_ENTRY_PRODUCT = 4e-8  # seconds for each of the k products of an enclosed entry
_ALWAYS = 1.0  # seconds beside the search for which no time limit is too short
_WORTH_A_SEARCH = 1.0  # seconds of the lattice from which a search is weighed against it
_SLACK = 2.0  # times what a lattice is predicted to take, for slow machines
_CERTIFICATES = 2e-3  # seconds for those of a code
_FRACTIONS = 200.0  # times what the lattice takes in floats


# --- what engines cost and reach ---------------------------------------------------------


def predicted_seconds(n: int, k: int, m: int, method: Method) -> float:
    """About how long a method takes for one height, on a machine like those of the docs.

    Args:
        n: length.
        k: dimension.
        m: index of the height.
        method: "lattice" (infinite beyond its reach) or "branch-and-bound".
    """
    if method == "lattice":
        return _LATTICE_STEP * n * (n - 1) * 2.0 ** (n - 2) if n <= LATTICE_LENGTH else inf
    return _TARGET * n + (_PROGRAM + _PIVOT_ENTRY * k * n) * search_programs(k, n, m - 1)


def preparation_seconds(n: int, k: int) -> float:
    """About how long branch and bound takes before and after its search, which alone can stop."""
    return (_ENTRY + _ENTRY_PRODUCT * k) * k * n


def begins_within(n: int, k: int, left: float) -> bool:
    """Whether a search of an [n, k] code does anything in so many seconds, or in one."""
    return preparation_seconds(n, k) <= max(left, _ALWAYS)


def require_time(n: int, k: int, time_limit: float | None) -> None:
    """Refuse a search whose time limit would be over without it.

    Args:
        n: length.
        k: dimension.
        time_limit: seconds; None for no limit.

    Raises:
        InvalidCodeError: what is done before and after takes longer, and more than a second.
    """
    if time_limit is not None and not begins_within(n, k, time_limit):
        seconds = preparation_seconds(n, k)
        raise InvalidCodeError(
            f"a search of an [{n}, {k}] code takes about {seconds:,.0f} s to prepare and verify, "
            f"more than the time limit of {time_limit:g} s"
        )


def kernel_for(n: int, k: int, count: int = 1) -> Kernel:
    """Which kernel suits so many [n, k] codes: `lattice.batches`, or `lattice.one_code`.

    Raises:
        InvalidCodeError: the lattice of such codes does not fit either.
    """
    sets = _lattice_sets(n, k)
    if n <= LATTICE_LENGTH and (count < _FEW_CODES or sets > _MOST_TABLE_SETS):
        return "one code"
    if sets <= MAX_LATTICE_SETS:
        return "batches"
    raise InvalidCodeError(
        f"a full profile needs n <= {LATTICE_LENGTH} or a lattice of at most {MAX_LATTICE_SETS:,} "
        f"sets; an [{n}, {k}] code has {sets:,}; for one height with a small m, use m_height "
        "(a number) or find_height (with a certificate, or bounds)"
    )


def has_lattice(n: int) -> bool:
    """Whether the lattice of one code of this length, whatever its dimension, is in reach."""
    return n <= LATTICE_LENGTH


def require_certificates(n: int) -> None:
    """Refuse certificates of all heights of a code that is too long for them.

    Raises:
        InvalidCodeError: the lattice of one code does not reach so far.
    """
    if not has_lattice(n):
        raise InvalidCodeError(
            f"certificates of all heights need n <= {LATTICE_LENGTH}, got {n}; use find_height"
        )


def goes_by_parity(n: int, k: int, *, is_check: bool) -> bool:
    """Whether the minors of long codes, given by H or not, are expanded from P of [I | P].

    Few rows to expand are a must: a code of high rate goes by its P.
    """
    return n > LATTICE_LENGTH and (not is_check or n - k > k)


def settles_exactly(n: int, k: int) -> bool:
    """Whether fractions do an [n, k] code in passing."""
    if n <= SHORT:
        return True
    return n <= _LONGEST_IN_FRACTIONS and n * _lattice_sets(n, k) <= _MOST_FRACTION_SETS


def distance_is_counted(n: int) -> bool:
    """Whether the finite heights of a profile are the quicker way to the minimum distance."""
    return n <= SHORT


def _lattice_sets(n: int, k: int) -> int:
    """Sets T of at least k of the n - 1 columns beside a target."""
    return sum(comb(n - 1, size) for size in range(k, n))


def _lattice_fits(n: int, k: int) -> bool:
    try:
        kernel_for(n, k)
    except InvalidCodeError:
        return False
    return True


# --- numbers: height_profile and m_height ------------------------------------------------


def engine_of_profile(n: int, k: int) -> Engine:
    """How all heights of an [n, k] code are found, as numbers.

    Raises:
        InvalidCodeError: neither engine can do it in a reasonable time.
    """
    if not _lattice_fits(n, k):
        orders = range(1, n - k + 1)
        if sum(predicted_seconds(n, k, m, "branch-and-bound") for m in orders) <= PROFILE_SECONDS:
            return "branch-and-bound"
        kernel_for(n, k)  # says what is too much
    return "lattice"


def engine_of_number(n: int, k: int, m: int) -> Engine:
    """How h_m of [n, k] codes is found, as a number.

    Raises:
        InvalidCodeError: it is predicted to take more than ten minutes.
    """
    search = predicted_seconds(n, k, m, "branch-and-bound")
    if _lattice_fits(n, k) and not (
        SHORT < n <= LATTICE_LENGTH and predicted_seconds(n, k, m, "lattice") > search
    ):
        return "lattice"
    if search > HEIGHT_SECONDS:
        raise InvalidCodeError(
            f"h_{m} of an [{n}, {k}] code takes about {search / 60:,.0f} minutes; "
            f"find_height(G, {m}, time_limit=60) finds bounds"
        )
    return "branch-and-bound"


# --- solutions: find_height and find_heights ---------------------------------------------


def engine_of_height(
    n: int, k: int, m: int, method: Method, time_limit: float | None = None
) -> Engine:
    """How h_m of one code is found, with a certificate.

    Args:
        n: length.
        k: dimension.
        m: index of the height.
        method: what the user asked for; "auto" takes the cheaper engine.
        time_limit: seconds, which the lattice, since it can't be stopped, must not exceed.

    Raises:
        InvalidCodeError: no such method, or one that can't do it.
    """
    if method not in ("auto", "lattice", "branch-and-bound"):
        raise InvalidCodeError(
            f"method must be 'auto', 'lattice' or 'branch-and-bound', got {method!r}"
        )
    if m > n - k:
        return "lattice"  # nothing is searched for: it is infinite
    if method == "auto":
        lattice = predicted_seconds(n, k, m, "lattice")
        search = predicted_seconds(n, k, m, "branch-and-bound")
        too_long = time_limit is not None and lattice > time_limit
        return "branch-and-bound" if search < lattice or too_long else "lattice"
    if method == "lattice" and n > LATTICE_LENGTH:
        raise InvalidCodeError(
            f"the lattice needs n <= {LATTICE_LENGTH}, got {n}; use method='branch-and-bound'"
        )
    return method


def engine_of_rest(n: int, k: int, m: int, method: Method, left: float) -> Engine:
    """How h_m ... h_{n-k} of one code are found: one lattice for all, or a search for the next.

    Args:
        n: length.
        k: dimension.
        m: the first height that is not known.
        method: what the user asked for; only "auto" leaves a choice.
        left: seconds.
    """
    lattice = predicted_seconds(n, k, m, "lattice")
    search = predicted_seconds(n, k, m, "branch-and-bound")
    in_reach = n <= LATTICE_LENGTH and lattice < left
    return "lattice" if method == "auto" and in_reach and lattice <= search else "branch-and-bound"


def way_to_table(
    n: int, k: int, m: int | None, method: Method, *,
    exact: bool = False, stoppable: bool = False, witness: bool = False, shared: bool = False,
) -> TableWay:  # fmt: skip
    """How the heights of [n, k] codes are found for a table.

    Args:
        n: length.
        k: dimension, k <= n.
        m: only this height; None for all.
        method: what the user asked for.
        exact: whether nothing is to be rounded.
        stoppable: whether a time limit was given.
        witness: whether certificates are wanted.
        shared: whether workers share each search; then every height is searched for.

    Returns:
        "fractions"; "search", for heights one by one, or bounds if it must be; "certificates"
        of all heights, code by code; or "numbers" of all codes at once.
    """
    if exact:
        return "fractions"
    if k < n and (shared or _is_searched(n, k, m, method, stoppable, witness)):
        return "search"
    return "certificates" if witness else "numbers"


def seconds_for_table(
    way: TableWay, n: int, k: int, m: int | None, *, witness: bool, limit: float | None
) -> float:
    """About how long a code of a table takes on one core, the same on every machine.

    Args:
        way: as `way_to_table` says.
        n: length.
        k: dimension, k < n.
        m: only this height; None for all.
        witness: whether certificates are wanted.
        limit: seconds of a search; None for none.
    """
    if way == "search":
        orders = range(1, n - k + 1) if m is None else [min(m, n - k)]
        expected = sum(predicted_seconds(n, k, i, "branch-and-bound") for i in orders)
        return expected if limit is None else min(expected, limit)
    lattice = predicted_seconds(n, k, 1, "lattice")
    if way == "fractions":
        return max(_CERTIFICATES, _FRACTIONS * lattice)
    return lattice + (_CERTIFICATES if witness else 0.0)


def _is_searched(
    n: int, k: int, m: int | None, method: Method, stoppable: bool, witness: bool
) -> bool:
    """Whether heights for a table are searched for one by one."""
    if method == "lattice":
        return False
    if method == "branch-and-bound" or stoppable or (n > LATTICE_LENGTH and witness):
        return True
    if not _lattice_fits(n, k):
        return True
    if m is None or n > LATTICE_LENGTH:
        return False
    lattice = predicted_seconds(n, k, m, "lattice")
    return lattice > max(_WORTH_A_SEARCH, predicted_seconds(n, k, m, "branch-and-bound"))


# --- one code within a time that others wait for -----------------------------------------


@dataclass(frozen=True)
class Plan:
    """How one code is done within a time limit.

    Attributes:
        way: "numbers" for all heights without codewords; "lattice" for all with certificates;
            else the method for a search, height by height.
        seconds: limit of a search.
    """

    way: Literal["numbers", "lattice", "auto", "branch-and-bound"]
    seconds: float


def plan_within(
    n: int, k: int, m: int | None, left: float, *, witness: bool,
    patience: float | None = None, unstoppable: float = inf,
) -> Plan:  # fmt: skip
    """How one code is done in the time that is left.

    Args:
        n: length.
        k: dimension, k < n.
        m: only this height; None for all.
        left: seconds.
        witness: whether codewords are wanted, or numbers were left in doubt.
        patience: seconds for a code that is expected to take longer than is left.
        unstoppable: seconds that a step may take that can't be stopped.
    """
    lattice = _SLACK * predicted_seconds(n, k, 1, "lattice")
    if lattice > unstoppable:
        lattice = inf
    if n <= SHORT:
        return Plan("lattice", left)
    if m is None and not witness and lattice <= left:
        return Plan("numbers", left)
    # The lattice runs twice for a certificate.
    fits = 2 * lattice <= left
    if m is None and fits:
        return Plan("lattice", left)
    orders = range(1, n - k + 1) if m is None else [m]
    expected = sum(predicted_seconds(n, k, i, "branch-and-bound") for i in orders)
    if patience is not None and not fits and expected > left:
        left = min(left, patience)
    return Plan("auto" if fits else "branch-and-bound", left)
