"""A job: a folder with a manifest and shards, each file written whole.

    out/manifest.json          what is computed, from what, in how many shards
    out/shards/00000012-NAME-CHECKSUM.parquet

NAME is a hash of everything that matters to the shard; CHECKSUM is one of the bytes of the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mheight
from mheight.errors import JobError
from mheight.files import atomic_path, write_json
from mheight.jobs.naming import Shard, file_parts, hashed, is_whole

__all__ = ["JobFolder", "open_job", "read_job"]

FORMAT = 1
_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 2**20
_FIELDS = {
    "format": int, "what": str, "kind": str, "mheight": str, "parameters": dict,
    "ending": str, "repeatable": bool, "job": str,
}  # fmt: skip


@dataclass
class JobFolder:
    """A job on disk.

    Attributes:
        path: the folder.
        kind: what is computed, as `heights`.
        parameters: everything that matters to it.
        ending: of the files of shards.
        version: of the package that computes it.
        repeatable: whether a shard always comes to the same bytes; where a time limit ends a
            search, it need not, and of two results the first counts.
        shards: how many there are; None until that is known.

    A file whose checksum was looked at, or that was written, is not read again as long as its
    size and time stay the same.
    """

    path: Path
    kind: str
    parameters: dict[str, Any]
    ending: str
    version: str
    repeatable: bool = True
    shards: int | None = None
    _seen: dict[str, tuple[int, int]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def name(self) -> str:
        """A hash of what the job is; equal for equal jobs, wherever they are."""
        return hashed(
            {
                "format": FORMAT,
                "kind": self.kind,
                "mheight": self.version,
                "parameters": self.parameters,
            }
        )

    @property
    def folder(self) -> Path:
        """Where the shards are."""
        return self.path / "shards"

    def shard(self, number: int, about: Mapping[str, Any]) -> Shard:
        """A shard of the job by what is particular to it, as its range."""
        return Shard(number, hashed({"job": self.name, "number": number, **about}))

    def keep(self, shard: Shard, content: bytes) -> Path:
        """Write a shard, whole or not at all."""
        path = self.folder / shard.file_name(content, self.ending)
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
        self.note(path)
        return path

    def note(self, path: Path) -> None:
        """A shard was just written, or its checksum looked at."""
        self._seen[path.name] = _stamp(path)

    def found(self) -> dict[int, Path]:
        """The shards that are there, by number, each with the bytes that its name promises.

        Raises:
            JobError: a file that was changed, or two results of one shard.
        """
        out: dict[int, Path] = {}
        for path, number, checksum in self._files():
            if self._seen.get(path.name) == _stamp(path):
                pass
            elif is_whole(path, checksum):
                self.note(path)
            else:
                raise JobError(
                    f"{path}: changed since it was written (its SHA-256 is not that of its name); "
                    "remove it, and the same command makes it again"
                )
            if number in out and self.repeatable:
                raise JobError(
                    f"{path}: another result of shard {number} than {out[number].name}; "
                    "remove both, and the same command makes it again"
                )
            out.setdefault(number, path)
        return out

    def numbers(self) -> set[int]:
        """Numbers of the shards that are there, their content not looked at."""
        return {number for _, number, _ in self._files()}

    def _files(self) -> list[tuple[Path, int, str]]:
        files = []
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else []:
            parts = file_parts(path.name)
            if parts is None or parts[3] != self.ending:
                if path.name.startswith("."):
                    continue  # half written, and swept by the next who writes there
                raise JobError(f"{path}: no shard of this job")
            files.append((path, parts[0], parts[2]))
        return files

    def complete(self, shards: int) -> None:
        """Note how many shards there are."""
        if self.shards != shards:
            self.shards = shards
            self.write_manifest()

    def write_manifest(self) -> None:
        """Write the manifest, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(
            self.path / _MANIFEST,
            {
                "format": FORMAT,
                "what": "mheight job",
                "kind": self.kind,
                "mheight": self.version,
                "job": self.name,
                "parameters": self.parameters,
                "ending": self.ending,
                "repeatable": self.repeatable,
                "shards": self.shards,
            },
        )

    def require_complete(self) -> list[Path]:
        """All shards in their order.

        Raises:
            JobError: some are missing.
        """
        found = self.found()
        if self.shards is None or len(found) < self.shards:
            of = "an unknown number of" if self.shards is None else f"{self.shards:,}"
            raise JobError(
                f"{self.path}: {len(found):,} of {of} shards are there; the command that made them "
                "goes on, or mheight merge adds those made elsewhere"
            )
        return [found[number] for number in range(self.shards)]


def open_job(
    path: Path,
    kind: str,
    parameters: Mapping[str, Any],
    ending: str,
    *,
    repeatable: bool = True,
    version: str = mheight.__version__,
) -> JobFolder:
    """The job of a folder, made if there is none.

    Args:
        path: the folder; new, empty, or of the same job.
        kind: what is computed.
        parameters: everything that matters to it, as plain values.
        ending: of the files of shards.
        repeatable: whether shards always come to the same bytes.
        version: of the package that computes it.

    Raises:
        JobError: the folder holds another job, or something else.
    """
    path = Path(path)
    job = JobFolder(path, kind, dict(parameters), ending, version, repeatable)
    if not (path / _MANIFEST).exists():
        # A command that was killed before it wrote the manifest leaves hidden files at most.
        if path.exists() and not (path.is_dir() and _is_bare(path)):
            raise JobError(f"{path} exists already and holds no job; choose another name")
        job.write_manifest()
        return job
    there = read_job(path)
    if there.name != job.name:
        advice = "choose another name"
        if not there.numbers():  # as one that failed at its first shard
            advice = "it has no shard yet: remove it, or choose another name"
        raise JobError(f"{path} holds another job: {_difference(there, job)}; {advice}")
    return there


def read_job(path: Path) -> JobFolder:
    """The job of a folder.

    Raises:
        JobError: there is none, or its manifest is damaged.
    """
    path = Path(path)
    manifest = path / _MANIFEST
    if not manifest.is_file():
        raise JobError(f"{path}: no job is there ({_MANIFEST} is missing)")
    if manifest.stat().st_size > _LARGEST_MANIFEST:
        raise JobError(f"{manifest}: not the manifest of a job")
    try:
        values = json.loads(manifest.read_text(encoding="utf-8"))
        if values["what"] != "mheight job":
            raise ValueError
        said = values["format"]
        if said != FORMAT:
            raise JobError(f"{manifest}: format {FORMAT} is needed, got {said!r:.40}")
        if any(type(values[name]) is not kind for name, kind in _FIELDS.items()):
            raise ValueError
        shards = values["shards"]
        if shards is not None and (type(shards) is not int or shards < 0):
            raise ValueError
        job = JobFolder(
            path, values["kind"], values["parameters"], values["ending"], values["mheight"],
            values["repeatable"], shards,
        )  # fmt: skip
        changed = job.name != values["job"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise JobError(f"{manifest}: not the manifest of a job") from None
    if changed:
        raise JobError(f"{manifest}: changed since it was written (its hash differs)")
    return job


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _is_bare(path: Path) -> bool:
    return all(one.name.startswith(".") or one.name == "shards" for one in path.iterdir())


def _difference(there: JobFolder, asked: JobFolder) -> str:
    """What two jobs differ in, in a few words."""
    if there.kind != asked.kind:
        return f"of {there.kind}, not {asked.kind}"
    if there.version != asked.version:
        return f"of mheight {there.version}, this is {asked.version}"
    names = sorted({*there.parameters, *asked.parameters})
    parts = []
    for name in names:
        left, right = there.parameters.get(name), asked.parameters.get(name)
        if left != right:
            parts.append(f"{name} {_short(left)} there, {_short(right)} asked for")
    return "; ".join(parts[:3])


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 24 else text[:20] + "..."
