"""How many small faults, planted in the source one at a time, the unit tests find.

mutmut plants the faults (mutants) in the functions of the files that `mutants.toml` names, and
runs against each only the tests named there that reach the changed function.  Where a sample is
given, that many mutants are drawn, the same for the same source and seed.  A mutant
is killed when a test fails, or takes several times as long as it should; one that no test
reaches survives.  Some mutants can't be killed, because they do what the source does: those
that were looked at and found so stand in `mutants.toml`, each with its reason, and count
neither way.  Every other survivor is printed as a diff.

    make mutants                                        # all of them: half an hour of CPU
    make mutants MUTANTS="split audit"                  # two of them
    python benchmarks/mutants.py split --sample 20 --seed 1
    python benchmarks/mutants.py split --among '*x_require_training*'

Kernels are mutated in a copy of the sources where they are plain Python functions (`interpreted`
in `mutants.toml`): the same source and the same numbers to the last bit, a thousand times as
slow, and nothing to compile for each mutant.  Their tests must be small.

Not mutated: what stands outside functions, functions with other decorators, and the
`strict=True` of `zip`, a guard that no input reaches.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
WORK = ROOT / "build" / "mutants"
KILLED = (1, 3, 36, -24, 24, 152, 255, -6, -9, -11)
"""Exit states of a mutant's tests: failed, too slow, ended by a signal."""
SURVIVED = (0, 5, 33)
"""Passed, or no test reaches the function."""

MADE = (".py", ".meta", ".spans")
"""Files of mutants."""

IN_PYTHON = """

# --- kernels are plain functions here --------------------------------------------------------

np.seterr(all="ignore")


def kernel(**options):
    return lambda function: function


def kernel_function(in_python=None):
    return lambda function: in_python


def plain(function):
    return function


def for_work(function, seconds):
    return function
"""
"""What kernels need of `mheight.kernels.compiling` where none is compiled."""

STRICT = re.compile(r",? ?strict=(True|False|None)|, (?=\))")

SETTINGS = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = {files}
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = {flags}
use_git_change_detection = false
timeout_multiplier = 4.0
timeout_constant = 15.0
"""


@dataclass(frozen=True)
class Found:
    """What became of the mutants of one target that were tried."""

    target: str
    mutants: int
    tried: int
    equivalent: int
    survivors: tuple[str, ...]  # as diffs

    @property
    def killed(self) -> int:
        """Those that a test found."""
        return self.tried - self.equivalent - len(self.survivors)

    @property
    def share(self) -> float:
        """Killed, of those that can be."""
        able = self.tried - self.equivalent
        return self.killed / able if able else 1.0


def main() -> int:
    known = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(known['target'])}; all")
    parser.add_argument("--sample", type=int, help="mutants of each target; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--among", nargs="+", default=["*"], help="only those of the sample")
    given = parser.parse_args()
    unknown = set(given.targets) - set(known["target"])
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))} in mutants.toml")
    rows = []
    for name in given.targets or known["target"]:
        target = known["target"][name]
        sample = target.get("sample", 0) if given.sample is None else given.sample
        prepare(name, target)
        found = tried(name, target, known["equivalent"], sample, given.seed, given.among)
        print(*(f"\n{diff}" for diff in found.survivors), flush=True)
        rows.append(found)
    show(rows)
    return 0


def prepare(name: str, target: dict[str, Any]) -> None:
    """A folder to work in, with the sources and tests of this checkout."""
    kept = WORK / "of" / name  # the next run needs not make the same mutants again
    kept.mkdir(parents=True, exist_ok=True)
    source = interpret(WORK / "interpreted") if "interpreted" in target else ROOT / "src"
    links = {"src": source, "tests": ROOT / "tests", "mutants": kept, "of/shared": SHARED}
    for link, place in links.items():
        (WORK / link).unlink(missing_ok=True)
        (WORK / link).symlink_to(place)
    # All else is copied anew, and which tests reach which function found out anew.
    for path in kept.rglob("*"):
        if path.is_file() and (path.is_relative_to(kept / "tests") or path.suffix not in MADE):
            path.unlink()
    flags = [f"--deselect={test}" for test in target.get("without", [])]
    if "interpreted" in target:
        flags += ["-W", "ignore::RuntimeWarning"]  # kernels divide by zero as they please
    settings = SETTINGS.format(
        files=json.dumps(target["files"]),
        tests=json.dumps(target["tests"]),
        flags=json.dumps(["-p", "no:cacheprovider", *flags]),
    )
    own = (ROOT / "pyproject.toml").read_text("utf-8")
    (WORK / "pyproject.toml").write_text(own + settings, "utf-8")
    os.chdir(WORK)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(WORK / "kernels"))


def interpret(to: Path) -> Path:
    """Copy the sources, with kernels as plain functions; returns where they are."""
    for source in sorted((ROOT / "src").rglob("*")):
        path = to / source.relative_to(ROOT / "src")
        if source.is_dir() or source.suffix in (".pyc", ".nbc", ".nbi"):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix != ".py":
            shutil.copy2(source, path)
            continue
        text = source.read_text("utf-8")
        lines = text.splitlines(keepends=True)
        for _, decorator in kernels_of(text):
            lines[decorator - 1] = "\n"
        if source.parts[-2:] == ("kernels", "compiling.py"):
            lines.append(IN_PYTHON)
        path.write_text("".join(lines), "utf-8")
        os.utime(path, (source.stat().st_atime, source.stat().st_mtime))
    return to


def kernels_of(text: str) -> list[tuple[str, int]]:
    """Names of the kernels of a source, and the line of the decorator of each."""
    return [
        (node.name, decorator.lineno)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if ast.unparse(decorator).startswith("kernel(")
    ]


def tried(
    name: str,
    target: dict[str, Any],
    equivalent: Sequence[dict[str, str]],
    sample: int,
    seed: int,
    among: Sequence[str],
) -> Found:
    """Plant the mutants of a target's files and run the tests against each."""
    from mutmut.__main__ import create_file_mutants
    from mutmut.configuration import reset_config

    reset_config()
    names = []
    for file in target["files"]:
        Path("mutants", file).parent.mkdir(parents=True, exist_ok=True)
        made = create_file_mutants(Path(file))
        if made.error:
            raise made.error
        names += [(file, mutant) for mutant in worth_running(file)]
    if "interpreted" in target:
        kernels = {
            (file, f"x_{kernel}")
            for file in target["files"]
            for kernel, _ in kernels_of((ROOT / file).read_text("utf-8"))
        }
        names = [(file, mutant) for file, mutant in names if (file, function_of(mutant)) in kernels]
    order = list(names)
    random.Random(seed).shuffle(order)
    drawn = [
        (file, mutant)
        for file, mutant in order[: sample or None]
        if any(fnmatch(mutant, pattern) for pattern in among)
    ]
    print(f"{name}: {len(drawn)} mutants of {len(names)}", flush=True)
    if drawn:
        run([mutant for _, mutant in drawn])
    alive = survivors(drawn)
    known = [one for one in alive if is_known(one, equivalent)]
    return Found(
        name,
        len(names),
        len(drawn),
        len(known),
        tuple(f"# {one.name}{one.reached}\n{one.diff}" for one in alive if one not in known),
    )


def function_of(mutant: str) -> str:
    """What mutmut calls the function that a mutant is of."""
    return mutant.rpartition(".")[2].partition("__mutmut_")[0]


def run(names: Sequence[str]) -> None:
    """One mutant after the other."""
    mutmut = [sys.executable, "-m", "mutmut", "run", "--max-children", "1", *names]
    log = Path("log").resolve()
    with log.open("w") as out:
        done = subprocess.run(mutmut, stdout=out, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        last = log.read_text("utf-8", "replace")[-3000:]
        raise SystemExit(f"{last}\nmutmut ended with {done.returncode}; its output is in {log}")


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test found."""

    file: str
    name: str
    reached: str  # empty, or that no test calls the function
    diff: str
    line: str
    becomes: str


def survivors(drawn: Sequence[tuple[str, str]]) -> list[Survivor]:
    """Which mutants all tests passed with."""
    codes = {name: code for file, _ in drawn for name, code in outcomes(file).items()}
    odd = [f"{name} ({codes[name]})" for _, name in drawn if codes[name] not in KILLED + SURVIVED]
    if odd:
        raise SystemExit(f"neither killed nor alive: {', '.join(odd)}")
    return [
        Survivor(
            file, name, "" if codes[name] == 0 else "  (no test reaches it)", *changed(file, name)
        )
        for file, name in drawn
        if codes[name] in SURVIVED
    ]


def is_known(one: Survivor, equivalent: Sequence[dict[str, str]]) -> bool:
    """Whether `mutants.toml` says why it can't be killed."""
    return any(
        (one.file.removeprefix("src/mheight/"), one.line, one.becomes)
        == (known["file"], known["line"], known["becomes"])
        for known in equivalent
    )


def outcomes(file: str) -> dict[str, int | None]:
    """How the tests ended, for each mutant of a file."""
    kept = json.loads(Path("mutants", f"{file}.meta").read_text("utf-8"))
    codes: dict[str, int | None] = kept["exit_code_by_key"]
    return codes


def changed(file: str, name: str) -> tuple[str, str, str]:
    """A mutant as a diff: all of it, what goes, what comes."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    diff = get_diff_for_mutant(name, path=Path(file))
    lines = [line for line in diff.splitlines() if line[:3] not in ("---", "+++")]
    gone = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    new = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return diff, gone, new


def worth_running(file: str) -> list[str]:
    """The names of a file's mutants, in order, without those of `strict=True`."""
    from mutmut.mutation.data import MutantLineSpans

    spans = MutantLineSpans.load(file)
    if spans is None:
        return []
    lines = Path("mutants", file).read_text("utf-8").splitlines()

    def source(function: str) -> str:
        """Without what does not count: its name, and `strict`."""
        span = spans.span_by_function_name[function]
        text = "\n".join(lines[span.start - 1 : span.end])
        return STRICT.sub("", text.replace(function, ""))

    out = []
    for name in sorted(outcomes(file)):
        function = name.rpartition(".")[2]
        if source(function) != source(f"{function.partition('__mutmut_')[0]}__mutmut_orig"):
            out.append(name)
    return out


def show(rows: Sequence[Found]) -> None:
    """A line a target, and what it cost."""
    print(f"{'':12}{'mutants':>8}{'tried':>7}{'same':>6}{'killed':>8}{'share':>8}")
    for row in rows:
        print(
            f"{row.target:12}{row.mutants:8}{row.tried:7}{row.equivalent:6}"
            f"{row.killed:8}{row.share:8.1%}"
        )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{used.ru_utime + used.ru_stime:.0f} s of CPU")


if __name__ == "__main__":
    sys.exit(main())
