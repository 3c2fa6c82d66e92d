"""A network over sets of columns: one perceptron for all sets of a code, pooled."""

from __future__ import annotations

from typing import Any

from mheight.errors import ConfigError
from mheight.models.backend import keras
from mheight.models.config import SetsConfig

__all__ = ["GroupConstant", "LeadingSets", "SetPooling", "build_sets", "pooled_sets", "scaled_sets"]


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


@keras.saving.register_keras_serializable(package="mheight")
class GroupConstant(keras.layers.Layer):  # type: ignore[misc]
    """A number that all rows of a group share, such as its k, beside any input.

    Shape (rows, ...) becomes (rows, 1).
    """

    def __init__(self, value: int, **options: Any) -> None:
        super().__init__(**options)
        self.value = value

    def call(self, x: Any) -> Any:
        """As many rows as the input, each the number."""
        return keras.ops.full((keras.ops.shape(x)[0], 1), self.value, dtype=self.compute_dtype)

    def compute_output_spec(self, x: Any) -> Any:
        """One number a row, of the layer's type."""
        return keras.KerasTensor((x.shape[0], 1), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """The number."""
        return {**super().get_config(), "value": self.value}


@keras.saving.register_keras_serializable(package="mheight")
class LeadingSets(keras.layers.Layer):  # type: ignore[misc]
    """The sets that come first, their numbers side by side.

    Shape (rows, sets, numbers) becomes (rows, count * numbers).
    """

    def __init__(self, count: int, **options: Any) -> None:
        super().__init__(**options)
        self.count = count

    def call(self, x: Any) -> Any:
        """Cut off the other sets, and flatten."""
        return keras.ops.reshape(x[:, : self.count], (-1, self.count * x.shape[-1]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Rows and all numbers."""
        return (input_shape[0], self.count * input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """How many sets."""
        return {**super().get_config(), "count": self.count}


def pooled_sets(x: Any, name: str, width: int, layers: int, penalty: Any) -> Any:
    """Every set through one perceptron, then pooled: (rows, sets, numbers) to (rows, 3 width).

    Args:
        x: a group's input, scaled.
        name: first part of the layers' names.
        width: of the perceptron.
        layers: residual layers between its first and last.
        penalty: on its kernels.
    """
    dense = keras.layers.Dense
    x = dense(width, activation="relu", kernel_regularizer=penalty, name=f"{name}_in")(x)
    for i in range(layers):
        inner = dense(width, activation="relu", kernel_regularizer=penalty, name=f"{name}_set_{i}")
        x = keras.layers.Add(name=f"{name}_set_{i}_add")([x, inner(x)])
    x = dense(width, kernel_regularizer=penalty, name=f"{name}_out")(x)
    return SetPooling(name=f"{name}_pooled")(x)


def scaled_sets(x: Any, name: str) -> Any:
    """Log2 of minors, from -24 to 0, and sums of them, brought to the order of one."""
    return keras.layers.Rescaling(0.25, 0.5, name=f"{name}_scaled")(x)


def build_sets(config: SetsConfig, shapes: dict[str, tuple[int, ...]]) -> Any:
    """Build the network: for each group its own perceptrons.

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
        x = scaled_sets(inputs[name], name)
        pooled = pooled_sets(x, name, config.width, config.layers, penalty)
        y = dense(pooled, config.pooled_width, f"{name}_head_0")
        for i in range(1, config.pooled_layers):
            inner = dense(y, config.pooled_width, f"{name}_head_{i}")
            y = layers.Add(name=f"{name}_head_{i}_add")([y, inner])
        y = layers.Concatenate(name=f"{name}_skip")([y, pooled])
        outputs.append(dense(y, 1, f"{name}_log2", activation="softplus"))
    return keras.Model(inputs, layers.Concatenate(axis=0, name="rows")(outputs), name="sets")
