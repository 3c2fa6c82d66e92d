"""The page `/docs`: the OpenAPI as plain HTML, with nothing fetched from elsewhere."""

from __future__ import annotations

import json
from html import escape
from typing import Any

__all__ = ["reference_page"]

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mheight: HTTP interface</title></head><body>
<h1>mheight: HTTP interface</h1>
<p>Machine-readable: <a href="/openapi.json">/openapi.json</a>. The page: <a href="/">/</a>.</p>
"""


def reference_page(openapi: dict[str, Any]) -> str:
    """HTML of all operations and schemas.

    Args:
        openapi: what `/openapi.json` holds.
    """
    parts = [_HEAD]
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            parts.append(f"<h2><code>{method.upper()} {escape(path)}</code></h2>")
            parts.append(f"<p>{escape(operation.get('description', operation['summary']))}</p>")
            parts += [_parameter(p) for p in operation.get("parameters", [])]
            parts += _body(operation.get("requestBody"))
            parts.append("<ul>")
            for status, reply in operation["responses"].items():
                text = f"{status}: {reply.get('description', '')}"
                parts.append(f"<li>{escape(text)}{_schema_link(reply)}</li>")
            parts.append("</ul>")
    parts.append("<h2>Schemas</h2>")
    for name, schema in openapi.get("components", {}).get("schemas", {}).items():
        parts.append(f'<h3 id="{escape(name)}">{escape(name)}</h3>')
        parts.append(f"<pre>{escape(json.dumps(schema, indent=1))}</pre>")
    return "\n".join([*parts, "</body></html>\n"])


def _parameter(parameter: dict[str, Any]) -> str:
    schema = {k: v for k, v in parameter.get("schema", {}).items() if k != "title"}
    return f"<p><code>{escape(parameter['name'])}</code> {escape(json.dumps(schema))}</p>"


def _body(body: dict[str, Any] | None) -> list[str]:
    if body is None:
        return []
    out = [f"<p>Body{_schema_link(body)}</p>"]
    for example in body["content"]["application/json"].get("examples", {}).values():
        out.append(f"<pre>{escape(json.dumps(example['value']))}</pre>")
    return out


def _schema_link(holder: dict[str, Any]) -> str:
    schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return f' <a href="#{escape(name)}">{escape(name)}</a>' if name else ""
