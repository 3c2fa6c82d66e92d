"""A network that relates circuits through the elements they share.

A circuit is here a set A of k+1 columns, an element one of its columns j.  Messages go
from circuits to the sets U of n-m+1 columns around them and on to the code:

1. a perceptron reads each element of each circuit: the log minor without the element,
   beside the log of the circuit's sum;
2. for each set U and each element j of it, the minimum over the circuits in U that
   contain j;
3. the maximum, and the soft maximum, over all U and j;
4. a second perceptron reads what comes out.

The order of minimum and maximum is that of the theorem (docs/configuration.md): with
log sum minus log minor in step 1 the result would be the exact height.  The weights are
the same for all elements, circuits and groups, so that renumbering the columns
changes nothing.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from mheight.errors import ConfigError
from mheight.features.grouped import group_of_input
from mheight.models.backend import keras
from mheight.models.config import RelationsConfig

__all__ = ["LEAST_LOG", "NO_CIRCUIT", "CircuitRelations", "build_relations", "incidences"]

Int = NDArray[np.int32]

LEAST_LOG = -30.0
"""Log2 of an element's minor over the circuit's largest is cut off here."""

NO_CIRCUIT = -150.0
"""Log2 of a circuit's largest minor, beside the code's, under which all of them are zero."""


@lru_cache(maxsize=32)
def incidences(n: int, k: int, m: int) -> tuple[Int, Int, Int]:
    """Which minors, circuits, elements and sets belong together.

    Args:
        n: length.
        k: dimension.
        m: index of the height, 1 <= m <= n-k.

    Returns:
        `members`, shape (k+1, C(n, k+1)): for each place in each circuit, the number of
        the minor without that element.  Circuit c and place i make slot i C + c.
        `inside`, shape (pairs, C(n-m, k)): for each set U of n-m+1 columns and each
        element j of it, the slots of j in the circuits inside U.
        `around`, shape (slots, R): for each slot, the R pairs (U, j) it belongs to.
    """
    minor = {basis: i for i, basis in enumerate(combinations(range(n), k))}
    circuits = list(combinations(range(n), k + 1))
    members = np.array(
        [[minor[c[:i] + c[i + 1 :]] for c in circuits] for i in range(k + 1)], np.int32
    )
    slot = {
        (c, j): i * len(circuits) + number
        for number, c in enumerate(circuits)
        for i, j in enumerate(c)
    }
    inside = np.array(
        [
            [slot[tuple(sorted((*basis, j))), j] for basis in combinations(set(U) - {j}, k)]
            for U in combinations(range(n), n - m + 1)
            for j in U
        ],
        np.int32,
    )
    order = np.argsort(inside.ravel(), kind="stable")
    around = (order // inside.shape[1]).reshape(len(slot), -1).astype(np.int32)
    return members, inside, around


@lru_cache(maxsize=32)
def _least(n: int, k: int, m: int) -> Any:
    """Minimum over the circuits of each pair: (width, slots, B) to (width, pairs, B).

    The gradient gathers too, pair by slot, where that of a plain gather would scatter,
    which is several times slower on a CPU.
    """
    _, inside, around = incidences(n, k, m)

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

    def __init__(self, width: int, hidden: int, head: int, **options: Any) -> None:
        super().__init__(**options)
        self.width, self.hidden, self.head = width, hidden, head

    def build(self, input_shape: Any) -> None:
        """Make the weights; they do not depend on the input's shape."""

        def dense(name: str, inputs: int, outputs: int) -> tuple[Any, Any]:
            kernel = self.add_weight((inputs, outputs), "glorot_uniform", name=f"{name}_kernel")
            return kernel, self.add_weight((outputs,), "zeros", name=f"{name}_bias")

        self.through = dense("through", 2, self.width)
        self.element = dense("element", 2, self.hidden)
        self.message = dense("message", self.hidden, self.width)
        self.read = dense("read", 2 * self.width, self.head)
        self.answer = dense("answer", self.head, 1)
        self.straight = dense("straight", 2 * self.width, 1)

    def call(self, minors: Any, n: int = 9, k: int = 1, m: int = 1) -> Any:
        """Relate the circuits of codes [n, k]; see the module."""
        members, inside, _ = incidences(n, k, m)
        logs = jnp.swapaxes(jnp.asarray(minors), 0, 1)[members]  # (place, circuit, B)
        # Rows of the batch come last from here on, so that gathering copies whole rows.
        logs = logs - jnp.maximum(jnp.max(logs, axis=0), NO_CIRCUIT)
        logs = jnp.maximum(logs, LEAST_LOG)
        # Never below log2 of the largest, 0, unless the circuit's minors are all zero.
        sums = jnp.maximum(jnp.log2(jnp.sum(jnp.exp2(logs), axis=0)), 0.0)
        x = 0.5 * jnp.stack([logs, jnp.broadcast_to(sums, logs.shape)])
        x = x.reshape(2, -1, logs.shape[-1])
        x = _dense(self.through, x) + _dense(self.message, jax.nn.relu(_dense(self.element, x)))
        x = x[:, inside[:, 0]] if inside.shape[1] == 1 else _least(n, k, m)(x)
        x = jnp.concatenate([jnp.max(x, axis=1), jax.nn.logsumexp(x, axis=1)])
        x = _dense(self.straight, x) + _dense(self.answer, jax.nn.relu(_dense(self.read, x)))
        return jnp.swapaxes(jax.nn.softplus(x), 0, 1)

    def compute_output_shape(self, input_shape: Any, **code: int) -> Any:
        """One number a code."""
        return (input_shape[0], 1)

    def get_config(self) -> dict[str, Any]:
        """The widths."""
        widths = {"width": self.width, "hidden": self.hidden, "head": self.head}
        return {**super().get_config(), **widths}


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
    relations = CircuitRelations(config.width, config.hidden, config.head, name="relations")
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    outputs = []
    for name, minors in inputs.items():
        n, k, m = group_of_input(name)
        log2_height = relations(minors, n=n, k=k, m=m)
        outputs.append(layers.Identity(name=f"{name}_log2")(log2_height))
    return keras.Model(inputs, layers.Concatenate(axis=0, name="rows")(outputs), name="relations")
