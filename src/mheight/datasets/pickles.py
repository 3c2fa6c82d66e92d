"""Reading the course project's pickles without running what is in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mheight.codes import real_array
from mheight.datasets.pickled_values import MOST_BYTES, pickled_value
from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError, UnsafePickleError

__all__ = ["load_pickle", "read_pickled_heights", "read_pickled_samples", "unpickled"]


def load_pickle(path: Path) -> Any:
    """The object in a pickle of arrays, numbers and plain containers.

    Arrays of objects come as nested lists.

    Raises:
        UnsafePickleError: the pickle asks for anything else.
        InvalidDataError: the file is empty, cut short, no pickle, too large, or small but
            made to fill the memory.
        OSError: the file can't be read.
    """
    path = Path(path)
    if path.stat().st_size > MOST_BYTES:
        raise InvalidDataError(
            f"{path}: a pickle may have {MOST_BYTES // 2**20} MiB; write Parquet for larger data"
        )
    return unpickled(path.read_bytes(), str(path))


def unpickled(content: bytes, where: str) -> Any:
    """The object in the bytes of a pickle; see `load_pickle`.

    Args:
        content: one pickle.
        where: its source, for messages.

    Raises:
        UnsafePickleError: it asks for more than data.
        InvalidDataError: it is empty, damaged, or made to fill the memory.
    """
    if not content:
        raise InvalidDataError(f"{where}: a pickle is needed, got an empty file")
    try:
        return pickled_value(content)
    except UnsafePickleError as error:
        raise UnsafePickleError(f"{where}: {error}") from None
    except InvalidDataError as error:
        raise InvalidDataError(f"{where}: not a readable pickle: {error}") from None
    except Exception as error:  # a broken pickle can raise anything at all
        text = " ".join(str(error).split())[:200]
        raise InvalidDataError(
            f"{where}: not a readable pickle, perhaps cut short ({type(error).__name__}: {text})"
        ) from None


def read_pickled_samples(path: Path) -> Samples:
    """The unlabelled samples in a course pickle: a list of `[n, k, m, P]`.

    Raises:
        InvalidDataError: as `load_pickle`, or a sample breaks a rule.
    """
    rows = load_pickle(path)
    if not isinstance(rows, list | tuple):
        raise InvalidDataError(
            f"{path}: a list of samples [n, k, m, P] is needed, got {type(rows).__name__}"
        )
    return Samples.from_rows(rows, where=str(path))


def read_pickled_heights(path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The heights in a course pickle: a list of numbers.

    Raises:
        InvalidDataError: as `load_pickle`, or it holds something else.
    """
    heights = real_array(load_pickle(path))
    if heights is None or heights.ndim != 1:
        raise InvalidDataError(f"{path}: a list of heights is needed")
    return heights
