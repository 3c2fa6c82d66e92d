"""A network over sets of columns: one perceptron for all sets of a code, pooled."""

from __future__ import annotations

from typing import Any

from mheight.errors import ConfigError
from mheight.models.backend import keras
from mheight.models.config import SetsConfig

__all__ = ["SetPooling", "build_sets"]


@keras.saving.register_keras_serializable(package="mheight")
class SetPooling(keras.layers.Layer):  # type: ignore[misc]
    """Maximum, soft maximum and mean over the sets, side by side.

    Shape (rows, sets, width) becomes (rows, 3 width).
    """

    def call(self, x: Any) -> Any:
        """Pool the second axis."""
        ops = keras.ops
        soft = ops.logsumexp(4.0 * x, axis=1) / 4.0
        return ops.concatenate([ops.max(x, axis=1), soft, ops.mean(x, axis=1)], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Rows and three times the width."""
        return (input_shape[0], 3 * input_shape[-1])


def build_sets(config: SetsConfig, shapes: dict[str, tuple[int, ...]]) -> Any:
    """Build the network: for each group (k, m) its own perceptrons.

    Every set of a code goes through the same perceptron; the results are pooled by their
    maximum, soft maximum and mean, and a second perceptron reads these; the last layer
    sees them too, since a height is a maximum over sets.

    Args:
        config: widths and penalty.
        shapes: by name of the input, sets and numbers about each.

    Returns:
        A Keras model with one input of shape (rows, sets, numbers) a group and one output
        of shape (all rows, 1), log2 of the heights, group after group.

    Raises:
        ConfigError: the features give no sets.
    """
    if not all(name.startswith("sets_") for name in shapes):
        raise ConfigError(
            f"the network over sets reads inputs sets_k_m, got {', '.join(sorted(shapes))}"
        )
    layers = keras.layers
    penalty = keras.regularizers.L2(config.l2) if config.l2 else None

    def dense(x: Any, width: int, name: str, activation: str | None = "relu") -> Any:
        return layers.Dense(width, activation=activation, kernel_regularizer=penalty, name=name)(x)

    inputs, outputs = {}, []
    for name, shape in shapes.items():
        inputs[name] = keras.Input(shape, name=name)
        # Log2 of minors, from -24 to 0 and sums of them: of the order of one.
        x = layers.Rescaling(0.25, 0.5, name=f"{name}_scaled")(inputs[name])
        x = dense(x, config.width, f"{name}_in")
        for i in range(config.layers):
            inner = dense(x, config.width, f"{name}_set_{i}")
            x = layers.Add(name=f"{name}_set_{i}_add")([x, inner])
        x = dense(x, config.width, f"{name}_out", activation=None)
        pooled = SetPooling(name=f"{name}_pooled")(x)
        y = dense(pooled, config.pooled_width, f"{name}_head_0")
        for i in range(1, config.pooled_layers):
            inner = dense(y, config.pooled_width, f"{name}_head_{i}")
            y = layers.Add(name=f"{name}_head_{i}_add")([y, inner])
        y = layers.Concatenate(name=f"{name}_skip")([y, pooled])
        outputs.append(dense(y, 1, f"{name}_log2", activation="softplus"))
    return keras.Model(inputs, layers.Concatenate(axis=0, name="rows")(outputs), name="sets")
