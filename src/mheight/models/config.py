"""Settings of every architecture; no network library is needed to read them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from mheight.tiers import Groups

__all__ = ["ModelConfig", "RelationsConfig", "ResidualConfig", "SetsConfig"]

Rate = Annotated[float, Field(ge=0.0, lt=1.0)]
Width = Annotated[int, Field(ge=1, le=65536)]


class ResidualConfig(BaseModel):
    """The residual network of Run 7: 5,744,434 parameters on `punctured`, 5,630,369 on raw P.

    Attributes:
        name: `residual`.
        embedding: width of the embeddings of k and m.
        encoder: widths of the two Dense layers that read features that are one vector.
        encoder_dropout: their dropout rates.
        set_width: of the perceptron that reads each set, where features are sets; 0 for none.
        set_layers: residual layers of that perceptron between its first and last.
        leading: so many numbers of the sets that come first are read one by one too, 0 for none.
        leading_width: width of the Dense layer that reads them.
        trunk: width of the trunk and of its residual blocks.
        trunk_dropout: dropout rate before the blocks.
        blocks: number of residual blocks.
        block_dropout: dropout rate inside a block.
        head: widths of the Dense layers behind the blocks.
        head_dropout: their dropout rates.
        l2: L2 penalty on Dense kernels and embeddings.
        dropout_factor: multiplies every dropout rate (rates stay below 0.95).
        capacity: multiplies every width, embeddings excepted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Literal["residual"] = "residual"
    embedding: Width = 32
    encoder: tuple[Width, Width] = (256, 512)
    encoder_dropout: tuple[Rate, Rate] = (0.3, 0.2)
    set_width: Annotated[int, Field(ge=0, le=65536)] = 1
    set_layers: Annotated[int, Field(ge=0, le=16)] = 1
    leading: Annotated[int, Field(ge=0, le=65536)] = 2016
    leading_width: Width = 80
    trunk: Width = 1024
    trunk_dropout: Rate = 0.3
    blocks: Annotated[int, Field(ge=0, le=64)] = 2
    block_dropout: Rate = 0.2
    head: tuple[Width, Width, Width] = (512, 256, 128)
    head_dropout: tuple[Rate, Rate, Rate] = (0.2, 0.1, 0.1)
    l2: Annotated[float, Field(ge=0.0)] = 1e-4
    dropout_factor: Annotated[float, Field(ge=0.0, le=10.0)] = 1.0
    capacity: Annotated[float, Field(gt=0.0, le=16.0)] = 1.0

    @model_validator(mode="after")
    def _no_width_of_one(self) -> ResidualConfig:
        """One number, normalised over itself, is the same for every code."""
        for name in ("encoder", "trunk", "head"):
            value = getattr(self, name)
            for base in value if isinstance(value, tuple) else (value,):
                if self.width(base) < 2:
                    raise ValueError(
                        f"{name}: a layer that is normalised needs a width of 2 or more, got "
                        f"{base} times the capacity {self.capacity:g}"
                    )
        return self

    def width(self, base: int) -> int:
        """A width times the capacity, at least 1."""
        return max(1, round(base * self.capacity))

    def dropout(self, base: float) -> float:
        """A dropout rate times the factor, below 0.95."""
        return min(base * self.dropout_factor, 0.95)

    def build(self, shapes: dict[str, tuple[int, ...]], groups: Groups) -> Any:
        """The network, with initial weights by Keras's seed (see `build_model`)."""
        from mheight.models.residual import build_residual  # loads Keras

        return build_residual(self, shapes, groups)


class SetsConfig(BaseModel):
    """The network over sets of columns.

    Attributes:
        name: `sets`.
        width: of the perceptron that reads a set.
        layers: residual layers of that perceptron between its first and last.
        pooled_width: width of the perceptron behind the pooling.
        pooled_layers: its layers.
        l2: L2 penalty on Dense kernels.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Literal["sets"] = "sets"
    width: Width = 64
    layers: Annotated[int, Field(ge=0, le=16)] = 1
    pooled_width: Width = 128
    pooled_layers: Annotated[int, Field(ge=1, le=16)] = 2
    l2: Annotated[float, Field(ge=0.0)] = 0.0

    def build(self, shapes: dict[str, tuple[int, ...]], groups: Groups) -> Any:
        """The network, with initial weights by Keras's seed (see `build_model`)."""
        from mheight.models.sets import build_sets  # loads Keras

        return build_sets(self, shapes)


class RelationsConfig(BaseModel):
    """The network that relates circuits through the elements they share.

    Attributes:
        name: `relations`.
        width: numbers that each element of each circuit is turned into.
        hidden: width of the perceptron that does so.
        head: width of the perceptron that reads the pooled numbers.
        soft_maximum: whether the soft maximum over the sets is read beside the maximum; with it
            the network holds for the lengths it was trained on only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Literal["relations"] = "relations"
    width: Width = 4
    hidden: Width = 8
    head: Width = 32
    soft_maximum: bool = True

    def build(self, shapes: dict[str, tuple[int, ...]], groups: Groups) -> Any:
        """The network, with initial weights by Keras's seed (see `build_model`)."""
        from mheight.models.relations import build_relations  # loads Keras

        return build_relations(self, shapes)


def _name_of(values: Any) -> str:
    """The network that settings are for; without a name, that of Run 7."""
    if isinstance(values, dict):
        return str(values.get("name", "residual"))
    return str(getattr(values, "name", "residual"))


ModelConfig = Annotated[
    Annotated[ResidualConfig, Tag("residual")]
    | Annotated[SetsConfig, Tag("sets")]
    | Annotated[RelationsConfig, Tag("relations")],
    Discriminator(_name_of),
]
"""Settings of any network, told apart by `name`."""
