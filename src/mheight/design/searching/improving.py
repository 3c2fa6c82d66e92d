"""`improve`: a given code made better, within limits that its owner names."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode
from mheight.codes.checks import checked_integer
from mheight.design.searching.annealing import CHAINS, anneal
from mheight.design.searching.charts import Chart
from mheight.design.searching.kernel import ZERO, HeightProgram, height_program, heights
from mheight.design.searching.polishing import polish
from mheight.design.searching.search import LONGEST_SEARCHED
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.files import write_json
from mheight.heights import Certificate, exact_certificates
from mheight.kernels.compiling import work_clock

__all__ = ["ImproveResult", "Limits", "improve"]

Float = NDArray[np.float64]

End = Literal["time limit", "rounds", "stopped"]

FORMAT, VERSION = "mheight-improvement", 1
_BETTER = 1.0 - 1e-9
_SMALLEST = 0.01  # of real entries that may not be 0
_MOST_INTEGER = 100
_KEPT_EVERY = 10.0  # seconds, where nothing better is found meanwhile


@dataclass(frozen=True)
class Limits:
    """What the entries that may change may become.

    Attributes:
        integer: integers only.
        magnitude: the largest magnitude; None for no limit (100 for integers).
        fixed: columns, counted from 0, that stay as they are.
        nonzero: no entry 0; real entries stay 0.01 away from it and keep their signs.
        levels: values that an entry may have, as conductances do; both signs of each.
    """

    integer: bool = False
    magnitude: float | None = None
    fixed: tuple[int, ...] = ()
    nonzero: bool = False
    levels: tuple[float, ...] | None = None

    def values(self) -> Float | None:
        """All values that an entry may have, increasing; None where they are a range."""
        if self.levels is not None:
            both = np.unique([s * float(x) for x in self.levels for s in (1.0, -1.0)]) + 0.0
        elif self.integer:
            most = _MOST_INTEGER if self.magnitude is None else math.floor(self.magnitude)
            both = np.arange(-most, most + 1.0)
        else:
            return None
        if self.integer:
            both = both[both == np.rint(both)]
        if self.magnitude is not None:
            both = both[np.abs(both) <= self.magnitude]
        return both[both != 0.0] if self.nonzero else both


@dataclass(frozen=True)
class ImproveResult:
    """What `improve` came to.

    Attributes:
        before: the certificate of the code that was given.
        after: of the code that was found; the same where none better was.
        matrix: the generator matrix that was found, shape (k, n).
        history: seconds and heights of better codes.
        rounds: that were made.
        seconds: that they took.
        status: why it ended.
    """

    before: Certificate
    after: Certificate
    matrix: Float
    history: tuple[tuple[float, float], ...]
    rounds: int
    seconds: float
    status: End

    @property
    def is_better(self) -> bool:
        """Whether the height is smaller, exactly compared."""
        return self.after.height < self.before.height


@dataclass(frozen=True)
class _Work:
    """What is searched, and how."""

    program: HeightProgram
    chart: Chart
    place: tuple[Float, Float]
    values: Float | None
    zero: float
    seed: int

    def height(self, x: Float) -> float:
        """By the kernel of searches."""
        return float(heights(self.program, self.chart.at(x)[None], self.zero)[0])

    def allows(self, x: Float) -> bool:
        """Whether coordinates are within the limits."""
        low, high = self.place
        within = bool(((low <= x) & (x <= high)).all())
        return within and (self.values is None or bool(np.isin(x, self.values).all()))

    def round(self, state: _State) -> tuple[float, Float]:
        """What the next round comes to; its randomness is of the seed and its number."""
        rng = np.random.default_rng([self.seed, state.rounds])
        if self.values is None:
            return _hopped(
                self.program, self.chart, state.x, state.best, self.place, rng, state.rounds == 0
            )
        return _annealed(self.program, self.chart, state.x, self.values, rng, self.zero)


@dataclass
class _State:
    """What an improvement knows between two rounds."""

    x: Float
    best: float
    rounds: int = 0
    seconds: float = 0.0
    history: list[tuple[float, float]] = field(default_factory=list)

    def offer(self, height: float, x: Float, at: float) -> bool:
        """Take in what a round came to; whether it is better."""
        if height < self.best * _BETTER or (math.isinf(self.best) and math.isfinite(height)):
            self.best, self.x = height, x
            self.history.append((at, height))
            return True
        return False


def improve(
    G: LinearCode | ArrayLike | Sequence[Any],
    m: int,
    limits: Limits | None = None,
    *,
    seconds: float | None = None,
    rounds: int | None = None,
    seed: int = 0,
    file: Path | None = None,
    progress: Callable[[float, int, float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> ImproveResult:
    """Make the h_m of a code smaller by changing entries of its generator matrix.

    Of G = [I | P] the entries of P change, of another G all of them.  Real entries move by
    polishing and basin hopping, those of a list of values by annealing.

    Args:
        G: a generator matrix, shape (k, n), n at most 16; what is not within the limits
            is moved to the nearest value that is.
        m: 1 <= m <= n-k.
        limits: on the entries that change.
        seconds: when to end; looked at between rounds.
        rounds: how many to make at most, with those of the file; one of both limits is needed.
        seed: of all randomness; the same seed and number of rounds give the same code.
        file: where to keep what was found after each better code, every ten seconds and at
            the end (JSON); where it is there, the search goes on.
        progress: called after each round with seconds, rounds and the best height.
        stop: asked between rounds whether to end.

    Raises:
        InvalidCodeError: no code, m out of range, or limits that leave nothing to do.
        InvalidDataError: the file is of another search.

    Examples:
        >>> result = improve([[1, 0, 1, 3], [0, 1, 1, 9]], 2, Limits(integer=True), rounds=3)
        >>> str(result.before.height), str(result.after.height)
        ('15', '3')
    """
    code = G if isinstance(G, LinearCode) else LinearCode(G)
    limits = limits or Limits()
    _check(code, m, limits, seconds, rounds, seed)
    chart, x, place = _free_entries(code, limits)
    zero = 0.0 if limits.integer and _is_whole(chart.base) else ZERO
    program = height_program(code.n, code.k, int(m), is_check=False)
    work = _Work(program, chart, place, limits.values(), zero, seed)
    about = {
        "G": code.G.tolist(), "m": int(m), "limits": asdict(limits), "seed": int(seed),
    }  # fmt: skip
    state = _State(x, work.height(x))
    if file is not None and Path(file).exists():
        state = _read_state(Path(file), about, work, len(x))
    begun, kept = work_clock() - state.seconds, state.seconds
    while True:
        state.seconds = work_clock() - begun
        if progress is not None:
            progress(state.seconds, state.rounds, state.best)
        status = _ended(state, seconds, rounds, stop)
        if status is not None:
            break
        height, moved = work.round(state)
        state.rounds += 1
        is_better = state.offer(height, moved, work_clock() - begun)
        if file is not None and (is_better or state.seconds - kept >= _KEPT_EVERY):
            kept = state.seconds = work_clock() - begun
            _write_state(Path(file), about, state)
    if file is not None:
        _write_state(Path(file), about, state)
    before = exact_certificates(code)[int(m) - 1]
    matrix, after = code.G.copy(), before
    found = exact_certificates(chart.at(state.x))[int(m) - 1]
    if found.height < before.height:
        matrix, after = chart.at(state.x), found
    history = tuple(state.history)
    return ImproveResult(before, after, matrix, history, state.rounds, state.seconds, status)


def _ended(
    state: _State, seconds: float | None, rounds: int | None, stop: Callable[[], bool] | None
) -> End | None:
    """Why it ends here; None if it goes on."""
    if stop is not None and stop():
        return "stopped"
    if seconds is not None and state.seconds >= seconds:
        return "time limit"
    if rounds is not None and state.rounds >= rounds:
        return "rounds"
    return None


def _check(
    code: LinearCode, m: int, limits: Limits, seconds: float | None, rounds: int | None, seed: int
) -> None:
    """Whether numbers are in range, and the limits leave values to take."""
    n, k = code.n, code.k
    if n > LONGEST_SEARCHED:
        raise InvalidCodeError(f"n must be at most {LONGEST_SEARCHED}, got {n}")
    checked_integer("m", m, 1, n - k, "1..n-k = ")
    if seconds is None and rounds is None:
        raise InvalidCodeError("a limit is needed: seconds or rounds")
    for name, end in (("seconds", seconds), ("rounds", rounds)):
        if end is not None and not end >= 0:
            raise InvalidCodeError(f"{name} must be at least 0, got {end!r}")
    checked_integer("seed", seed, 0)
    for column in limits.fixed:
        if not 0 <= column < n:
            raise InvalidCodeError(f"fixed columns must lie in 0..{n - 1}, got {column}")
    if limits.magnitude is not None and not limits.magnitude > 0:
        raise InvalidCodeError(f"the magnitude must be positive, got {limits.magnitude!r}")
    if limits.levels is not None and not np.isfinite(limits.levels).all():
        raise InvalidCodeError(f"levels must be finite, got {list(limits.levels)}")
    values = limits.values()
    if values is not None and not len(values):
        raise InvalidCodeError("no value is left for the entries: the limits exclude each other")
    if values is None and limits.nonzero and (limits.magnitude or 1.0) < _SMALLEST:
        raise InvalidCodeError(
            f"entries that are not 0 stay {_SMALLEST} away from it, which magnitude "
            f"{limits.magnitude} does not allow"
        )


def _free_entries(code: LinearCode, limits: Limits) -> tuple[Chart, Float, tuple[Float, Float]]:
    """A chart of the entries that may change, where they begin, and their ranges."""
    G, n, k = code.G, code.n, code.k
    still = set(limits.fixed)
    if (G[:, :k] == np.eye(k)).all():
        still |= set(range(k))
    columns = [j for j in range(n) if j not in still]
    if not columns:
        raise InvalidCodeError("all columns are fixed: nothing is left to change")
    directions = np.zeros((k * len(columns), k, n))
    for number, (i, j) in enumerate((i, j) for i in range(k) for j in columns):
        directions[number, i, j] = 1.0
    base = G.copy()
    base[:, columns] = 0.0
    x, values = G[:, columns].ravel(), limits.values()
    high: Float = np.full(len(x), math.inf if limits.magnitude is None else float(limits.magnitude))
    low = -high
    if values is not None:
        x = values[np.abs(values[None, :] - x[:, None]).argmin(axis=1)]
    elif limits.nonzero:
        low = np.where(x < 0.0, low, _SMALLEST)
        high = np.where(x < 0.0, -_SMALLEST, high)
    return Chart(base, directions), np.clip(x, low, high), (low, high)


def _is_whole(matrix: Float) -> bool:
    return bool((np.rint(matrix) == matrix).all())


def _hopped(
    program: HeightProgram,
    chart: Chart,
    x: Float,
    best: float,
    place: tuple[Float, Float],
    rng: np.random.Generator,
    only_polish: bool,
) -> tuple[float, Float]:
    """Polished, or disturbed and polished again and again."""
    least, most = place
    height, end, _ = polish(program, chart, x, least=least, most=most)
    if height < best * _BETTER or only_polish:
        return height, end
    scale = float(np.abs(x).max())
    for _ in range(15):
        change = rng.normal(size=chart.d) * scale * 10.0 ** rng.uniform(-2.0, 0.0)
        if rng.random() < 0.5:
            change *= rng.random(chart.d) < 0.3
        start = np.clip(x + change, least, most)
        if rng.random() < 0.2:  # elsewhere
            start = np.clip(rng.normal(size=chart.d) * scale, least, most)
        height, end, _ = polish(program, chart, start, least=least, most=most)
        if height < best * _BETTER:
            best, x = height, end
    return best, x


def _annealed(
    program: HeightProgram,
    chart: Chart,
    x: Float,
    values: Float,
    rng: np.random.Generator,
    zero: float,
) -> tuple[float, Float]:
    """Annealed from where it is, little or much heated, sometimes among small values only."""
    reach = np.abs(x).max() * rng.choice([1.0, 1.3, 2.0]) + 1e-9
    near = values[np.abs(values) <= reach]
    if len(near) < 2 or rng.random() < 0.2:
        near = values
    found, ends = anneal(
        program, chart, near, np.tile(x, (CHAINS, 1)), rng, steps=4000,
        hot=10.0 ** rng.uniform(-2.0, -0.5), zero=zero,
    )  # fmt: skip
    at = int(found.argmin())
    return float(found[at]), ends[at]


# --- the file ------------------------------------------------------------------------------


def _write_state(path: Path, about: dict[str, Any], state: _State) -> None:
    write_json(
        path,
        {
            "format": FORMAT,
            "version": VERSION,
            **about,
            "rounds": state.rounds,
            "seconds": state.seconds,
            "height": state.best if math.isfinite(state.best) else None,
            "x": state.x.tolist(),
            "history": [list(one) for one in state.history],
        },
    )


def _read_state(path: Path, about: dict[str, Any], work: _Work, d: int) -> _State:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["format"] != FORMAT or held["version"] != VERSION:
            raise ValueError(f"not a {FORMAT} file of version {VERSION}")
        for name, wanted in json.loads(json.dumps(about)).items():
            if held[name] != wanted:
                shown = f"{name} = {wanted}" if name in ("m", "seed") else f"this {name}"
                raise ValueError(
                    f"it is of an improvement without {shown}; remove it or choose another file"
                )
        x = np.array(held["x"], np.float64)
        if x.shape != (d,) or not np.isfinite(x).all() or not work.allows(x):
            raise ValueError(f"x must be {d} numbers within the limits")
        height = math.inf if held["height"] is None else float(held["height"])
        real = work.height(x)
        if not math.isclose(height, real, rel_tol=1e-6):
            raise ValueError(f"x has h = {real}, not {height}")
        history = [(float(s), float(h)) for s, h in held["history"]]
        return _State(x, height, int(held["rounds"]), float(held["seconds"]), history)
    except (UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
        raise InvalidDataError(f"{path}: {what}") from None
