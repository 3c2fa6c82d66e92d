"""The OpenAPI of the service, for bodies that it reads itself."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mheight.deployment.service import schemas
from mheight.deployment.service.word_schemas import DecodeRequest

__all__ = ["body_of", "described"]

_REQUESTS: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        schemas.HeightsRequest,
        schemas.SearchRequest,
        schemas.PredictionsRequest,
        schemas.MatrixRequest,
        DecodeRequest,
    )
}


def body_of(name: str) -> dict[str, Any]:
    """What a path says of the body it takes: its schema, and examples."""
    extra: Any = _REQUESTS[name].model_config["json_schema_extra"]
    examples = extra["examples"]
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{name}"},
                    "examples": {
                        f"example {i}": {"value": value} for i, value in enumerate(examples, 1)
                    },
                }
            },
        }
    }


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI of an application, with the schemas of bodies that it reads itself."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _, requests = models_json_schema(
            [(model, "validation") for model in _REQUESTS.values()],
            ref_template="#/components/schemas/{model}",
        )
        known = schema.setdefault("components", {}).setdefault("schemas", {})
        known.update(requests.get("$defs", {}))
        for name in ("HTTPValidationError", "ValidationError"):
            known.pop(name, None)
        app.openapi_schema = schema
    return app.openapi_schema
