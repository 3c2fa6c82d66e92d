"""What `mheight heights` does with each code, by the options given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from signal import SIGINT
from typing import Any

from mheight.cli.console import say
from mheight.cli.heights_display import Watch
from mheight.cli.interrupting import Interrupts
from mheight.codes.from_blocks import CodeBatch, batches, rational_codes
from mheight.codes.reading import Block, Kind
from mheight.errors import InvalidCodeError
from mheight.heights.choosing import TableWay, seconds_for_table, way_to_table
from mheight.heights.finding import find_heights, solved
from mheight.heights.orders import height_index
from mheight.heights.output.rows import (
    HeightRows,
    profile_rows,
    rational_rows,
    solution_rows,
    witness_rows,
)
from mheight.heights.programs.shared import Crew
from mheight.heights.solution import Method

__all__ = ["LONG_CODE_SECONDS", "InterruptedSearch", "Request", "located", "results"]

LONG_CODE_SECONDS = 60.0
"""Default time limit of a search for all heights of a code."""


@dataclass(frozen=True)
class Request:
    """What is asked of each code.

    Attributes:
        m: only this height; None for all.
        exact: whether to calculate in fractions.
        witness: whether certificates are wanted.
        capability: whether the outliers located and detected are wanted.
        method: how to find heights.
        time_limit: seconds for a code; None for none, or the usual.
        zero_tolerance: what counts as zero, as for `height_profile`.
    """

    m: int | None
    exact: bool
    witness: bool
    capability: bool
    method: Method
    time_limit: float | None
    zero_tolerance: float | None = None

    def way(self, n: int, k: int, *, shared: bool = False) -> TableWay:
        """How heights of [n, k] codes are found; `shared` if workers share each search."""
        return way_to_table(
            n, k, self.m, self.method, exact=self.exact, stoppable=self.time_limit is not None,
            witness=self.witness, shared=shared,
        )  # fmt: skip

    @property
    def search_limit(self) -> float | None:
        """Seconds of a search for a code; None for no limit."""
        if self.m is None and self.time_limit is None:
            return LONG_CODE_SECONDS
        return self.time_limit

    def seconds(self, n: int, k: int) -> float:
        """About how long an [n, k] code takes, k < n."""
        return seconds_for_table(
            self.way(n, k), n, k, self.m, witness=self.witness, limit=self.search_limit
        )


class InterruptedSearch(Exception):
    """Ctrl-C in a search, with the bounds so far."""

    def __init__(self, rows: HeightRows | None) -> None:
        super().__init__()
        self.rows = rows


def results(
    blocks: Iterator[Block],
    name: str,
    kind: Kind | None,
    request: Request,
    watch: Watch,
    first: int = 0,
    crew: Crew | None = None,
) -> Iterator[HeightRows]:
    """Rows of heights, in the order of the source.

    Args:
        blocks: the matrices.
        name: what messages call the source; empty for a typed matrix.
        kind: what matrices are that do not say so themselves.
        request: what is wanted.
        watch: is told of the progress.
        first: the number of the first matrix.
        crew: workers that share each search; then every height is searched for.

    Raises:
        InvalidCodeError: a matrix that is no code, with its number.
        InterruptedSearch: Ctrl-C in a search.
    """
    if request.exact:
        yield from _in_fractions(blocks, name, kind, request, watch, first)
        return
    told = False
    for batch in batches(blocks, name, kind, first):
        k, n = batch.given.k, batch.given.n
        try:
            if request.m is not None:
                height_index(request.m, n)
        except InvalidCodeError as error:
            raise located(name, batch.first, error) from None
        way = request.way(n, k, shared=crew is not None)
        if way == "search":
            if not told and request.m is None and request.time_limit is None:
                say(_long_code_text(n, k))
                told = True
            yield from _searched(batch, name, request, watch, crew)
        elif way == "certificates":
            yield from _certified(batch, name, request, watch)
        else:
            yield _numbers(batch, name, request)
            watch.advance(len(batch))


def _in_fractions(
    blocks: Iterator[Block], name: str, kind: Kind | None, request: Request, watch: Watch,
    first: int,
) -> Iterator[HeightRows]:  # fmt: skip
    """One code after the other, with nothing rounded; arguments as those of `results`."""
    for index, matrix in rational_codes(blocks, name, kind, first):
        try:
            yield rational_rows(
                index, matrix, request.m,
                witness=request.witness, zero_tolerance=request.zero_tolerance,
            )  # fmt: skip
        except InvalidCodeError as error:
            raise located(name, index, error) from None
        watch.advance(1)


def _certified(batch: CodeBatch, name: str, request: Request, watch: Watch) -> Iterator[HeightRows]:
    """All heights of one code after the other, with certificates."""
    for index in range(batch.first, batch.first + len(batch)):
        try:
            rows = witness_rows(
                index, batch.code(index - batch.first), request.m, request.zero_tolerance
            )
        except InvalidCodeError as error:
            raise located(name, index, error) from None
        yield rows
        watch.advance(1)


def _numbers(batch: CodeBatch, name: str, request: Request) -> HeightRows:
    """Heights of all codes at once."""
    try:
        return profile_rows(batch.first, batch.given, request.m, request.zero_tolerance)
    except InvalidCodeError as error:
        raise _blamed(batch, name, error) from None


def _blamed(batch: CodeBatch, name: str, error: InvalidCodeError) -> InvalidCodeError:
    """The error with the number of the code that is at fault."""
    below = batch.given.ranks() < batch.given.values.shape[1]
    if not below.any():
        return located(name, batch.first, error)
    at = int(below.argmax())
    try:
        batch.code(at)
    except InvalidCodeError as single:
        return located(name, batch.first + at, single)
    return located(name, batch.first, error)


def _searched(
    batch: CodeBatch, name: str, request: Request, watch: Watch, crew: Crew | None
) -> Iterator[HeightRows]:
    """Bounds and heights of one code after the other.

    Raises:
        InterruptedSearch: Ctrl-C was pressed; holds what is known of the code at hand.
    """
    k, n = batch.given.k, batch.given.n
    options: dict[str, Any] = {
        "method": request.method,
        "time_limit": request.search_limit,
        "zero_tolerance": request.zero_tolerance,
        "crew": crew,
    }
    for index in range(batch.first, batch.first + len(batch)):
        progress = watch.searching(index)
        with Interrupts((SIGINT,), ignored_too=True) as interrupts:
            stop = interrupts.was_asked
            try:
                code = batch.code(index - batch.first)
                if request.m is None:
                    found = list(find_heights(code, progress=progress, stop=stop, **options))
                else:
                    m = request.m
                    found = [solved(code, m, progress=progress(m), stop=stop, **options)]
            except InvalidCodeError as error:
                raise located(name, index, error) from None
            interrupted = stop()
        if not found:
            raise InterruptedSearch(None)
        rows = solution_rows(index, found, request.m or n - k, witness=request.witness)
        if interrupted:
            raise InterruptedSearch(rows)
        yield rows
        watch.advance(1)


def _long_code_text(n: int, k: int) -> str:
    return (
        f"searching an [{n}, {k}] code for h_1, h_2, ... in turn, "
        f"for at most {LONG_CODE_SECONDS:g} s (--time-limit changes that)"
    )


def located(name: str, index: int, error: InvalidCodeError) -> InvalidCodeError:
    """The error with the number of the code in its source, if that has a name."""
    return InvalidCodeError(f"{name}, matrix {index}: {error}" if name else str(error))
