"""Files and folders that are written whole or not at all, through a power cut too.

What is half written lies beside its place under a name that begins with `.partial-`, and is locked
by its writer.  After a kill it stays there without a lock; the next process that writes into
that folder removes it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mheight.errors import InvalidDataError

__all__ = [
    "atomic_folder",
    "atomic_path",
    "require_apart",
    "require_writable",
    "write_json",
    "write_text",
]


_PARTIAL = re.compile(r"\.partial-[a-z0-9_]{8}(?![a-z0-9_])")
_swept: set[tuple[int, int]] = set()


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it when the block succeeds.

    The temporary file has the name of `path`, because some writers go by its ending, in a folder
    of its own.  On an error it is removed and `path` stays as it was.  The content is on
    the disk before the name is, and both before this returns.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    # A folder is locked, not the file in it: HDF5 puts a lock of its own on files.
    folder, lock = _locked(lambda: _new_folder(path.parent))
    try:
        temporary = folder / path.name
        temporary.touch()
        _publish(temporary, 0o666)
        yield temporary
        _to_disk(temporary)
        os.replace(temporary, path)
        _to_disk(path.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path` that becomes `path` when the block succeeds.

    Raises:
        FileExistsError: `path` exists already.
    """
    path = Path(path)
    if path.exists():
        raise FileExistsError(f"{path} exists already")
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    suffix = f"-{path.name}"[:100]
    temporary, lock = _locked(lambda: _new_folder(path.parent, suffix))
    try:
        _publish(temporary, 0o777)
        yield temporary
        for inside in (*temporary.rglob("*"), temporary):
            _to_disk(inside)
        os.rename(temporary, path)
        _to_disk(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(lock)


def _new_folder(parent: Path, suffix: str = "") -> Path:
    return Path(tempfile.mkdtemp(dir=parent, prefix=".partial-", suffix=suffix))


def _locked(make: Callable[[], Path]) -> tuple[Path, int]:
    """A new folder, and an open handle that locks it as long as it is written to."""
    while True:
        path = make()
        try:
            lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # another process swept it before it was locked
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:
            return path, lock  # a file system without locks, where nothing is swept
        try:
            if os.path.samestat(os.fstat(lock), path.stat()):
                return path, lock
        except FileNotFoundError:
            pass
        os.close(lock)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left half written in a folder; once for each process."""
    try:
        here = folder.stat()
        if (here.st_dev, here.st_ino) in _swept:
            return
        _swept.add((here.st_dev, here.st_ino))
        with os.scandir(folder) as entries:
            left = [Path(entry.path) for entry in entries if _PARTIAL.match(entry.name)]
    except OSError:
        return  # what follows says what is wrong with the folder
    for path in left:
        try:
            _remove_unlocked(path)
        except OSError:
            continue  # in use, not ours, or gone already


def _remove_unlocked(path: Path) -> None:
    lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        kind = os.fstat(lock).st_mode
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stat.S_ISDIR(kind):
            shutil.rmtree(path)
        elif stat.S_ISREG(kind):
            path.unlink()
    finally:
        os.close(lock)


def require_writable(
    path: Path | None, endings: Sequence[str], *, any_ending: bool = False
) -> None:
    """Say before any work is done that a result can't be written there.

    Args:
        path: the file to write; None if there is none.
        endings: what its name may end in.
        any_ending: whether it may end in anything else, or in nothing, too.

    Raises:
        InvalidDataError: another ending, a folder, a folder that is missing, or one that
            can't be written to.
    """
    if path is None:
        return
    path = Path(path)
    if path.is_dir():
        raise InvalidDataError(f"{path}: a file name is needed, got a folder")
    if not any_ending and path.suffix.lower() not in endings:
        raise InvalidDataError(f"{path}: the output must end in {', '.join(endings)}")
    if not path.parent.is_dir():
        raise InvalidDataError(f"{path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise InvalidDataError(f"{path}: the folder {path.parent} can't be written to")


def require_apart(outputs: Iterable[Path | None], inputs: Iterable[Path | int | None]) -> None:
    """Say before any work is done that a result would take the place of what it is made of.

    Links of both kinds and other spellings of a name are seen through.

    Args:
        outputs: files or folders to be written; None for one that is not asked for.
        inputs: files or folders to be read, or the number of an open file.

    Raises:
        InvalidDataError: an output is an input, lies in a folder that is one, or is another
            output.
    """
    wanted = [Path(path) for path in outputs if path is not None]
    for i, output in enumerate(wanted):
        for source in inputs:
            if source is None:
                continue
            name = "standard input" if isinstance(source, int) else str(source)
            if _same(output, source):
                raise InvalidDataError(
                    f"{output}: this is the input {name}, which would be lost; "
                    "choose another name for the output"
                )
            if not isinstance(source, int) and any(
                _same(folder, source) for folder in _above(output)
            ):
                raise InvalidDataError(
                    f"{output}: this lies in the input {name}; choose a place outside of it"
                )
        if any(_same(output, other) for other in wanted[:i]):
            raise InvalidDataError(f"{output}: two results would be written to this name")


def _same(left: Path, right: Path | int) -> bool:
    try:
        return os.path.samestat(left.stat(), os.stat(right))
    except (OSError, ValueError):
        # What is not there yet can still be named twice.
        return not isinstance(right, int) and os.path.realpath(left) == os.path.realpath(right)


def _above(path: Path) -> list[Path]:
    """The folders that a path lies in, as spelled and behind links."""
    spelled = Path(os.path.abspath(path))
    return [*spelled.parents, *Path(os.path.realpath(spelled)).parents]


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, would survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems have no way to do it for a folder; a full disk is another matter.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def _publish(path: Path, mode: int) -> None:
    """Give a private temporary the permissions that any new file or folder has."""
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(mode & ~umask)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")
