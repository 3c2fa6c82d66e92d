"""A network that relates circuits through the elements they share.

A circuit is here a set A of k+1 columns, an element one of its columns j.  Messages go
from circuits to the sets U of n-m+1 columns around them and on to the code:

1. a perceptron reads each element of each circuit: the log minor without the element,
   beside the log of the circuit's sum;
2. for each set U and each element j of it, the minimum over the circuits in U that
   contain j;
3. the maximum over all U and j, and beside it, if asked for, the soft maximum (the log of
   the sum of exponentials);
4. a second perceptron reads what comes out.

The soft maximum grows with the number of sets, so a network that reads it holds for the
lengths it was trained on.  With the maximum alone nothing depends on how many sets there are,
and only one element of one circuit decides each number: gradients need no more than that.

The order of minimum and maximum is that of the theorem (docs/configuration.md): with
log sum minus log minor in step 1 the result would be the exact height.  The weights are
the same for all elements, circuits and groups, so that renumbering the columns
changes nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from mheight.errors import ConfigError
from mheight.features.grouped import group_of_input
from mheight.features.incidences import incidences
from mheight.models.backend import keras
from mheight.models.config import RelationsConfig

__all__ = ["LEAST_LOG", "NO_CIRCUIT", "CircuitRelations", "build_relations"]

Int = NDArray[np.int32]

LEAST_LOG = -30.0
"""Log2 of an element's minor over the circuit's largest is cut off here."""

NO_CIRCUIT = -150.0
"""Log2 of a circuit's largest minor, beside the code's, under which all of them are zero."""


@lru_cache(maxsize=32)
def _around(n: int, k: int, m: int) -> Int:
    """For each slot, the pairs (U, j) it belongs to, shape (slots, R)."""
    members, inside = incidences(n, k, m)
    order = np.argsort(inside.ravel(), kind="stable")
    around: Int = (order // inside.shape[1]).reshape(members.size, -1).astype(np.int32)
    return around


@lru_cache(maxsize=32)
def _least(n: int, k: int, m: int) -> Any:
    """Minimum over the circuits of each pair: (width, slots, B) to (width, pairs, B).

    The gradient gathers too, pair by slot, where that of a plain gather would scatter,
    which is several times slower on a CPU.
    """
    _, inside = incidences(n, k, m)
    around = _around(n, k, m)

    @jax.custom_vjp
    def least(x: Any) -> Any:
        return jnp.min(x[:, inside], axis=2)

    def forward(x: Any) -> Any:
        y = least(x)
        return y, (x, y)

    def backward(kept: Any, dy: Any) -> Any:
        x, y = kept
        reached = x[:, :, None] == y[:, around]
        return (jnp.sum(jnp.where(reached, dy[:, around], 0.0), axis=2),)

    least.defvjp(forward, backward)
    return least


@keras.saving.register_keras_serializable(package="mheight")
class CircuitRelations(keras.layers.Layer):  # type: ignore[misc]
    """Log2 minors of codes of one (n, k), shape (B, C(n, k)), to log2 h_m, shape (B, 1).

    Call it with `k` and `m`; the weights fit all.  `n` is that of the minors.
    """

    def __init__(
        self, width: int, hidden: int, head: int, soft_maximum: bool = True, **options: Any
    ) -> None:
        super().__init__(**options)
        self.width, self.hidden, self.head = width, hidden, head
        self.soft_maximum = soft_maximum

    def build(self, input_shape: Any) -> None:
        """Make the weights; they do not depend on the input's shape."""

        def dense(name: str, inputs: int, outputs: int) -> tuple[Any, Any]:
            kernel = self.add_weight((inputs, outputs), "glorot_uniform", name=f"{name}_kernel")
            return kernel, self.add_weight((outputs,), "zeros", name=f"{name}_bias")

        pooled = 2 * self.width if self.soft_maximum else self.width
        self.through = dense("through", 2, self.width)
        self.element = dense("element", 2, self.hidden)
        self.message = dense("message", self.hidden, self.width)
        self.read = dense("read", pooled, self.head)
        self.answer = dense("answer", self.head, 1)
        self.straight = dense("straight", pooled, 1)

    def call(self, minors: Any, n: int = 9, k: int = 1, m: int = 1, training: bool = False) -> Any:
        """Relate the circuits of codes [n, k]; see the module."""
        members, inside = incidences(n, k, m)
        logs = jnp.swapaxes(jnp.asarray(minors), 0, 1)[members]  # (place, circuit, B)
        # Rows of the batch come last from here on, so that gathering copies whole rows.
        logs = logs - jnp.maximum(jnp.max(logs, axis=0), NO_CIRCUIT)
        logs = jnp.maximum(logs, LEAST_LOG)
        # Never below log2 of the largest, 0, unless the circuit's minors are all zero.
        sums = jnp.maximum(jnp.log2(jnp.sum(jnp.exp2(logs), axis=0)), 0.0)
        pair = 0.5 * jnp.stack([logs, jnp.broadcast_to(sums, logs.shape)])
        pair = pair.reshape(2, -1, logs.shape[-1])
        if training and not self.soft_maximum:
            deciding = _deciding(jax.lax.stop_gradient(self._elements(pair)), inside)
            x = jnp.diagonal(self._elements(pair[:, deciding, jnp.arange(pair.shape[-1])]), 0, 0, 1)
            x = jnp.swapaxes(x, 0, 1)
        else:
            x = self._elements(pair)
            x = x[:, inside[:, 0]] if inside.shape[1] == 1 else _least(n, k, m)(x)
            top = jnp.max(x, axis=1)
            soft = [jax.nn.logsumexp(x, axis=1)] if self.soft_maximum else []
            x = jnp.concatenate([top, *soft])
        x = _dense(self.straight, x) + _dense(self.answer, jax.nn.relu(_dense(self.read, x)))
        return jnp.swapaxes(jax.nn.softplus(x), 0, 1)

    def _elements(self, pair: Any) -> Any:
        """What is said of each element, (2, ...) to (width, ...)."""
        hidden = jax.nn.relu(_dense(self.element, pair))
        return _dense(self.through, pair) + _dense(self.message, hidden)

    def compute_output_shape(self, input_shape: Any, **code: int) -> Any:
        """One number a code."""
        return (input_shape[0], 1)

    def get_config(self) -> dict[str, Any]:
        """The widths, and what is pooled."""
        widths = {"width": self.width, "hidden": self.hidden, "head": self.head}
        return {**super().get_config(), **widths, "soft_maximum": self.soft_maximum}


def _deciding(x: Any, inside: Int) -> Any:
    """The slots that decide the maximum of minima, (width, slots, B) to (width, B)."""
    pair = jnp.argmax(jnp.min(x[:, inside], axis=2), axis=1)
    slots = jnp.asarray(inside)[pair]  # (width, B, circuits inside)
    values = jnp.take_along_axis(x, jnp.swapaxes(slots, 1, 2), axis=1)
    least = jnp.argmin(values, axis=1)
    return jnp.take_along_axis(slots, least[..., None], axis=2)[..., 0]


def _dense(weights: tuple[Any, Any], x: Any) -> Any:
    """A Dense layer whose features stand first: (in, ...) to (out, ...)."""
    kernel, bias = weights
    outputs = jnp.einsum("io,i...->o...", jnp.asarray(kernel), x)
    return outputs + jnp.asarray(bias).reshape(-1, *(1 for _ in x.shape[1:]))


def build_relations(config: RelationsConfig, shapes: dict[str, tuple[int, ...]]) -> Any:
    """Build the network.

    Args:
        config: widths.
        shapes: by name of the input, `minors_k_m` for n = 9, else `minors_n_k_m`.

    Returns:
        A Keras model with one input of shape (rows, C(n, k)) a group and one output of
        shape (all rows, 1), log2 of the heights, group after group.

    Raises:
        ConfigError: the features are not `minors`.
    """
    if not all(name.startswith("minors_") for name in shapes):
        raise ConfigError(
            f"the network of relations reads inputs minors_k_m, got {', '.join(sorted(shapes))}"
        )
    layers = keras.layers
    relations = CircuitRelations(
        config.width, config.hidden, config.head, config.soft_maximum, name="relations"
    )
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    outputs = []
    for name, minors in inputs.items():
        n, k, m = group_of_input(name)
        log2_height = relations(minors, n=n, k=k, m=m)
        outputs.append(layers.Identity(name=f"{name}_log2")(log2_height))
    return keras.Model(inputs, layers.Concatenate(axis=0, name="rows")(outputs), name="relations")
