"""A bundle: everything that predicting with a trained network needs, and nothing that runs.

One folder, or a zip of it, with these files and no other:

    network.onnx      the network
    features.json     name and statistics of its features
    domain.json       what the codes were like that it was trained on
    calibration.json  intervals of its predictions
    manifest.json     where it comes from, on what it was measured, versions
    MODEL_CARD.md     the same for people
    SHA256SUMS        hashes of the others, as `sha256sum -c` reads them
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from mheight.archives import unzipped
from mheight.deployment.checked_json import object_of
from mheight.deployment.manifest import FORMAT, Manifest
from mheight.errors import BundleError
from mheight.files import atomic_folder, atomic_path

__all__ = ["FILES", "FORMAT", "OUTPUT", "Bundle", "check_target", "read_bundle", "write_bundle"]

_SUMS = "SHA256SUMS"

OUTPUT = "log2_height"
"""Name of the network's answer, shape (rows, 1)."""

FILES = (
    "network.onnx",
    "features.json",
    "domain.json",
    "calibration.json",
    "manifest.json",
    "MODEL_CARD.md",
)

_MOST_BYTES = 256 * 2**20
_MOST_TEXT = 4 * 2**20  # of each file but the network


@dataclass(frozen=True, eq=False)
class Bundle:
    """The checked content of a bundle.

    Attributes:
        source: where it was read from, for messages.
        network: the ONNX network.
        features: name and statistics.
        domain: ranges by group.
        calibration: intervals by group.
        manifest: origin, measurements, versions.
        card: the model card, Markdown.
    """

    source: str
    network: bytes
    features: dict[str, Any]
    domain: dict[str, Any]
    calibration: dict[str, Any]
    manifest: Manifest
    card: str


def check_target(path: Path) -> None:
    """Whether a bundle can be written there; says so before any work is done.

    Raises:
        BundleError: something is there already.
    """
    if Path(path).exists():
        raise BundleError(f"{path} exists already; remove it or choose another name")


def write_bundle(contents: dict[str, bytes], path: Path) -> None:
    """Write a bundle, whole or not at all.

    Args:
        contents: all of `FILES` with their bytes.
        path: a folder to make, or a file that ends in `.zip`.

    Raises:
        BundleError: the path exists already.
    """
    check_target(path)
    complete = {**contents, _SUMS: _sums(contents)}
    if Path(path).suffix.lower() == ".zip":
        with (
            atomic_path(path) as temporary,
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, content in complete.items():
                # A fixed date, so that the same bundle is the same file.
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return
    with atomic_folder(path) as folder:
        for name, content in complete.items():
            (folder / name).write_bytes(content)


def read_bundle(path: Path) -> Bundle:
    """Read a bundle and check it against its hashes.

    The hashes find damage and careless changes.  They don't prove who made a bundle; its
    files are data all the same: an ONNX graph and JSON, no code and no pickle.

    Args:
        path: the folder or the zip.

    Raises:
        BundleError: a file is missing, unknown, changed, cut short, or of another format.
    """
    path = Path(path)
    if path.is_dir():
        contents = _from_folder(path)
    elif path.is_file():
        contents = _from_zip(path)
    else:
        raise BundleError(f"{path}: no such bundle")
    sums = contents.pop(_SUMS)
    for name, line in zip(FILES, sums.decode("utf-8", "replace").splitlines(), strict=False):
        if line != _line(name, contents[name]):
            raise BundleError(f"{path}: {name} was changed or damaged (its SHA-256 differs)")
    if sums != _sums(contents):
        raise BundleError(f"{path}: {_SUMS} was changed or damaged")
    features, domain, calibration, stated = (
        _object(path, name, contents[name]) for name in FILES if name.endswith(".json")
    )
    if stated.get("format") != FORMAT:
        raise BundleError(
            f"{path}: a bundle of format {FORMAT} is needed, got {stated.get('format')!r:.40}"
        )
    try:
        manifest = Manifest.from_dict(stated)
    except ValueError as error:
        raise BundleError(f"{path}: manifest.json can't be used ({error})") from None
    _require_agreement(path, features, calibration, manifest)
    try:
        card = contents["MODEL_CARD.md"].decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(
            f"{path}: MODEL_CARD.md can't be read: text in UTF-8 is needed ({error.reason} at "
            f"{error.start})"
        ) from None
    return Bundle(
        str(path), contents["network.onnx"], features, domain, calibration, manifest, card
    )


def _object(path: Path, name: str, content: bytes) -> dict[str, Any]:
    try:
        return object_of(content)
    except ValueError as error:
        raise BundleError(f"{path}: {name} is no JSON of a bundle ({error})") from None


def _require_agreement(
    path: Path, features: dict[str, Any], calibration: dict[str, Any], manifest: Manifest
) -> None:
    """What stands in two files must be the same in both."""
    groups = None if manifest.groups is None else manifest.groups.as_dict()
    values = features.get("values")
    stored = values if isinstance(values, dict) else {}
    for what, said, found in (
        ("features", manifest.features, features.get("name")),
        ("groups", groups, stored.get("groups")),
        ("level", manifest.intervals.level, calibration.get("level")),
    ):
        if said != found:
            raise BundleError(
                f"{path}: manifest.json says {what} {said!r:.40}, but it is {found!r:.40}"
            )


def _line(name: str, content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()}  {name}"


def _sums(contents: dict[str, bytes]) -> bytes:
    return "".join(_line(name, contents[name]) + "\n" for name in FILES).encode()


def _require_names(path: Path, names: set[str]) -> None:
    wanted = {*FILES, _SUMS}
    for kind, wrong in (("not part of it", names - wanted), ("missing", wanted - names)):
        if wrong:
            raise BundleError(
                f"{path}: a bundle holds {', '.join([*FILES, _SUMS])}; "
                f"{kind}: {', '.join(sorted(wrong)[:8])}"
            )


def _most(name: str) -> int:
    return _MOST_BYTES if name == "network.onnx" else _MOST_TEXT


def _require_size(path: Path, size: int, most: int) -> None:
    if size > most:
        raise BundleError(f"{path}: at most {most:,} bytes are read")


def _from_folder(path: Path) -> dict[str, bytes]:
    with os.scandir(path) as entries:
        _require_names(path, {entry.name for entry in islice(entries, 1000)})
    out: dict[str, bytes] = {}
    left = _MOST_BYTES
    for name in (*FILES, _SUMS):
        out[name] = _plain_file(path / name, min(left, _most(name)))
        left -= len(out[name])
    return out


def _plain_file(path: Path, most: int) -> bytes:
    """The bytes of a file; of anything else, which might never end, not one."""
    # A pipe that nobody writes to would be waited for here, but for the flag.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise BundleError(f"{path}: a file is needed, got a folder, a device or a pipe")
    with open(handle, "rb") as stream:
        # Room is made for as much as is asked for, so no more than there is.
        content = stream.read(min(most, found.st_size) + 1)
    _require_size(path, len(content), most)
    return content


def _from_zip(path: Path) -> dict[str, bytes]:
    """Members are read into memory, never unpacked to disk."""
    with path.open("rb") as stream:
        try:
            contents = unzipped(stream, _MOST_BYTES)
        except ValueError as error:
            raise BundleError(f"{path}: not a readable zip ({error})") from None
    _require_names(path, set(contents))
    for name, content in contents.items():
        _require_size(path / name, len(content), _most(name))
    return contents
