"""`mheight improve`: a given code made better within limits."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from mheight.cli.console import out
from mheight.cli.improve_options import (
    AsJson,
    Fixed,
    Index,
    Integer,
    Levels,
    Magnitude,
    Nonzero,
    OutputFile,
    Seconds,
    Source,
    StateFile,
)
from mheight.cli.interrupting import Interrupted
from mheight.cli.search_display import SearchDisplay
from mheight.cli.search_options import Rounds, Seed
from mheight.cli.source_options import ParityCheck, Systematic, matrix_kind
from mheight.cli.sources import opened
from mheight.codes import LinearCode
from mheight.codes.from_blocks import rational_codes
from mheight.design import ImproveResult, Limits
from mheight.design import improve as improved
from mheight.errors import InvalidCodeError
from mheight.files import require_apart, require_writable, write_json

__all__ = ["improve"]


def improve(
    source: Source,
    m: Index,
    systematic: Systematic = False,
    parity_check: ParityCheck = False,
    integer: Integer = False,
    magnitude: Magnitude = None,
    fixed: Fixed = None,
    nonzero: Nonzero = False,
    levels: Levels = None,
    seconds: Seconds = 60.0,
    rounds: Rounds = None,
    seed: Seed = 0,
    state: StateFile = None,
    output: OutputFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a given code better under limits on its entries: mheight improve FILE -m 3.

    Of G = [I | P] the entries of P change, of other matrices all entries.  Ctrl-C stops and
    keeps the best; with --state the same command goes on.
    """
    require_writable(output, (".json",))
    require_writable(state, (".json",))
    require_apart([output, state], [Path(source) if _is_file(source) else None])
    limits = Limits(
        integer=integer,
        magnitude=magnitude,
        fixed=_columns(fixed),
        nonzero=nonzero,
        levels=_levels(levels, magnitude),
    )
    code = _one_code(source, systematic, parity_check)
    with SearchDisplay() as display:
        display.begin(f"h_{m}")
        result = improved(
            code, m, limits, seconds=seconds, rounds=rounds, seed=seed, file=state,
            progress=display.show, stop=lambda: display.stopped,
        )  # fmt: skip
    values = _values(result, m)
    if as_json:
        out(json.dumps(values))
    else:
        _tell(result, m)
    if output is not None:
        write_json(output, values)
    if display.stopped:
        raise Interrupted("stopped; the best so far is kept")


def _is_file(source: str) -> bool:
    try:
        return Path(source).is_file()
    except (OSError, ValueError):
        return False


def _one_code(source: str, systematic: bool, parity_check: bool) -> LinearCode:
    blocks, name = opened(source, True)
    kind = matrix_kind(systematic, parity_check)
    matrices = [matrix for _, matrix in rational_codes(blocks, name, kind)]
    if len(matrices) != 1:
        raise InvalidCodeError(
            f"{name or 'the source'}: one code is needed, got {len(matrices)} matrices"
        )
    return LinearCode([list(row) for row in matrices[0]])


def _columns(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    try:
        return tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        raise InvalidCodeError(f"--fixed takes columns as 0,1,5; got {text!r}") from None


def _levels(text: str | None, magnitude: float | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    parts = text.split(",")
    try:
        if len(parts) > 1:
            return tuple(float(Fraction(part.strip())) for part in parts)
        count = int(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InvalidCodeError(
            f"--levels takes values as 0,0.5,1 or how many there are; got {text!r}"
        ) from None
    if not 2 <= count <= 10_000:
        raise InvalidCodeError(f"--levels must be 2 to 10,000 levels, got {count}")
    if magnitude is None:
        raise InvalidCodeError(f"--levels {count} needs --magnitude, which they reach up to")
    step = 2.0 * magnitude / (count - 1)
    return tuple(-magnitude + i * step for i in range(count))


def _values(result: ImproveResult, m: int) -> dict[str, object]:
    return {
        "m": m,
        "before": result.before.as_dict(),
        "certificate": result.after.as_dict(),
        "improved": result.is_better,
        "rounds": result.rounds,
        "seconds": round(result.seconds, 3),
        "status": result.status,
        "G": result.matrix.tolist(),
    }


def _tell(result: ImproveResult, m: int) -> None:
    before, after = float(result.before.height), float(result.after.height)
    where = f"{result.rounds} rounds, {result.seconds:.1f} s"
    if not result.is_better:
        out(f"h_{m} = {before:.12g}: nothing better in {where}")
        return
    out(f"h_{m} = {after:.12g}, before {before:.12g}; {where}")
    rows = result.matrix.tolist()
    cells = [[repr(x) if x != int(x) else str(int(x)) for x in row] for row in rows]
    width = max(len(cell) for row in cells for cell in row)
    for row in cells:
        out("  " + " ".join(cell.rjust(width) for cell in row))
