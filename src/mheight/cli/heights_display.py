"""What `mheight heights` shows: tables, progress, warnings."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from mheight.cli.console import error_console, say
from mheight.cli.rendering import Format, Table, render
from mheight.heights.certificate import Certificate, Number
from mheight.heights.doubts import doubt_text
from mheight.heights.output.files import capabilities
from mheight.heights.output.rows import HeightRows
from mheight.heights.rounding.tolerance import tolerance_text

__all__ = ["Doubts", "Watch", "table_texts", "write_lines"]

_ADVICE = "--exact rounds nothing"
_PATIENCE = 0.5  # seconds before a bar is worth its place


def write_lines(lines: Iterator[str]) -> None:
    """Print results to standard output, without the cost of styling each."""
    sys.stdout.writelines(line + "\n" for line in lines)
    sys.stdout.flush()


# --- tables ------------------------------------------------------------------------------


def table_texts(
    rows: HeightRows, *, capability: bool = False, form: Format = Format.TEXT
) -> Iterator[str]:
    """A table for each code."""
    make = _capability_table if capability else _table
    for piece in rows.by_code():
        start = piece.start
        title = f"code {rows.code[start]}: [{rows.n[start]}, {rows.k[start]}]"
        gap = "\n" if rows.code[start] else ""
        table = make(title, rows, piece)
        if rows.zero_tolerance is not None:
            table = replace(table, notes=[*table.notes, tolerance_text(rows.zero_tolerance)])
        remark = doubt_text(rows.doubts_of(int(rows.code[start])))
        if remark is not None:
            table = replace(table, notes=[*table.notes, f"in doubt: {remark}; {_ADVICE}"])
        yield gap + render(table, form)


def _table(title: str, rows: HeightRows, piece: slice) -> Table:
    header = ["m", "height", *(["decimal"] if rows.exact is not None else []), "log2"]
    header += ["status"] if rows.status is not None else []
    if rows.certificates is not None:
        header += ["target", "larger", "information set", "codeword"]
    cells, missing = [], []
    logarithms = rows.log2_height
    for i in range(piece.start, piece.stop):
        m, height = int(rows.m[i]), float(rows.height[i])
        if rows.status is not None and rows.status[i] == "not reached":
            missing.append(m)
            continue
        known = height == height
        shown = [f"{height:.12g}" if known else _between(rows, i)]
        if rows.exact is not None:
            shown = [str(rows.exact[i]), *shown]
        row = [str(m), *shown, f"{logarithms[i]:.4f}" if known else ""]
        if rows.status is not None:
            row.append(rows.status[i])
        if rows.certificates is not None:
            row += _witness_cells(rows.certificates[i])
        cells.append([cell.replace("inf.0000", "inf") for cell in row])
    notes = [f"not reached: {_range_text(missing)}"] if missing else []
    return Table(title, header, cells, notes)


def _in_full(x: Number) -> str:
    """A number that can be pasted back and is the same: all digits, no -0."""
    return repr(float(x) + 0.0).removesuffix(".0") if isinstance(x, float) else str(x)


def _between(rows: HeightRows, i: int) -> str:
    lower, upper, _ = rows.bounds(i)
    return f"{lower:.9g} <= h <= {upper:.9g}"


def _witness_cells(certificate: Certificate | None) -> list[str]:
    if certificate is None:
        return [""] * 4
    places = certificate.information_set
    return [
        str(certificate.target),
        " ".join(map(str, certificate.larger)),
        "-" if places is None else " ".join(map(str, places)),
        " ".join(map(_in_full, certificate.codeword)),
    ]


def _capability_table(title: str, rows: HeightRows, piece: slice) -> Table:
    cells = []
    for i, located, detected, ratio in capabilities(rows, piece):
        height = float(rows.height[i]) if rows.exact is None else rows.exact[i]
        if height < float("inf"):
            numbers = [f"{x:.12g}" if isinstance(x, float) else str(x) for x in (height, ratio)]
            cells.append([str(located), str(detected), str(rows.m[i]), *numbers])
    header = ["located", "detected", "m", "height", "Delta/delta"]
    notes = []
    orders, heights = rows.m[piece].tolist(), rows.height[piece].tolist()
    infinite = [m for m, h in zip(orders, heights, strict=True) if h == float("inf")]
    if infinite:
        notes.append(f"at no ratio: 2 located + detected >= {infinite[0]}")
    unknown = [m for m, h in zip(orders, heights, strict=True) if h != h]
    if unknown:
        notes.append(f"not known: {_range_text(unknown)}")
    return Table(title, header, cells, notes)


def _range_text(orders: Sequence[int]) -> str:
    if len(orders) > 2:
        return f"h_{orders[0]} ... h_{orders[-1]}"
    return ", ".join(f"h_{m}" for m in orders)


# --- doubts ------------------------------------------------------------------------------


class Doubts:
    """Counts the codes in doubt, and tells of them in one line.

    Args:
        name: of the source; empty for a typed matrix.
        shown: whether each code's table shows its doubts already.
    """

    def __init__(self, name: str, shown: bool) -> None:
        self._name = name
        self._shown = shown
        self._codes = 0
        self._first = ""

    def note(self, rows: HeightRows) -> None:
        """Take note of the doubts about some codes."""
        codes = {doubt.code for doubt in rows.doubts}
        if codes and not self._codes:
            first = min(codes)
            where = f"{self._name}, matrix {first}: " if self._name else ""
            self._first = f"{where}{doubt_text(rows.doubts_of(first))}; {_ADVICE}"
        self._codes += len(codes)

    def tell(self) -> None:
        """Print what was gathered to standard error."""
        if not self._codes or (self._shown and not self._name):
            return
        others = f"; {self._codes - 1:,} more codes in doubt" if self._codes > 1 else ""
        say(f"warning: {self._first}{others}")
        self._codes = 0


# --- long work ---------------------------------------------------------------------------


class Watch:
    """A bar on standard error for work that takes a while; a context manager.

    It counts codes, and in a search shows the current bounds.  Results are printed
    between `pause` and the next sign of life.

    Args:
        total: codes to do; None if unknown.
    """

    def __init__(self, total: int | None = None) -> None:
        self._total = total
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            console=error_console,
            transient=True,
            # Else results on standard output would go where the bar is.
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not error_console.is_terminal,
        )
        self._task = self._bar.add_task("computing heights", total=total, count="")
        self._done = 0
        self._start = time.monotonic()

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pause()

    def pause(self) -> None:
        """Take the bar away, so that something can be printed."""
        if self._bar.live.is_started:
            self._bar.stop()

    def advance(self, codes: int) -> None:
        """So many more codes are done."""
        self._done += codes
        count = f"{self._done:,} codes"
        if self._total is not None:
            elapsed = time.monotonic() - self._start
            left = elapsed / self._done * max(self._total - self._done, 0)
            count = f"{self._done:,}/{self._total:,} codes, {left:.0f} s to go"
        total = None if self._total is None else float(self._total)
        self._show("computing heights", self._done, total, count)

    def searching(self, index: int) -> Callable[[int], Callable[[int, int, float, float], None]]:
        """What a search in a code is to be told, by m."""
        code = f"code {index}, " if (self._total or 2) > 1 else ""

        def of_height(m: int) -> Callable[[int, int, float, float], None]:
            def progress(done: int, targets: int, lower: float, upper: float) -> None:
                count = f"{done}/{targets} positions"
                text = f"{code}{lower:.6g} <= h_{m} <= {upper:.6g}"
                self._show(text, done, targets, count)

            return progress

        return of_height

    def _show(self, text: str, done: int, total: float | None, count: str) -> None:
        self._bar.update(self._task, description=text, completed=done, total=total, count=count)
        late = time.monotonic() - self._start > _PATIENCE
        if late and self._done != self._total and not self._bar.live.is_started:
            self._bar.start()
