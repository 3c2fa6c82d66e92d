"""A hook of the site: formulas in $...$ become MathML, which browsers show without a script."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from mkdocs.exceptions import PluginError

_FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\(?P<kind>[(\[])(?P<latex>.*?)\\[)\]]</(?P=tag)>',
    re.DOTALL,
)

_BAR = re.compile(r'<mo(?: stretchy="false")?>(&#x0007C;|&#x02016;)')
_LIMIT = re.compile(r"<msub>(<mo>(?:max|min)</mo>)(<m(?P<tag>\w+)>.*?</m(?P=tag)>)</msub>")


def _under(found: re.Match[str]) -> str:
    return f"<munder>{found[1]}{found[2]}</munder>"


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Convert the formulas of a page.

    Raises:
        PluginError: a formula that is no LaTeX.
    """
    from latex2mathml.converter import convert

    def mathml(found: re.Match[str]) -> str:
        latex = unescape(found["latex"]).strip()
        try:
            math = convert(latex, display="block" if found["kind"] == "[" else "inline")
        except Exception as error:
            raise PluginError(f"{page.file.src_uri}: no formula: {latex} ({error})") from error
        # Bars around a number are not an operator between two.
        math = _BAR.sub(r'<mo stretchy="false" lspace="0" rspace="0">\1', math)
        if found["kind"] == "[":
            math = _LIMIT.sub(_under, math)
        return f'<div class="formula" tabindex="0">{math}</div>' if found["kind"] == "[" else math

    return _FORMULA.sub(mathml, html)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Look for formulas that were left.

    Raises:
        PluginError: there is one.
    """
    if "arithmatex" in output:
        raise PluginError(f"{page.file.src_uri}: a formula is left as LaTeX")
    return output
