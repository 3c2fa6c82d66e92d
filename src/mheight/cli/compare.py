"""`mheight compare`: finished runs, or codes, side by side."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from mheight.cli.compare_options import (
    ExactCodes,
    FormOfCodes,
    RunsOrCodes,
    TimeLimitOfCodes,
)
from mheight.cli.console import out
from mheight.cli.heights_display import Doubts, Watch
from mheight.cli.heights_work import InterruptedSearch, Request, results
from mheight.cli.interrupting import Interrupted
from mheight.cli.rendering import Format, Table, render
from mheight.cli.source_options import ParityCheck, Systematic, matrix_kind
from mheight.cli.sources import is_code, opened, source_name
from mheight.codes.reading import Kind
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.heights import best_lower_bound
from mheight.heights.comparison import Interval, ProfileComparison, compare_profiles
from mheight.heights.output.rows import HeightRows

__all__ = ["compare"]


def compare(
    sources: RunsOrCodes,
    systematic: Systematic = False,
    parity_check: ParityCheck = False,
    exact: ExactCodes = False,
    time_limit: TimeLimitOfCodes = None,
    form: FormOfCodes = Format.TEXT,
) -> None:
    """Show finished runs side by side (scores, budgets, criteria), or the heights of codes.

    For codes the smallest height of each m is marked; small heights are good.
    """
    codes = [source for source in sources if is_code(source)]
    others = [source for source in sources if source not in codes]
    if codes and others:
        raise InvalidDataError(
            f"runs are compared with runs, and codes with codes; got the code {codes[0]!r} "
            f"and the run {others[0]!r}"
        )
    if not codes:
        from mheight.evaluation import comparison_text
        from mheight.experiments import RunFolder

        out(comparison_text([RunFolder.open(Path(run)).read_report() for run in sources]))
        return
    if time_limit is not None and (exact or not time_limit > 0):
        raise InvalidCodeError("--time-limit must be positive, and goes without --exact")
    profiles = _profiles(sources, matrix_kind(systematic, parity_check), exact, time_limit)
    if len(profiles) < 2:
        raise InvalidCodeError("two codes or more are needed, got one")
    out(render(_table(profiles), form))


@dataclass(frozen=True)
class _Profile:
    """Heights of a code: bounds of them, and what is shown."""

    name: str
    n: int
    k: int
    bounds: list[Interval]
    shown: list[str]


def _profiles(
    sources: list[str], kind: Kind | None, exact: bool, time_limit: float | None
) -> list[_Profile]:
    """Heights of all codes, by the way that `mheight heights` takes."""
    request = Request(None, exact, False, False, "auto", time_limit)
    found = []
    for number, source in enumerate(sources):
        blocks, name = opened(source, exact)
        called = name or source_name(number, sources)
        doubts = Doubts(called, shown=False)
        with ExitStack() as stack:
            stack.callback(doubts.tell)
            watch = stack.enter_context(Watch())
            try:
                for rows in results(blocks, name, kind, request, watch):
                    doubts.note(rows)
                    found += [_profile(called, rows, piece) for piece in rows.by_code()]
            except InterruptedSearch:
                raise Interrupted from None
    return found


def _profile(name: str, rows: HeightRows, piece: slice) -> _Profile:
    code = int(rows.code[piece.start])
    span = range(piece.start, piece.stop)
    bounds: list[Interval] = []
    shown = []
    for i in span:
        lower = upper = float(rows.height[i])
        if lower != lower:
            lower, upper, _ = rows.bounds(i)
        bounds.append((lower, upper))
        if rows.exact is not None:
            shown.append(str(rows.exact[i]))
        else:
            known = lower == upper
            shown.append(f"{lower:.12g}" if known else f"{lower:.6g} <= h <= {upper:.6g}")
    called = f"{name}, matrix {code}" if code else name
    return _Profile(called, int(rows.n[piece.start]), int(rows.k[piece.start]), bounds, shown)


def _table(profiles: list[_Profile]) -> Table:
    last = max(len(profile.bounds) for profile in profiles)
    for profile in profiles:
        # Beyond n-k some codeword has too few nonzero entries (Singleton), beyond n-1 there
        # is no height.
        for m in range(len(profile.bounds) + 1, last + 1):
            profile.bounds.append((float("inf"), float("inf")))
            profile.shown.append("inf" if m < profile.n else "-")
    found = compare_profiles([profile.bounds for profile in profiles])
    shapes = {(profile.n, profile.k) for profile in profiles}
    header = ["m", *(f"{p.name} [{p.n}, {p.k}]" for p in profiles), "smallest"]
    header += ["no code below"] if len(shapes) == 1 else []
    rows = []
    for m in range(1, last + 1):
        row = [str(m), *(profile.shown[m - 1] for profile in profiles)]
        row.append(_winner(found.best[m - 1], profiles))
        for n, k in shapes if len(shapes) == 1 else ():
            row.append(f"{best_lower_bound(n, k, m).value:.6g}")
        rows.append(row)
    title = "heights side by side; small ones are good"
    return Table(title, header, rows, _notes(found, profiles))


def _winner(best: tuple[int, ...], profiles: list[_Profile]) -> str:
    if not best:
        return "not known"
    return "all" if len(best) == len(profiles) else ", ".join(profiles[i].name for i in best)


def _notes(found: ProfileComparison, profiles: list[_Profile]) -> list[str]:
    if len(found.best_throughout) == len(profiles):
        return ["the same heights (mheight equivalent tells whether it is the same code)"]
    if found.best_throughout:
        names = " and ".join(profiles[i].name for i in found.best_throughout)
        return [f"smallest for every m: {names}"]
    return ["none is smallest for every m"] if all(found.best) else []
