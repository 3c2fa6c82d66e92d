"""The one place where the service asks which way a code goes."""

from __future__ import annotations

import time

import numpy as np
import pytest

from mheight.codes.given import given_matrices
from mheight.deployment.service.settings import ServiceSettings
from mheight.deployment.service.ways import Planner, fills_a_batch, goes_into_batches
from mheight.deployment.service.work import Stop
from mheight.heights.choosing import kernel_for, plan_within


@pytest.mark.parametrize(("n", "witness", "batch"), [(9, False, True), (10, False, False),
                                                     (9, True, False)])  # fmt: skip
def test_short_codes_go_into_batches_unless_a_codeword_is_wanted(n, witness, batch):
    given = given_matrices(np.ones((1, n)))
    settings = ServiceSettings(direct_length=9)
    assert goes_into_batches(given, settings, witness=witness) is batch


def test_a_batch_is_filled_where_the_kernel_for_many_is_chosen():
    found = {count: fills_a_batch(9, 4, count) for count in (1, 3, 4, 1000)}
    assert found == {count: kernel_for(9, 4, count) == "batches" for count in found}
    assert set(found.values()) == {True, False}


@pytest.mark.parametrize("witness", [False, True])
@pytest.mark.parametrize(("n", "k", "m"), [(9, 4, None), (20, 5, None), (30, 27, 2), (40, 20, 15)])
def test_a_plan_is_for_the_time_that_is_left(n, k, m, witness):
    stop = Stop(time.perf_counter() + 500.0)
    plan = Planner(n, k, m, stop, patience=0.2, unstoppable=2.0).plan(witness=witness)
    wanted = plan_within(n, k, m, 500.0, witness=witness, patience=0.2, unstoppable=2.0)
    assert plan.way == wanted.way
    assert plan.seconds == pytest.approx(wanted.seconds, rel=0.1)


def test_a_plan_without_time_is_for_a_moment():
    stop = Stop(time.perf_counter() + 500.0)
    stop.set()
    assert 0 < Planner(40, 20, None, stop, None, 2.0).plan(witness=False).seconds < 0.01
