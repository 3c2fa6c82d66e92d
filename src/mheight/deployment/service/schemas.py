"""Requests and replies, as the OpenAPI shows them."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
    model_validator,
)

__all__ = [
    "Affordable",
    "CodeHeights",
    "CodeInput",
    "CodePredictions",
    "Doubt",
    "Failure",
    "HeightsReply",
    "HeightsRequest",
    "KnownCode",
    "MatrixReply",
    "MatrixRequest",
    "ModelReply",
    "PredictionsReply",
    "PredictionsRequest",
    "RandomCode",
    "SearchRequest",
    "State",
]
_TEXT = {"type": "string", "pattern": r"^[-+]?[0-9]{1,12}(/[1-9][0-9]{0,11}|\.[0-9]{1,12})?$"}
# Texts of numbers are read before a request is checked.
_Entry = Annotated[
    float,
    Field(strict=True, allow_inf_nan=False),
    WithJsonSchema({"anyOf": [{"type": "number"}, _TEXT]}),
]
# The first wrong entry is enough: a list of all could be larger than the body.
_Row = Annotated[list[_Entry], Field(min_length=1, fail_fast=True)]
Matrix = Annotated[list[_Row], Field(min_length=1, fail_fast=True)]

_P: list[JsonValue] = [[0.41, -1.12, 0.93, 1.77, -0.28], [1.36, 0.55, -0.71, 0.12, 1.04],
      [-0.88, 1.21, 0.36, -1.49, 0.67], [0.19, 0.74, 1.58, 0.83, -1.15]]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class CodeInput(_Strict):
    """One code by exactly one matrix: G, P of G = [I | P], or a parity-check matrix H.

    Entries are numbers, or texts of numbers such as "1/3".
    """

    G: Matrix | None = Field(None, description="generator matrix, k rows of n numbers")
    P: Matrix | None = Field(None, description="P of G = [I | P], k rows of n-k numbers")
    H: Matrix | None = Field(None, description="parity-check matrix, n-k rows of n numbers")


class _Codes(CodeInput):
    codes: Annotated[list[CodeInput], Field(min_length=1, fail_fast=True)] | None = Field(
        None, description="several codes, instead of G, P or H"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> _Codes:
        one = [name for name in ("G", "P", "H") if getattr(self, name) is not None]
        if self.codes is None and len(one) != 1:
            raise ValueError("exactly one of G, P, H and codes is needed")
        if self.codes is not None and one:
            raise ValueError(f"codes goes without {one[0]} beside it")
        return self


class HeightsRequest(_Codes):
    """Codes whose heights are wanted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"G": [[1, 0, 1, 1], [0, 1, 1, 2]], "witness": True},
                {"codes": [{"P": _P}, {"H": [[1, 1, 1]]}], "m": 1},
            ]
        }
    )

    m: int | None = Field(None, ge=1, description="only this height, 1..n-1; else all, 1..n-k")
    witness: bool = Field(False, description="add a codeword that reaches each height")
    capability: bool = Field(False, description="add the outliers located and detected")
    exact: bool = Field(
        False,
        description="calculate in fractions, for n up to 16: entries are the decimals and "
        "fractions that they are written as, and `fraction` holds each height",
    )
    time_limit: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="seconds, at most the limit of the service"
    )


class SearchRequest(CodeInput):
    """One code whose heights are to be searched for longer."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"G": [[1, 0, 1, 1], [0, 1, 1, 2]], "time_limit": 30}]}
    )

    m: int | None = Field(None, ge=1, description="only this height, 1..n-1; else all, 1..n-k")
    witness: bool = Field(False, description="add a codeword that reaches each height")
    capability: bool = Field(False, description="add the outliers located and detected")
    time_limit: float = Field(
        10.0, gt=0, allow_inf_nan=False, description="seconds, at most 60 unless set otherwise"
    )

    @model_validator(mode="after")
    def _one(self) -> SearchRequest:
        if sum(getattr(self, name) is not None for name in ("G", "P", "H")) != 1:
            raise ValueError("exactly one of G, P and H is needed")
        return self


class PredictionsRequest(_Codes):
    """Codes whose heights are to be predicted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"P": _P}, {"P": _P, "m": 3}]})

    m: int | None = Field(None, ge=1, description="only this height; else all the model knows")


class MatrixRequest(_Strict):
    """A matrix as somebody typed or pasted it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "[1 0 | 1/3; 0 1 | -2]"}]})

    text: str = Field(description="as `mheight heights` takes it: rows, MATLAB, NumPy, LaTeX, JSON")
    file: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="name of the file that holds the text: lines of it may have a header"
    )


class MatrixReply(BaseModel):
    """What a text is read as."""

    kind: str | None = Field(description="G, P or H where the text says so")
    rows: list[list[float]]
    texts: list[list[str]] = Field(description="the entries as they were written")
    not_p: str = Field(description="why it is not a P, where it says so; else empty")


class Height(BaseModel):
    """One height, or bounds of it."""

    m: int
    height: float | None = Field(description="null where infinite or unknown")
    infinite: bool
    exact: bool
    lower: float | None = Field(description="null where the height is infinite")
    upper: float | None = Field(description="null where nothing is known, or infinite")
    log2_height: float | None
    codeword: list[float] | None = Field(description="reaches the lower bound")
    fraction: str | None = Field(
        description="the height without rounding, where that was asked for"
    )


class Outliers(BaseModel):
    """Outliers that a code locates and detects from a ratio Delta/delta on."""

    located: int
    detected: int
    m: int
    height: float
    ratio: float


class Doubt(BaseModel):
    """Something that rounding leaves open."""

    kind: str = Field(description="for programs; one of a few words")
    m: int | None = Field(description="the height it is about, of large ones the first; or all")
    value: float | None = Field(description="the number behind it")
    error: float | None = Field(description="how far heights may be off, relatively")
    text: str = Field(description="one sentence")


class CodeHeights(BaseModel):
    """The heights of one code."""

    n: int
    k: int
    seconds: float = Field(description="of computing")
    heights: list[Height]
    capability: list[Outliers] | None
    remark: str | None = Field(description="what rounding leaves in doubt, or why there are bounds")
    doubts: list[Doubt] = Field(description="what rounding leaves in doubt, one by one")


class HeightsReply(BaseModel):
    """Heights of all codes, in the order of the request."""

    codes: list[CodeHeights]


class Prediction(BaseModel):
    """One predicted height with the ends of its interval; all null where infinite."""

    m: int
    height: float | None
    log2_height: float | None
    low: float | None = Field(description="lower end of the interval of the height")
    high: float | None = Field(description="upper end")
    infinite: bool
    flag: str = Field(description="in what way the code is unlike those of training; mostly empty")


class CodePredictions(BaseModel):
    """The predictions of one code."""

    n: int
    k: int
    predictions: list[Prediction]


class PredictionsReply(BaseModel):
    """Predictions of all codes, in the order of the request."""

    model: str
    level: float = Field(description="share of heights that intervals hold")
    codes: list[CodePredictions]


class ModelReply(BaseModel):
    """The model that predicts."""

    name: str
    card: str = Field(description="Markdown")
    metrics: list[dict[str, object]] = Field(description="scores on each set of data")
    versions: dict[str, object]
    groups: list[list[int]] = Field(description="[n, k, m] of each that it predicts")
    level: float


class KnownCode(BaseModel):
    """A code with a name."""

    id: str
    name: str
    n: int
    k: int
    G: list[list[float]]
    about: str


class RandomCode(BaseModel):
    """A code drawn at random."""

    n: int
    k: int
    seed: int
    G: list[list[float]]


class Affords(BaseModel):
    """A code with a name, and what it affords."""

    id: str
    name: str
    pairs: list[Outliers]


class Affordable(BaseModel):
    """What a ratio Delta/delta affords: for a profile, and for the codes with a name."""

    ratio: float
    pairs: list[Outliers] | None = Field(description="for the profile of the request; else null")
    named: list[Affords]


class State(BaseModel):
    """How the service is."""

    status: str


class Failure(BaseModel):
    """Why a request is refused."""

    error: str = Field(description="one sentence")
    where: str | None = Field(description="the place in the request, as codes[3].G")
