"""Chains: how a code was made, as values; `chain_running` runs them.

In files a chain is one of these objects:

    {"make": NAME, "arguments": {...}}                 a construction
    {"rule": NAME, "arguments": {...}, "of": [...]}    a rule, of chains or {"code": NAME}
    {"given": HOW, ...}                                a matrix that a search or a person found

A code is named by its matrix (`ExactCode.name`), so a chain says which codes it is made of, and
running it must give the matrix that is held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mheight.errors import InvalidDataError

__all__ = ["Chain", "Step", "chain_text", "parents"]

_DEEPEST = 100


class Step(StrEnum):
    """What a chain ends with, as files call it."""

    MAKE = "make"
    RULE = "rule"
    GIVEN = "given"
    CODE = "code"


@dataclass(frozen=True)
class Chain:
    """How a code was made.

    Attributes:
        step: a construction, a rule, a given matrix, or a code of the catalogue.
        name: of the construction or the rule, how the matrix was given, or the code's name.
        arguments: of the construction or the rule; of a given matrix what else is known.
        of: what a rule makes the code from.

    Examples:
        >>> Chain.by_rule("shorten", [Chain.made("polygon_dual", n=5)], column=0).as_dict()
        ... # doctest: +NORMALIZE_WHITESPACE
        {'rule': 'shorten', 'arguments': {'column': 0},
         'of': [{'make': 'polygon_dual', 'arguments': {'n': 5}}]}
    """

    step: Step
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    of: tuple[Chain, ...] = ()

    @classmethod
    def made(cls, construction: str, /, **arguments: Any) -> Chain:
        """A construction with its arguments."""
        return cls(Step.MAKE, construction, arguments)

    @classmethod
    def by_rule(cls, rule: str, of: list[Chain], /, **arguments: Any) -> Chain:
        """A rule with its arguments, and what it is applied to."""
        return cls(Step.RULE, rule, arguments, tuple(of))

    @classmethod
    def given(cls, how: str, /, **more: Any) -> Chain:
        """A matrix that came as it is, and what else is known of it: `method`, `seed`."""
        return cls(Step.GIVEN, how, more)

    @classmethod
    def of_code(cls, name: str) -> Chain:
        """A code of the catalogue, by its name."""
        return cls(Step.CODE, name)

    @property
    def maker(self) -> str:
        """What made the code in the end: a construction, a rule, a method, or who gave it."""
        if self.step is Step.GIVEN:
            return str(self.arguments.get("method", self.name))
        return self.name

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as files hold them."""
        head: dict[str, Any] = {self.step.value: self.name}
        if self.step is Step.CODE:
            return head
        if self.step is Step.GIVEN:
            return {**head, **self.arguments}
        head["arguments"] = dict(self.arguments)
        if self.step is Step.RULE:
            head["of"] = [part.as_dict() for part in self.of]
        return head

    @classmethod
    def from_dict(cls, value: object) -> Chain:
        """The chain of plain values, checked as far as it can be without running it.

        Raises:
            InvalidDataError: they are none; what must hold is said.
        """
        return _read(value, 0)


def _read(value: object, depth: int) -> Chain:
    if not isinstance(value, dict):
        raise InvalidDataError(f"a chain must be an object, got {value!r}")
    if depth > _DEEPEST:
        raise InvalidDataError(f"a chain must have at most {_DEEPEST} rules in a row")
    steps = [step for step in Step if step in value]
    if len(steps) != 1:
        raise InvalidDataError(
            f"a chain must have one of {', '.join(Step)}, got the fields {sorted(map(str, value))}"
        )
    step, rest = steps[0], dict(value)
    name = rest.pop(step)
    if not isinstance(name, str):
        raise InvalidDataError(f"{step} of a chain must be a name, got {name!r}")
    if step is Step.GIVEN:
        return Chain(step, name, rest)
    arguments = rest.pop("arguments", {}) if step is not Step.CODE else {}
    of = rest.pop("of", []) if step is Step.RULE else []
    if not isinstance(arguments, dict) or not isinstance(of, list):
        raise InvalidDataError("a chain must have an object of arguments, and a list in 'of'")
    if rest:
        raise InvalidDataError(f"unknown field {min(map(str, rest))!r} in a chain with {step}")
    return Chain(step, name, arguments, tuple(_read(part, depth + 1) for part in of))


def parents(chain: Chain) -> list[str]:
    """The names of the codes that a chain refers to."""
    if chain.step is Step.CODE:
        return [chain.name]
    return [name for part in chain.of for name in parents(part)]


def chain_text(chain: Chain, describe: Callable[[str], str] | None = None) -> str:
    """A chain in words, the outermost rule first.

    Args:
        chain: how a code was made.
        describe: what to say for the code of a name; None for the name.

    Examples:
        >>> chain_text(Chain.by_rule("shorten", [Chain.made("polygon_dual", n=5)], column=0))
        'shorten(column=0) of polygon_dual(n=5)'
    """
    if chain.step is Step.CODE:
        return describe(chain.name) if describe else chain.name
    if chain.step is Step.GIVEN:
        return chain.name
    arguments = ", ".join(f"{name}={_short(x)}" for name, x in chain.arguments.items())
    if chain.step is Step.MAKE:
        return f"{chain.name}({arguments})"
    inner = " and ".join(chain_text(part, describe) for part in chain.of)
    return f"{chain.name}({arguments}) of {inner}" if arguments else f"{chain.name} of {inner}"


def _short(x: Any) -> str:
    text = str(x).replace(" ", "")
    return text if len(text) <= 60 else text[:57] + "..."
