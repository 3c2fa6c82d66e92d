"""A network that can't learn a handful of codes by heart is broken somewhere."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import train_tiny

from mheight.datasets import generate
from mheight.features.grouped import circuits, input_name, minors
from mheight.models import RelationsConfig, SetsConfig, build_model
from mheight.models.backend import keras
from mheight.tiers import COURSE_9
from mheight.training.callbacks import predict_log2


def test_the_residual_network_learns_a_handful_by_heart(tmp_path):
    folder, _ = train_tiny(
        tmp_path,
        "run2",
        "data.per_group=10",
        "split.validation_fraction=0.2",
        "model.capacity=0.125",
        "model.dropout_factor=0.0",
        "training.batch_size=8",
        "training.epochs=60",
        "training.learning_rate=5e-3",
        "training.learning_rate_decay=0.95",
        "training.early_stopping_patience=60",
        "training.plateau_patience=60",
        "tier_guard.enabled=false",
    )
    last = folder.history.read_text(encoding="utf-8").splitlines()[-1].split(",")
    assert float(last[1]) < 0.05


@pytest.mark.parametrize(
    ("config", "features", "rate"),
    [
        (SetsConfig(width=16, pooled_width=32), circuits, 5e-3),
        (RelationsConfig(width=4, hidden=16, head=64), minors, 1e-2),
    ],
    ids=["sets", "relations"],
)
def test_a_network_by_group_learns_a_handful_by_heart(config, features, rate):
    """Two groups, so that little need be compiled."""
    chosen = [COURSE_9[4], COURSE_9[8]]
    samples = generate("course", 8, 5).samples
    samples = samples.take(np.isin(samples.group, [4, 8]))
    heights = samples.log2_heights
    features = features.of(COURSE_9)
    names = [input_name(features.features.kind, group) for group in chosen]
    model = build_model(config, {name: features.shapes[name] for name in names}, COURSE_9, seed=1)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
    inputs = features.encode(samples)
    (batch,) = inputs.batches(np.arange(len(samples)), len(samples))
    assert batch.real.all()
    arrays = {name: batch.arrays[name] for name in names}
    before = np.mean((predict_log2(model, inputs) - heights) ** 2)
    for _ in range(600):
        model.train_on_batch(arrays, heights[batch.rows, None])
    after = np.mean((predict_log2(model, inputs) - heights) ** 2)
    assert before > 1.0
    assert after < 0.02
