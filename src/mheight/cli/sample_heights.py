"""Heights of samples (n, k, m, P): written to a file, and a check of those that were given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import typer

from mheight.cli.console import out, progress_bar
from mheight.cli.heights_options import CLAIM_DIFFERS
from mheight.cli.sample_options import tell_faults
from mheight.datasets import exact_labels_of_any, label_faults, read_any_samples
from mheight.datasets.height_files import check_output, has_columns, write_heights
from mheight.errors import InvalidDataError

__all__ = ["sample_heights"]


def sample_heights(
    path: Path, labels: Path | None, label_column: str | None, output: Path | None
) -> None:
    """Heights of samples, written to a file, and a check of those that were given."""
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
