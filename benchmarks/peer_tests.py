"""The tests of a published package, run against this one through a shim of its public names.

The source distribution of analog-ecc-heights 0.1.2 is fetched by pip, or given as a file;
nothing of it is kept.  Its tests of internals are left out: those that patch or import its
solvers, linear algebra and native modules, or look at how it is built and installed.

    make benchmark-peer-tests
"""

from __future__ import annotations

import argparse
import inspect
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

VERSION = "0.1.2"
HERE = Path(__file__).resolve().parent
MODULES = (
    "__init__", "py_backend/__init__", "py_backend/jiang_lp", "py_backend/roth_lp",
    "py_backend/roth_comb", "py_backend/roth_mds_comb",
)  # fmt: skip
STUBS = {
    "py_backend/_lp_solver": "",
    "py_backend/_linalg": "FullPivotLU = numerical_rank = None\n",
    "cpp_backend/__init__": "",
    "cpp_backend/adapter": "from peer_shim import load_native\n",
}
INTERNAL_FILES = (
    "test_installation.py", "test_native_isolation.py", "native/",
    "test_numerical_model_errors",  # patches its solver
)  # fmt: skip
INTERNAL_NAMES = (
    "_lp_solver",
    "FullPivotLU",
    "numerical_rank",
    "mock.",
    "patch",
    "SimpleNamespace",
    "_build_info",
    "endswith",
)
NATIVE = """
from peer_shim import ALL, load_native
for _backend in ("cpp", "cpp-glpk", "cpp-highs") if ALL else ():
    globals().update(vars(load_native(_backend)))
"""
POSITIONAL = """
def _positional(function):
    return lambda G, m, threshold=INF, **options: function(
        G, m, **{"early_quit_threshold": threshold, **options}
    )

def _named(name):
    made = _positional(globals()[name])
    made.__name__ = name
    return made

for _name in ("h_m_jiang_simplified_lp", "h_m_roth_primal_lp", "h_m_roth_dual_lp"):
    globals()[_name] = _named(_name)
"""


class Results:
    """What became of each test."""

    def __init__(self) -> None:
        self.outcomes: dict[str, tuple[str, str]] = {}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave out what is about internals."""
        for item in items:
            where = item.nodeid
            source = inspect.getsource(item.function)
            if any(name in where for name in INTERNAL_FILES) or any(
                name in source for name in INTERNAL_NAMES
            ):
                item.add_marker(pytest.mark.skip(reason="internal"))

    def pytest_collectreport(self, report: Any) -> None:
        """Note a file that can't be read."""
        if report.failed:
            self.outcomes[report.nodeid] = ("failed", str(report.longrepr)[-300:])

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note what became of a test."""
        if report.skipped:
            reason = str(report.longrepr[2]).removeprefix("Skipped: ")
            self.outcomes[report.nodeid] = ("skipped", reason)
        elif report.failed:
            text = (
                report.longrepr.reprcrash.message if hasattr(report.longrepr, "reprcrash") else ""
            )
            self.outcomes[report.nodeid] = ("failed", " ".join(str(text).split())[:200])
        elif report.when == "call":
            self.outcomes.setdefault(report.nodeid, ("passed", ""))


def fetch(folder: Path) -> Path:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-binary", ":all:", "--no-deps",
        f"analog-ecc-heights=={VERSION}", "--dest", str(folder),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return next(folder.glob("*.tar.gz"))


def write_shim(folder: Path) -> None:
    for name in MODULES:
        path = folder / "analog_ecc_heights" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Its inner modules take the threshold by position, too.
        inner = POSITIONAL if name.endswith("_lp") else ""
        path.write_text(f"from peer_shim import *\n{inner}", encoding="utf-8")
    (folder / "solve_m_height_cpp.py").write_text(NATIVE, encoding="utf-8")
    for name, text in STUBS.items():
        path = folder / "analog_ecc_heights" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sdist", type=Path, help="a source distribution that is there already")
    parser.add_argument(
        "--all-backends", action="store_true",
        help="let this package stand for its native back ends, too",
    )  # fmt: skip
    options = parser.parse_args()
    if options.all_backends:
        os.environ["PEER_BACKENDS"] = "all"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with tarfile.open(options.sdist or fetch(folder)) as archive:
            archive.extractall(folder, filter="data")
        tests = folder / f"analog_ecc_heights-{VERSION}" / "tests"
        write_shim(folder / "shim")
        paths = [str(folder / "shim"), str(HERE)]
        sys.path[:0] = paths
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
        results = Results()
        pytest.main(
            [str(tests), "-q", "--no-header", "--no-summary", "-p", "no:cacheprovider",
             "--rootdir", str(tests), "-c", os.devnull],
            plugins=[results],
        )  # fmt: skip
    counts = Counter(outcome for outcome, _ in results.outcomes.values())
    reasons = Counter(r for outcome, r in results.outcomes.values() if outcome == "skipped")
    print(f"\ntests of analog-ecc-heights {VERSION}: {len(results.outcomes)}")
    print(f"passed {counts['passed']}, failed {counts['failed']}, skipped {counts['skipped']}")
    for reason, count in reasons.most_common():
        print(f"  skipped {count}: {reason}")
    for test, (outcome, reason) in results.outcomes.items():
        if outcome == "failed":
            print(f"  failed: {test}\n    {reason}")


if __name__ == "__main__":
    main()
