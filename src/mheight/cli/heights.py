"""`mheight heights`: exact heights of codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import typer

from mheight.cli.console import out, say
from mheight.cli.heights_display import Doubts, Watch, table_texts, write_lines
from mheight.cli.heights_job import file_of_job, heights_job, is_job_folder
from mheight.cli.heights_options import (
    CLAIM_DIFFERS,
    AsJson,
    Capability,
    Claimed,
    Exact,
    Form,
    Options,
    OutputFile,
    SearchMethod,
    Source,
    TimeLimit,
    Tolerance,
    Way,
    Witness,
    ZeroTolerance,
)
from mheight.cli.heights_work import InterruptedSearch, Request, located, results
from mheight.cli.interrupting import Interrupted
from mheight.cli.job_options import ClusterOption, JobOptions, PartOption
from mheight.cli.rendering import Format
from mheight.cli.sample_options import LabelColumn, LabelsFile
from mheight.cli.shared_options import OnlyHeight
from mheight.cli.source_options import (
    FamilyLength,
    FamilyName,
    ParityCheck,
    Systematic,
    asked_source,
    matrix_kind,
)
from mheight.cli.sources import as_path, holds_samples, opened_path
from mheight.codes.from_blocks import rational_codes
from mheight.codes.rationals import rational_number
from mheight.codes.reading import count_matrices
from mheight.errors import InvalidCodeError
from mheight.files import atomic_path, require_apart
from mheight.heights import judge
from mheight.heights.output.files import HeightWriter, check_table_path, json_lines
from mheight.heights.output.rows import HeightRows
from mheight.heights.output.summary import Summary

__all__ = ["heights"]


def heights(
    source: Source = None,
    systematic: Systematic = False,
    parity_check: ParityCheck = False,
    m: OnlyHeight = None,
    exact: Exact = False,
    claimed: Claimed = None,
    tolerance: Tolerance = None,
    zero_tolerance: ZeroTolerance = None,
    witness: Witness = False,
    capability: Capability = False,
    method: Way = SearchMethod.AUTO,
    time_limit: TimeLimit = None,
    family: FamilyName = None,
    length: FamilyLength = None,
    form: Form = Format.TEXT,
    as_json: AsJson = False,
    output: OutputFile = None,
    labels: LabelsFile = None,
    label_column: LabelColumn = None,
    cluster: ClusterOption = None,
    shard: PartOption = None,
) -> None:
    """Compute exact heights h_1 ... h_{n-k} of one code or of all codes in a file.

    An infinite height is inf, in JSON null.  Codes too long for all heights at once are
    searched for h_1, h_2, ... in turn, as far as the time limit allows.  An output without
    an ending is a folder of shards: the same command goes on where it was stopped.
    Without a folder, --cluster shares the search for each height among its workers.
    """
    options = Options(
        matrix_kind(systematic, parity_check),
        m, exact, claimed, tolerance, zero_tolerance, witness, capability, method, time_limit,
        form, as_json, output, labels, label_column,
    )  # fmt: skip
    jobs = JobOptions.of(cluster, shard)
    source = asked_source(source, family, length)
    path = as_path(source)
    if output is not None:
        require_apart([output], [path, labels, _standard_input() if source == "-" else None])
    if path is not None and holds_samples(path):
        _sample_heights(path, options, jobs)
        return
    options.refuse_for_matrices()
    if claimed is not None:
        jobs.refuse("a claim is judged in one piece")
        _judge(source, path, options, claimed)
    elif output is not None and is_job_folder(output):
        heights_job(file_of_job(path), output, options.kind, options.request, jobs)
    else:
        if jobs.part is not None:
            jobs.refuse("shards go into a folder: -o NAME, without an ending")
        _matrix_heights(source, path, options, jobs)


def _sample_heights(path: Path, options: Options, jobs: JobOptions) -> None:
    options.refuse_for_samples()
    jobs.refuse("samples are done in one piece")
    from mheight.cli.sample_heights import sample_heights  # data sets are slow to load

    sample_heights(path, options.labels, options.label_column, options.output)


# --- heights -----------------------------------------------------------------------------


def _matrix_heights(source: str, path: Path | None, options: Options, jobs: JobOptions) -> None:
    request, output = options.request, options.output
    if jobs.cluster is not None and (options.exact or options.method is SearchMethod.LATTICE):
        jobs.refuse("a cluster shares searches, by branch and bound, or makes shards: -o FOLDER")
    blocks, name = opened_path(source, path, request.exact)
    doubts = Doubts(name, shown=not options.as_json and output is None)
    with ExitStack() as stack:
        stack.callback(doubts.tell)
        watch = stack.enter_context(Watch(_count(path, name)))
        crew = stack.enter_context(jobs.crew())
        found = results(blocks, name, options.kind, request, watch, crew=crew)
        rows_of_all = _noted(found, doubts)
        show: Callable[..., Iterator[str]] = partial(table_texts, form=options.form)
        if options.as_json:
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
            raise Interrupted from None


def _noted(results: Iterator[HeightRows], doubts: Doubts) -> Iterator[HeightRows]:
    """The same rows, their doubts taken note of."""
    try:
        for rows in results:
            doubts.note(rows)
            yield rows
    except InterruptedSearch as stop:
        if stop.rows is not None:
            doubts.note(stop.rows)
        raise


def _write(results: Iterator[HeightRows], output: Path, request: Request, watch: Watch) -> None:
    check_table_path(output)
    summary, last = Summary(), -1
    with atomic_path(output) as temporary, HeightWriter(temporary, request.capability) as writer:
        for rows in results:
            writer.write(rows)
            summary.note(rows)
            last = int(rows.code[-1])
    watch.pause()
    out(f"{output}: {replace(summary, codes=last + 1)}")


def _count(path: Path | None, name: str) -> int | None:
    return count_matrices(path) if path is not None else None if name else 1


def _standard_input() -> int | None:
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # it is no file, or closed
        return None


# --- claims ------------------------------------------------------------------------------


def _judge(source: str, path: Path | None, options: Options, claimed: str) -> None:
    """Say of each code whether the claim holds."""
    assert options.m is not None
    allowed = rational_number(options.tolerance or 0, "the tolerance", "")
    blocks, name = opened_path(source, path, True)
    differs = False
    for index, matrix in rational_codes(blocks, name, options.kind):
        try:
            verdict = judge(
                matrix, options.m, claimed, allowed, zero_tolerance=options.zero_tolerance
            )
        except InvalidCodeError as error:
            raise located(name, index, error) from None
        out(f"code {index}: {verdict.text}" if name else verdict.text)
        differs = differs or verdict.relation != "equal"
    if differs:
        raise typer.Exit(CLAIM_DIFFERS)
