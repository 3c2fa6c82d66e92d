"""From a checked request to an answer: what goes to the kernel, what is searched."""

from __future__ import annotations

import asyncio
import functools
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import TypeVar

import numpy as np

from mheight.codes.given import GivenMatrices, given_matrices
from mheight.deployment.service.answers import (
    NO_TIME,
    SearchState,
    exact_search,
    profiles,
    search,
)
from mheight.deployment.service.counters import Metrics
from mheight.deployment.service.decoding_answers import Decoders, decoded
from mheight.deployment.service.failures import ServiceError, busy
from mheight.deployment.service.matrices import place
from mheight.deployment.service.predicted import (
    AskedCode,
    AskedHeight,
    Model,
    PredictedCode,
    PredictedHeight,
    predicted,
)
from mheight.deployment.service.replies import CodeAnswer, Profile
from mheight.deployment.service.schemas import HeightsRequest, SearchRequest
from mheight.deployment.service.settings import ServiceSettings
from mheight.deployment.service.ways import goes_into_batches
from mheight.deployment.service.word_replies import DecodedReply
from mheight.deployment.service.word_schemas import DecodeRequest
from mheight.deployment.service.work import Batcher, SearchPool, Stop
from mheight.errors import InvalidCodeError
from mheight.heights import height_profile
from mheight.kernels.compiling import interpret_no_more

__all__ = ["Dispatcher"]

Result = TypeVar("Result")
Shape = tuple[int, int]

_PREDICTIONS_AT_ONCE = 2048


_FEW = 16  # codes that the event loop does itself


class Dispatcher:
    """The computing part of one application.

    Args:
        settings: limits.
        model: predicts; None for a service of exact heights alone.
        metrics: is told of batches and codes.
    """

    def __init__(self, settings: ServiceSettings, model: Model | None, metrics: Metrics) -> None:
        self.settings = settings
        self.model = model
        self.metrics = metrics
        self._kernel = ThreadPoolExecutor(1, "kernel")
        self._predicting = 0  # requests
        self._reader = ThreadPoolExecutor(1, "reader")
        self._pool = SearchPool(settings.searches, settings.waiting_searches)
        self._decoders = Decoders()
        # Long ones must not keep the others waiting.
        self._long = SearchPool(settings.long_searches, settings.waiting_long_searches)
        self._heights: Batcher[Shape, GivenMatrices, Profile] = Batcher(
            profiles, self._kernel, largest=_largest_batch, at_once=self._is_small,
            waiting_limit=settings.waiting_codes, gather_seconds=settings.gather_seconds,
            observe=metrics.batch.labels("heights").observe,
        )  # fmt: skip
        self._predictions: Batcher[str, AskedHeight, PredictedHeight] = Batcher(
            self._predict, self._kernel, largest=lambda _: _PREDICTIONS_AT_ONCE,
            waiting_limit=settings.waiting_codes, gather_seconds=settings.gather_seconds,
            observe=metrics.batch.labels("predictions").observe,
        )  # fmt: skip
        metrics.watch("mheight_waiting_codes", "Codes that wait for the kernel.",
                      lambda: self._heights.waiting + self._predictions.waiting)  # fmt: skip
        metrics.watch(
            "mheight_searches",
            "Searches that run or wait.",
            lambda: self._pool.load + self._long.load,
        )

    async def warm_up(self) -> None:
        """Load and run everything once, so that no client waits for a compiler."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._kernel, self._exercise)

    def _exercise(self) -> None:
        interpret_no_more()
        rng = np.random.default_rng(0)
        for k in (4, 5, 6):
            # In batches and alone: two kernels.
            height_profile(rng.standard_normal((9, k, 9)))
            height_profile(rng.standard_normal((k, 9)))
        if self.model is not None:
            groups = self.model.trained
            asked = [AskedHeight(g, rng.standard_normal((g.k, g.n - g.k))) for g in groups]
            self._predict("", asked)
        for n, m in ((8, 2), (18, 3), (18, None), (30, 3)):
            for G in (rng.standard_normal((4, n)), rng.integers(-9, 10, (4, n)).astype(np.float64)):
                # Time enough to compile whatever is called.
                stop = Stop(time.perf_counter() + 600.0)
                search(given_matrices(G), m, stop, witness=True, patience=None)
        self._decoders.exercise()

    def close(self) -> None:
        """Stop searches, and end the threads."""
        self._long.close()
        self._pool.close()
        self._kernel.shutdown(wait=True, cancel_futures=True)
        self._reader.shutdown(wait=True, cancel_futures=True)

    async def read(self, job: Callable[[], Result], size: int) -> Result:
        """The result of reading a body; a large one does not keep the others waiting."""
        if size <= 16_384:
            return job()
        return await asyncio.get_running_loop().run_in_executor(self._reader, job)

    def _is_small(self, shape: Shape, codes: int) -> bool:
        """Whether a batch takes a fraction of a millisecond, and the kernel is free.

        Predictions go to the kernel's thread too, and must not be met there.
        """
        return shape[1] <= 9 and codes <= _FEW and not self._predicting

    # --- heights --------------------------------------------------------------------------

    async def exact_heights(
        self, request: HeightsRequest, codes: Sequence[GivenMatrices]
    ) -> list[CodeAnswer]:
        """Answers in fractions for all codes of a request, in order.

        Raises:
            ServiceError: 422 for a matrix of dependent rows; 503.
        """
        deadline = time.perf_counter() + (request.time_limit or self.settings.seconds)
        found = await self._pool.run(functools.partial(_exact_all, codes, request), deadline)
        if found is None:
            return [_unseen(given, request) for given in codes]
        self.metrics.codes.labels("heights").inc(len(codes))
        return found

    async def search(
        self, request: SearchRequest, given: GivenMatrices, state: SearchState
    ) -> CodeAnswer:
        """The answer for one code that is searched for longer; a caller that is cancelled ends it.

        Args:
            request: what is wanted.
            given: the code.
            state: is told of what is found.

        Raises:
            ServiceError: 422 for dependent rows; 503.
        """
        deadline = time.perf_counter() + request.time_limit
        asked = HeightsRequest(**request.model_dump())
        job = functools.partial(
            _search_all, [0], [given], asked, None, unstoppable=self.settings.seconds, state=state
        )
        found = await self._long.run(job, deadline)
        self.metrics.codes.labels("heights").inc()
        if found is None:
            return _unseen(given, request)
        return found[0]

    async def decode(self, request: DecodeRequest, given: GivenMatrices) -> DecodedReply:
        """What is found in received words of one code.

        Raises:
            ServiceError: 422 for dependent rows, or an infinite height; 503.
        """
        deadline = time.perf_counter() + self.settings.seconds
        job = functools.partial(decoded, self._decoders, given, request)
        found = await self._pool.run(job, deadline)
        if found is None:
            raise busy("the time limit ended before a word was looked at; try again")
        self.metrics.codes.labels("words").inc(len(found.words))
        return found

    async def heights(
        self, request: HeightsRequest, codes: Sequence[GivenMatrices]
    ) -> list[CodeAnswer]:
        """Answers for all codes of a request, in order.

        Raises:
            ServiceError: 422 for a matrix of dependent rows; 503.
        """
        seconds = request.time_limit or self.settings.seconds
        deadline = time.perf_counter() + seconds
        direct: dict[Shape, list[int]] = {}
        searched = []
        for i, given in enumerate(codes):
            if goes_into_batches(given, self.settings, witness=request.witness):
                direct.setdefault(given.shape, []).append(i)
            else:
                searched.append(i)
        parts = list(direct.values())
        jobs = [self._by_kernel(s, at, codes, request, deadline) for s, at in direct.items()]
        if searched:
            parts.append(searched)
            jobs.append(self._by_search(searched, codes, request, deadline))
        # All to their end, also when one fails: none may be left alone with its work.
        done = await asyncio.gather(*jobs, return_exceptions=True)
        answers: dict[int, CodeAnswer] = {}
        for at, found in zip(parts, done, strict=True):
            if isinstance(found, BaseException):
                raise found
            answers.update(zip(at, found, strict=True))
        self.metrics.codes.labels("heights").inc(len(codes))
        return [answers[i] for i in range(len(codes))]

    async def _by_kernel(
        self, shape: Shape, at: list[int], codes: Sequence[GivenMatrices], request: HeightsRequest,
        deadline: float,
    ) -> list[CodeAnswer]:  # fmt: skip
        found = await self._heights.submit(shape, [codes[i] for i in at], deadline)
        out = []
        for i, profile in zip(at, found, strict=True):
            if profile is None:
                out.append(_unseen(codes[i], request))
            elif profile.error is not None:
                raise ServiceError(422, profile.error, _matrix_place(request, i))
            else:
                out.append(CodeAnswer.of_profile(shape, profile, request.m, request.capability))
        return out

    async def _by_search(
        self, at: list[int], codes: Sequence[GivenMatrices], request: HeightsRequest,
        deadline: float,
    ) -> list[CodeAnswer]:  # fmt: skip
        patience = None if request.time_limit else self.settings.bound_seconds
        job = functools.partial(_search_all, at, codes, request, patience)
        found = await self._pool.run(job, deadline)
        return [_unseen(codes[i], request) for i in at] if found is None else found

    # --- predictions ----------------------------------------------------------------------

    async def predictions(self, codes: Sequence[AskedCode]) -> list[PredictedCode]:
        """Answers for all codes of a request, in order.

        Raises:
            ServiceError: 503.
        """
        deadline = time.perf_counter() + self.settings.seconds
        asked = [height for code in codes for height in code.heights]
        self._predicting += 1
        try:
            found = await self._predictions.submit("", asked, deadline)
        finally:
            self._predicting -= 1
        heights = [height for height in found if height is not None]
        if len(heights) < len(asked):
            raise ServiceError(
                503, "the time limit ended before all codes were predicted; send fewer at once",
                headers={"Retry-After": "1"},
            )  # fmt: skip
        self.metrics.codes.labels("predictions").inc(len(codes))
        left = iter(heights)
        return [
            PredictedCode(code.n, code.k, tuple(islice(left, len(code.orders)))) for code in codes
        ]

    def _predict(self, _: str, asked: list[AskedHeight]) -> list[PredictedHeight]:
        assert self.model is not None
        return predicted(self.model, asked)


def _largest_batch(shape: Shape) -> int:
    """Codes in a call of the kernel, by the size of their lattice: 1,024 for n = 9."""
    return max(1, min(1024, 2**20 >> shape[1]))


def _unseen(given: GivenMatrices, request: HeightsRequest | SearchRequest) -> CodeAnswer:
    """Bounds for a code that there was no time for."""
    return CodeAnswer.unseen(given.n, given.k, request.m, NO_TIME)


def _search_all(
    at: list[int], codes: Sequence[GivenMatrices], request: HeightsRequest, patience: float | None,
    stop: Stop, unstoppable: float = math.inf, state: SearchState | None = None,
) -> list[CodeAnswer]:  # fmt: skip
    """One code after the other, until the time is up."""
    out = []
    for i in at:
        one = functools.partial(
            search, codes[i], stop=stop, witness=request.witness, patience=patience,
            unstoppable=unstoppable, state=state,
        )  # fmt: skip
        try:
            answer = _with_capability(one, codes[i], request)
        except InvalidCodeError as error:
            raise ServiceError(422, str(error), _matrix_place(request, i)) from None
        out.append(answer if request.witness else answer.without_codewords())
    return out


def _with_capability(
    one: Callable[[int | None], CodeAnswer], given: GivenMatrices, request: HeightsRequest
) -> CodeAnswer:
    """What is wanted of a code; what it can do follows from all heights.

    Args:
        one: searches h_m of the code, or all its heights.
        given: the code.
        request: what is wanted.
    """
    k, n = given.shape
    m = request.m
    if not request.capability:
        return one(m)
    answer = one(m if k == n else None).with_capability()
    if m is None:
        return answer
    # Beyond n-k there is no height to be picked from all of them.
    return replace(answer, heights=one(m).heights) if m > n - k else answer.narrowed(m)


def _exact_all(
    codes: Sequence[GivenMatrices], request: HeightsRequest, stop: Stop
) -> list[CodeAnswer]:
    """One code after the other in fractions, until the time is up."""
    options = {"witness": request.witness, "capability": request.capability}
    out = []
    for i, given in enumerate(codes):
        try:
            out.append(exact_search(given, request.m, stop, **options))
        except InvalidCodeError as error:
            raise ServiceError(422, str(error), _matrix_place(request, i)) from None
    return out


def _matrix_place(request: HeightsRequest, i: int) -> str:
    where = place(request, i)
    code = request if request.codes is None else request.codes[i]
    kind = "G" if code.G is not None else "P" if code.P is not None else "H"
    return kind if where is None else f"{where}.{kind}"
