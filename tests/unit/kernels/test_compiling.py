"""Kernels without a compiler, and what becomes of compiled ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clock import Clock

import mheight
from mheight.codes import systematic_generators
from mheight.codes.minors import batches as minor_batches
from mheight.codes.minors import subsets
from mheight.codes.minors.batches import absolute_minors, systematic_codes
from mheight.features import log_minors
from mheight.heights.lattice import batches, one_code, tables
from mheight.heights.lattice.batches import profiles
from mheight.heights.lattice.one_code import PackedProfile, packed_profile
from mheight.heights.programs import vertices
from mheight.heights.programs.vertices import build_certificate
from mheight.kernels import compiling
from mheight.kernels.compiling import plain, work_clock

SHAPES = [(1, 2), (1, 4), (2, 4), (2, 5), (3, 6), (5, 7)]


def matrices(k: int, n: int) -> list[np.ndarray]:
    """Integers with zero minors, [I | P], real entries, entries of many sizes."""
    rng = np.random.default_rng([k, n])
    real = rng.standard_normal((5, k, n))
    return [
        rng.integers(-1, 2, (9, k, n)).astype(float),
        systematic_generators(rng.integers(-5, 6, (3, k, n - k)).astype(float)),
        real,
        real * 10.0 ** rng.integers(-150, 150, (5, 1, n)),
    ]


_SWEEP = ("_sweep_serial", "_best_basis")
_BATCH = ("_profiles", "_list_bases", "list_children")
_MINORS = ("_absolute_minors", "list_children")
_VERTEX = ("expel", "crash", "reduced_table")

ROUTED = (batches, log_minors, minor_batches, one_code, subsets, tables, vertices)


def test_every_module_that_asks_for_a_kernel_is_routed_here():
    names = []
    for path in Path(mheight.__file__).parent.rglob("*.py"):
        if "for_work(" in path.read_text() and path != Path(compiling.__file__):
            names.append(str(path))
    assert sorted(names) == sorted(str(module.__file__) for module in ROUTED)


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, Any]]:
    """What a function gives with interpreted kernels, and with compiled ones.

    The names of the kernels that it is to call are given with it, and of those that it may.
    """

    def both(
        function: Callable[[], Any], *names: str, may: tuple[str, ...] = ()
    ) -> tuple[Any, Any]:
        found = []
        for is_compiled in (False, True):
            called: set[str] = set()

            def route(kernel: Any, _: float, is_compiled=is_compiled, called=called) -> Any:
                inner = kernel if is_compiled else compiling._quietly(plain(kernel))

                def counted(*arguments: Any) -> Any:
                    called.add(kernel.py_func.__name__)
                    return inner(*arguments)

                return counted

            for module in ROUTED:
                monkeypatch.setattr(module, "for_work", route)
            subsets.minor_table.cache_clear()
            tables.height_lattice.cache_clear()
            found.append(function())
            assert set(names) <= called <= {*names, *may}
        return found[0], found[1]

    yield both
    # No tables of interpreted kernels for other tests.
    subsets.minor_table.cache_clear()
    tables.height_lattice.cache_clear()


def assert_same(one: Any, other: Any) -> None:
    """Equal to the last bit: arrays, and tuples and values that hold them."""
    if is_dataclass(one):
        one, other = vars(one), vars(other)
    if isinstance(one, dict):
        one, other = tuple(one.values()), tuple(other.values())
    if isinstance(one, tuple):
        assert len(one) == len(other) > 0
        for pair in zip(one, other, strict=True):
            assert_same(*pair)
    else:
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("k", "n"), SHAPES)
@pytest.mark.parametrize("upwards", [False, True])
def test_an_interpreted_profile_is_the_compiled_one_to_the_last_bit(k, n, upwards, routed):
    for codes in matrices(k, n):
        for G in codes:
            one, other = routed(lambda G=G: packed_profile(G, upwards=upwards), *_SWEEP)
            for name in PackedProfile.__dataclass_fields__:
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)


@pytest.mark.parametrize(("k", "n"), SHAPES)
def test_an_interpreted_batch_is_the_compiled_one_to_the_last_bit(k, n, routed):
    for codes in matrices(k, n):
        one, other = routed(lambda codes=codes: profiles(codes, systematic_codes(codes)), *_BATCH)
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
        np.testing.assert_array_equal(*routed(lambda codes=codes: absolute_minors(codes), *_MINORS))


@pytest.mark.parametrize(("k", "n"), SHAPES)
def test_interpreted_tables_are_the_compiled_ones(k, n, routed):
    for dual in (False, True):
        one, other = routed(lambda dual=dual: subsets.minor_table(n, k, dual), "list_children")
        assert_same(one, other)
    assert_same(*routed(lambda: tables.height_lattice(n, k), "list_children", "_list_bases"))


@pytest.mark.parametrize(("k", "n"), SHAPES)
def test_interpreted_logarithms_of_minors_are_the_compiled_ones(k, n, routed):
    P = np.random.default_rng([n, k]).integers(-3, 4, (20, k, n - k)).astype(float)

    def measured() -> tuple[np.ndarray, np.ndarray]:
        minors = log_minors.CodeMinors(P)
        return minors.logs, minors.statistics

    assert_same(*routed(measured, "_fill", *_MINORS))


def test_interpreted_certificates_are_the_compiled_ones(routed):
    for codes in matrices(3, 6):
        for G in codes:
            if np.linalg.matrix_rank(G) == 3:
                one, other = routed(lambda G=G: mheight.certificates(G), *_SWEEP, may=_VERTEX)
                assert one == other


def test_interpreted_vertices_are_the_compiled_ones(routed):
    """No basis is known, so that a linear program finds one."""
    for G in matrices(3, 6)[2]:
        one, other = routed(lambda G=G: build_certificate(G, 2, 5, [0, 1, 2, 3]), *_VERTEX)
        assert one == other


def test_a_function_for_compiled_kernels_only_is_named():
    made = compiling.kernel_function()(lambda typing_context: None)
    with pytest.raises(TypeError, match="is for compiled kernels only"):
        plain(made)


# --- fresh processes -----------------------------------------------------------------------


def run(program: str, cache: Path | None, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **variables}
    if cache is not None:
        env["NUMBA_CACHE_DIR"] = str(cache)
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, timeout=300, check=False, env=env,
    )  # fmt: skip


_FIRST = """
import json, sys
from mheight.cli.main import main
import mheight
P = [[1, 2, 3, 4], [2, 1, 1, 3], [3, 1, 2, 1], [1, 1, 1, 1], [4, 1, 3, 2]]
G = [[float(i == j) for j in range(5)] + row for i, row in enumerate(P)]
mheight.height_profile(G)
mheight.certificates(G)
for m in (1, 2, 4):
    mheight.find_height(G, m, time_limit=10)
mheight.m_height(G, 2)
typed = "1 0 1 1; 0 1 1 2"
main(["heights", typed])
main(["heights", "-H", typed])
for option in ("--witness", "--capability", "--json", "--exact", "-P"):
    main(["heights", option, typed])
main(["heights", typed, "-m", "2", "--time-limit", "5"])
from mheight.datasets import Samples
from mheight.deployment import Predictor
Predictor.load().predict(Samples.from_rows([[9, 5, 2, P]]))
compiled = [
    f"{name}.{key}"
    for name, module in list(sys.modules.items())
    if name.startswith("mheight")
    for key, value in vars(module).items()
    if getattr(value, "overloads", None)
]
print(json.dumps(compiled))
"""


def test_first_answers_compile_nothing(tmp_path: Path):
    done = run(_FIRST, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert not list(tmp_path.rglob("*.nb?"))


# --- what is kept --------------------------------------------------------------------------

_CALLER = """
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
from mheight.kernels.compiling import kernel
from callee import inner
{before}
@kernel()
def outer(x):
    return inner(x) + 1
if __name__ == "__main__":
    print(outer(1), outer(2.5))
"""
_CALLEE = """
from mheight.kernels.compiling import kernel
STEP = {step}
@kernel()
def inner(x):
    return {factor} * x + STEP
"""


class Kernels:
    """Two modules with a kernel each, run in a process of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"
        self.write()

    def write(self, factor: int = 10, step: int = 0, before: str = "") -> None:
        (self.folder / "caller.py").write_text(_CALLER.format(before=before))
        (self.folder / "callee.py").write_text(_CALLEE.format(factor=factor, step=step))

    def run(self, **variables: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, str(self.folder / "caller.py")], capture_output=True, text=True,
            timeout=300, check=False,
            env={"NUMBA_CACHE_DIR": str(self.cache), "PYTHONDONTWRITEBYTECODE": "1", **variables},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        return done.stdout.splitlines()

    def files(self, ending: str) -> list[Path]:
        return sorted(self.cache.rglob(f"*{ending}"))


@pytest.fixture
def kernels(tmp_path: Path) -> Kernels:
    return Kernels(tmp_path)


COMPILED = ["INFO compiling, once", "11 26.0"]


def test_a_kernel_is_compiled_once(kernels: Kernels):
    assert kernels.run() == COMPILED
    assert kernels.run() == ["11 26.0"]


def test_a_change_to_a_called_kernel_or_a_constant_is_seen(kernels: Kernels):
    kernels.run()
    kernels.write(factor=100)
    assert kernels.run() == ["INFO compiling, once", "101 251.0"]
    kernels.write(factor=100, step=5)
    assert kernels.run() == ["INFO compiling, once", "106 256.0"]
    assert kernels.run() == ["106 256.0"]


_PAIR = """
import logging, sys
from typing import NamedTuple
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
from mheight.kernels.compiling import kernel
from pair import Pair
@kernel()
def {name}(x):
    return {body}
if __name__ == "__main__":
    print({call})
"""


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("x.a - 2 * x.b", "difference(Pair(a=7, b=1))"),
        ("x[0].a - 2 * x[0].b", "difference((Pair(a=7, b=1), 0.5))"),
        ("swapped(x)", "difference(1)"),
    ],
)
def test_fields_that_trade_places_are_seen(body: str, call: str, kernels: Kernels):
    # The class is in a module of its own, which holds no kernel.
    made = "@kernel()\ndef swapped(x):\n    p = Pair(a=x + 6, b=x)\n    return p[0] - 2 * p[1]\n"
    text = _PAIR.format(name="difference", body=body, call=call)
    text = text.replace("@kernel()\n", f"{made}@kernel()\n", 1)
    (kernels.folder / "caller.py").write_text(text)
    found = []
    for fields in ("a: int; b: int", "b: int; a: int", "b: int; a: int"):
        source = f"from typing import NamedTuple\nclass Pair(NamedTuple): {fields}\n"
        (kernels.folder / "pair.py").write_text(source)
        found.append(kernels.run())
    answers = ["5", "-13"] if "swapped" in body else ["5", "5"]
    assert found == [[COMPILED[0], answers[0]], [COMPILED[0], answers[1]], [answers[1]]]


@pytest.mark.parametrize(
    ("ending", "damage"),
    [(".nbc", "cut"), (".nbc", "changed"), (".nbi", "empty"), (".nbi", "changed")],
)
def test_a_damaged_file_is_made_again(ending: str, damage: str, kernels: Kernels):
    kernels.run()
    for file in kernels.files(ending):
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0xFF
        keep = {"cut": len(data) // 2, "changed": len(data), "empty": 0}[damage]
        file.write_bytes(data[:keep])
    assert kernels.run() == COMPILED
    if damage == "changed":
        assert kernels.run() == ["11 26.0"]


def test_a_folder_that_cannot_be_written_is_said_once(kernels: Kernels):
    kernels.cache.write_text("a file in its place")
    before = "INFO compiling, once"
    first, warning, answer = kernels.run()
    assert (first, answer) == (before, "11 26.0")
    assert warning.startswith("WARNING compiled kernels cannot be kept (Not a directory, ")
    assert str(kernels.cache) in warning
    assert warning.endswith("NUMBA_CACHE_DIR names a folder that can be written")


def test_a_full_disk_is_said_once(kernels: Kernels):
    kernels.write(
        before="""
import errno, os
from mheight.kernels import compiling
def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
compiling._Place._save_data = full
"""
    )
    found = kernels.run()
    assert found[0] == COMPILED[0]
    assert found[2:] == COMPILED[1:]
    assert "(No space left on device, " in found[1]


def test_what_is_kept_is_used_where_nothing_can_be_written(kernels: Kernels):
    kernels.write(
        before="""
import os
from mheight.kernels import compiling
if "REFUSE" in os.environ:
    def refused(*_, **__):
        raise PermissionError
    os.makedirs = compiling._Place._open_for_write = refused
"""
    )
    kernels.run()
    assert kernels.run(REFUSE="1") == ["11 26.0"]


def test_without_a_home_and_beside_a_package_that_is_read_only(kernels: Kernels):
    # A file stands where the folder beside the package would be, and another for the home.
    (kernels.folder / "__pycache__").write_text("")
    (kernels.folder / "home").write_text("")
    found = kernels.run(NUMBA_CACHE_DIR="", HOME=str(kernels.folder / "home"))
    assert found[0] == COMPILED[0]
    assert found[2:] == COMPILED[1:]
    assert found[1].startswith("WARNING compiled kernels cannot be kept (")


# --- the clock -----------------------------------------------------------------------------


def test_the_clock_of_limits_stands_still_while_a_kernel_is_compiled(clock: Clock):
    def compile_for(_: object) -> None:
        clock.now += 100.0
        inner(())

    def compile_within(_: object) -> None:
        clock.now += 10.0

    inner = compiling._timed(compile_within)
    start = work_clock()
    compiling._timed(compile_for)(())
    assert work_clock() == start
    clock.now += 1.0
    assert work_clock() == start + 1.0


@pytest.mark.parametrize("compiles", [True, False])
def test_a_time_limit_does_not_count_compiling(compiles, clock, monkeypatch):
    from mheight.heights.programs import work

    solve, late = work._solve, []

    def wait(_: object) -> None:
        clock.now += 100.0

    def slow(*arguments: Any) -> Any:
        if not late:
            late.append(True)
            compiling._timed(wait)(()) if compiles else wait(())
        return solve(*arguments)

    monkeypatch.setattr(work, "_solve", slow)
    G = np.random.default_rng(0).standard_normal((5, 10))
    found = mheight.find_height(G, 3, method="branch-and-bound", time_limit=50)
    assert late
    assert found.status == ("exact" if compiles else "time limit")


# --- the command line ----------------------------------------------------------------------


def test_the_command_line_says_what_the_library_logs(capsys: pytest.CaptureFixture[str]):
    from mheight.cli.main import main

    main(["--version"])
    compiling._log.warning("compiled kernels cannot be kept")
    compiling._log.info("compiling, once")  # for a terminal, which this is not
    assert capsys.readouterr().err == "warning: compiled kernels cannot be kept\n"
