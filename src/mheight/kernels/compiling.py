"""How kernels are compiled and kept: once a machine, and anew when their source changes.

Compiled kernels are kept in the folder `NUMBA_CACHE_DIR` if that is set, else beside the
package, else in the user's cache; whatever is found in one of them is used, also where
nothing can be written.  Where nothing can be kept, kernels are compiled in each process.

The logger "mheight.compiling" is told once a process that kernels are compiled (at level
INFO), or that they can't be kept (WARNING).
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numba.core import config as numba_config
from numba.core.caching import (
    IndexDataCacheFile,
    InTreeCacheLocator,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
)
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher
from numba.core.types import BaseTuple, unliteral
from numba.extending import intrinsic

__all__ = [
    "for_work",
    "interpret_no_more",
    "kernel",
    "kernel_function",
    "of_one_form",
    "plain",
    "work_clock",
]

config: Any = numba_config  # its attributes are set at run time
_log = logging.getLogger("mheight.compiling")


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: `numba.njit` without the GIL and without bounds checks, kept on disk.

    What is kept depends on the source of every kernel that is called and on the constants
    that are read, so that nothing stale is ever run.

    Args:
        options: of `numba.njit`.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(
            **{"nogil": True, "boundscheck": False, "no_cfunc_wrapper": True, **options}
        )(function)
        dispatcher._cache = _Cache(function)
        dispatcher.compile = _timed(dispatcher.compile)
        # Type inference asks for forms by literal arguments too, and then uses none of them.
        template = dispatcher.get_call_template
        dispatcher.get_call_template = lambda args, kws: template(
            [unliteral(one) for one in args], {name: unliteral(one) for name, one in kws.items()}
        )
        return dispatcher

    return decorate


def kernel_function(
    in_python: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: `numba.extending.intrinsic`, for type checkers a function of anything.

    Args:
        in_python: does in an interpreted kernel (see `plain`) what the instructions do;
            None where no kernel that is interpreted needs it.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        made: Any = intrinsic(function)
        made.in_python = in_python
        return made

    return decorate


@cache
def plain(function: Any) -> Callable[..., Any]:
    """A kernel as Python runs it: the same source, the same numbers to the last bit.

    A thousand times as slow, but there is nothing to compile.
    """
    if _is_intrinsic(function):
        if function.in_python is None:
            raise TypeError(f"{function} is for compiled kernels only")
        return function.in_python  # type: ignore[no-any-return]
    source = function.py_func
    names = dict(source.__globals__)
    for name, value in _used(source):
        if isinstance(value, Dispatcher) or _is_intrinsic(value):
            names[name] = plain(value)
    return types.FunctionType(
        source.__code__, names, source.__name__, source.__defaults__, source.__closure__
    )


_SLOWER = 1000.0  # times a kernel takes, interpreted
_LOADING, _COMPILING = 0.3, 1.0  # seconds, at the least
_spent = 0.0  # seconds in interpreted kernels


def for_work(function: Any, seconds: float) -> Callable[..., Any]:
    """A kernel, or the same interpreted where that is done before the kernel would be ready.

    A process spends no more time in interpreted kernels than it takes to load or compile one.

    Args:
        function: a kernel.
        seconds: about how long the compiled kernel will take.
    """
    global _spent
    spent = _spent + _SLOWER * seconds
    if (
        function.overloads
        or spent > _COMPILING
        or (spent > _LOADING and function._cache.holds_something())
    ):
        return function  # type: ignore[no-any-return]
    _spent = spent
    return _quietly(plain(function))


def of_one_form(array: Any) -> Any:
    """A float64 array, copied unless it is C-contiguous and may be written.

    Kernels are compiled anew for every other layout, and for what is read-only.
    """
    return np.require(array, np.float64, ("C", "W"))


def interpret_no_more() -> None:
    """Have `for_work` give compiled kernels only, for a service that starts once."""
    global _spent
    _spent = float("inf")


def _quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same without the warnings of NumPy, which compiled kernels do not have."""

    def quiet(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments)

    return quiet


def _used(function: Any) -> Iterator[tuple[str, Any]]:
    """Global names that a function reads, with their values."""
    for name in sorted(set(function.__code__.co_names)):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def _is_intrinsic(value: Any) -> bool:
    return type(value).__name__ == "_Intrinsic"


# --- what is said, and what counts as work -------------------------------------------------

_said: set[int] = set()
_own = threading.local()


def _say(level: int, text: str) -> None:
    """Log a text; of one level only the first in a process."""
    if level not in _said:
        _said.add(level)
        _log.log(level, text)


def work_clock() -> float:
    """Seconds by a clock that stands still while this thread compiles or loads a kernel."""
    spent: float = getattr(_own, "spent", 0.0)
    return time.perf_counter() - spent


def _timed(compile_for: Callable[..., Any]) -> Callable[..., Any]:
    def compiled(signature: Any) -> Any:
        if getattr(_own, "compiling", False):
            return compile_for(signature)
        _own.compiling, start = True, time.perf_counter()
        try:
            return compile_for(signature)
        finally:
            _own.compiling = False
            _own.spent = getattr(_own, "spent", 0.0) + time.perf_counter() - start

    return compiled


# --- what is kept ------------------------------------------------------------------------


class _Cache:
    """Compiled forms of one kernel, on disk: what Numba asks of the cache of a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._places: list[_Place] | None = None
        self._enabled = True

    @property
    def cache_path(self) -> str | None:
        places = self._found()
        return places[0].folder if places else None

    def enable(self) -> None:
        self._enabled = True

    def disable(self) -> None:
        self._enabled = False

    def flush(self) -> None:
        for place in self._found():
            try:
                place.flush()
            except OSError:
                continue

    def holds_something(self) -> bool:
        """Whether a compiled form is kept, for whatever arguments and machine."""
        for place in self._found():
            with suppress(Exception):
                if place.names():
                    return True
        return False

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        target_context.refresh()
        if not self._enabled:
            return None
        for place in self._found():
            # Whatever is wrong with a file, it can be made again.
            try:
                kept = place.load(_key(signature, target_context.codegen()))
                if kept is not None:
                    return CompileResult._rebuild(target_context, *kept)
            except Exception as error:
                _log.debug("a compiled kernel can't be used: %r", error)
        _say(logging.INFO, "compiling, once")
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        if not self._enabled or result.library.has_dynamic_globals:
            return
        key, data = _key(signature, result.library.codegen), result._reduce()
        reason = "no folder for them"
        for place in self._found():
            try:
                place.keep(key, data)
                return
            except OSError as error:
                reason = f"{error.strerror or error}, {Path(place.folder).parent}"
        _say(
            logging.WARNING,
            f"compiled kernels cannot be kept ({reason}), so each start compiles them anew; "
            "NUMBA_CACHE_DIR names a folder that can be written",
        )

    def _found(self) -> list[_Place]:
        """Where to look, and to write, in this order."""
        if self._places is None:
            source = self._function.__code__.co_filename
            version = f"py{sys.version_info[0]}{sys.version_info[1]}{sys.abiflags}"
            name = f"{Path(source).stem}.{self._function.__qualname__}-{version}"
            locators: list[Any] = [InTreeCacheLocator, UserWideCacheLocator]
            if config.CACHE_DIR:
                locators = [UserProvidedCacheLocator]
            try:
                stamp = _stamp(self._function)
                folders = [one(self._function, source).get_cache_path() for one in locators]
            except OSError:  # no source to be seen
                folders = []
            self._places = [_Place(folder, name, stamp) for folder in folders]
        return self._places


class _Place(IndexDataCacheFile):
    """Numba's files of a kernel in one folder, with a checksum: damaged code is not run."""

    def __init__(self, folder: str, name: str, stamp: str) -> None:
        super().__init__(folder, name, stamp)
        self.folder = folder

    def keep(self, key: Any, data: Any) -> None:
        """Write a compiled form.

        Raises:
            OSError: it can't be written.
        """
        os.makedirs(self.folder, exist_ok=True)
        try:
            self.save(key, data)
        except OSError:
            raise
        except Exception:  # an index that can't be read
            self.flush()
            self.save(key, data)

    def names(self) -> list[str]:
        """Files of compiled forms."""
        return list(self._load_index().values())

    def _load_data(self, name: str) -> Any:
        data = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(data[32:]).digest() != data[:32]:
            raise OSError(f"{name} is damaged")
        return pickle.loads(data[32:])

    def _save_data(self, name: str, data: Any) -> None:
        dumped = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(hashlib.sha256(dumped).digest() + dumped)


def _key(signature: Any, codegen: Any) -> Any:
    """What a compiled form is for: argument types, fields of named tuples, and the machine."""
    return signature, tuple(_fields(signature)), codegen.magic_tuple()


def _fields(kinds: Any) -> Iterator[tuple[str, ...]]:
    """Fields of the named tuples among types, and of those within them."""
    for one in kinds:
        if isinstance(one, BaseTuple):
            yield getattr(one, "fields", ())
            yield from _fields(one)


def _stamp(function: Any) -> str:
    """A hash of all that the compiled form of a kernel depends on."""
    files, constants, open_ = set(), set(), [function]
    seen: set[int] = set()
    while open_:
        one = open_.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        files.add(one.__code__.co_filename)
        for name, value in _used(one):
            if isinstance(value, Dispatcher):
                open_.append(value.py_func)
            elif _is_intrinsic(value):
                open_.append(value._defn)
            elif isinstance(value, int | float | str | tuple):
                constants.add(f"{name}={value!r}")
            elif hasattr(value, "_fields"):  # a named tuple, whose fields may trade places
                constants.add(f"{name}={value._fields}")
    parts = [*sorted(_hash(file) for file in files), *sorted(constants)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _hash(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
