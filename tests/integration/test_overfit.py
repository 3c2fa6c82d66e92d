"""A network that can't learn a handful of codes by heart is broken somewhere."""

from __future__ import annotations

from tiny import train_tiny


def test_the_residual_network_learns_a_handful_by_heart(tmp_path):
    folder, _ = train_tiny(
        tmp_path,
        "run2",
        "data.per_group=10",
        "split.validation_fraction=0.2",
        "model.capacity=0.125",
        "model.dropout_factor=0.0",
        "training.batch_size=72",
        "training.epochs=400",
        "training.learning_rate=3e-3",
        "training.learning_rate_decay=0.99",
        "training.early_stopping_patience=400",
        "training.plateau_patience=400",
        "tier_guard.enabled=false",
    )
    last = folder.history.read_text(encoding="utf-8").splitlines()[-1].split(",")
    assert float(last[1]) < 0.05
