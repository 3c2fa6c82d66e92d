from __future__ import annotations

import pytest

from mheight.errors import ConfigError
from mheight.experiments.config import RunConfig
from mheight.experiments.settings_checks import all_keys, checked, nearest_key
from mheight.training.config import FitConfig, require_rows

KEYS = all_keys(RunConfig, sections=True)


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("trainig", "training"),  # a section
        ("epochs", "training.epochs"),  # the same end elsewhere
        ("stream.seed", "seed"),  # the first of several
        ("training.epoch", "training.epochs"),  # of the section, though "seed" is shorter
        ("loss.weights.eazy", "loss.weights.easy"),
        ("fit.epohcs", "training.epochs"),  # of no section that there is
    ],
)
def test_the_nearest_key(key: str, near: str) -> None:
    assert nearest_key(key, KEYS) == near


def test_all_keys() -> None:
    keys = all_keys(RunConfig)
    assert {"name", "data.tiers.easy", "model.soft_maximum", "training.epochs"} <= set(keys)
    assert not {"data", "data.tiers", "model"} & set(keys)
    assert set(KEYS) > set(keys)
    assert {"data", "data.tiers", "model"} <= set(KEYS)
    assert len(KEYS) == len(set(KEYS))


def test_all_that_is_wrong_is_said() -> None:
    with pytest.raises(ConfigError) as told:
        checked(FitConfig, {"epoch": 3, "batch_size": 0}, "here")
    assert str(told.value) == (
        "here: batch_size: Input should be greater than or equal to 1, got 0; "
        "unknown key 'epoch'; the nearest valid key is 'epochs'"
    )
    assert checked(FitConfig, {"epochs": 3}, "here").epochs == 3


def test_a_batch_is_no_larger_than_the_rows() -> None:
    require_rows(7, 7)
    with pytest.raises(ConfigError, match="must not exceed the training rows, got 8 for 7 rows"):
        require_rows(8, 7)
