"""The files that the course project asks for: pickles of the best matrices and their heights.

The one place where this package writes pickles, because the course reads nothing else.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.catalogue.found import FoundCode
from mheight.files import atomic_path

__all__ = ["heights_path", "write_course_files"]

_PROTOCOL = 4  # Python 3.4 and newer


def heights_path(path: Path) -> Path:
    """The file of heights beside a file of matrices: `best_heights.pkl` for `best.pkl`."""
    return path.with_name(f"{path.stem}_heights{path.suffix}")


def write_course_files(path: Path, found: Sequence[FoundCode]) -> tuple[Path, Path]:
    """Write matrices and heights, each a dictionary by (n, k, m).

    Args:
        path: of the matrices: `{(n, k, m): P}`, P of shape (k, n-k), int64 where entries are
            integers; the heights go beside it, `{(n, k, m): float}`.
        found: codes.

    Returns:
        Both paths.
    """
    path = Path(path)
    matrices: dict[tuple[int, int, int], NDArray[Any]] = {
        (f.n, f.k, f.m): np.array([row[f.k :] for row in f.matrix], _kind(f)) for f in found
    }
    heights = {(f.n, f.k, f.m): f.height for f in found}
    for to, value in ((path, matrices), (heights_path(path), heights)):
        with atomic_path(to) as temporary:
            temporary.write_bytes(pickle.dumps(value, _PROTOCOL))
    return path, heights_path(path)


def _kind(found: FoundCode) -> type:
    return np.int64 if found.entries == "integer" else np.float64
