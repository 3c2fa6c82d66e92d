"""How kernels are compiled and kept: once a machine, and anew when their source changes.

Compiled kernels are kept in the folder `NUMBA_CACHE_DIR` if that is set, else beside the
package, else in the user's cache; whatever is found in one of them is used, also where
nothing can be written.  Where nothing can be kept, kernels are compiled in each process.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import sys
import types
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

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
from numba.extending import intrinsic

__all__ = ["for_work", "is_compiled", "kernel", "kernel_function", "on_compiling", "plain"]

config: Any = numba_config  # its attributes are set at run time
_log = logging.getLogger("mheight")

COMPILING = "compiling, once; the next start is faster"
NOT_KEPT = "compiled kernels cannot be kept ({reason}); set NUMBA_CACHE_DIR to a writable folder"


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: `numba.njit` without the GIL and without bounds checks, kept on disk.

    What is kept depends on the source of every kernel that is called and on the constants
    that are read, so that nothing stale is ever run.

    Args:
        options: of `numba.njit`.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**{"nogil": True, "boundscheck": False, **options})(function)
        dispatcher._cache = _Cache(function)
        return dispatcher

    return decorate


_in_python: dict[int, Callable[..., Any]] = {}


def kernel_function(
    function: Callable[..., Any], in_python: Callable[..., Any] | None = None
) -> Any:
    """`numba.extending.intrinsic`, for type checkers a function of anything.

    Args:
        function: writes the instructions.
        in_python: does the same in an interpreted kernel (see `plain`), where one is needed.
    """
    made = intrinsic(function)
    if in_python is not None:
        _in_python[id(made)] = in_python
    return made


def is_compiled(*kernels: Any) -> bool:
    """Whether this process has compiled or loaded these kernels."""
    return all(one.overloads for one in kernels)


@cache
def plain(function: Any) -> Callable[..., Any]:
    """A kernel as Python runs it: the same source, the same numbers to the last bit.

    A thousand times as slow, but there is nothing to compile.
    """
    if id(function) in _in_python:
        return _in_python[id(function)]
    source = function.py_func
    names = dict(source.__globals__)
    for name, value in _used(source):
        if isinstance(value, Dispatcher) or _is_intrinsic(value):
            names[name] = plain(value)
    return types.FunctionType(
        source.__code__, names, source.__name__, source.__defaults__, source.__closure__
    )


_SLOWER = 1000.0  # times a kernel takes, interpreted
_left = 1.0  # seconds that this process may spend in interpreted kernels


def for_work(function: Any, seconds: float) -> Callable[..., Any]:
    """A kernel, or the same interpreted where that is done before a compiler would be.

    Args:
        function: a kernel.
        seconds: about how long the compiled kernel will take.
    """
    global _left
    if function.overloads or _SLOWER * seconds > _left:
        return function  # type: ignore[no-any-return]
    _left -= _SLOWER * seconds
    return plain(function)


def _used(function: Any) -> Iterator[tuple[str, Any]]:
    """Global names that a function reads, with their values."""
    for name in sorted(set(function.__code__.co_names)):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def _is_intrinsic(value: Any) -> bool:
    return type(value).__name__ == "_Intrinsic"


# --- what is said ------------------------------------------------------------------------

_listeners: list[Callable[[str], None]] = []
_said: set[str] = set()


def on_compiling(listener: Callable[[str], None]) -> None:
    """Have something told once a process: that kernels are compiled, or can't be kept.

    Without a listener, the logger "mheight" gets it, at level INFO.

    Args:
        listener: is called with the text.
    """
    _listeners[:] = [listener]


def _say(text: str) -> None:
    if text in _said:
        return
    _said.add(text)
    _log.info(text)
    for listener in _listeners:
        listener(text)


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

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        target_context.refresh()
        if not self._enabled:
            return None
        for place in self._found():
            # Whatever is wrong with a file, it can be made again.
            try:
                kept = place.load((signature, target_context.codegen().magic_tuple()))
                if kept is not None:
                    return CompileResult._rebuild(target_context, *kept)
            except Exception as error:
                _log.debug("a compiled kernel can't be used: %r", error)
        _say(COMPILING)
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        if not self._enabled or result.library.has_dynamic_globals:
            return
        key, data = (signature, result.library.codegen.magic_tuple()), result._reduce()
        reason = "no folder for them"
        for place in self._found():
            try:
                place.keep(key, data)
                return
            except OSError as error:
                reason = f"{error.strerror or error}, {place.folder}"
        _say(NOT_KEPT.format(reason=reason))

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

    def _load_data(self, name: str) -> Any:
        data = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(data[32:]).digest() != data[:32]:
            raise OSError(f"{name} is damaged")
        return pickle.loads(data[32:])

    def _save_data(self, name: str, data: Any) -> None:
        dumped = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(hashlib.sha256(dumped).digest() + dumped)


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
    parts = [*sorted(_hash(file) for file in files), *sorted(constants)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _hash(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
