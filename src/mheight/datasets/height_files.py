"""Heights of samples on disk, in the order of the input."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError
from mheight.files import atomic_path
from mheight.tiers import CODE_LENGTH

__all__ = ["FORMATS", "check_output", "write_heights"]

FORMATS = (".csv", ".parquet", ".pkl")


def check_output(path: Path) -> None:
    """Whether heights can be written there; says so before any work is done.

    Raises:
        InvalidDataError: another ending, or the folder is missing.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise InvalidDataError(f"{path}: the output must end in {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise InvalidDataError(f"{path}: there is no folder {path.parent}")


def write_heights(
    samples: Samples,
    heights: NDArray[np.float64],
    path: Path,
    more: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Write heights, whole or not at all.

    CSV and Parquet have the columns sample_id, n, k, m, height, log2_height, and then
    those of `more`.  A pickle is the course's format: a list of floats, one a sample.

    Args:
        samples: in the order of the input.
        heights: shape (N,), at least 1.
        path: ends in `.csv`, `.parquet` or `.pkl`.
        more: further columns by name, each of shape (N,).
    """
    check_output(path)
    with atomic_path(path) as temporary:
        if path.suffix.lower() == ".pkl":
            temporary.write_bytes(pickle.dumps(heights.tolist()))
            return
        columns: dict[str, Any] = {
            "sample_id": samples.sample_id,
            "n": np.full(len(samples), CODE_LENGTH),
            "k": samples.k,
            "m": samples.m,
            "height": heights,
            "log2_height": np.log2(heights),
            **(more or {}),
        }
        if path.suffix.lower() == ".csv":
            pyarrow.csv.write_csv(pa.table(columns), temporary)
        else:
            pq.write_table(pa.table(columns), temporary)
