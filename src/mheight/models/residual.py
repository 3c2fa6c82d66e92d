"""The residual network of Run 7, as its description specifies it."""

from __future__ import annotations

from typing import Any

from mheight.errors import ConfigError
from mheight.models.backend import keras
from mheight.models.config import ResidualConfig

__all__ = ["build_residual"]

# Embeddings are indexed by k and m themselves: k up to 6 and m up to 5.
_K_ROWS, _M_ROWS = 7, 6


def build_residual(config: ResidualConfig, shapes: dict[str, tuple[int, ...]]) -> Any:
    """Build the network.

    Args:
        config: widths, rates and penalty.
        shapes: shape of each input: n, k, m and one vector, such as P.

    Returns:
        A Keras model with inputs n (float), k, m (int) and the vector, and one output of
        shape (N, 1): log2 of the height, by softplus, so that the height is at least 1.

    Raises:
        ConfigError: the features give other inputs.
    """
    vectors = [name for name, shape in shapes.items() if name not in "nkm" and len(shape) == 1]
    if len(vectors) != 1 or set(shapes) != {"n", "k", "m", *vectors}:
        raise ConfigError(
            "the residual network reads the inputs n, k, m and one vector, "
            f"got {', '.join(sorted(shapes))}"
        )
    vector = vectors[0]
    layers = keras.layers
    penalty = keras.regularizers.L2(config.l2) if config.l2 else None

    def dense(x: Any, width: int, activation: str | None = "gelu") -> Any:
        return layers.Dense(width, activation=activation, kernel_regularizer=penalty)(x)

    def stage(x: Any, width: int, rate: float) -> Any:
        """Dense, LayerNorm, dropout."""
        x = layers.LayerNormalization()(dense(x, config.width(width)))
        return layers.Dropout(config.dropout(rate))(x)

    def embedded(x: Any, rows: int, name: str) -> Any:
        table = layers.Embedding(
            rows, config.embedding, embeddings_regularizer=penalty, name=f"{name}_embedding"
        )
        return layers.Flatten()(table(x))

    n = keras.Input(shapes["n"], name="n")
    k = keras.Input(shapes["k"], dtype="int32", name="k")
    m = keras.Input(shapes["m"], dtype="int32", name="m")
    entries = keras.Input(shapes[vector], name=vector)

    x = entries
    for width, rate in zip(config.encoder, config.encoder_dropout, strict=True):
        x = stage(x, width, rate)
    x = layers.Concatenate()([x, n, embedded(k, _K_ROWS, "k"), embedded(m, _M_ROWS, "m")])
    x = stage(x, config.trunk, config.trunk_dropout)
    for _ in range(config.blocks):
        inner = stage(x, config.trunk, config.block_dropout)
        inner = layers.LayerNormalization()(dense(inner, config.width(config.trunk)))
        x = layers.Add()([x, inner])
    for width, rate in zip(config.head, config.head_dropout, strict=True):
        x = stage(x, width, rate)
    log2_height = dense(x, 1, activation="softplus")
    return keras.Model({"n": n, "k": k, "m": m, vector: entries}, log2_height, name="residual")
