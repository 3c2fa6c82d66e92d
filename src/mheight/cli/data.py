"""`mheight data`: make, import and inspect data sets."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from mheight.cli.console import out, progress_bar, say
from mheight.cli.sample_options import SAMPLES, LabelColumn, LabelsFile, tell_faults
from mheight.datasets import (
    check_import,
    exact_labels,
    generate,
    label_faults,
    read_samples,
    save_dataset,
)
from mheight.errors import InvalidDataError, RunFolderError
from mheight.evaluation import render
from mheight.files import require_apart, require_writable
from mheight.tiers import GROUPS

__all__ = ["app"]

app = typer.Typer(
    help="Make, import and inspect data sets of labelled codes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_WRONG_LABELS = "wrong_labels.csv"


class Ensemble(StrEnum):
    """Ensembles by name."""

    UNIFORM = "uniform"
    COURSE = "course"
    NORMAL = "normal"
    SEARCHED = "searched"


OutputFolder = Annotated[
    Path, typer.Option("--output", "-o", help="Folder to make; it must not exist.")
]


@app.command()
def make(
    output: OutputFolder,
    ensemble: Annotated[
        Ensemble,
        typer.Option(
            help="uniform: entries in [-100, 100]; course: mixed scales; normal: real entries; "
            "searched: codes from a short search for small heights."
        ),
    ] = Ensemble.COURSE,
    per_group: Annotated[int, typer.Option(help="Codes for each of the nine groups.")] = 12_000,
    seed: Annotated[int, typer.Option(help="Same seed, same codes.")] = 2026,
) -> None:
    """Draw random codes with exact heights: samples.parquet and manifest.json."""
    _refuse_existing(output)
    with progress_bar("drawing codes", per_group * len(GROUPS)) as advance:
        generated = generate(ensemble.value, per_group, seed, advance)
    manifest = save_dataset(generated.samples, generated.provenance, output)
    out(f"{output}: {manifest['count']:,} samples of the {ensemble.value} ensemble, seed {seed}")


@app.command("import")
def import_(
    samples: Annotated[Path, typer.Argument(help=SAMPLES)],
    output: OutputFolder,
    labels: Annotated[
        Path | None,
        typer.Argument(
            help="Heights, to be checked, in a file of the same kinds; they are computed anyway."
        ),
    ] = None,
    label_column: LabelColumn = None,
) -> None:
    """Import samples, recompute every height, and report what was found.

    Pickles are read without running what is in them.  Rows of infinite height are left
    out; wrong labels are replaced by the exact heights, and listed in wrong_labels.csv.
    """
    _refuse_existing(output)
    require_apart([output], [samples, labels])
    kept, report = check_import(read_samples(samples, labels, label=label_column))
    out(_import_text(report.as_dict()))
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
    path: Annotated[Path, typer.Argument(help=SAMPLES)],
    labels: LabelsFile = None,
    label_column: LabelColumn = None,
    plot: Annotated[Path | None, typer.Option(help="PNG to write: heights by group.")] = None,
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
    finite = np.isfinite(samples.labels)
    rows = []
    for group, index in _by_group(samples.group):
        entries = np.abs(samples.parity[index])
        heights = np.log2(samples.labels[index][finite[index]])
        quantiles = np.quantile(heights, [0, 0.1, 0.5, 0.9, 1]) if len(heights) else [np.nan] * 5
        rows.append(
            [
                str(group),
                str(len(index)),
                str(int((~finite[index]).sum())),
                f"{entries.max():g}",
                f"{np.median(entries.max(axis=1)):g}",
                *(f"{q:.2f}" for q in quantiles),
            ]
        )
    header = ["(k,m)", "samples", "infinite", "max |P|", "median max |P|"]
    out(
        render(
            f"{path}: {len(samples):,} samples; log2 heights by quantile",
            [*header, "least", "10 %", "median", "90 %", "largest"],
            rows,
        )
    )
    if plot is not None:
        from mheight.evaluation.plots import plot_height_distribution

        known = samples.take(finite)
        title = f"{path.name}: distribution of heights by group"
        plot_height_distribution(known.log2_heights, known.group, title, plot)
        out(f"{plot}: plot written")


def _by_group(group: Any) -> Any:
    for i, name in enumerate(GROUPS):
        index = np.flatnonzero(group == i)
        if len(index):
            yield name, index


def _refuse_existing(folder: Path) -> None:
    if folder.exists():
        raise RunFolderError(f"{folder} exists already; remove it or choose another name")


def _import_text(report: dict[str, Any]) -> str:
    def by_group(counts: dict[str, int]) -> str:
        if not counts:
            return "0"
        detail = ", ".join(f"{count} in {name}" for name, count in counts.items())
        return f"{sum(counts.values())} ({detail})"

    lines = [
        f"rows read: {report['rows']:,}",
        f"rows by group: {by_group(report['groups'])}",
        f"rows that repeat an earlier row exactly: {report['exact_repeats']:,}",
        f"different matrices P: {report['distinct_matrices']:,}",
        f"codes that are not equivalent: {report['inequivalent_codes']:,}",
        f"rows of infinite height, left out: {by_group(report['infinite_heights'])}",
    ]
    if report["labels_given"]:
        lines += [
            "labels finite where the height is infinite: "
            + by_group(report["labels_finite_where_infinite"]),
            f"other wrong labels, replaced: {by_group(report['wrong_labels'])}",
            f"largest relative error of the other labels: {report['largest_relative_error']:.1e}",
        ]
    if report["heights_in_doubt"]:
        counts = by_group(report["heights_in_doubt"])
        lines.append(f"exact heights in doubt: {counts}; {report['first_doubt']}")
    return "\n".join(lines)
