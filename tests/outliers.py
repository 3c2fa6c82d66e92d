"""Words with outliers, random and at the extremes, and what a decoder promised of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import mheight
from mheight.codes import LinearCode
from mheight.protection import VERDICTS, Decoder

TOO_MANY = VERDICTS.index("too many")


@dataclass
class Broken:
    """How often each promise was broken; all zero if none was."""

    words: int = 0
    missed: int = 0
    false_alarms: int = 0
    refused: int = 0
    off_bound: int = 0

    def __add__(self, other: Broken) -> Broken:
        return Broken(*(a + b for a, b in zip(self.counts, other.counts, strict=True)))

    @property
    def counts(self) -> tuple[int, ...]:
        return (self.words, self.missed, self.false_alarms, self.refused, self.off_bound)


def random_errors(decoder: Decoder, count: int, rng: np.random.Generator) -> np.ndarray:
    """Errors within delta, often at it, and up to tau + sigma outliers of all sizes."""
    n = decoder.code.n
    errors = rng.uniform(-1.0, 1.0, (count, n))
    extreme = rng.random(count) < 0.5
    errors[extreme] = np.sign(errors[extreme])
    most = decoder.tau + decoder.sigma
    order = np.argsort(rng.random((count, n)), axis=1)
    number = rng.integers(0, most + 1, count)
    sizes = (2.0 * decoder.height + 1.0) * 2.0 ** rng.uniform(-3.0, 3.0, (count, most))
    sizes *= rng.choice([-1.0, 1.0], sizes.shape)
    for i in range(most):
        rows = np.flatnonzero(number > i)
        errors[rows, order[rows, i]] = sizes[rows, i]
    return errors * decoder.delta


def extreme_errors(decoder: Decoder, count: int, rng: np.random.Generator) -> np.ndarray:
    """Outliers next to the threshold on the codeword that reaches the height.

    c' with |c'|_(m) = 2 explains them away as long as they are at most 2 h + 1.
    """
    code, m = LinearCode(decoder.code.G / decoder.delta), decoder.m
    word = np.array(mheight.certificates(code)[m - 1].codeword, dtype=np.float64)
    order = np.argsort(-np.abs(word), kind="stable")
    word = word / np.abs(word[order[m]]) * 2.0
    top = order[:m]
    errors = np.tile(word / 2.0, (count, 1))
    order = np.argsort(rng.random((count, m - 1)), axis=1)
    others, rows = top[1:][order], np.arange(count)[:, None]
    hidden = others[:, : decoder.tau]  # what c' would take for outliers
    errors[rows, hidden] = rng.uniform(-1.0, 1.0, hidden.shape)
    out = np.concatenate([np.full((count, 1), top[0]), others[:, decoder.tau :]], axis=1)
    assert out.shape[1] == decoder.tau + decoder.sigma
    errors[rows, out] = word[out] + np.sign(word[out])
    errors[:, top[0]] *= 1.0 + rng.choice([-1e-6, 1e-6, 1e-3], count)
    return errors * decoder.delta


def broken_promises(decoder: Decoder, errors: np.ndarray, codewords: np.ndarray) -> Broken:
    """Decode codewords + errors and count what was not kept."""
    found = decoder.decode(codewords + errors)
    sizes = np.abs(errors) / decoder.delta
    slack = 1e-9 * (1.0 + np.abs(codewords + errors).max(axis=1, keepdims=True))
    outliers = (sizes > 1.0 + 1e-12).sum(axis=1)
    large = sizes > 2.0 * decoder.height + 1.0 + slack
    too_many = found.codes == TOO_MANY
    few = outliers <= decoder.tau
    allowed = outliers <= decoder.tau + decoder.sigma
    missed = (large & ~found.located).any(axis=1) & ~too_many & allowed
    false_alarm = (found.located & (sizes <= 1.0 - slack)).any(axis=1) & few
    off = np.abs(found.codewords - codewords) / decoder.delta
    bound = np.where(few, decoder.height_of_tau, decoder.height)[:, None]
    off_bound = (off > 2.0 * bound + slack).any(axis=1) & ~too_many & allowed
    return Broken(
        len(errors), int(missed.sum()), int(false_alarm.sum()),
        int((too_many & few).sum()), int(off_bound.sum()),
    )  # fmt: skip


def check(decoder: Decoder, count: int, rng: np.random.Generator) -> Broken:
    """Half of the words random, half at the extremes."""
    messages = rng.normal(size=(count, decoder.code.k)) * rng.choice([0.0, 1.0, 30.0], (count, 1))
    codewords = messages @ decoder.code.G
    half = count // 2
    return broken_promises(
        decoder, random_errors(decoder, half, rng), codewords[:half]
    ) + broken_promises(decoder, extreme_errors(decoder, count - half, rng), codewords[half:])
