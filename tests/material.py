"""Data that several tests share: the course's files, and small generated sets."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mheight.datasets import (
    Augmentation,
    AugmentedTraining,
    Samples,
    TrainingView,
    ValidationView,
    generate,
    read_samples,
)
from mheight.tiers import Tier

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
"""The folder beside the checkout; tests that need it skip where it is absent."""

COPIES = {Tier.EASY: 1, Tier.MEDIUM: 2, Tier.HARD: 3}
"""Copies of Run 7."""


def shared_file(name: str) -> Path:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"needs ../shared/{name}, which is not beside this checkout")
    return path


def split_by_hand(samples: Samples, validation: np.ndarray) -> tuple[TrainingView, ValidationView]:
    """Both views, with the masked samples in validation, whatever that does."""
    return TrainingView(samples.take(~validation)), ValidationView(samples.take(validation))


def with_copies(view: TrainingView, copies: Samples, parents: np.ndarray) -> AugmentedTraining:
    """Augmented training of these very copies; they get numbers of their own."""
    numbers = 1_000_000 + np.arange(len(copies))
    numbered = replace(copies, sample_id=numbers)
    return AugmentedTraining(
        view,
        Samples.concatenate([view.samples, numbered]),
        np.concatenate([view.samples.sample_id, parents]),
    )


def noise(scale: float = 0.05) -> Augmentation:
    return Augmentation("noise", COPIES, scale)


@pytest.fixture(scope="session")
def ds1() -> Samples:
    """The course's 32,087 samples with their labels."""
    return read_samples(
        shared_file("data/ds1/DS-1-samples_n_k_m_P.pkl"),
        shared_file("data/ds1/DS-1-samples_mHeights.pkl"),
    )


@pytest.fixture(scope="session")
def uniform4500() -> Samples:
    """4,500 samples of which 153 labels are finite where the height is infinite."""
    return read_samples(
        shared_file("data/uniform4500/x_full_dataset_4.5k_samples.pkl"),
        shared_file("data/uniform4500/y_full_dataset_4.5k_samples.pkl"),
    )


@pytest.fixture(scope="session")
def height_vectors() -> list[dict[str, Any]]:
    """Codes with exact profiles; heights are `Fraction`s or infinite."""

    def exact(height: str) -> Fraction | float:
        return float("inf") if height == "inf" else Fraction(height)

    codes = json.loads(shared_file("vectors/heights.json").read_text(encoding="utf-8"))["codes"]
    for code in codes:
        if "profile" in code:
            code["profile"] = [exact(height) for height in code["profile"]]
        if "h5" in code:
            code["h5"] = exact(code["h5"])
    return codes


@pytest.fixture(scope="session")
def uniform_codes() -> Samples:
    """40 samples a group with entries up to 100: no two codes are equivalent."""
    return generate("uniform", 40, seed=1).samples


@pytest.fixture(scope="session")
def course_codes() -> Samples:
    """40 samples a group of mixed scales: zeros, repeated columns, many small integers."""
    return generate("course", 40, seed=2).samples


@pytest.fixture(scope="session")
def run7_originals() -> Samples:
    """12,000 samples a group, as Run 7 trains on."""
    return generate("course", 12_000, seed=2026).samples
