"""The ladder for n: accuracy and cost of a model for any length beside the exact height.

For n = 6 to 16, k = n/2 and a few m: fresh codes of four ensembles, their exact heights, the
predictions, whether the intervals hold, and CPU time a code for the features (all log minors),
for the network and for the exact engine, which gives all m at once.

    python benchmarks/lengths.py                             # table and docs/images/lengths.png
    python benchmarks/lengths.py --run BUNDLE --scores FILE  # of unseen lengths, for mheight export
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mheight.cli.console import errors_in_one_line
from mheight.codes import absolute_minors, systematic_generators
from mheight.datasets import Samples, exact_labels
from mheight.datasets.ensembles import ENSEMBLES, SCALES
from mheight.deployment import Predictor
from mheight.evaluation.calibration import Coverage, coverage
from mheight.evaluation.lengths_plot import plot_lengths
from mheight.evaluation.tables import render
from mheight.files import write_json
from mheight.heights import profile_with_doubts
from mheight.metrics import Scores, score
from mheight.tiers import COURSE_9, Group, Groups

SEARCH_STEPS = 60
LEAST_SECONDS = 0.05
IMAGE = Path(__file__).resolve().parent.parent / "docs" / "images" / "lengths.png"


def groups_of(n: int) -> list[Group]:
    k = n // 2
    return [Group(n, k, m) for m in sorted({2, (n - k) // 2 + 1, n - k})]


def draw(ensemble: str, group: Group, count: int, rng: np.random.Generator) -> np.ndarray:
    """P of random codes, as the ensembles of `mheight data make` draw them."""
    shape = (count, group.k, group.n - group.k)
    if ensemble == "normal":
        return rng.standard_normal(shape)
    mixture = SCALES["uniform" if ensemble == "uniform" else "course"]
    weights = np.array(list(mixture.values()))
    limit = rng.choice(np.array(list(mixture)), size=count, p=weights / weights.sum())
    limit = limit[:, None, None]
    return rng.integers(-limit, limit, size=shape, endpoint=True).astype(np.float64)


def heights(parity: np.ndarray, m: int) -> np.ndarray:
    found = profile_with_doubts(systematic_generators(parity))
    return np.where(found.doubtful, np.inf, found.heights[:, m - 1])


def codes(ensemble: str, group: Group, count: int, rng: np.random.Generator) -> Samples:
    """Labelled codes of finite height; `searched` ones by a short search."""
    parity = draw(ensemble, group, 2 * count + 8, rng)
    found = heights(parity, group.m)
    finite = np.flatnonzero(np.isfinite(found))[:count]
    parity, found = parity[finite], found[finite]
    if ensemble == "searched":
        rows = np.arange(len(parity))
        limit = np.abs(parity).max(axis=(1, 2)).astype(np.int64)
        for _ in range(SEARCH_STEPS):
            changed = parity.copy()
            at = (
                rng.integers(group.k, size=len(rows)),
                rng.integers(group.n - group.k, size=len(rows)),
            )
            changed[rows, *at] = rng.integers(-limit, limit, endpoint=True)
            fresh = heights(changed, group.m)
            better = fresh < found
            parity[better], found[better] = changed[better], fresh[better]
    m = np.full(len(parity), group.m)
    samples = Samples.of_code(Groups.of([group]), group.n, group.k, m, parity, np.arange(len(m)))
    return samples.with_heights(found)


def micro(
    call: Callable[[], object], count: int, clock: Callable[[], float] = time.process_time
) -> float:
    """Microseconds a code, of CPU over all threads unless another clock is given.

    The first call, which may compile, is not counted.
    """
    call()
    start, times = clock(), 0
    while clock() - start < LEAST_SECONDS:
        call()
        times += 1
    return (clock() - start) / times / count * 1e6


def measured(model: Predictor, group: Group, count: int, rng: np.random.Generator) -> dict:
    parts = [codes(ensemble, group, count, rng) for ensemble in ENSEMBLES]
    samples = Samples.concatenate(parts, renumber=True)
    found = model.predict(samples)
    ((_, _, parity),) = samples.by_shape()
    generators = systematic_generators(parity)

    def features() -> np.ndarray:
        minors = absolute_minors(generators)
        return np.log2(np.maximum(minors / minors.max(axis=1, keepdims=True), 2.0**-200))

    read = micro(features, len(samples))
    squared = (found.log2_heights - samples.log2_heights) ** 2
    return {
        "n": group.n,
        "k": group.k,
        "m": group.m,
        "mse": float(squared.mean()),
        "features": read,
        "network": max(micro(lambda: model.predict_log2(samples), len(samples)) - read, 0.0),
        "exact": micro(lambda: profile_with_doubts(generators), len(samples)),
        "samples": samples,
        "found": found,
    }


def nine(models: list[Predictor], per_group: int) -> str:
    """What a prediction costs at n = 9, features included, beside the exact height."""
    rng = np.random.default_rng(9)
    parts = [codes("course", group, per_group, rng) for group in COURSE_9]
    samples = Samples.concatenate([part.within(COURSE_9) for part in parts], renumber=True)
    samples = samples.take(rng.permutation(len(samples)))
    ways: dict[str, Callable[[], object]] = {
        "exact height, all m at once": lambda: exact_labels(samples)
    }
    for model in models:
        ways[model.name] = lambda model=model: model.predict_log2(samples)  # type: ignore[misc]
        ways[f"{model.name}, intervals and flags"] = lambda model=model: model.predict(samples)  # type: ignore[misc]
    spent = {name: micro(call, len(samples)) for name, call in ways.items()}
    exact = next(iter(spent.values()))
    lines = []
    for name, call in ways.items():
        own = spent[name]
        wall = 1e6 / micro(call, len(samples), time.perf_counter)
        lines.append([name, f"{own:.2f}", f"{own / exact:.1f}", f"{wall:,.0f}"])
    header = ["n = 9, from P", "CPU us a code", "times the exact height", "codes a second"]
    return render(f"{len(samples):,} codes of the nine groups", header, lines)


def scored(rows: list[dict]) -> tuple[Scores, Coverage]:
    """Scores and coverage of all codes of some rows."""
    samples = Samples.concatenate([row["samples"] for row in rows], renumber=True)
    said, low, high = (
        np.concatenate([getattr(row["found"], name) for row in rows])
        for name in ("log2_heights", "low", "high")
    )
    scores = score(samples.log2_heights, said, samples.group, samples.groups)
    level = rows[0]["found"].level
    held = coverage(samples.log2_heights, low, high, samples.group, samples.groups, level)
    return scores, held


def main() -> None:
    errors_in_one_line()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, help="a bundle; else the model of the package")
    parser.add_argument("--count", type=int, default=40, help="codes a group and ensemble")
    parser.add_argument("--longest", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1316)
    parser.add_argument("--image", type=Path, default=IMAGE)
    parser.add_argument("--scores", type=Path, help="JSON of lengths never trained on")
    parser.add_argument("--beside", type=Path, help="another bundle, for the cost at n = 9")
    options = parser.parse_args()
    model = Predictor.load(options.run)
    others = [] if options.beside is None else [Predictor.load(options.beside)]
    print(nine([model, *others], 25 * options.count))
    trained = model.trained.lengths
    rows = []
    for n in range(6, options.longest + 1):
        for group in groups_of(n):
            rng = np.random.default_rng([options.seed, *group])
            rows.append(measured(model, group, options.count, rng))
    lines = []
    for row in rows:
        _, held = scored([row])
        total = row["features"] + row["network"]
        lines.append(
            [
                f"{row['n']}, {row['k']}, {row['m']}",
                f"{row['mse']:.5f}",
                f"{held.overall:.2f}",
                f"{row['features']:.1f}",
                f"{row['network']:.1f}",
                f"{row['exact']:.1f}",
                f"{total / row['exact']:.1f}",
            ]
        )
    header = ["n, k, m", "log2-MSE", "held", "features, us", "network, us", "exact, us", "times"]
    print(
        render(f"{model.name}: {4 * options.count} codes a group, CPU time a code", header, lines)
    )
    for name, part in (
        ("trained lengths", [row for row in rows if row["n"] <= trained[-1]]),
        ("longer codes", [row for row in rows if row["n"] > trained[-1]]),
    ):
        if part:
            scores, held = scored(part)
            print(
                f"{name}: log2-MSE {scores.overall:.6f}, intervals hold {held.overall:.3f}, "
                f"median width {held.median_width:.4f}, {held.rows:,} codes"
            )
    plot_lengths(rows, trained[-1], f"{model.name}, four ensembles", options.image)
    print(options.image)
    if options.scores is not None:
        scores, held = scored([row for row in rows if row["n"] > trained[-1]])
        write_json(
            options.scores,
            {
                "run": model.name,
                "data": f"n = {trained[-1] + 1} to {options.longest}, never trained on",
                "scores": scores.as_dict(),
                "intervals": held.as_dict(),
                "flagged": None,
            },
        )


if __name__ == "__main__":
    main()
