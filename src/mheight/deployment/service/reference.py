"""The page `/docs`: the OpenAPI as plain HTML, with nothing fetched from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

__all__ = ["reference_page"]

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>mheight: HTTP interface</title>
<link rel="icon" href="static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="static/style.css">
<link rel="stylesheet" href="static/docs.css"></head><body>
<header><h1>HTTP interface</h1>
<p>Heights of codes for programs. The same as JSON: <a href="openapi.json">openapi.json</a>;
for people: <a href="./">the page</a>.</p></header><main>
"""


def reference_page(openapi: dict[str, Any], address: str = "localhost:8000") -> str:
    """HTML of all operations and schemas, each with a command that can be pasted.

    Args:
        openapi: what `/openapi.json` holds.
        address: where commands look for the service.
    """
    schemas = openapi.get("components", {}).get("schemas", {})
    operations = [
        (path, method, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    operations.sort(key=lambda found: not found[0].startswith("/api/"))
    parts = [_HEAD, '<nav class="card" aria-label="Paths"><ul>']
    for path, method, operation in operations:
        name = f"<code>{method.upper()} {escape(path)}</code>"
        text = escape(_first_sentence(operation))
        parts.append(f'<li><a href="#{_anchor(method, path)}">{name}</a> {text}</li>')
    parts.append('<li><a href="#schemas">Fields</a> of requests and replies</li></ul></nav>')
    for path, method, operation in operations:
        parts += _operation(path, method, operation, address)
    parts.append('<h2 id="schemas">Fields</h2>')
    for name, schema in schemas.items():
        parts += _schema(name, schema)
    return "\n".join([*parts, "</main></body></html>\n"])


def _operation(path: str, method: str, operation: dict[str, Any], address: str) -> list[str]:
    parts = [f'<section class="card" id="{_anchor(method, path)}">']
    parts.append(f"<h2><code>{method.upper()} {escape(path)}</code></h2>")
    for paragraph in _text(operation).split("\n\n"):
        parts.append(f"<p>{_marked(paragraph)}</p>")
    parameters = operation.get("parameters", [])
    parts += _commands(path, operation, parameters, address)
    if parameters:
        rows = [(p["name"], _kind(p.get("schema", {})), _notes(p.get("schema", {}), p))
                for p in parameters]  # fmt: skip
        parts.append(_table(("parameter", "kind", ""), rows))
    body = operation.get("requestBody")
    if body is not None:
        parts.append(f"<p>Body:{_schema_link(body)}</p>")
    replies = [
        (
            str(status),
            escape(reply["description"].replace("Successful Response", "done"))
            + _schema_link(reply),
        )
        for status, reply in operation["responses"].items()
    ]
    parts += [_table(("status", "reply"), replies), "</section>"]
    return parts


def _commands(
    path: str, operation: dict[str, Any], parameters: list[dict[str, Any]], address: str
) -> list[str]:
    """What can be pasted into a shell."""
    body = operation.get("requestBody")
    if body is None:
        query = "&".join(
            f"{p['name']}={_sample(p)}" for p in parameters if p.get("required") or "default" in
            p.get("schema", {})
        )  # fmt: skip
        url = f"{address}{path}" + (f"?{query}" if query else "")
        quoted = f"'{url}'" if query else url
        return [f"<pre>curl {escape(quoted)}</pre>"]
    stream = "-N " if path == "/api/search" else ""
    examples = body["content"]["application/json"].get("examples", {}).values()
    return [
        f"<pre>curl {stream}{escape(address + path)} -H 'Content-Type: application/json' \\\n"
        f"  -d '{escape(json.dumps(example['value']))}'</pre>"
        for example in examples
    ]


def _sample(parameter: dict[str, Any]) -> str:
    schema = parameter.get("schema", {})
    return str(next(iter(schema.get("examples", ())), schema.get("default", 10)))


def _schema(name: str, schema: dict[str, Any]) -> list[str]:
    parts = [f'<section class="card" id="{escape(name)}"><h3>{escape(name)}</h3>']
    for paragraph in schema.get("description", "").split("\n\n"):
        parts.append(f"<p>{_marked(paragraph)}</p>")
    needed = schema.get("required", [])
    rows = [
        (key, _kind(field), ("" if key in needed else "optional. ") + _notes(field, field))
        for key, field in schema.get("properties", {}).items()
    ]
    return [*parts, _table(("field", "kind", ""), rows), "</section>"]


def _kind(schema: dict[str, Any]) -> str:
    """What a value is, in words and links."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("type") == "string" and "pattern" in schema:
        return "text of one"
    names = {"string": "text", "boolean": "true or false"}
    kind = str(schema.get("type", "any"))
    return names.get(kind, kind)


_LIMITS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "above",
           "exclusiveMaximum": "below", "default": "default"}  # fmt: skip


def _notes(schema: dict[str, Any], holder: dict[str, Any]) -> str:
    parts = [schema, *schema.get("anyOf", [])]
    limits = [
        f"{word} {json.dumps(part[key])}"
        for part in parts
        for key, word in _LIMITS.items()
        if part.get(key) is not None
    ]
    text = holder.get("description") or schema.get("description") or ""
    return "; ".join(filter(None, [_marked(text), escape(", ".join(limits))]))


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table; the first cell of a row is a name, the others are HTML already."""
    head = "".join(f'<th scope="col">{name}</th>' for name in header)
    lines = [
        f'<tr><th scope="row"><code>{escape(name)}</code></th>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in rows
    ]
    return (
        f'<div class="scroll"><table class="fields"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _anchor(method: str, path: str) -> str:
    return f"{method}{path.replace('/', '-')}"


def _text(operation: dict[str, Any]) -> str:
    return str(operation.get("description") or operation.get("summary", ""))


def _first_sentence(operation: dict[str, Any]) -> str:
    return _text(operation).split("\n")[0]


def _marked(text: str) -> str:
    """A text with its `code` marked as such."""
    parts = escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _schema_link(holder: dict[str, Any]) -> str:
    schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    link = _kind(schema)
    return f" {link}" if "<a" in link else ""
