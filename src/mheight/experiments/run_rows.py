"""The rows of a run as its network reads them: each encoded when first asked for, and once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mheight.datasets import AugmentedTraining, CodeStream, Samples
from mheight.experiments.streaming import EncodedStream
from mheight.features import FittedFeatures
from mheight.training.rows import Encoded, TrainingRows

__all__ = ["RunRows"]

_MOST = 1000  # originals of a group that each epoch is measured on


@dataclass(frozen=True, eq=False)
class RunRows:
    """Training and validation, encoded.

    Attributes:
        features: what the network reads.
        source: training originals and their copies; or where the codes of each epoch come from,
            which are encoded as they come and not kept.
        held_out: validation.
        clean_sets: the clean validation sets, by name.
        clean_is_held_out: whether these, in order, are all of validation.
    """

    features: FittedFeatures
    source: AugmentedTraining | CodeStream
    held_out: Samples
    clean_sets: Mapping[str, Samples]
    clean_is_held_out: bool = True

    @cached_property
    def validation(self) -> Encoded:
        """What early stopping and tier metrics go by."""
        return Encoded.of(self.features, self.held_out)

    def training(self, epochs: int, folder: Path | None = None) -> TrainingRows:
        """What is trained on; a stream begins again with each call.

        Args:
            epochs: how many are wanted of a stream.
            folder: where fingerprints of a stream's codes go; None for nowhere.
        """
        if isinstance(self.source, CodeStream):
            return EncodedStream(self.source, self.features, folder, epochs)
        return self._training

    @cached_property
    def _training(self) -> Encoded:
        assert isinstance(self.source, AugmentedTraining)
        return Encoded.of(self.features, self.source.samples)

    @property
    def originals(self) -> Encoded | None:
        """The training originals, a view; None of a stream."""
        if isinstance(self.source, CodeStream):
            return None
        return self._training.between(0, len(self.source.originals.samples))

    @property
    def some_originals(self) -> Encoded | None:
        """Up to a thousand training originals a group, to measure the gap by after each epoch."""
        rows = self.originals
        if rows is None:
            return None
        order = np.random.default_rng(0).permutation(len(rows))
        some = [order[rows.group[order] == group][:_MOST] for group in range(len(rows.groups))]
        return rows.take(np.sort(np.concatenate(some)))

    @cached_property
    def clean(self) -> dict[str, Encoded]:
        """The clean validation sets, by name; views of validation where that is clean."""
        if not self.clean_is_held_out:
            return {name: Encoded.of(self.features, one) for name, one in self.clean_sets.items()}
        parts, first = {}, 0
        for name, one in self.clean_sets.items():
            parts[name] = self.validation.between(first, first + len(one))
            first += len(one)
        return parts
