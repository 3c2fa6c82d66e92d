"""The residual network of Run 7, as its description specifies it.

What it reads is a setting.  One vector goes through two Dense layers, as in the description;
sets of columns, whose number and kind depend on the group (n, k, m), go through one perceptron a
group and are pooled, and those that come first are read one by one too.
From there on all groups share one trunk.
"""

from __future__ import annotations

from typing import Any

from mheight.errors import ConfigError
from mheight.features.grouped import group_of_input
from mheight.models.backend import keras
from mheight.models.config import ResidualConfig
from mheight.models.sets import GroupConstant, LeadingSets, pooled_sets, scaled_sets
from mheight.tiers import Groups

__all__ = ["build_residual"]


class _Layers:
    """The stages of the network, with the configured widths, rates and penalty."""

    def __init__(self, config: ResidualConfig) -> None:
        self.config = config
        self.penalty = keras.regularizers.L2(config.l2) if config.l2 else None

    def dense(self, x: Any, width: int, activation: str | None = "gelu") -> Any:
        """Dense with the penalty on its kernel."""
        layer = keras.layers.Dense(width, activation=activation, kernel_regularizer=self.penalty)
        return layer(x)

    def stage(self, x: Any, width: int, rate: float) -> Any:
        """Dense, LayerNorm, dropout."""
        x = keras.layers.LayerNormalization()(self.dense(x, self.config.width(width)))
        return keras.layers.Dropout(self.config.dropout(rate))(x)

    def embedded(self, x: Any, rows: int, name: str) -> Any:
        """A small vector for each value of k or m."""
        table = keras.layers.Embedding(
            rows,
            self.config.embedding,
            embeddings_regularizer=self.penalty,
            name=f"{name}_embedding",
        )
        return keras.layers.Flatten()(table(x))

    def trunk(self, x: Any) -> Any:
        """Dense, residual blocks, progressive reduction, and log2 of the height."""
        config = self.config
        x = self.stage(x, config.trunk, config.trunk_dropout)
        for _ in range(config.blocks):
            inner = self.stage(x, config.trunk, config.block_dropout)
            inner = self.dense(inner, config.width(config.trunk))
            x = keras.layers.Add()([x, keras.layers.LayerNormalization()(inner)])
        for width, rate in zip(config.head, config.head_dropout, strict=True):
            x = self.stage(x, width, rate)
        return self.dense(x, 1, activation="softplus")


def build_residual(
    config: ResidualConfig, shapes: dict[str, tuple[int, ...]], groups: Groups
) -> Any:
    """Build the network.

    Args:
        config: widths, rates and penalty.
        shapes: shape of each input: n, k, m and one vector, such as P; or the sets of each
            group, such as `sets_4_2`.
        groups: those that it is for.

    Returns:
        A Keras model with inputs n (float), k, m (int) and the vector, or with one input of
        shape (rows, sets, numbers) a group, and one output of shape (all rows, 1), group
        after group: log2 of the height, by softplus, so that the height is at least 1.

    Raises:
        ConfigError: the features give other inputs.
    """
    made = _Layers(config)
    if shapes and all(name.startswith("sets_") for name in shapes):
        inputs, x, n, k, m = _sets(made, shapes)
    else:
        inputs, x, n, k, m = _vector(made, shapes)
    # Embeddings are indexed by k and m themselves.
    rows = {name: 1 + max(getattr(group, name) for group in groups) for name in "km"}
    parts = [x, n, made.embedded(k, rows["k"], "k"), made.embedded(m, rows["m"], "m")]
    log2_height = made.trunk(keras.layers.Concatenate()(parts))
    return keras.Model(inputs, log2_height, name="residual")


def _vector(made: _Layers, shapes: dict[str, tuple[int, ...]]) -> tuple[Any, ...]:
    """Inputs, what is read from the vector, and n, k and m."""
    vectors = [name for name, shape in shapes.items() if name not in "nkm" and len(shape) == 1]
    if len(vectors) != 1 or set(shapes) != {"n", "k", "m", *vectors}:
        raise ConfigError(
            "the residual network reads the inputs n, k, m and one vector, or sets_k_m for "
            f"each group, got {', '.join(sorted(shapes))}"
        )
    vector = vectors[0]
    n = keras.Input(shapes["n"], name="n")
    k = keras.Input(shapes["k"], dtype="int32", name="k")
    m = keras.Input(shapes["m"], dtype="int32", name="m")
    entries = keras.Input(shapes[vector], name=vector)
    x = entries
    for width, rate in zip(made.config.encoder, made.config.encoder_dropout, strict=True):
        x = made.stage(x, width, rate)
    return {"n": n, "k": k, "m": m, vector: entries}, x, n, k, m


def _sets(made: _Layers, shapes: dict[str, tuple[int, ...]]) -> tuple[Any, ...]:
    """Inputs, what is read from the sets, and n, k and m, one group's rows after another's."""
    _check_leading(made.config, shapes)
    inputs: dict[str, Any] = {}
    columns: dict[str, list[Any]] = {part: [] for part in ("rows", "n", "k", "m")}
    for name, shape in shapes.items():
        inputs[name] = keras.Input(shape, name=name)
        columns["rows"].append(_encoded_sets(made, inputs[name], name, shape))
        n, k, m = group_of_input(name)
        for part, value, dtype in (("n", n, "float32"), ("k", k, "int32"), ("m", m, "int32")):
            constant = GroupConstant(value, dtype=dtype, name=f"{name}_{part}")
            columns[part].append(constant(inputs[name]))
    joined = (
        keras.layers.Concatenate(
            axis=0, name=part, dtype="float32" if part in ("rows", "n") else "int32"
        )(parts)
        for part, parts in columns.items()
    )
    return (inputs, *joined)


def _check_leading(config: ResidualConfig, shapes: dict[str, tuple[int, ...]]) -> None:
    """All groups are read in the same ways, as their rows become one array."""
    longest = max(shapes, key=lambda name: shapes[name][1])
    shortest = min(shape[1] for shape in shapes.values())
    if config.set_width and shortest <= config.leading < shapes[longest][1]:
        raise ConfigError(
            f"model.leading must be at least the {shapes[longest][1]} numbers of a set of "
            f"{longest}, or 0, got {config.leading}"
        )


def _encoded_sets(made: _Layers, x: Any, name: str, shape: tuple[int, ...]) -> Any:
    """What is read from the sets of one group."""
    config = made.config
    x = scaled_sets(x, name)
    read = []
    if config.set_width:
        width = config.width(config.set_width)
        read.append(pooled_sets(x, name, width, config.set_layers, made.penalty))
    count = min(config.leading // shape[1], shape[0])
    if count:
        first = LeadingSets(count, name=f"{name}_leading")(x)
        read.append(made.dense(first, config.width(config.leading_width)))
    if not read:
        raise ConfigError(
            "the residual network reads sets pooled (model.set_width) or one by one "
            f"(model.leading, at least the {shape[1]} numbers of a set of {name}), got neither"
        )
    return read[0] if len(read) == 1 else keras.layers.Concatenate(name=f"{name}_read")(read)
