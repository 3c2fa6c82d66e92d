"""Chains are run here: the code that a construction, or rules from other codes, make."""

from __future__ import annotations

from collections.abc import Callable

from mheight.catalogue.chains import Chain, Step
from mheight.catalogue.constructions import make
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.rules import apply_rule
from mheight.errors import InvalidDataError

__all__ = ["run_chain"]


def run_chain(chain: Chain, known: Callable[[str], ExactCode]) -> ExactCode:
    """The code that a chain makes.

    Args:
        chain: not one that starts from a given matrix.
        known: the code of a name.

    Raises:
        InvalidDataError: a chain that can't be run.

    Examples:
        >>> five = Chain.made("polygon_dual", n=5)
        >>> run_chain(Chain.by_rule("shorten", [five], column=0), lambda name: None)
        ExactCode([4, 2])
    """
    if chain.step is Step.CODE:
        return known(chain.name)
    if chain.step is Step.MAKE:
        return make(chain.name, chain.arguments)
    if chain.step is Step.RULE:
        return apply_rule(
            chain.name, [run_chain(part, known) for part in chain.of], chain.arguments
        )
    raise InvalidDataError("a chain that starts from a given matrix can't be run")
