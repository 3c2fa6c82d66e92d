"""How fast networks train and predict here, each against a peer in the same run.

Training: rows a second of `mheight.training.fit` (shuffling, batches, callbacks, validation and
checkpoints included) against a bare jitted JAX step of the same network on batches that
lie ready in memory.  Goal: at most 1.3 times the time.

Prediction: codes a second from P to log2 height, features included, against the exact
height of the same codes.  Goal: 50,000 a second.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from mheight.datasets import Samples, TrainingView, exact_heights, generate
from mheight.deployment import Predictor
from mheight.evaluation.tables import render
from mheight.experiments.config import RunConfig, load_config
from mheight.features import FEATURES
from mheight.models import build_model
from mheight.training.callbacks import predict_log2
from mheight.training.fit import Listeners, batches, fit
from mheight.training.rows import Encoded

RUNS = Path(__file__).resolve().parent.parent / "runs"
NARROW = ["model.pooled_width=128", "model.pooled_layers=2"]
NETWORKS = {
    "residual on raw-p (run7-raw)": ("run7-raw", []),
    "residual on punctured (run7)": ("run7", []),
    "sets on punctured (run8, narrow)": ("run8", NARROW),
    "relations on minors (run8-stream)": ("run8-stream", []),
}
LADDER = {
    "residual on raw-p": ("run7-raw", []),
    "residual on gram": ("run7-raw", ["features.name=gram"]),
    "residual on minor-spectrum": ("run7-raw", ["features.name=minor-spectrum"]),
    "residual on punctured": ("run7", []),
    "sets on circuits": ("run8", [*NARROW, "features.name=circuits"]),
    "sets on punctured": ("run8", NARROW),
    "relations on minors": ("run8-stream", []),
}


def encoded(config: RunConfig, samples: Samples) -> Encoded:
    features = FEATURES[config.features.name].fit(TrainingView(samples))
    return Encoded(features.encode(samples), samples.log2_heights, samples.group, samples.groups)


def by_fit(config: RunConfig, rows: Encoded, few: Encoded, shapes: dict) -> float:
    """Seconds of one epoch, the fastest of three after one that compiles."""
    records: list = []
    with tempfile.TemporaryDirectory() as folder:
        fit(
            build_model(config.model, shapes, rows.groups, 0),
            rows,
            few,
            config=config.training.model_copy(update={"epochs": 4}),
            loss=config.loss,
            tier_guard=config.tier_guard.model_copy(update={"enabled": False}),
            seed=0,
            folder=Path(folder),
            listeners=Listeners(keep_records=lambda told: records.append(told[-1].seconds)),
        )
    return min(records[1:])


def by_bare_step(config: RunConfig, rows: Encoded, shapes: dict) -> float:
    """Seconds for as many steps of one jitted function, the fastest of three."""
    import jax
    import jax.numpy as jnp

    from mheight.models.backend import keras

    model = build_model(config.model, shapes, rows.groups, 0)
    optimizer = keras.optimizers.AdamW(
        config.training.learning_rate,
        weight_decay=config.training.weight_decay,
        clipnorm=config.training.clipnorm,
    )
    optimizer.build(model.trainable_variables)

    def loss(weights, other, x, y, w):  # type: ignore[no-untyped-def]
        predicted, other, penalties = model.stateless_call(
            weights, other, x, training=True, return_losses=True
        )
        return jnp.mean(w[:, None] * (predicted - y) ** 2) + sum(penalties), other

    @jax.jit
    def step(state, x, y, w):  # type: ignore[no-untyped-def]
        weights, other, moments = state
        (_, other), gradient = jax.value_and_grad(loss, has_aux=True)(weights, other, x, y, w)
        weights, moments = optimizer.stateless_apply(moments, gradient, weights)
        return weights, other, moments

    size = config.training.batch_size
    steps = -(-len(rows) // size)
    ready = list(islice(batches(rows, np.ones(9), size, 0, 0), min(steps, 8)))
    ready = jax.device_put(ready)
    state = tuple(
        [variable.value for variable in group]
        for group in (
            model.trainable_variables,
            model.non_trainable_variables,
            optimizer.variables,
        )
    )
    state = jax.block_until_ready(step(state, *ready[0]))
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        for batch in islice(cycle(ready), steps):
            state = step(state, *batch)
        jax.block_until_ready(state)
        taken.append(time.perf_counter() - start)
    return min(taken)


def training_table(per_group: int) -> str:
    samples = generate("course", per_group, 1).samples
    few = samples.take(np.arange(0, len(samples), 40))
    rows = []
    for name, (run, overrides) in NETWORKS.items():
        config = load_config(RUNS / f"{run}.toml", overrides)
        data = encoded(config, samples)
        shapes = FEATURES[config.features.name].fit(TrainingView(samples)).shapes
        ours = by_fit(config, data, encoded(config, few), shapes)
        bare = by_bare_step(config, data, shapes)
        count = len(data)
        rows.append(
            [name, f"{count / ours:,.0f}", f"{count / bare:,.0f}", f"{ours / bare:.2f}", "1.3"]
        )
    header = ["network", "rows/s, mheight", "rows/s, bare step", "times", "at most"]
    return render("Training on this machine", header, rows)


def prediction_table(count: int) -> str:
    samples = generate("course", -(-count // 9), 2).samples
    samples = samples.take(np.random.default_rng(0).permutation(len(samples))[:count])
    small = samples.take(np.arange(4000))
    rows = []
    for name, (run, overrides) in LADDER.items():
        config = load_config(RUNS / f"{run}.toml", overrides)
        features = FEATURES[config.features.name].fit(TrainingView(small))
        model = build_model(config.model, features.shapes, features.groups, 0)

        def predict(codes: Samples, features=features, model=model):  # type: ignore[no-untyped-def]
            reading = time.perf_counter()
            inputs = features.encode(codes)
            running = time.perf_counter()
            predict_log2(model, inputs)
            return running - reading, time.perf_counter() - running

        predict(small)
        reading, running = min((predict(samples) for _ in range(2)), key=sum)
        micro = 1e6 / count
        rows.append(
            [
                name,
                f"{model.count_params():,}",
                f"{reading * micro:.1f}",
                f"{running * micro:.1f}",
                f"{count / (reading + running):,.0f}",
            ]
        )
    packaged = Predictor.load()
    timed: dict[str, Callable[[Samples], object]] = {
        "packaged model, ONNX Runtime": packaged.predict_log2,
        "the same with intervals and flags": packaged.predict,
    }
    for name, answer in timed.items():
        seconds = []
        for codes in (small, samples, samples):
            start = time.perf_counter()
            answer(codes)
            seconds.append(time.perf_counter() - start)
        parameters = packaged.manifest.network.parameters
        micro = min(seconds[1:]) * 1e6 / count
        rows.append([name, f"{parameters:,}", "", f"{micro:.1f}", f"{1e6 / micro:,.0f}"])
    exact_heights(small)
    start = time.perf_counter()
    exact_heights(samples)
    exact = time.perf_counter() - start
    rows.append(
        [
            "exact height, all m at once",
            "0",
            "",
            f"{exact * 1e6 / count:.1f}",
            f"{count / exact:,.0f}",
        ]
    )
    header = ["network", "parameters", "features, us", "network, us", "codes/s"]
    return render(f"Predicting {count:,} codes of all groups, from P", header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-group", type=int, default=2000, help="rows to train on")
    parser.add_argument("--count", type=int, default=100_000, help="codes to predict")
    options = parser.parse_args()
    print(training_table(options.per_group), flush=True)
    print(prediction_table(options.count), flush=True)


if __name__ == "__main__":
    main()
