"""The application: paths, and what answers them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

import mheight
from mheight.deployment.service import schemas
from mheight.deployment.service.affords import affordable, typed_profile
from mheight.deployment.service.answers import SearchState
from mheight.deployment.service.asked import (
    checked,
    decode_asked,
    heights_asked,
    matrix_asked,
    search_asked,
)
from mheight.deployment.service.catalogue_pages import add_catalogue
from mheight.deployment.service.counters import Metrics
from mheight.deployment.service.dispatcher import Dispatcher
from mheight.deployment.service.example_codes import known_codes, random_code
from mheight.deployment.service.failures import ServiceError, busy, error_body
from mheight.deployment.service.json_replies import json_reply
from mheight.deployment.service.matrices import asked_codes
from mheight.deployment.service.middleware import Guard
from mheight.deployment.service.openapi import body_of, described
from mheight.deployment.service.predicted import Model
from mheight.deployment.service.progress import KIND, progress_lines
from mheight.deployment.service.reference import reference_page
from mheight.deployment.service.settings import ServiceSettings
from mheight.deployment.service.word_schemas import DecodeReply

__all__ = ["create_app"]

_log = logging.getLogger("mheight.service")
_STATIC = Path(__file__).parent / "static"
_BODY_PATHS = (
    "/api/heights", "/api/search", "/api/predictions", "/api/matrix", "/api/decode",
)  # fmt: skip


def create_app(settings: ServiceSettings | None = None, predictor: Model | None = None) -> FastAPI:
    """The service as an ASGI application.

    Args:
        settings: limits; None for the usual ones.
        predictor: a `mheight.deployment.Predictor`; None for exact heights alone.
    """
    settings = settings or ServiceSettings()
    metrics = Metrics()
    dispatcher = Dispatcher(settings, predictor, metrics)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(_warm_up(app, dispatcher))
        yield
        warming.cancel()
        dispatcher.close()

    app = FastAPI(
        title="mheight",
        version=mheight.__version__,
        description="Heights of analog error-correcting codes: exact, and predicted.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.ready = False
    app.state.failure = None
    app.state.dispatcher = dispatcher
    _add_health(app, metrics)
    _add_codes(app, settings)
    _add_heights(app, dispatcher)
    _add_predictions(app, dispatcher)
    _add_search(app, dispatcher)
    _add_readings(app, dispatcher)
    _add_decoding(app, dispatcher)
    add_catalogue(app)
    _add_pages(app)
    paths = [getattr(route, "path", "") for route in app.routes]
    app.add_middleware(
        Guard, settings=settings, metrics=metrics, paths=paths, body_paths=_BODY_PATHS
    )
    app.add_exception_handler(ServiceError, _refused)
    app.add_exception_handler(HTTPException, _refused_by_framework)
    app.add_exception_handler(RequestValidationError, _refused_parameters)
    app.openapi = lambda: described(app)  # type: ignore[method-assign]
    return app


async def _warm_up(app: FastAPI, dispatcher: Dispatcher) -> None:
    try:
        await dispatcher.warm_up()
        app.state.ready = True
    except Exception as error:
        _log.exception("the service can't get ready")
        app.state.failure = f"{type(error).__name__} while loading"


def _failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    texts = {
        400: "no JSON", 404: "no model is loaded", 408: "too slow", 413: "too large",
        415: "no plain JSON", 422: "a value that is not allowed", 503: "too busy, or not ready",
    }  # fmt: skip
    return {s: {"model": schemas.Failure, "description": texts[s]} for s in statuses}


# --- paths ----------------------------------------------------------------------------------


def _add_health(app: FastAPI, metrics: Metrics) -> None:
    @app.get("/health/live", response_model=schemas.State)
    async def live() -> Response:
        """Whether the process answers."""
        return json_reply({"status": "live"})

    @app.get("/health/ready", response_model=schemas.State, responses=_failures(503))
    async def ready() -> Response:
        """Whether kernels and model are loaded."""
        _check_ready(app)
        return json_reply({"status": "ready"})

    @app.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def show_metrics() -> Response:
        """Counters for Prometheus."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _check_ready(app: FastAPI) -> None:
    if app.state.failure is not None:
        raise ServiceError(503, f"the service can't work: {app.state.failure}")
    if not app.state.ready:
        raise busy("the service is still loading", 2)


def _add_codes(app: FastAPI, settings: ServiceSettings) -> None:
    known = json_reply([code.as_dict() for code in known_codes()]).body

    @app.get("/api/codes", response_model=list[schemas.KnownCode])
    async def codes() -> Response:
        """Named codes whose heights are known."""
        return Response(known, media_type="application/json")

    @app.get("/api/random", response_model=schemas.RandomCode, responses=_failures(422))
    async def random(
        n: Annotated[int, Query(ge=2, le=128)] = 9,
        k: Annotated[int, Query(ge=1, le=127)] = 4,
        seed: Annotated[int, Query(ge=0, lt=2**32)] = 1,
    ) -> Response:
        """A random systematic code, k < n; the same seed gives the same code."""
        if n > settings.length:
            raise ServiceError(422, f"n may be at most {settings.length} here, got {n}", "n")
        if k >= n:
            raise ServiceError(422, f"k must be less than n, got n = {n}, k = {k}", "k")
        return json_reply(random_code(n, k, seed).as_dict())


def _add_heights(app: FastAPI, dispatcher: Dispatcher) -> None:
    settings = dispatcher.settings

    @app.post(
        "/api/heights", response_model=schemas.HeightsReply,
        responses=_failures(400, 408, 413, 415, 422, 503), openapi_extra=body_of("HeightsRequest"),
    )  # fmt: skip
    async def heights(request: Request) -> Response:
        """Exact heights of one code or many, with witnesses; bounds where time ends."""
        _check_ready(app)
        body = await request.body()
        asked, codes = await dispatcher.read(lambda: heights_asked(body, settings), len(body))
        work = dispatcher.exact_heights if asked.exact else dispatcher.heights
        answers = await _while_connected(request, work(asked, codes))
        return await dispatcher.read(
            lambda: json_reply({"codes": [answer.as_dict() for answer in answers]}), len(body)
        )


def _add_predictions(app: FastAPI, dispatcher: Dispatcher) -> None:
    settings = dispatcher.settings

    @app.post(
        "/api/predictions", response_model=schemas.PredictionsReply,
        responses=_failures(400, 404, 408, 413, 415, 422, 503),
        openapi_extra=body_of("PredictionsRequest"),
    )  # fmt: skip
    async def predictions(request: Request) -> Response:
        """Predicted heights of codes of the groups that the model knows, with intervals."""
        _check_ready(app)
        model = _model(dispatcher)
        body = await request.body()
        codes = await dispatcher.read(
            lambda: asked_codes(
                checked(schemas.PredictionsRequest, body, settings), settings, model.groups
            ),
            len(body),
        )
        answers = await _while_connected(request, dispatcher.predictions(codes))
        manifest = model.manifest
        return await dispatcher.read(
            lambda: json_reply(
                {
                    "model": manifest.name,
                    "level": float(manifest.intervals.level),
                    "codes": [answer.as_dict() for answer in answers],
                }
            ),
            len(body),
        )

    @app.get("/api/model", response_model=schemas.ModelReply, responses=_failures(404, 503))
    async def model() -> Response:
        """The model that predicts: its card, and what it was measured to do."""
        found = _model(dispatcher)
        manifest = found.manifest
        return json_reply(
            {
                "name": manifest.name,
                "card": found.card,
                "metrics": [one.as_dict() for one in manifest.metrics],
                "versions": dict(manifest.versions),
                "groups": [list(group) for group in found.groups],
                "level": float(manifest.intervals.level),
            }
        )


def _add_search(app: FastAPI, dispatcher: Dispatcher) -> None:
    settings = dispatcher.settings

    @app.post(
        "/api/search",
        response_class=StreamingResponse,
        responses={
            200: {"content": {KIND: {}}, "description": "lines of progress, then the answer"},
            **_failures(400, 408, 413, 415, 422, 503),
        },
        openapi_extra=body_of("SearchRequest"),
    )
    async def search(request: Request) -> Response:
        """Search the heights of one code for longer, and tell how far it is.

        The reply is JSON lines: `{"progress": ...}` every half second, and at the end
        `{"answer": ...}` (as a code of /api/heights) or `{"error": ...}`.  Closing the
        connection cancels the search.
        """
        _check_ready(app)
        body = await request.body()
        asked, given = await dispatcher.read(lambda: search_asked(body, settings), len(body))
        state = SearchState()
        lines = progress_lines(dispatcher.search(asked, given, state), state, given.shape, asked.m)
        # What is refused at once is refused with a status of its own.
        first = await anext(lines)

        async def all_lines() -> AsyncIterator[str]:
            try:
                yield first
                async for line in lines:
                    yield line
            finally:
                await lines.aclose()

        return StreamingResponse(all_lines(), media_type=KIND)


def _add_readings(app: FastAPI, dispatcher: Dispatcher) -> None:
    """What is read off what is given, without any work."""

    @app.post(
        "/api/matrix", response_model=schemas.MatrixReply,
        responses=_failures(400, 408, 413, 415, 422), openapi_extra=body_of("MatrixRequest"),
    )  # fmt: skip
    async def matrix(request: Request) -> Response:
        """Read a matrix as the command line does."""
        body = await request.body()
        return await dispatcher.read(lambda: json_reply(matrix_asked(body).as_dict()), len(body))

    @app.get("/api/affords", response_model=schemas.Affordable, responses=_failures(422, 503))
    async def affords(
        ratio: Annotated[float, Query(gt=0, allow_inf_nan=False, description="Delta/delta")],
        profile: Annotated[
            str | None, Query(max_length=4000, description="heights of a code, 2,3,inf")
        ] = None,
    ) -> Response:
        """How many outliers a ratio lets codes locate and detect, at most."""
        _check_ready(app)
        found = affordable(ratio, None if profile is None else typed_profile(profile))
        return json_reply(found.as_dict())


def _add_decoding(app: FastAPI, dispatcher: Dispatcher) -> None:
    settings = dispatcher.settings

    @app.post(
        "/api/decode", response_model=DecodeReply,
        responses=_failures(400, 408, 413, 415, 422, 503), openapi_extra=body_of("DecodeRequest"),
    )  # fmt: skip
    async def decode(request: Request) -> Response:
        """Find the outliers in received words of a code, n up to 20, and correct them.

        Every entry of a word may be off by `delta`, and at most `tau` + `sigma` by more.  What
        is promised then is on the page docs/protection.md.
        """
        _check_ready(app)
        body = await request.body()
        asked, given = await dispatcher.read(lambda: decode_asked(body, settings), len(body))
        answer = await _while_connected(request, dispatcher.decode(asked, given))
        return await dispatcher.read(lambda: json_reply(answer.as_dict()), len(body))


def _model(dispatcher: Dispatcher) -> Model:
    if dispatcher.model is None:
        raise ServiceError(404, "this service was started without a model")
    return dispatcher.model


async def _while_connected(request: Request, work: Any) -> Any:
    """The result of some work, which is dropped when the client goes away."""
    working = asyncio.ensure_future(work)

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    watching = asyncio.ensure_future(watch())
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ServiceError(499, "the client went away")
        return await working
    finally:
        for task in (working, watching):
            task.cancel()


def _add_pages(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return FileResponse(_STATIC / "index.html")

    @app.get("/docs", include_in_schema=False)
    async def reference() -> Response:
        return HTMLResponse(reference_page(app.openapi()))


# --- refusals -------------------------------------------------------------------------------


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return _failure(error.status, error.message, error.where, error.headers)


async def _refused_by_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    texts = {
        404: "there is nothing at this path; /docs lists the paths",
        405: f"this path does not take {request.method[:20]}",
    }
    text = texts.get(error.status_code, "the request is refused")
    return _failure(error.status_code, text, None, dict(error.headers or {}))


async def _refused_parameters(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = str(first["loc"][-1])
    text = first["msg"].replace("Input should be", "must be")
    return _failure(422, f"{name} {text}", name, {})


def _failure(status: int, text: str, where: str | None, headers: dict[str, str]) -> Response:
    return Response(error_body(text, where), status, headers, media_type="application/json")
