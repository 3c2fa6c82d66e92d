"""A crossbar that multiplies fast and slightly wrong, simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mheight.codes.checks import as_matrix
from mheight.errors import InvalidDataError

__all__ = ["AnalogArray", "ArrayConfig", "NoiseBound"]

Float = NDArray[np.float64]


class ArrayConfig(BaseModel):
    """What is wrong with an array.  Everything is off by default.

    A weight w is the difference of two conductances in [0, 1] times the largest |w| of the
    matrix: one of them is |w| / max|w|, the other 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    levels: int | None = Field(None, ge=2, description="conductances that can be programmed")
    programming_noise: float = Field(
        0.0, ge=0.0, description="standard deviation of a conductance, relative to it"
    )
    read_noise: float = Field(
        0.0, ge=0.0, description="standard deviation of an output, as a share of max|w|"
    )
    stuck_low: float = Field(0.0, ge=0.0, le=1.0, description="share of cells stuck at 0")
    stuck_high: float = Field(0.0, ge=0.0, le=1.0, description="share of cells stuck at 1")
    drift: float = Field(0.0, ge=0.0, description="exponent nu: conductances fall by time**-nu")
    drift_spread: float = Field(0.0, ge=0.0, description="standard deviation of nu among cells")
    time: float = Field(1.0, ge=1.0, description="time since programming, in units of t_0")
    dac_bits: int | None = Field(None, ge=1, le=24, description="resolution of the inputs")
    adc_bits: int | None = Field(None, ge=1, le=24, description="resolution of the outputs")
    input_range: float = Field(1.0, gt=0.0, description="inputs are cut off at +- this")
    output_range: float | None = Field(
        None, gt=0.0, description="outputs are cut off at +- this; None: nothing is cut off"
    )


@dataclass(frozen=True)
class NoiseBound:
    """How far outputs without outliers are off.

    Attributes:
        bounded: what can't be exceeded: half steps of levels and converters.
        deviation: standard deviation of the Gaussian part, first order.
        failure: probability that an output exceeds `delta` all the same.
        delta: bounded + the quantile of the Gaussian part.
    """

    bounded: float
    deviation: float
    failure: float
    delta: float


class AnalogArray:
    """A simulated crossbar: `array @ x` is W x with the errors of analog hardware.

    What is programmed, levels, noise, stuck cells and drift, is drawn once from the seed; the
    noise of reading anew for every product.

    Args:
        W: shape (outputs, inputs), finite.
        config: an `ArrayConfig`, or its fields as keywords.
        seed: seed of everything random.

    Raises:
        InvalidDataError: no such matrix, or a setting out of range.

    Examples:
        >>> array = AnalogArray([[1.0, -0.5], [0.25, 1.0]], adc_bits=8, output_range=2.0)
        >>> array @ [1.0, 1.0]
        array([0.49411765, 1.24705882])
    """

    def __init__(
        self,
        W: ArrayLike | Sequence[Any],
        config: ArrayConfig | None = None,
        *,
        seed: int = 0,
        **settings: Any,
    ) -> None:
        if config is not None and settings:
            raise InvalidDataError("settings are given either as a config or as keywords, not both")
        try:
            self.config = config or ArrayConfig(**settings)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            raise InvalidDataError(f"{name}: {first['msg']}, got {first['input']!r}") from None
        c = self.config
        if c.stuck_low + c.stuck_high > 1.0:
            raise InvalidDataError(
                f"stuck_low + stuck_high must be at most 1, got {c.stuck_low + c.stuck_high}"
            )
        if c.adc_bits is not None and c.output_range is None:
            raise InvalidDataError("adc_bits needs output_range")
        self.W = as_matrix(W, "W", (2,)).copy()
        self.scale = float(np.abs(self.W).max()) or 1.0
        seeds = np.random.SeedSequence(seed).spawn(2)
        self._reading = np.random.default_rng(seeds[1])
        self.stuck, self.programmed = self._program(np.random.default_rng(seeds[0]))

    @property
    def shape(self) -> tuple[int, int]:
        """Outputs, inputs."""
        return self.W.shape[0], self.W.shape[1]

    def _program(self, rng: np.random.Generator) -> tuple[NDArray[Any], Float]:
        """Which weights have a stuck cell, and what the array holds in place of W."""
        c = self.config
        cells = np.stack([np.maximum(self.W, 0.0), np.maximum(-self.W, 0.0)]) / self.scale
        if c.levels is not None:
            cells = np.rint(cells * (c.levels - 1)) / (c.levels - 1)
        noise, fate = rng.standard_normal(cells.shape), rng.random(cells.shape)
        spread = rng.standard_normal(cells.shape)
        cells = np.clip(cells * (1.0 + c.programming_noise * noise), 0.0, None)
        if c.time > 1.0:
            cells = cells * c.time ** -np.maximum(c.drift + c.drift_spread * spread, 0.0)
        low, high = fate < c.stuck_low, fate > 1.0 - c.stuck_high
        cells = np.where(low, 0.0, np.where(high, 1.0, cells))
        stuck = np.asarray((low | high).any(axis=0))
        return stuck, np.asarray((cells[0] - cells[1]) * self.scale)

    def __matmul__(self, x: ArrayLike) -> Float:
        """The product.

        Args:
            x: shape (inputs,) or (inputs, N).

        Returns:
            Shape (outputs,) or (outputs, N).
        """
        inputs = as_matrix(x, "x", (1, 2))
        if inputs.shape[0] != self.W.shape[1]:
            raise InvalidDataError(
                f"x must have shape (inputs,) or (inputs, N) with inputs = {self.W.shape[1]}, "
                f"got {inputs.shape}"
            )
        c = self.config
        if c.dac_bits is not None:
            inputs = _converted(inputs, c.input_range, c.dac_bits)
        outputs = self.programmed @ inputs
        if c.read_noise:
            outputs = outputs + c.read_noise * self.scale * self._reading.standard_normal(
                outputs.shape
            )
        if c.output_range is not None:
            outputs = np.clip(outputs, -c.output_range, c.output_range)
            if c.adc_bits is not None:
                outputs = _converted(outputs, c.output_range, c.adc_bits)
        return np.asarray(outputs)

    def noise_bound(self, x: ArrayLike, failure: float = 1e-4) -> NoiseBound:
        """Delta for inputs like x: how far outputs without a stuck cell are off.

        Half steps of levels and converters are added up exactly; programming and reading are
        Gaussian, so delta is a quantile.  Drift and outputs that are cut off are not in it.

        Args:
            x: shape (inputs,) or (inputs, N); the worst of them counts.
            failure: probability that one output is off by more, in (0, 1).
        """
        if not 0.0 < failure < 1.0:
            raise InvalidDataError(f"failure must lie in (0, 1), got {failure!r}")
        inputs = np.abs(as_matrix(x, "x", (1, 2)))
        inputs = inputs[:, None] if inputs.ndim == 1 else inputs
        c, weights = self.config, np.abs(self.W)
        bounded = np.zeros((self.W.shape[0], inputs.shape[1]))
        if c.levels is not None:
            bounded += 0.5 * self.scale / (c.levels - 1) * inputs.sum(axis=0)
        if c.dac_bits is not None:
            bounded += c.input_range / (2**c.dac_bits - 1) * weights.sum(axis=1, keepdims=True)
        if c.adc_bits is not None and c.output_range is not None:
            bounded += c.output_range / (2**c.adc_bits - 1)
        variance = (c.read_noise * self.scale) ** 2 + c.programming_noise**2 * (
            weights**2 @ inputs**2
        )
        deviation = np.sqrt(variance)
        quantile = NormalDist().inv_cdf(1.0 - failure / 2.0)
        total = bounded + quantile * deviation
        worst = np.unravel_index(int(np.argmax(total)), total.shape)
        return NoiseBound(
            float(bounded[worst]), float(deviation[worst]), failure, float(total[worst])
        )


def _converted(values: Float, limit: float, bits: int) -> Float:
    """Values cut off at +- limit and rounded to 2^bits levels, ends included."""
    step = 2.0 * limit / (2**bits - 1)
    cut = np.clip(values, -limit, limit)
    return np.asarray(np.rint((cut + limit) / step) * step - limit)
