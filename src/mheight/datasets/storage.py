"""Data sets on disk: a folder with `samples.parquet` and `manifest.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import mheight
from mheight.codes import real_array
from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError, RunFolderError
from mheight.files import atomic_folder, write_json, write_text
from mheight.parquet import ParquetReader
from mheight.tiers import COURSE_9, Groups

__all__ = [
    "Dataset",
    "content_hash",
    "gathered",
    "load_dataset",
    "read_parquet",
    "samples_of_columns",
    "save_dataset",
    "write_parquet",
]

_FORMAT = 1
_SAMPLES = "samples.parquet"
_MANIFEST = "manifest.json"
_NEEDED = ("n", "k", "m", "P")
_ROWS = 16384


@dataclass(frozen=True)
class Dataset:
    """Labelled samples and their manifest."""

    samples: Samples
    manifest: dict[str, Any]


def content_hash(samples: Samples) -> str:
    """SHA-256 over the columns of the samples, independent of how they are stored."""
    digest = hashlib.sha256()
    columns = [samples.k, samples.m, samples.parity, samples.sample_id]
    if (samples.n != 9).any():  # so that sets made when all codes had n = 9 keep their hashes
        columns.insert(0, samples.n)
    if samples.heights is not None:
        columns.append(samples.heights)
    for column in columns:
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def write_parquet(samples: Samples, path: Path) -> None:
    """Write samples to one Parquet file: columns n, k, m, P, sample_id, height if known."""
    lengths = samples.k * (samples.n - samples.k)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    inside = np.arange(samples.parity.shape[1]) < lengths[:, None]
    columns = {
        "n": pa.array(samples.n.astype(np.int16)),
        "k": pa.array(samples.k.astype(np.int16)),
        "m": pa.array(samples.m.astype(np.int16)),
        "P": pa.ListArray.from_arrays(pa.array(offsets), pa.array(samples.parity[inside])),
        "sample_id": pa.array(samples.sample_id),
    }
    if samples.heights is not None:
        columns["height"] = pa.array(samples.heights)
    pq.write_table(pa.table(columns), path, compression="zstd")


def read_parquet(path: Path, groups: Groups | None = None) -> Samples:
    """Read samples from a Parquet file with columns n, k, m, P and perhaps height, sample_id.

    Args:
        path: the file.
        groups: those that are allowed; None for those that come.

    Raises:
        InvalidDataError: no readable Parquet, a column is missing, or a row breaks a rule.
    """
    if not Path(path).is_file():
        raise InvalidDataError(f"{path}: no such file")
    if Path(path).stat().st_size == 0:
        raise InvalidDataError(f"{path}: a Parquet file is needed, got an empty file")
    parts: list[Samples] = []
    first = 0
    try:
        with ParquetReader(path) as file:
            missing = [name for name in _NEEDED if name not in file.names]
            if missing:
                raise InvalidDataError(
                    f"{path}: columns n, k, m and P are needed, missing {', '.join(missing)}"
                )
            wanted = [name for name in (*_NEEDED, "height", "sample_id") if name in file.names]
            for batch in file.batches(wanted, _ROWS):
                table = pa.Table.from_batches([batch])
                parts.append(samples_of_columns(table, str(path), first, groups))
                first += batch.num_rows
    except InvalidDataError:
        raise
    except (pa.ArrowException, ValueError, OSError) as error:
        raise InvalidDataError(
            f"{path}: not a readable Parquet file, perhaps cut short ({error})"
        ) from None
    if not parts:
        raise InvalidDataError(f"{path}: at least one sample is needed, got none")
    samples = gathered(parts, groups)
    if len(np.unique(samples.sample_id)) < len(samples):
        raise InvalidDataError(f"{path}: sample_id must be unique integers")
    return samples


def gathered(parts: Sequence[Samples], groups: Groups | None) -> Samples:
    """Samples read piece by piece, as samples of these groups, or of those that came."""
    if groups is None:
        sizes = ([getattr(part, name) for part in parts] for name in "nkm")
        groups = Groups.around(*(np.concatenate(values) for values in sizes))
    return Samples.concatenate([part.within(groups) for part in parts])


def samples_of_columns(
    table: Any, where: str, first: int = 0, groups: Groups | None = None
) -> Samples:
    """Samples of an Arrow table with columns n, k, m, P and perhaps height, sample_id.

    Args:
        table: the columns.
        where: name of the source, used in messages.
        first: number of the first row in its source.
        groups: those that are allowed; None for those that come.

    Raises:
        InvalidDataError: a column has the wrong type, or a row breaks a rule.
    """
    try:
        n, k, m = (table[name].to_numpy().tolist() for name in ("n", "k", "m"))
        parity = table["P"].to_pylist()
        heights = table["height"].to_numpy() if "height" in table.column_names else None
        rows = [
            [n[i], k[i], m[i], _reshaped(parity[i], n[i], k[i], f"{where}, sample {first + i}")]
            for i in range(table.num_rows)
        ]
        samples = Samples.from_rows(rows, heights, groups=groups, where=where, first=first)
        if "sample_id" in table.column_names:
            ids = table["sample_id"].to_numpy()
            if ids.dtype.kind not in "iu" or len(np.unique(ids)) != len(ids):
                raise InvalidDataError(f"{where}: sample_id must be unique integers")
            samples = replace(samples, sample_id=ids.astype(np.int64))
    except (pa.ArrowException, TypeError) as error:
        raise InvalidDataError(f"{where}: a column has the wrong type ({error})") from None
    return samples


def _reshaped(flat: Any, n: Any, k: Any, where: str) -> Any:
    values = real_array(flat)
    if values is None:
        raise InvalidDataError(f"{where}: P must be a list of numbers")
    # A nested list keeps its shape; a flat one of the right length is taken row by row.
    if values.ndim == 1 and 0 < k < n and values.size == k * (n - k):
        return values.reshape(k, n - k)
    return values


def save_dataset(
    samples: Samples,
    provenance: dict[str, Any],
    folder: Path,
    notes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write a data set folder, whole or not at all, and return its manifest.

    Args:
        samples: the samples, with finite heights.
        provenance: where they come from, for the manifest.
        folder: the folder to make.
        notes: texts to keep beside the samples, by file name.

    Raises:
        RunFolderError: the folder exists already.
    """
    folder = Path(folder)
    if folder.exists():
        raise RunFolderError(f"{folder} exists already; remove it or choose another name")
    with atomic_folder(folder) as temporary:
        write_parquet(samples, temporary / _SAMPLES)
        manifest = {
            "format": _FORMAT,
            "mheight": mheight.__version__,
            **provenance,
            "count": len(samples),
            "groups": samples.counts(),
            "tiers": samples.groups.as_dict(),
            "sha256": _file_hash(temporary / _SAMPLES),
            "content_sha256": content_hash(samples),
        }
        for name, text in (notes or {}).items():
            write_text(temporary / name, text)
        write_json(temporary / _MANIFEST, manifest)
    return manifest


def load_dataset(folder: Path) -> Dataset:
    """Read a data set folder and check it against its manifest.

    Raises:
        InvalidDataError: a file is missing or changed, or a height is infinite.
    """
    folder = Path(folder)
    for name in (_SAMPLES, _MANIFEST):
        if not (folder / name).is_file():
            raise InvalidDataError(
                f"{folder}: a data set folder holds {_SAMPLES} and {_MANIFEST}, missing {name}"
            )
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        expected = manifest["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidDataError(f"{folder / _MANIFEST}: not a readable manifest") from None
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        said = manifest.get("format") if isinstance(manifest, dict) else None
        raise InvalidDataError(
            f"{folder / _MANIFEST}: format {_FORMAT} is needed, got {said!r:.40}"
        )
    if _file_hash(folder / _SAMPLES) != expected:
        raise InvalidDataError(
            f"{folder / _SAMPLES}: changed or damaged since it was written "
            "(its SHA-256 differs from the manifest)"
        )
    try:
        # A folder without them was made when there were no others.
        groups = Groups.from_dict(manifest["tiers"]) if "tiers" in manifest else COURSE_9
    except InvalidDataError as error:
        raise InvalidDataError(f"{folder / _MANIFEST}: {error}") from None
    samples = read_parquet(folder / _SAMPLES, groups)
    if not np.isfinite(samples.labels).all():
        raise InvalidDataError(f"{folder / _SAMPLES}: a data set holds finite heights only")
    return Dataset(samples, manifest)


def _file_hash(path: Path) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
