"""Chains: how a code was made, as plain values that can be run.

    {"make": NAME, "arguments": {...}}                 a construction
    {"rule": NAME, "arguments": {...}, "of": [...]}    a rule, of chains or {"code": NAME}
    {"given": HOW, ...}                                a matrix that a search or a person found

A code is named by its matrix (`ExactCode.name`), so a chain says which codes it is made of, and
running it must give the matrix that is held.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mheight.catalogue.constructions import make
from mheight.catalogue.exact_code import Chain, ExactCode
from mheight.catalogue.rules import apply_rule
from mheight.errors import InvalidDataError

__all__ = ["chain_text", "parents", "run_chain"]


def run_chain(chain: Chain, known: Callable[[str], ExactCode]) -> ExactCode:
    """The code that a chain makes.

    Args:
        chain: see above; not one that starts from a given matrix.
        known: the code of a name.

    Raises:
        InvalidDataError: a chain that can't be run.

    Examples:
        >>> run_chain({"rule": "shorten", "arguments": {"column": 0},
        ...            "of": [{"make": "polygon_dual", "arguments": {"n": 5}}]}, lambda name: None)
        ExactCode([4, 2])
    """
    if not isinstance(chain, dict):
        raise InvalidDataError(f"a chain must be an object, got {chain!r}")
    if "code" in chain:
        return known(str(chain["code"]))
    arguments = chain.get("arguments", {})
    if "make" in chain:
        return make(str(chain["make"]), arguments)
    if "rule" in chain:
        return apply_rule(
            str(chain["rule"]), [run_chain(part, known) for part in chain.get("of", [])], arguments
        )
    raise InvalidDataError("a chain that starts from a given matrix can't be run")


def parents(chain: Chain) -> list[str]:
    """The names of the codes that a chain refers to."""
    if "code" in chain:
        return [str(chain["code"])]
    return [name for part in chain.get("of", []) for name in parents(part)]


def chain_text(chain: Chain, describe: Callable[[str], str] | None = None) -> str:
    """A chain in words, the outermost rule first.

    Args:
        chain: see above.
        describe: what to say for the code of a name; None for the name.

    Examples:
        >>> chain_text({"rule": "shorten", "arguments": {"column": 0},
        ...             "of": [{"make": "polygon_dual", "arguments": {"n": 5}}]})
        'shorten(column=0) of polygon_dual(n=5)'
    """
    if "code" in chain:
        return describe(chain["code"]) if describe else str(chain["code"])
    if "given" in chain:
        return str(chain["given"])
    arguments = ", ".join(f"{name}={_short(x)}" for name, x in chain.get("arguments", {}).items())
    if "make" in chain:
        return f"{chain['make']}({arguments})"
    inner = " and ".join(chain_text(part, describe) for part in chain["of"])
    return (
        f"{chain['rule']}({arguments}) of {inner}" if arguments else f"{chain['rule']} of {inner}"
    )


def _short(x: Any) -> str:
    text = str(x).replace(" ", "")
    return text if len(text) <= 60 else text[:57] + "..."
