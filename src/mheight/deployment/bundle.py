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
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mheight.errors import BundleError
from mheight.files import atomic_folder, atomic_path

__all__ = ["FILES", "FORMAT", "Bundle", "check_target", "read_bundle", "write_bundle"]

FORMAT = 1
"""Version of the layout; a bundle of another one is refused."""

_SUMS = "SHA256SUMS"

FILES = (
    "network.onnx",
    "features.json",
    "domain.json",
    "calibration.json",
    "manifest.json",
    "MODEL_CARD.md",
)

_MOST_BYTES = 256 * 2**20


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
    manifest: dict[str, Any]
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
    values = {}
    for name in FILES:
        if name.endswith(".json"):
            try:
                values[name] = json.loads(contents[name])
            except ValueError as error:
                raise BundleError(f"{path}: {name} is no JSON ({error})") from None
            if not isinstance(values[name], dict):
                raise BundleError(f"{path}: {name} must hold an object")
    manifest = values["manifest.json"]
    if manifest.get("format") != FORMAT:
        raise BundleError(
            f"{path}: a bundle of format {FORMAT} is needed, got {manifest.get('format')!r}"
        )
    return Bundle(
        str(path),
        contents["network.onnx"],
        values["features.json"],
        values["domain.json"],
        values["calibration.json"],
        manifest,
        contents["MODEL_CARD.md"].decode("utf-8"),
    )


def _line(name: str, content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()}  {name}"


def _sums(contents: dict[str, bytes]) -> bytes:
    return "".join(_line(name, contents[name]) + "\n" for name in FILES).encode()


def _require_names(path: Path, names: set[str]) -> None:
    wanted = {*FILES, _SUMS}
    for kind, wrong in (("missing", wanted - names), ("not part of it", names - wanted)):
        if wrong:
            raise BundleError(
                f"{path}: a bundle holds {', '.join([*FILES, _SUMS])}; "
                f"{kind}: {', '.join(sorted(wrong)[:8])}"
            )


def _require_size(path: Path, size: int) -> None:
    if size > _MOST_BYTES:
        raise BundleError(f"{path}: a bundle has at most {_MOST_BYTES:,} bytes, got {size:,}")


def _from_folder(path: Path) -> dict[str, bytes]:
    found = {entry.name: entry for entry in path.iterdir()}
    _require_names(path, set(found))
    _require_size(path, sum(entry.stat().st_size for entry in found.values()))
    return {name: entry.read_bytes() for name, entry in found.items()}


def _from_zip(path: Path) -> dict[str, bytes]:
    """Members are read into memory, never unpacked to disk."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) != len(set(names)):
                raise BundleError(f"{path}: a file is there twice")
            _require_names(path, set(names))
            # The sizes that the archive claims; reading stops at them.
            _require_size(path, sum(entry.file_size for entry in archive.infolist()))
            return {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise BundleError(f"{path}: not a readable zip, perhaps cut short ({error})") from None
    except Exception as error:  # zlib and struct raise their own on damaged archives
        if isinstance(error, BundleError | OSError):
            raise
        raise BundleError(f"{path}: not a readable zip, perhaps damaged ({error})") from None
