"""`mheight heights`: exact heights of codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mheight.cli.console import out, progress_bar, say
from mheight.cli.sample_options import LabelColumn, LabelsFile
from mheight.cli.sources import (
    FamilyLength,
    FamilyName,
    as_path,
    asked_source,
    holds_samples,
    opened_path,
)
from mheight.cli.tables import Format
from mheight.errors import InvalidCodeError, InvalidDataError

if TYPE_CHECKING:
    from mheight.cli.heights_display import Doubts, Watch
    from mheight.cli.heights_work import Request
    from mheight.codes.reading import Kind
    from mheight.heights.output.rows import HeightRows

__all__ = ["heights"]

CLAIM_DIFFERS = 3
"""Exit status when a claimed height is not the height."""

INTERRUPTED = 130


class SearchMethod(StrEnum):
    """Ways to a height."""

    AUTO = "auto"
    LATTICE = "lattice"
    BRANCH_AND_BOUND = "branch-and-bound"


def heights(
    source: Annotated[
        str | None,
        typer.Argument(
            show_default="",
            help="A matrix, '1 0 1/3; 0 1 0.5', [[1,0,1],[0,1,1]], or as MATLAB, NumPy or LaTeX "
            "write it; a file of matrices (.json, .jsonl, .csv, .tsv, .txt, .dat, .npy, .npz, "
            ".mat, .parquet, .pkl, and .gz after each); a file of samples n, k, m, P; or - for "
            "standard input.",
        ),
    ] = None,
    systematic: Annotated[
        bool, typer.Option("--systematic", "-P", help="Matrices are P of G = [I | P], not G.")
    ] = False,
    parity_check: Annotated[
        bool, typer.Option("--parity-check", "-H", help="Matrices are parity-check matrices H.")
    ] = False,
    m: Annotated[int | None, typer.Option("-m", metavar="INDEX", help="Only this height.")] = None,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            help="Rational arithmetic: 1/3 and 0.1 are meant exactly; nothing is rounded.",
        ),
    ] = False,
    claimed: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE",
            help="With -m: judge, exactly, whether h_m is this (154/5, 30.8, inf). "
            f"Exit status 0 if it is, {CLAIM_DIFFERS} if not.",
        ),
    ] = None,
    tolerance: Annotated[
        str | None,
        typer.Option(metavar="VALUE", help="With --claimed: relative difference to allow. [0]"),
    ] = None,
    zero_tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="VALUE",
            help="For measured matrices: an entry of a codeword counts as zero where it is at most "
            "this part of the largest, so a height of at least 1/VALUE is infinite. "
            "0: entries count exactly as they are.",
        ),
    ] = None,
    witness: Annotated[
        bool,
        typer.Option(
            "--witness",
            help="Add a codeword that reaches each height, with its largest position, the m "
            "larger positions and an information set; positions count from 0.",
        ),
    ] = False,
    capability: Annotated[
        bool,
        typer.Option(
            "--capability",
            help="How many outliers are located and detected, and from which Delta/delta on.",
        ),
    ] = False,
    method: Annotated[
        SearchMethod,
        typer.Option(
            help="lattice: all heights at once, n <= 26; branch-and-bound: one by one, any n.",
        ),
    ] = SearchMethod.AUTO,
    time_limit: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="For each code; when it ends, or on Ctrl-C, the bounds so far are shown. "
            "[60 for all heights of a code too long for the lattice]",
        ),
    ] = None,
    family: FamilyName = None,
    length: FamilyLength = None,
    form: Annotated[Format, typer.Option("--format", help="How tables are written.")] = (
        Format.TEXT
    ),
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line instead of a table.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help=".jsonl, .parquet or .csv to write; for samples also .pkl."
        ),
    ] = None,
    labels: LabelsFile = None,
    label_column: LabelColumn = None,
) -> None:
    """Compute exact heights h_1 ... h_{n-k} of one code or of all codes in a file.

    An infinite height is inf, in JSON null.  Codes too long for all heights at once are
    searched for h_1, h_2, ... in turn, as far as the time limit allows.
    """
    if systematic and parity_check:
        raise InvalidCodeError("a matrix is either P or H: choose one of -P and -H")
    kind: Kind | None = "P" if systematic else "H" if parity_check else None
    searching = method is not SearchMethod.AUTO or time_limit is not None
    if (exact or claimed is not None) and searching:
        raise InvalidCodeError("--exact and --claimed go without --method and --time-limit")
    if witness and capability:
        raise InvalidCodeError("--witness and --capability are two tables: choose one")
    if claimed is not None and (
        m is None or witness or capability or as_json or output is not None
    ):
        raise InvalidCodeError(
            "--claimed needs -m, and goes without --witness, --capability, --json and --output"
        )
    if tolerance is not None and claimed is None:
        raise InvalidCodeError("--tolerance goes with --claimed")
    if time_limit is not None and (not time_limit > 0 or method is SearchMethod.LATTICE):
        raise InvalidCodeError(
            "--time-limit must be positive, and goes without --method lattice, "
            "which can't be stopped"
        )
    if as_json and output is not None:
        raise InvalidDataError("--json goes to standard output: leave out --json or --output")
    if form is not Format.TEXT and (as_json or output is not None or claimed is not None):
        raise InvalidDataError("--format goes without --json, --output and --claimed")
    source = asked_source(source, family, length)
    path = as_path(source)
    if output is not None:
        from mheight.files import require_apart

        require_apart([output], [path, labels, _standard_input() if source == "-" else None])
    if path is not None and holds_samples(path):
        measured = zero_tolerance is not None
        others = (kind, m, claimed, exact, witness, capability, searching, measured)
        if any(option not in (None, False) for option in others):
            raise InvalidDataError(
                "samples say themselves which P and m: leave out -P and -m, and all options "
                "but --output"
            )
        _sample_heights(path, labels, label_column, output)
    elif labels is not None or label_column is not None:
        raise InvalidDataError("--labels and --label-column go with samples, which say their m")
    elif claimed is not None and m is not None:
        _judge(source, path, kind, m, claimed, tolerance, zero_tolerance)
    else:
        from mheight.cli.heights_work import Request

        request = Request(
            m, exact, witness, capability, method.value, time_limit, zero_tolerance
        )  # fmt: skip
        _matrix_heights(source, path, kind, request, as_json, output, form)


# --- heights -----------------------------------------------------------------------------


def _matrix_heights(
    source: str,
    path: Path | None,
    kind: Kind | None,
    request: Request,
    as_json: bool,
    output: Path | None,
    form: Format,
) -> None:
    from mheight.cli.heights_display import Doubts, Watch, table_texts, write_lines
    from mheight.cli.heights_work import InterruptedSearch, results

    blocks, name = opened_path(source, path, request.exact)
    doubts = Doubts(name, shown=not as_json and output is None)
    with ExitStack() as stack:
        stack.callback(doubts.tell)
        watch = stack.enter_context(Watch(_count(path, name)))
        rows_of_all = _noted(results(blocks, name, kind, request, watch), doubts)
        show: Callable[..., Iterator[str]] = partial(table_texts, form=form)
        if as_json:
            from mheight.heights.output.files import json_lines

            show = json_lines
        try:
            if output is not None:
                _write(rows_of_all, output, request, watch)
                return
            for rows in rows_of_all:
                if sys.stdout.isatty():
                    watch.pause()
                write_lines(show(rows, capability=request.capability))
        except InterruptedSearch as stop:
            watch.pause()
            if output is None and stop.rows is not None:
                write_lines(show(stop.rows, capability=request.capability))
            elif stop.rows is not None:
                say("\n".join([*table_texts(stop.rows), f"interrupted: {output} is not written"]))
            raise typer.Exit(INTERRUPTED) from None


def _noted(results: Iterator[HeightRows], doubts: Doubts) -> Iterator[HeightRows]:
    """The same rows, their doubts taken note of."""
    from mheight.cli.heights_work import InterruptedSearch

    try:
        for rows in results:
            doubts.note(rows)
            yield rows
    except InterruptedSearch as stop:
        if stop.rows is not None:
            doubts.note(stop.rows)
        raise


def _write(results: Iterator[HeightRows], output: Path, request: Request, watch: Watch) -> None:
    import numpy as np

    from mheight.files import atomic_path
    from mheight.heights.output.files import HeightWriter, check_table_path

    check_table_path(output)
    codes = values = infinite = unknown = doubtful = 0
    with atomic_path(output) as temporary, HeightWriter(temporary, request.capability) as writer:
        for rows in results:
            writer.write(rows)
            codes = int(rows.code[-1]) + 1
            values += len(rows)
            infinite += int(np.isinf(rows.height).sum())
            unknown += int(np.isnan(rows.height).sum())
            doubtful += len({doubt.code for doubt in rows.doubts})
    watch.pause()
    bounded = f", {unknown:,} known by bounds only" if unknown else ""
    doubts = f", {doubtful:,} codes in doubt" if doubtful else ""
    out(f"{output}: {codes:,} codes, {values:,} heights, {infinite:,} infinite{bounded}{doubts}")


def _count(path: Path | None, name: str) -> int | None:
    from mheight.codes.reading import count_matrices

    return count_matrices(path) if path is not None else None if name else 1


def _standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # it is no file, or closed
        return None


# --- claims and samples ------------------------------------------------------------------


def _judge(
    source: str,
    path: Path | None,
    kind: Kind | None,
    m: int,
    claimed: str,
    tolerance: str | None,
    zero_tolerance: float | None,
) -> None:
    from mheight.cli.heights_work import located
    from mheight.codes.rationals import rational_number
    from mheight.codes.reading import rational_codes
    from mheight.heights import judge

    allowed = rational_number(tolerance or 0, "the tolerance", "")
    blocks, name = opened_path(source, path, True)
    differs = False
    for index, matrix in rational_codes(blocks, name, kind):
        try:
            verdict = judge(matrix, m, claimed, allowed, zero_tolerance=zero_tolerance)
        except InvalidCodeError as error:
            raise located(name, index, error) from None
        out(f"code {index}: {verdict.text}" if name else verdict.text)
        differs = differs or verdict.relation != "equal"
    if differs:
        raise typer.Exit(CLAIM_DIFFERS)


def _sample_heights(
    path: Path, labels: Path | None, label_column: str | None, output: Path | None
) -> None:
    """Heights of samples, written to a file, and a check of those that were given."""
    import numpy as np

    from mheight.cli.sample_options import tell_faults
    from mheight.datasets import exact_labels_of_any, label_faults, read_any_samples
    from mheight.datasets.height_files import check_output, has_columns, write_heights

    if output is None and labels is None:
        raise InvalidDataError("a file of samples needs --output, or --labels to check")
    if output is not None:
        check_output(output)
    samples = read_any_samples(path, labels, label=label_column)
    with progress_bar("computing heights", len(samples)) as advance:
        found = exact_labels_of_any(samples, advance)
    if output is not None:
        write_heights(samples, found.heights, output, {"doubt": found.texts})
        infinite = int(np.isinf(found.heights).sum())
        out(f"{output}: {len(samples):,} exact heights, {infinite} infinite")
    if found.doubts:
        where = " (column doubt)" if output is not None and has_columns(output) else ""
        out(f"{int(found.doubtful.sum()):,} are in doubt{where}; {found.text()}")
    if samples.heights is not None:
        faults = label_faults(samples, found.heights)
        tell_faults(faults, len(faults), len(samples), "they differ by more than 1e-6, relatively")
        if not faults:
            out(f"the {len(samples):,} heights given are right")
        elif labels is not None:
            raise typer.Exit(CLAIM_DIFFERS)
