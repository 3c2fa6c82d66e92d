"""`mheight design`: a search for codes with small heights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mheight.cli.console import out, say
from mheight.cli.design_options import (
    Closure,
    Entries,
    EntryKind,
    Magnitude,
    Members,
    Numbers,
    OutputFile,
    RestartCount,
    Seconds,
    StateFolder,
    Tasks,
)
from mheight.cli.interrupting import Interrupted
from mheight.cli.job_options import ClusterOption, JobOptions, PartOption
from mheight.cli.job_running import run_shown
from mheight.cli.search_display import SearchDisplay
from mheight.cli.search_options import Rounds, Seed
from mheight.cli.shared_options import JsonLines
from mheight.design import FoundCode, SearchResult, search
from mheight.design.course_files import write_course_files
from mheight.design.searching.restarts import Restarts
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.files import require_writable, write_json
from mheight.jobs import open_job

__all__ = ["design"]

_SECONDS = 60.0
_ENDINGS = (".json", ".pkl", ".pickle")

Size = tuple[int, int, int]


def design(
    numbers: Numbers = None,
    tasks: Tasks = None,
    entries: Entries = None,
    bound: Magnitude = 100,
    seconds: Seconds = None,
    rounds: Rounds = None,
    seed: Seed = 0,
    members: Members = None,
    closure: Closure = False,
    state: StateFolder = None,
    output: OutputFile = None,
    as_json: JsonLines = False,
    restarts: RestartCount = None,
    cluster: ClusterOption = None,
    shard: PartOption = None,
) -> None:
    """Search for codes with small heights: mheight design 9 4 5.

    Methods take turns: CMA-ES, polishing by linear programs, both among the codes of random
    symmetries, basin hopping, annealing over integers.  Each height shown at the end is exact,
    that of the matrix as it is.  Ctrl-C stops and keeps the best.
    """
    sizes = _sizes(numbers, tasks)
    require_writable(output, _ENDINGS)
    kind = entries or (EntryKind.INTEGER if tasks else EntryKind.REAL)
    names = None if members is None else tuple(name.strip() for name in members.split(","))
    if state is not None and state.exists() and not state.is_dir():
        raise InvalidDataError(f"{state}: a folder is needed, got a file")
    wanted = _Wanted(kind, bound, seconds, rounds, seed, names, closure)
    wanted.check(sizes)
    jobs = JobOptions.of(cluster, shard)
    if restarts is not None:
        found_by_job = _in_shards(wanted.restarts(sizes, restarts), state, jobs)
        if found_by_job is not None:
            _finish(sizes, found_by_job, as_json, output)
        return
    jobs.refuse("a single search is done in one piece; --restarts COUNT makes many")
    results: list[SearchResult] = []
    with SearchDisplay() as display:
        for size in sizes:
            results.append(wanted.search(size, state, display))
            if display.stopped:
                break
    _finish(sizes, results, as_json, output, stopped=display.stopped)


@dataclass(frozen=True)
class _Wanted:
    """What all searches of a command have in common; see the options."""

    kind: EntryKind
    bound: int
    seconds: float | None
    rounds: int | None
    seed: int
    members: tuple[str, ...] | None
    closure: bool

    def check(self, sizes: list[Size]) -> None:
        """Say what is wrong before any work is done."""
        for n, k, m in sizes:
            search(
                n, k, m, entries=self.kind.value, bound=self.bound, rounds=0, seed=self.seed,
                members=self.members,
            )  # fmt: skip

    def restarts(self, sizes: list[Size], count: int) -> Restarts:
        """So many searches for each size."""
        bounded = self.rounds is not None and self.seconds is None
        return Restarts(
            tuple(sizes), count, self.seed, self.kind.value, self.bound,
            None if bounded else self.seconds or _SECONDS,
            self.rounds, self.members, self.closure,
        )  # fmt: skip

    def search(self, size: Size, state: Path | None, display: SearchDisplay) -> SearchResult:
        """One search, shown; it goes on where its file in the folder `state` stands."""
        n, k, m = size
        display.begin(f"h_{m} of [{n}, {k}]")
        return search(
            n, k, m, entries=self.kind.value, bound=self.bound,
            seconds=_SECONDS if self.seconds is None else self.seconds,
            rounds=self.rounds, seed=self.seed, members=self.members,
            file=None if state is None else _state_file(state, size, self.kind),
            stop=lambda: display.stopped, progress=display.show, closure=self.closure,
        )  # fmt: skip


def _in_shards(
    work: Restarts, folder: Path | None, options: JobOptions
) -> list[SearchResult] | None:
    """What many searches found; None where only a part was asked for."""
    if folder is None:
        raise InvalidDataError("--restarts needs --state FOLDER, where its shards are kept")
    job = open_job(folder, "design", work.parameters, ".json", repeatable=work.seconds is None)
    total = len(work.sizes) * work.count
    outcome = run_shown(job, work.tasks(job), options, "searches", total)
    return work.best(job) if outcome.is_complete else None


def _finish(
    sizes: list[Size],
    results: list[SearchResult],
    as_json: bool,
    output: Path | None,
    *,
    stopped: bool = False,
) -> None:
    """Show and write what was found."""
    found = [one.found for one in results if one.found is not None]
    for size, result in zip(sizes, results, strict=False):
        _tell(size, result, as_json)
    if output is not None and found:
        _write(output, found)
    if stopped:
        raise Interrupted("stopped; what was found is kept")
    if len(found) < len(sizes):
        raise InvalidCodeError(
            f"{len(sizes) - len(found)} of {len(sizes)} tasks have no code of finite height yet; "
            "allow more --seconds, or a larger --bound"
        )


def _state_file(folder: Path, size: Size, kind: EntryKind) -> Path:
    n, k, m = size
    return folder / f"n{n:02}_k{k:02}_m{m:02}_{kind.value}.json"


def _sizes(numbers: list[str] | None, tasks: list[str] | None) -> list[Size]:
    """All (n, k, m), each once."""
    if bool(numbers) == bool(tasks):
        raise InvalidCodeError("what is sought is N K M, as 9 4 5, or --task N:K:M")
    texts = tasks or [":".join(numbers or [])]
    sizes = []
    for text in texts:
        parts = text.replace(",", ":").split(":")
        if len(parts) != 3 or not all(part.strip().lstrip("-").isdigit() for part in parts):
            raise InvalidCodeError(f"three integers n, k, m are needed, got {text!r}")
        n, k, m = (int(part) for part in parts)
        if (n, k, m) not in sizes:
            sizes.append((n, k, m))
    return sizes


def _tell(size: Size, result: SearchResult, as_json: bool) -> None:
    n, k, m = size
    if result.found is None:
        say(f"[{n}, {k}], h_{m}: {result}")
        return
    found = result.found
    if as_json:
        history = [[one.seconds, one.height, one.method] for one in result.history]
        out(json.dumps({**found.as_dict(), "rounds": result.rounds, "history": history}))
        return
    exact = found.certificate.height
    out(str(result))
    if found.entries == "integer" and str(exact) != f"{found.height:.12g}":
        out(f"exactly {exact}")
    out(f"no [{n}, {k}] code has less than {result.lower_bound:.6g}; found by {found.method}")
    width = max(len(_text(x)) for row in found.matrix for x in row)
    for row in found.matrix:
        out("  " + " ".join(_text(x).rjust(width) for x in row))


def _text(x: float) -> str:
    return str(x) if isinstance(x, int) or x != int(x) else str(int(x))


def _write(output: Path, found: list[FoundCode]) -> None:
    if output.suffix.lower() == ".json":
        values = [one.as_dict() for one in found]
        write_json(output, values[0] if len(values) == 1 else values)
        out(f"written: {output}")
        return
    matrices, heights = write_course_files(output, found)
    out(f"written: {matrices} (matrices), {heights} (heights)")
