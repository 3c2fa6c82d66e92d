from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from math import comb
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import mheight
from mheight.codes import absolute_minors
from mheight.datasets import generate
from mheight.errors import ConfigError
from mheight.features import grouped
from mheight.features.grouped import ZERO, input_name
from mheight.features.incidences import incidences
from mheight.models import RelationsConfig, SetsConfig, build_model
from mheight.models.backend import keras
from mheight.models.relations import CircuitRelations, _around, _least
from mheight.tiers import COURSE_9
from mheight.training.callbacks import predict_log2

SHAPES = [
    (10, 5),
    (11, 3),
    (12, 6),
    (4, 2),
    (5, 2),
    (5, 3),
    (6, 3),
    (7, 4),
    (8, 5),
    (9, 4),
    (9, 6),
    (3, 1),
    (4, 3),
]
CASES = [(n, k, m) for n, k in SHAPES if n < 9 or (n, k) == (9, 6) for m in range(1, n - k + 1)]

circuits, minors = grouped.circuits.of(COURSE_9), grouped.minors.of(COURSE_9)


def heights_by_the_formula(values: np.ndarray, n: int, k: int, m: int) -> np.ndarray:
    """h_m from absolute minors, shape (N, C(n, k)): the theorem of the network's page."""
    members, inside = incidences(n, k, m)
    own = values[:, members]  # (N, place, circuit)
    sums = own.sum(axis=1, keepdims=True)
    ratios = np.full(own.shape, np.inf)  # no constraint: a zero minor, or a circuit of zeros
    np.divide(np.broadcast_to(sums, own.shape), own, out=ratios, where=own > 0)
    slots = ratios.reshape(len(values), -1)
    return slots[:, inside].min(axis=2).max(axis=1) - 1.0


def integer_codes(rng: np.random.Generator, n: int, k: int, limit: int, count: int) -> np.ndarray:
    """Random [I | P] with its columns permuted; entries of P up to the limit."""
    G = np.zeros((count, k, n))
    G[:, :, :k] = np.eye(k)
    G[:, :, k:] = rng.integers(-limit, limit + 1, (count, k, n - k))
    return np.stack([one[:, rng.permutation(n)] for one in G])


@pytest.mark.parametrize(("n", "k"), SHAPES)
@pytest.mark.parametrize("limit", [1, 2, 30])
def test_the_formula_gives_the_exact_heights(n: int, k: int, limit: int) -> None:
    rng = np.random.default_rng([n, k, limit])
    G = integer_codes(rng, n, k, limit, 25)
    values = absolute_minors(G)
    expected = mheight.height_profile(G)
    for m in range(1, n - k + 1):
        got = heights_by_the_formula(values, n, k, m)
        np.testing.assert_allclose(got, expected[:, m - 1], rtol=1e-9)
    if limit == 1 and n - k > 1:
        assert np.isinf(expected).any()
        assert np.isfinite(expected).any()


@pytest.mark.parametrize(("n", "k", "m"), [(6, 3, 2), (7, 3, 3)])
def test_a_wrong_incidence_gives_wrong_heights(
    n: int, k: int, m: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oracle above tells planted errors: in members, in sets, of another m."""
    G = integer_codes(np.random.default_rng(0), n, k, 30, 25)
    values, expected = absolute_minors(G), mheight.height_profile(G)[:, m - 1]
    members, inside = incidences(n, k, m)
    assert np.allclose(heights_by_the_formula(values, n, k, m), expected)
    one_less = incidences(n, k, m - 1)
    for wrong in (
        (members[::-1], inside),
        (members, np.roll(inside, 1, axis=0)[:, :-1]),
        one_less,
    ):
        with monkeypatch.context() as patch:
            patch.setattr(sys.modules[__name__], "incidences", lambda *_, w=wrong: w)
            assert not np.allclose(heights_by_the_formula(values, n, k, m), expected)


@pytest.mark.parametrize(("n", "k", "m"), CASES)
def test_incidences_are_what_they_say(n: int, k: int, m: int) -> None:
    members, inside = incidences(n, k, m)
    around = _around(n, k, m)
    bases = list(combinations(range(n), k))
    circuits = list(combinations(range(n), k + 1))
    assert members.shape == (k + 1, len(circuits))
    for c, circuit in enumerate(circuits):
        for i, j in enumerate(circuit):
            assert set(bases[members[i, c]]) == set(circuit) - {j}
    elements = [(set(circuit), circuit[i]) for i in range(k + 1) for circuit in circuits]
    pairs = [(set(U), j) for U in combinations(range(n), n - m + 1) for j in U]
    assert len(inside) == len(pairs)
    for (U, j), slots in zip(pairs, inside, strict=True):
        expected = {c for c, (A, one) in enumerate(elements) if one == j and A <= U}
        assert set(slots.tolist()) == expected
        assert len(slots) == len(expected)
    assert len(around) == len(elements)
    for slot, own in enumerate(around):
        assert sorted(own) == [p for p, slots in enumerate(inside) if slot in slots]


@pytest.mark.parametrize(("n", "k", "m"), [(5, 2, 2), (6, 3, 1), (6, 3, 3), (9, 5, 3)])
def test_the_gradient_of_the_minimum(n: int, k: int, m: int) -> None:
    """Against that of a plain minimum over a gather, where no two values tie."""
    _, inside = incidences(n, k, m)
    around = _around(n, k, m)
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.permutation(3 * len(around) * 2).reshape(3, len(around), 2), jnp.float32)
    weight = jnp.asarray(rng.standard_normal((3, len(inside), 2)), jnp.float32)
    least = _least(n, k, m)

    def plain(x: jax.Array) -> jax.Array:
        return jnp.min(x[:, inside], axis=2)

    np.testing.assert_array_equal(least(x), plain(x))
    own, expected = (jax.grad(lambda x, f=f: jnp.sum(weight * f(x)))(x) for f in (least, plain))
    np.testing.assert_allclose(own, expected, atol=1e-5)
    assert np.abs(expected).max() > 0.1
    # A gradient that reached every slot, not the least one alone, would not pass.
    everywhere = jax.grad(lambda x: jnp.sum(weight * jnp.sum(x[:, inside], axis=2)))(x)
    assert np.allclose(own, everywhere, atol=1e-3) == (inside.shape[1] == 1)


def formula_layer() -> CircuitRelations:
    """A layer whose weights make it the formula: log sum minus log minor, and its maximum."""
    layer = CircuitRelations(width=1, hidden=1, head=1)
    layer.build((None, 126))
    for weights in layer.weights:
        weights.assign(np.zeros(weights.shape))
    # The layer halves both inputs: log of the minor first, log of the sum second.
    layer.through[0].assign([[-2.0], [2.0]])
    # The maximum stands first, the soft maximum second.
    layer.straight[0].assign([[1.0], [0.0]])
    return layer


def heights_of_the_layer(
    layer: CircuitRelations, log2_minors: np.ndarray, **code: int
) -> np.ndarray:
    """log2 of 1 + h: the output is softplus of it, which is undone."""
    call = jax.jit(lambda x: layer(x, **code))
    return np.log(np.expm1(np.asarray(call(jnp.asarray(log2_minors, jnp.float32)), np.float64)))[
        :, 0
    ]


@pytest.mark.parametrize(("n", "k", "m"), [(4, 2, 1), (5, 2, 2), (7, 4, 3), (9, 4, 5), (9, 6, 2)])
def test_with_the_right_weights_the_layer_is_exact(n: int, k: int, m: int) -> None:
    rng = np.random.default_rng([n, k, m])
    G = np.concatenate([integer_codes(rng, n, k, limit, 40) for limit in (2, 30)])
    exact = mheight.height_profile(G)[:, m - 1]
    values = absolute_minors(G)
    with np.errstate(divide="ignore"):
        logs = np.maximum(np.log2(values / values.max(axis=1, keepdims=True)), ZERO)
    got = heights_of_the_layer(formula_layer(), logs, n=n, k=k, m=m)
    finite = np.isfinite(exact)
    assert finite.sum() > 20
    assert (~finite).sum() > 0
    np.testing.assert_allclose(got[finite], np.log2(1.0 + exact[finite]), atol=2e-4)
    # Zero minors are cut off at 2^-30: an infinite height comes out as no less than that.
    assert (got[~finite] > 29.9).all()


def test_the_layer_on_the_features_of_samples() -> None:
    """What the pipeline feeds it."""
    samples = generate("course", 10, 3).samples
    inputs, layer = minors.encode(samples), formula_layer()
    for index in (1, 8):
        group, own = COURSE_9[index], samples.take(samples.group == index)
        logs = inputs.block(input_name("minors", group))
        got = heights_of_the_layer(layer, logs, n=9, k=group.k, m=group.m)
        np.testing.assert_allclose(got, np.log2(1.0 + own.labels), atol=2e-4)


def test_wrong_weights_are_not_exact() -> None:
    """The soft maximum in place of the maximum: the comparison above can fail."""
    samples = generate("course", 10, 3).samples
    own = samples.take(samples.group == 0)
    layer = formula_layer()
    layer.straight[0].assign([[0.0], [1.0]])
    got = heights_of_the_layer(layer, minors.encode(samples).block("minors_4_2"), n=9, k=4, m=2)
    assert (np.abs(got - np.log2(1.0 + own.labels)) > 0.01).all()


def test_the_gradient_is_finite_where_minors_are_zero() -> None:
    layer = CircuitRelations(width=4, hidden=8, head=16)
    layer.build((None, 10))
    logs = np.full((3, 10), ZERO, np.float32)
    logs[0, 0] = 0.0  # one minor that is not zero
    logs[1, ::2] = 0.0
    logs[2] = 0.0  # all minors equal: ties everywhere
    state = [jnp.asarray(weights) for weights in layer.trainable_variables]

    @jax.jit
    def loss(state: list[jax.Array]) -> jax.Array:
        out, _ = layer.stateless_call(state, [], jnp.asarray(logs), n=5, k=2, m=2)
        return jnp.sum(out**2)

    value, gradient = jax.value_and_grad(loss)(state)
    assert np.isfinite(value)
    assert all(np.isfinite(part).all() for part in gradient)
    assert any(np.abs(part).max() > 0 for part in gradient)


def test_the_weights_are_those_of_all_groups() -> None:
    model = build_model(RelationsConfig(), minors.shapes, COURSE_9, seed=0)
    # 2-4 through; 2-8-4 element and message; 8-32-1 read and answer; 8-1 straight.
    assert model.count_params() == 12 + 24 + 36 + 288 + 33 + 9
    assert set(model.input) == set(minors.shapes)


def test_settings_survive() -> None:
    layer = CircuitRelations(3, 5, 7, name="relations")
    again = CircuitRelations.from_config(layer.get_config())
    assert (again.width, again.hidden, again.head, again.name) == (3, 5, 7, "relations")


def test_other_inputs_are_refused() -> None:
    with pytest.raises(ConfigError, match="of relations reads inputs minors_k_m, got sets_4_2"):
        build_model(RelationsConfig(), {"sets_4_2": (126, 6)}, COURSE_9, seed=0)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_a_saved_network_is_loaded_in_a_fresh_process(tmp_path: Path) -> None:
    """Without the modules of its layers imported first, which plain Keras would need."""
    samples = generate("course", 2, 1).samples
    few = samples.take(samples.group == 8)
    networks = {
        "relations": (RelationsConfig(width=2, hidden=2, head=2), minors),
        "sets": (SetsConfig(width=4, layers=0, pooled_width=4, pooled_layers=1), circuits),
    }
    for name, (config, features) in networks.items():
        one_group = input_name(features.features.kind, COURSE_9[8])
        model = build_model(config, {one_group: features.shapes[one_group]}, COURSE_9, seed=3)
        np.save(tmp_path / f"{name}.npy", predict_log2(model, features.encode(few)))
        for ending in (".keras", ".h5"):
            model.save(tmp_path / f"{name}{ending}")
    script = f"""
import sys
from pathlib import Path
import numpy as np
from mheight.models import load_model
from mheight.models.backend import keras

folder = Path({str(tmp_path)!r})
ours = ("mheight.models.relations", "mheight.models.sets")
assert not any(name in sys.modules for name in ours)
try:
    keras.models.load_model(folder / "relations.keras", compile=False)
except TypeError as error:
    assert "CircuitRelations" in str(error)
else:
    raise AssertionError("plain Keras knows our layers")
files = sorted([*folder.glob("*.keras"), *folder.glob("*.h5")])
models = {{path: load_model(path) for path in files}}

from mheight.datasets import generate
from mheight.features.grouped import circuits, minors
from mheight.training.callbacks import predict_log2
samples = generate("course", 2, 1).samples
few = samples.take(samples.group == 8)
for path, model in models.items():
    features = (minors if path.stem == "relations" else circuits).of(samples.groups)
    got = predict_log2(model, features.encode(few))
    np.testing.assert_allclose(got, np.load(path.with_suffix(".npy")), rtol=1e-6)
    print(path.name)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["relations.h5", "relations.keras", "sets.h5", "sets.keras"]


@pytest.mark.parametrize(("n", "k", "m"), [(5, 2, 1), (6, 3, 3), (9, 4, 3), (10, 7, 2)])
def test_with_the_maximum_alone_one_element_carries_the_gradient(n: int, k: int, m: int) -> None:
    """What training computes is what predicting computes, and so are its gradients."""
    rng = np.random.default_rng([n, k, m])
    keras.utils.set_random_seed(1)
    layer = CircuitRelations(3, 4, 8, soft_maximum=False)
    values = np.abs(np.random.default_rng(n).standard_normal((6, comb(n, k))))
    x = np.log2(values / values.max(axis=1, keepdims=True)).astype(np.float32)
    whole = np.asarray(layer(x, n=n, k=k, m=m))
    np.testing.assert_allclose(np.asarray(layer(x, n=n, k=k, m=m, training=True)), whole, atol=1e-6)
    target = rng.standard_normal(whole.shape)

    def loss(weights: list[jax.Array], training: bool) -> jax.Array:
        found, _ = layer.stateless_call(weights, [], x, n=n, k=k, m=m, training=training)
        return jnp.sum((found - target) ** 2)

    weights = [one.value for one in layer.trainable_variables]
    slow, fast = (jax.grad(loss)(weights, training) for training in (False, True))
    for left, right in zip(slow, fast, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)
    assert any(np.abs(one).max() > 0.01 for one in slow)


def test_weights_of_the_theorem_give_heights_of_every_length() -> None:
    """log sum - log minor, nothing learnt, the maximum alone: 1 + h for n = 3 to 12."""
    layer = CircuitRelations(1, 1, 1, soft_maximum=False)
    layer.build(None)
    exact = {"through_kernel": [[-2.0], [2.0]], "straight_kernel": [[1.0]]}
    for weight in layer.trainable_variables:
        weight.assign(
            np.array(exact.get(weight.name, np.zeros(weight.shape))).reshape(weight.shape)
        )
    rng = np.random.default_rng(5)
    for n, k, m in [
        (3, 1, 1),
        (6, 2, 3),
        (8, 5, 3),
        (10, 4, 4),
        (11, 8, 2),
        (12, 6, 2),
        (12, 2, 9),
    ]:
        G = integer_codes(rng, n, k, 100, 8)
        height = mheight.height_profile(G)[:, m - 1]
        finite = np.isfinite(height)
        values = absolute_minors(G[finite])
        x = np.log2(np.maximum(values / values.max(axis=1, keepdims=True), 2.0**ZERO))
        found = np.asarray(layer(x.astype(np.float32), n=n, k=k, m=m))[:, 0]
        # softplus(y) = ln(1 + e^y): y is log2 of the height and one.
        y = np.log(np.expm1(found.astype(np.float64)))
        np.testing.assert_allclose(y, np.log2(1 + height[finite]), atol=1e-3)


def test_large_tables_are_not_kept() -> None:
    """What is kept for the next call takes megabytes, however many groups are asked for."""
    before = incidences(9, 4, 3)
    assert incidences(9, 4, 3)[1] is before[1]
    first = incidences(13, 6, 4)[1]
    assert first.nbytes > 2**19
    for group in [(13, 6, 3), (13, 5, 4), (13, 7, 3)]:
        incidences(*group)
    assert incidences(13, 6, 4)[1] is not first
    assert np.array_equal(incidences(13, 6, 4)[1], first)
