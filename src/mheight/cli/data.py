"""`mheight data`: make, import and inspect data sets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import typer

from mheight.cli.console import out, progress_bar, say
from mheight.cli.data_options import (
    CodesPerGroup,
    Ensemble,
    EnsembleChoice,
    GroupsOption,
    LabelsArgument,
    OutputFolder,
    PlotOfHeights,
    SeedOfCodes,
)
from mheight.cli.job_options import ClusterOption, JobOptions, PartOption
from mheight.cli.job_running import beside, run_shown
from mheight.cli.sample_options import LabelColumn, LabelsFile, SamplesPath, tell_faults
from mheight.datasets import (
    ImportReport,
    Samples,
    check_import,
    exact_labels,
    generate,
    label_faults,
    read_samples,
    save_dataset,
)
from mheight.datasets.data_job import DataJob
from mheight.datasets.ensembles import Generated
from mheight.errors import InvalidDataError, RunFolderError
from mheight.evaluation import render
from mheight.files import require_apart, require_writable
from mheight.jobs import open_job
from mheight.tiers import COURSE_9, Groups

__all__ = ["app"]

app = typer.Typer(
    help="Make, import and inspect data sets of labelled codes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_WORTH_SHARDS = 60.0  # predicted seconds of one core
_WRONG_LABELS = "wrong_labels.csv"


@app.command()
def make(
    output: OutputFolder,
    ensemble: EnsembleChoice = Ensemble.COURSE,
    per_group: CodesPerGroup = 12_000,
    seed: SeedOfCodes = 2026,
    groups: GroupsOption = None,
    cluster: ClusterOption = None,
    shard: PartOption = None,
) -> None:
    """Draw random codes with exact heights: samples.parquet and manifest.json.

    What takes long is drawn in shards, kept in a folder beside the output until that is written:
    the same command goes on where it was stopped.
    """
    _refuse_existing(output)
    wanted = COURSE_9 if groups is None else Groups.parse(groups)
    options = JobOptions.of(cluster, shard)
    work = DataJob(ensemble.value, per_group, seed, wanted)
    if options.is_plain and work.seconds < _WORTH_SHARDS and not beside(output).exists():
        with progress_bar("drawing codes", per_group * len(wanted)) as advance:
            generated = generate(ensemble.value, per_group, seed, advance, groups=wanted)
    else:
        found = _in_shards(work, output, options)
        if found is None:
            return
        generated = found
    save_dataset(generated.samples, generated.provenance, output)
    shutil.rmtree(beside(output), ignore_errors=True)
    count = len(generated.samples)
    out(f"{output}: {count:,} samples of the {ensemble.value} ensemble, seed {seed}")


def _in_shards(work: DataJob, output: Path, options: JobOptions) -> Generated | None:
    """The data set by a job beside the output; None where only a part was asked for."""
    job = open_job(beside(output), "data", work.parameters, ".npz")
    total = sum(task.units for task in work.first_tasks(job))
    run_shown(job, work.first_tasks(job), options, "codes", total, are_all=False)
    if options.part is not None:
        return None
    while more := work.more_tasks(job):
        run_shown(job, more, options, "codes", None, are_all=False)
    return work.gathered(job)


@app.command("import")
def import_(
    samples: SamplesPath,
    output: OutputFolder,
    labels: LabelsArgument = None,
    label_column: LabelColumn = None,
    groups: GroupsOption = None,
) -> None:
    """Import samples, recompute every height, and report what was found.

    Pickles are read without running what is in them.  Rows of infinite height are left
    out; wrong labels are replaced by the exact heights, and listed in wrong_labels.csv.
    Without --groups, the set is of course-9 or course-21 where all samples are, else of the
    groups that come.
    """
    _refuse_existing(output)
    require_apart([output], [samples, labels])
    wanted = None if groups is None else Groups.parse(groups)
    read = read_samples(samples, labels, label=label_column, groups=wanted)
    kept, report = check_import(read)
    out(_import_text(report))
    if not report.kept:
        raise InvalidDataError(
            "every sample has an infinite height: none is left; nothing is stored"
        )
    notes = {_WRONG_LABELS: report.faults_csv()} if report.faults else {}
    save_dataset(kept, {"source": samples.name, "import": report.as_dict()}, output, notes)
    if notes:
        out(f"{output / _WRONG_LABELS}: the rows with wrong labels")
    out(f"{output}: {len(kept):,} samples stored")


@app.command()
def inspect(
    path: SamplesPath,
    labels: LabelsFile = None,
    label_column: LabelColumn = None,
    plot: PlotOfHeights = None,
) -> None:
    """Show counts, ranges and the distribution of heights by group.

    Heights are the exact ones; those that were given are checked.
    """
    require_writable(plot, (".png",))
    require_apart([plot], [path, labels])
    given = read_samples(path, labels, label=label_column)
    if given.heights is None:
        say("no heights given: showing exact ones")
    found = exact_labels(given)
    samples = given.with_heights(found.heights)
    if found.doubts:
        say(f"{int(found.doubtful.sum()):,} are in doubt; {found.text()}")
    faults = label_faults(given, samples.labels)
    tell_faults(faults, len(faults), len(given), "exact ones are shown")
    out(_heights_table(samples, str(path)))
    if plot is not None:
        from mheight.evaluation.plots import plot_height_distribution

        known = samples.take(np.isfinite(samples.labels))
        title = f"{path.name}: distribution of heights by group"
        plot_height_distribution(known.log2_heights, known.group, known.groups, title, plot)
        out(f"{plot}: plot written")


def _heights_table(samples: Samples, called: str) -> str:
    """Counts, sizes of entries and quantiles of the log2 heights, by group."""
    finite = np.isfinite(samples.labels)
    rows = []
    for name, index in _by_group(samples):
        entries = np.abs(samples.parity[index])
        heights = np.log2(samples.labels[index][finite[index]])
        quantiles = np.quantile(heights, [0, 0.1, 0.5, 0.9, 1]) if len(heights) else [np.nan] * 5
        rows.append(
            [
                name,
                str(len(index)),
                str(int((~finite[index]).sum())),
                f"{entries.max():g}",
                f"{np.median(entries.max(axis=1)):g}",
                *(f"{q:.2f}" for q in quantiles),
            ]
        )
    header = ["group", "samples", "infinite", "max |P|", "median max |P|"]
    return render(
        f"{called}: {len(samples):,} samples; log2 heights by quantile",
        [*header, "least", "10 %", "median", "90 %", "largest"],
        rows,
    )


def _by_group(samples: Samples) -> Iterator[tuple[str, Any]]:
    for i, name in enumerate(samples.groups.names):
        index = np.flatnonzero(samples.group == i)
        if len(index):
            yield name, index


def _refuse_existing(folder: Path) -> None:
    if folder.exists():
        raise RunFolderError(f"{folder} exists already; remove it or choose another name")


def _import_text(report: ImportReport) -> str:
    lines = [
        f"rows read: {report.rows:,}",
        f"rows by group: {_by_group_text(report.groups)}",
        f"rows that repeat an earlier row exactly: {report.exact_repeats:,}",
        f"different matrices P: {report.distinct_matrices:,}",
        f"codes that are not equivalent: {report.inequivalent_codes:,}",
        f"rows of infinite height, left out: {_by_group_text(report.infinite_heights)}",
    ]
    if report.labels_given:
        lines += [
            "labels finite where the height is infinite: "
            + _by_group_text(report.labels_finite_where_infinite),
            f"other wrong labels, replaced: {_by_group_text(report.wrong_labels)}",
            f"largest relative error of the other labels: {report.largest_relative_error:.1e}",
        ]
    if report.heights_in_doubt:
        counts = _by_group_text(report.heights_in_doubt)
        lines.append(f"exact heights in doubt: {counts}; {report.first_doubt}")
    return "\n".join(lines)


def _by_group_text(counts: dict[str, int]) -> str:
    if not counts:
        return "0"
    detail = ", ".join(f"{count} in {name}" for name, count in counts.items())
    return f"{sum(counts.values())} ({detail})"
