"""What `/api/decode` takes and replies, as the OpenAPI shows it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from mheight.deployment.service.schemas import CodeInput, Doubt
from mheight.deployment.service.settings import LARGEST_ENTRY, SMALLEST_ENTRY

__all__ = ["DecodeReply", "DecodeRequest", "DecodedWord", "DrawnWord", "ViolatedCheck"]


def _delta(value: Any) -> float | tuple[float, ...]:
    """One positive number, or one for each position."""
    values = value if isinstance(value, list) else [value]
    for x in values:
        if isinstance(x, bool) or not isinstance(x, int | float):
            raise ValueError("delta must be a number, or a list of one for each position")
        if not SMALLEST_ENTRY <= x <= LARGEST_ENTRY:
            limits = f"{SMALLEST_ENTRY:g} to {LARGEST_ENTRY:g}"
            got = f"{float(x):g}" if abs(x) < 1e300 else "a number beyond any float"
            raise ValueError(f"delta must lie in {limits}, got {got}")
    return tuple(map(float, value)) if isinstance(value, list) else float(value)


_POSITIVE: dict[str, Any] = {
    "type": "number", "minimum": SMALLEST_ENTRY, "maximum": LARGEST_ENTRY,
}  # fmt: skip
_Delta = Annotated[
    float | tuple[float, ...],
    PlainValidator(_delta),
    WithJsonSchema({"anyOf": [_POSITIVE, {"type": "array", "items": _POSITIVE}]}),
]
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Word = Annotated[list[_Number | None], Field(min_length=1, fail_fast=True)]


class DecodeRequest(CodeInput):
    """Received words of one code, n up to 20, in which outliers are to be found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"P": [[1, 1, 1], [1, 2, 4]], "delta": 0.01, "checks": True,
                 "words": [[1, 1, 2, 3.004, 5.009], [1, 1, 2.6, 3, 5]]},
                {"P": [[1, 1, 1], [1, 2, 4]], "delta": 0.01, "seed": 1},
            ]
        }
    )  # fmt: skip

    words: Annotated[list[_Word], Field(min_length=1, fail_fast=True)] | None = Field(
        None,
        description="N words of n numbers; null for an entry that is lost: an outlier at a "
        "position that is known",
    )
    seed: int | None = Field(
        None, ge=0, lt=2**32,
        description="instead of words, one is drawn: normal message, errors within delta",
    )  # fmt: skip
    tau: int = Field(1, ge=0, le=20, description="outliers to locate")
    sigma: int = Field(0, ge=0, le=20, description="further ones to detect")
    delta: _Delta = Field(description="the largest ordinary error; or one for each position")
    checks: bool = Field(
        False, description="add the circuits that each word violates, for at most 100 words"
    )

    @model_validator(mode="after")
    def _one(self) -> DecodeRequest:
        if sum(getattr(self, name) is not None for name in ("G", "P", "H")) != 1:
            raise ValueError("exactly one of G, P and H is needed")
        if (self.words is None) == (self.seed is None):
            raise ValueError("exactly one of words and seed is needed")
        return self


class ViolatedCheck(BaseModel):
    """A circuit whose check a word does not satisfy within delta."""

    positions: list[int] = Field(description="from 0")
    value: float = Field(description="the check in units of delta, above 1")


class DecodedWord(BaseModel):
    """What was found in one word."""

    verdict: str = Field(description="clean, located, unlocated or too many")
    positions: list[int] = Field(description="the located outliers, from 0")
    corrected: list[float | None] | None = Field(description="a codeword; null for too many")
    residual: float | None = Field(
        description="how far the word is from it outside the outliers, in units of delta"
    )
    violated: int | None = Field(description="circuits that are violated, where asked for")
    checks: list[ViolatedCheck] | None = Field(description="the 100 largest of them")


class DrawnWord(BaseModel):
    """A word that was drawn."""

    message: list[float]
    codeword: list[float]
    word: list[float] = Field(description="the codeword with errors within delta")


class DecodeReply(BaseModel):
    """What was found in all words, and what is promised of it."""

    n: int
    k: int
    tau: int
    sigma: int
    m: int = Field(description="2 tau + sigma")
    height: float = Field(description="h_m, with columns divided by delta where there are several")
    thresholds: list[float | None] = Field(
        description="larger errors are located: (2 h_m + 1) delta for each position"
    )
    bounds: list[float | None] = Field(
        description="with at most tau outliers, corrected is off by at most 2 h_(2 tau) delta"
    )
    circuits: int = Field(description="of the code")
    seconds: float = Field(description="of computing")
    drawn: DrawnWord | None = Field(description="where a seed was given")
    words: list[DecodedWord]
    remark: str | None = Field(description="what rounding leaves in doubt about the height")
    doubts: list[Doubt]
