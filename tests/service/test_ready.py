from __future__ import annotations

import json
import subprocess
import sys

_PROGRAM = """
import asyncio, json, sys, time
import numpy as np
from mheight import LinearCode, certificates, find_height, height_profile
from mheight.codes.given import given_matrices
from mheight.deployment import Predictor
from mheight.deployment.service.answers import profiles, search
from mheight.deployment.service.dispatcher import Dispatcher
from mheight.deployment.service.counters import Metrics
from mheight.deployment.service.settings import ServiceSettings
from mheight.deployment.service.work import Stop

def forms():
    return {
        f"{value.py_func.__module__}.{name}": len(value.overloads)
        for module in list(sys.modules.values())
        if getattr(module, "__name__", "").startswith("mheight")
        for name, value in vars(module).items()
        if hasattr(value, "overloads")
    }

dispatcher = Dispatcher(ServiceSettings(), Predictor.load(), Metrics())
asyncio.run(dispatcher.warm_up())
ready = forms()
rng = np.random.default_rng(5)
for n, k in ((4, 2), (9, 4), (9, 6), (12, 6), (17, 4), (20, 5), (30, 27)):
    for real in (True, False):
        codes = rng.standard_normal((9, k, n)) if real else rng.integers(-9, 10, (9, k, n)) + 0.0
        if n <= 16:
            profiles((k, n), [given_matrices(G) for G in codes])
            profiles((k, n), [given_matrices(codes[0])])
        for m in (None, 2):
            stop = Stop(time.perf_counter() + 20)
            search(given_matrices(codes[0]), m, stop, witness=True, patience=0.2)
dispatcher.close()
later = forms()
# Read-only, transposed and exact matrices are of no other form for a kernel.
real = rng.standard_normal((3, 8))
for G in (np.asfortranarray(real), LinearCode(real), LinearCode.from_parity_check(real)):
    height_profile(G)
    find_height(G, 1)
for G in (rng.integers(-3, 4, (3, 7)), LinearCode.from_parity_check(rng.integers(-3, 4, (3, 7)))):
    certificates(G)
height_profile(np.broadcast_to(rng.standard_normal((4, 9)), (9, 4, 9)))
print(json.dumps([ready, later, forms()]))
"""


def test_a_service_that_is_ready_compiles_nothing_more_and_kernels_have_one_form_each():
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    ready, later, last = json.loads(done.stdout.splitlines()[-1])
    assert later == ready
    assert {name: count for name, count in last.items() if count > 1} == {}
