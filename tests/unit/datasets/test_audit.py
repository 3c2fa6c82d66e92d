"""Clean data passes; one leak of every kind, planted by hand, fails the check of its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from material import COPIES, noise, split_by_hand, with_copies

from mheight.codes import random_equivalent
from mheight.datasets import (
    AuditReport,
    Augmentation,
    AugmentationKind,
    AugmentedTraining,
    Samples,
    TrainingView,
    ValidationView,
    audit,
    augment,
    augment_then_split,
    relabelled,
    split_by_orbit,
)
from mheight.errors import LeakError
from mheight.features.code_vectors import raw_p
from mheight.features.standardised import FittedVectors

QUESTIONS = {
    "exact rows": "validation rows whose (k, m, P) is a training row",
    "equivalent codes": "validation rows whose code is equivalent to one in training",
    "same code, another m": "validation rows whose code stands in training under another m",
    "parents of copies": "augmented rows that do not descend from a training original",
    "labels": "rows whose label is not the exact height of their code",
    "fitted statistics": "do the fitted statistics differ from those of the training originals?",
    "partition": "source rows missing from, or changed in, the two sides",
}
"""What a report says of each check."""

CHECKS = list(QUESTIONS)


@dataclass(frozen=True)
class Prepared:
    """Everything that an audit looks at."""

    sources: Samples
    training: AugmentedTraining
    validation: ValidationView
    features: FittedVectors

    def report(self) -> AuditReport:
        return audit(self.training, self.validation, self.features.provenance_error, self.sources)


def prepared(
    sources: Samples,
    training: TrainingView,
    validation: ValidationView,
    kind: AugmentationKind = "noise",
) -> Prepared:
    made = augment(training, Augmentation(kind, COPIES), np.random.default_rng(1))
    return Prepared(sources, made, validation, raw_p.fit(training))


@pytest.fixture(scope="module")
def clean(uniform_codes: Samples) -> Prepared:
    split = split_by_orbit(uniform_codes, 0.25, np.random.default_rng(0))
    return prepared(uniform_codes, split.training, split.validation)


def relative_of(samples: Samples, i: int) -> Samples:
    """Row i in another information set, under a number of its own: no entry is the same."""
    row = samples.take(np.array([i]))
    matrix = random_equivalent(row.matrix(0)[None], np.random.default_rng(2))
    parity = np.zeros_like(row.parity)
    parity[0, : matrix.size] = matrix.ravel()
    return replace(row, parity=parity, sample_id=np.array([900_000]))


def one(samples: Samples, i: int, *, number: int | None = None) -> Samples:
    row = samples.take(np.array([i]))
    return row if number is None else replace(row, sample_id=np.array([number]))


def trained_on_too(clean: Prepared, row: Samples) -> Prepared:
    """A data set that holds this row as well, split so that it is a training original."""
    sources = Samples.concatenate([clean.sources, row])
    validation = np.isin(sources.sample_id, clean.validation.samples.sample_id)
    return prepared(sources, *split_by_hand(sources, validation))


def copied_too(clean: Prepared, row: Samples, parent: int) -> Prepared:
    """The same copies and one more, which says that it comes from `parent`."""
    originals = clean.training.originals
    parents = clean.training.parent_id[len(originals.samples) :]
    copies = Samples.concatenate([clean.training.copies, row])
    training = with_copies(originals, copies, np.append(parents, parent))
    return replace(clean, training=training)


# Each returns leaking data and the names of the checks that must fail, and no others.


def exact_row(clean: Prepared) -> tuple[Prepared, set[str]]:
    row = one(clean.validation.samples, 10, number=900_000)
    return trained_on_too(clean, row), {"exact rows", "equivalent codes"}


def exact_row_with_negative_zeros(clean: Prepared) -> tuple[Prepared, set[str]]:
    samples = clean.validation.samples
    with_zero = int(np.flatnonzero((samples.parity[:, :18] == 0).any(axis=1))[0])
    row = one(samples, with_zero, number=900_000)
    row = replace(row, parity=np.where(row.parity == 0, -0.0, row.parity))
    return trained_on_too(clean, row), {"exact rows", "equivalent codes"}


def equivalent_code(clean: Prepared) -> tuple[Prepared, set[str]]:
    return trained_on_too(clean, relative_of(clean.validation.samples, 10)), {"equivalent codes"}


def same_code_under_another_m(clean: Prepared) -> tuple[Prepared, set[str]]:
    samples = clean.validation.samples
    of_42 = int(np.flatnonzero(samples.group == 0)[0])
    row = one(samples, of_42, number=900_000)
    row = relabelled(replace(row, m=row.m + 1))
    return trained_on_too(clean, row), {"same code, another m"}


def equivalent_code_under_another_m(clean: Prepared) -> tuple[Prepared, set[str]]:
    samples = clean.validation.samples
    of_42 = int(np.flatnonzero(samples.group == 0)[0])
    row = relative_of(samples, of_42)
    row = relabelled(replace(row, m=row.m + 1))
    return trained_on_too(clean, row), {"same code, another m"}


def sample_on_both_sides(clean: Prepared) -> tuple[Prepared, set[str]]:
    """A training original, of a group with one copy each, that is measured on as well."""
    row = one(clean.training.originals.samples, 0)
    both = ValidationView(Samples.concatenate([clean.validation.samples, row]))
    failing = {"exact rows", "equivalent codes", "parents of copies", "partition"}
    return replace(clean, validation=both), failing


def noisy_copy_of(samples: Samples, i: int) -> Samples:
    row = one(samples, i)
    shaken = row.parity * (1 + 0.05 * np.random.default_rng(3).standard_normal(row.parity.shape))
    return relabelled(replace(row, parity=shaken))


def parent_in_validation(clean: Prepared) -> tuple[Prepared, set[str]]:
    samples = clean.validation.samples
    leaked = copied_too(clean, noisy_copy_of(samples, 10), int(samples.sample_id[10]))
    return leaked, {"parents of copies"}


def forged_parent(clean: Prepared) -> tuple[Prepared, set[str]]:
    """The number is that of a training original of the same group, which it is no copy of."""
    copy = noisy_copy_of(clean.validation.samples, 10)
    originals = clean.training.originals.samples
    innocent = originals.sample_id[originals.group == copy.group[0]][0]
    return copied_too(clean, copy, int(innocent)), {"parents of copies"}


def unknown_parent(clean: Prepared) -> tuple[Prepared, set[str]]:
    copy = noisy_copy_of(clean.training.originals.samples, 10)
    return copied_too(clean, copy, 777_777), {"parents of copies"}


def copy_in_another_group(clean: Prepared) -> tuple[Prepared, set[str]]:
    """The entries are near those of the parent, but the copy stands under another m."""
    originals = clean.training.originals.samples
    copy = noisy_copy_of(originals, 0)
    moved = relabelled(replace(copy, m=copy.m + 1))
    return copied_too(clean, moved, int(originals.sample_id[0])), {"parents of copies"}


def symmetric_copy_of_validation(clean: Prepared) -> tuple[Prepared, set[str]]:
    copy = relative_of(clean.validation.samples, 10)
    originals = clean.training.originals.samples
    innocent = originals.sample_id[originals.group == copy.group[0]][0]
    leaked = copied_too(clean, copy, int(innocent))
    return leaked, {"equivalent codes", "parents of copies"}


def relabelled_row(samples: Samples, i: int, height: float) -> Samples:
    heights = samples.labels.copy()
    heights[i] = height
    return samples.with_heights(heights)


def wrong_validation_label(clean: Prepared) -> tuple[Prepared, set[str]]:
    samples = clean.validation.samples
    wrong = relabelled_row(samples, 10, samples.labels[10] * 1.00001)
    return replace(clean, validation=ValidationView(wrong)), {"labels"}


def wrong_training_label(clean: Prepared) -> tuple[Prepared, set[str]]:
    """A noisy copy that keeps its parent's label."""
    training = clean.training
    samples = training.samples
    copy = len(samples) - 1
    parent = int(np.flatnonzero(samples.sample_id == training.parent_id[copy])[0])
    wrong = relabelled_row(samples, copy, samples.labels[parent])
    return replace(clean, training=replace(training, samples=wrong)), {"labels"}


def infinite_label(clean: Prepared) -> tuple[Prepared, set[str]]:
    wrong = relabelled_row(clean.training.samples, 0, np.inf)
    return replace(clean, training=replace(clean.training, samples=wrong)), {"labels"}


def statistics_of_everything(clean: Prepared) -> tuple[Prepared, set[str]]:
    return replace(clean, features=raw_p.fit(TrainingView(clean.sources))), {"fitted statistics"}


def statistics_of_copies_too(clean: Prepared) -> tuple[Prepared, set[str]]:
    fitted = raw_p.fit(TrainingView(clean.training.samples))
    return replace(clean, features=fitted), {"fitted statistics"}


def dropped_row(clean: Prepared) -> tuple[Prepared, set[str]]:
    samples = clean.validation.samples
    fewer = samples.take(np.arange(len(samples)) != 10)
    return replace(clean, validation=ValidationView(fewer)), {"partition"}


def changed_row(clean: Prepared) -> tuple[Prepared, set[str]]:
    samples = clean.validation.samples
    parity = samples.parity.copy()
    parity[10, 0] += 1.0
    changed = relabelled(replace(samples, parity=parity))
    return replace(clean, validation=ValidationView(changed)), {"partition"}


LEAKS = [
    exact_row,
    exact_row_with_negative_zeros,
    equivalent_code,
    same_code_under_another_m,
    equivalent_code_under_another_m,
    sample_on_both_sides,
    parent_in_validation,
    forged_parent,
    unknown_parent,
    copy_in_another_group,
    symmetric_copy_of_validation,
    wrong_validation_label,
    wrong_training_label,
    infinite_label,
    statistics_of_everything,
    statistics_of_copies_too,
    dropped_row,
    changed_row,
]


@pytest.mark.parametrize("kind", ["noise", "monomial", "information-set"])
def test_clean_data_passes(course_codes: Samples, kind: AugmentationKind) -> None:
    split = split_by_orbit(course_codes, 0.25, np.random.default_rng(0))
    data = prepared(course_codes, split.training, split.validation, kind)
    report = data.report()
    assert {check.name: check.question for check in report.checks} == QUESTIONS
    assert [check.found for check in report.checks] == [0] * 7
    assert [check.example for check in report.checks] == [""] * 7
    assert report.passed
    report.require_clean()
    assert report.training_originals == 270
    assert report.training_rows == 270 + 30 * (3 * 1 + 3 * 2 + 3 * 3)
    assert report.validation_rows == 90


def test_the_order_of_rows_is_no_matter(uniform_codes: Samples) -> None:
    rng = np.random.default_rng(0)
    split = split_by_orbit(uniform_codes, 0.25, rng)
    training, validation, sources = (
        samples.take(rng.permutation(len(samples)))
        for samples in (split.training.samples, split.validation.samples, uniform_codes)
    )
    shuffled = prepared(sources, TrainingView(training), ValidationView(validation))
    assert [check.name for check in shuffled.report().checks if check.found] == []


@pytest.mark.parametrize("plant", LEAKS)
def test_a_planted_leak_fails_its_check(
    clean: Prepared, plant: Callable[[Prepared], tuple[Prepared, set[str]]]
) -> None:
    assert clean.report().passed
    leaking, expected = plant(clean)

    report = leaking.report()

    failed = {check.name: check for check in report.checks if not check.passed}
    assert set(failed) == expected
    assert all(check.found == 1 for check in failed.values())
    assert all(check.example for check in failed.values())
    assert not report.passed
    for name in expected:
        with pytest.raises(
            LeakError, match=rf"validation data leaked into training: .*{name}: 1 rows \(.+\)"
        ):
            report.require_clean()


def test_a_row_that_takes_the_place_of_another_is_seen(clean: Prepared) -> None:
    """The number of rows is right, and no other check has a reason to complain."""
    samples = clean.validation.samples
    fresh = replace(noisy_copy_of(samples, 10), sample_id=np.array([900_000]))
    kept = samples.take(np.arange(len(samples)) != 10)
    swapped = ValidationView(Samples.concatenate([kept, fresh]))
    report = replace(clean, validation=swapped).report()
    assert [check.name for check in report.checks if not check.passed] == ["partition"]


def test_rows_that_are_missing_are_counted(clean: Prepared) -> None:
    samples = clean.validation.samples
    fewer = ValidationView(samples.take(np.arange(len(samples)) >= 3))
    (found,) = (check for check in replace(clean, validation=fewer).report().checks if check.found)
    assert (found.name, found.found) == ("partition", 3)
    assert found.example == "360 source rows, 357 after the split"
    assert found.question == QUESTIONS["partition"]


def test_rows_of_both_sides_are_counted_and_the_first_is_the_example(clean: Prepared) -> None:
    """Two wrong labels among training rows, one in validation."""
    training, held_out = clean.training, clean.validation.samples
    rows = relabelled_row(training.samples, 4, 1.5)
    rows = relabelled_row(rows, 5, 1.5)
    leaking = replace(
        clean,
        training=replace(training, samples=rows),
        validation=ValidationView(relabelled_row(held_out, 10, 1.5)),
    )
    (found,) = (check for check in leaking.report().checks if check.found)
    assert (found.name, found.found) == ("labels", 3)
    assert found.example.startswith(f"sample {rows.sample_id[4]}, ")


def test_without_its_sources_nothing_is_said_of_the_partition(clean: Prepared) -> None:
    report = audit(clean.training, clean.validation, clean.features.provenance_error)
    assert [check.name for check in report.checks] == CHECKS[:-1]


def test_the_example_names_the_sample(clean: Prepared) -> None:
    samples = clean.validation.samples
    leaking, _ = exact_row(clean)
    found = next(check for check in leaking.report().checks if check.name == "exact rows")
    number, k, m = samples.sample_id[10], samples.k[10], samples.m[10]
    assert found.example == f"sample {number}, (n,k,m) = (9,{k},{m})"


def test_run6_does_not_pass(uniform_codes: Samples) -> None:
    leaky = augment_then_split(uniform_codes, noise(0.02), 0.15, np.random.default_rng(0))
    fitted = raw_p.fit(leaky.training.originals)
    report = audit(leaky.training, leaky.validation, fitted.provenance_error)
    found = {check.name: check.found for check in report.checks}
    assert "partition" not in found
    assert found["parents of copies"] > 50
    assert found["labels"] > 500
    with pytest.raises(LeakError, match=r"parents of copies: \d+ rows .*; labels: \d+ rows"):
        report.require_clean()


def test_what_is_wrong_with_the_statistics_is_the_example(clean: Prepared) -> None:
    leaking, _ = statistics_of_everything(clean)
    found = next(check for check in leaking.report().checks if check.name == "fitted statistics")
    assert found.example == leaking.features.provenance_error(clean.training)
    assert found.found == 1


def test_a_report_is_json(clean: Prepared) -> None:
    leaking, _ = wrong_validation_label(clean)
    values = json.loads(json.dumps(leaking.report().as_dict()))
    assert values["passed"] is False
    assert [check["name"] for check in values["checks"]] == CHECKS
    assert [check["passed"] for check in values["checks"]] == [True] * 4 + [False] + [True] * 2
    assert set(values["checks"][0]) == {"name", "question", "found", "example", "passed"}
    assert values["validation_rows"] == 90
