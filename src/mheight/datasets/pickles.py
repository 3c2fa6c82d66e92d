"""Reading the course project's pickles without running what is in them.

A pickle is a program.  The unpickler here admits the functions that rebuild NumPy
arrays and nothing else; lists, tuples, numbers and strings need no function.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from mheight.codes import real_array
from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError, UnsafePickleError

__all__ = ["load_pickle", "read_pickled_heights", "read_pickled_samples"]

_ALLOWED = {
    (module, name)
    for module, names in {
        "numpy": ("ndarray", "dtype"),
        "numpy.core.multiarray": ("_reconstruct", "scalar"),
        "numpy._core.multiarray": ("_reconstruct", "scalar"),
        "numpy.core.numeric": ("_frombuffer",),
        "numpy._core.numeric": ("_frombuffer",),
        "_codecs": ("encode",),
    }.items()
    for name in names
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise UnsafePickleError(
                f"the pickle asks for {module}.{name}; only NumPy arrays, numbers and plain "
                "containers are read, because a pickle can run code"
            )
        # NumPy 2 renamed numpy.core; both spellings are found under the new name.
        found = super().find_class(module.replace("numpy.core.", "numpy._core."), name)
        if isinstance(found, type):
            return found

        # A pickle can set attributes on what it is given, so it is given a copy.
        def call(*arguments: Any) -> Any:
            return found(*arguments)

        return call


def load_pickle(path: Path) -> Any:
    """The object in a pickle of arrays, numbers and plain containers.

    Raises:
        UnsafePickleError: the pickle asks for anything else.
        InvalidDataError: the file is empty, cut short, or no pickle.
        OSError: the file can't be read.
    """
    content = Path(path).read_bytes()
    if not content:
        raise InvalidDataError(f"{path}: a pickle is needed, got an empty file")
    try:
        return _ArrayUnpickler(io.BytesIO(content)).load()
    except UnsafePickleError as error:
        raise UnsafePickleError(f"{path}: {error}") from None
    except Exception as error:  # a broken pickle can raise anything at all
        raise InvalidDataError(
            f"{path}: not a readable pickle, perhaps cut short ({type(error).__name__}: {error})"
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
