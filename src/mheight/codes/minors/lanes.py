"""Eight codes side by side: a vector type for Numba kernels, and its arithmetic.

Numba does not promise to keep an inner loop over codes in registers.  A value of the
type here is an LLVM vector of `LANES` doubles, one for each of eight codes, so what the
kernels keep in a variable stays in a register.  `rows` arguments are float64 arrays of
shape (R, LANES), and an `offset` is a row number times LANES.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model
from numpy.typing import NDArray

from mheight.kernels.compiling import kernel_function

__all__ = [
    "LANES",
    "add",
    "aligned_rows",
    "divided",
    "entry",
    "fused",
    "largest",
    "least",
    "load",
    "magnitude",
    "multiply",
    "splat",
    "square_root",
    "store",
    "subset_minima",
    "subtract",
    "where_positive",
]

LANES = 8
"""Codes that one vector holds."""

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_ZERO = ir.Constant(_VECTOR, [0.0] * LANES)
_INT32, _INT64 = ir.IntType(32), ir.IntType(64)
_ALIGNMENT = 8  # arrays are aligned for doubles, not for whole vectors


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"Lanes{LANES}")


_lanes = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _VECTOR)


def _address(context: Any, builder: Any, array_type: Any, array: Any, offset: Any) -> Any:
    """Address of element `offset` of an array, without the wraparound of negative indices."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [offset])


def _offset(context: Any, builder: Any, value: Any, numba_type: Any) -> Any:
    return context.cast(builder, value, numba_type, types.int64)


@kernel_function(lambda rows, offset: rows.reshape(-1)[offset : offset + LANES].copy())
def load(typing_context: Any, rows: Any, offset: Any) -> Any:
    """The vector at an offset."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = _offset(context, builder, arguments[1], signature.args[1])
        address = _address(context, builder, signature.args[0], arguments[0], at)
        return builder.load(builder.bitcast(address, _VECTOR.as_pointer()), align=_ALIGNMENT)

    return _lanes(rows, offset), generate


def _store_in_python(rows: NDArray[np.float64], offset: int, vector: NDArray[np.float64]) -> None:
    rows.reshape(-1)[offset : offset + LANES] = vector


@kernel_function(_store_in_python)
def store(typing_context: Any, rows: Any, offset: Any, vector: Any) -> Any:
    """Write a vector at an offset."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = _offset(context, builder, arguments[1], signature.args[1])
        address = _address(context, builder, signature.args[0], arguments[0], at)
        pointer = builder.bitcast(address, _VECTOR.as_pointer())
        builder.store(arguments[2], pointer, align=_ALIGNMENT)
        return context.get_dummy_value()

    return types.void(rows, offset, vector), generate


@kernel_function(lambda table, index: int(table[index]))
def entry(typing_context: Any, table: Any, index: Any) -> Any:
    """Entry of a flat int32 table, without the wraparound of negative indices."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = _offset(context, builder, arguments[1], signature.args[1])
        address = _address(context, builder, signature.args[0], arguments[0], at)
        return builder.sext(builder.load(address), _INT64)

    return types.int64(table, index), generate


@kernel_function(lambda number: np.full(LANES, float(number)))
def splat(typing_context: Any, number: Any) -> Any:
    """One number in all lanes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = context.cast(builder, arguments[0], signature.args[0], types.float64)
        undefined = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(undefined, value, ir.Constant(_INT32, 0))
        everywhere = ir.Constant(ir.VectorType(_INT32, LANES), [0] * LANES)
        return builder.shuffle_vector(first, undefined, everywhere)

    return _lanes(number), generate


def aligned_rows(count: int) -> NDArray[np.float64]:
    """An empty array of shape (count, LANES), on a boundary of whole vectors.

    A vector across two cache lines takes two loads.
    """
    size = LANES * 8
    room = np.empty((count + 1) * LANES)
    skip = (-room.ctypes.data % size) // 8
    return room[skip : skip + count * LANES].reshape(count, LANES)


def _lanewise(
    inputs: int, in_python: Callable[..., Any] | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: an intrinsic on vectors from a function that builds LLVM instructions.

    Args:
        inputs: how many vectors the operation takes, 1 to 3.
        in_python: the same for arrays, where kernels are not compiled.
    """
    return lambda operation: _of_lanes(operation, inputs, in_python)


def _of_lanes(
    operation: Callable[..., Any], inputs: int, in_python: Callable[..., Any] | None
) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return operation(builder, *arguments)

    # Numba reads the arguments off the signature, so there is one for each number of them.
    if inputs == 1:

        def typed(typing_context: Any, x: Any) -> Any:
            return _lanes(x), generate
    elif inputs == 2:

        def typed(typing_context: Any, x: Any, y: Any) -> Any:  # type: ignore[misc]
            return _lanes(x, y), generate
    else:

        def typed(typing_context: Any, x: Any, y: Any, z: Any) -> Any:  # type: ignore[misc]
            return _lanes(x, y, z), generate

    typed.__doc__ = operation.__doc__
    return kernel_function(in_python)(typed)


@_lanewise(2, lambda x, y: x + y)
def add(builder: Any, x: Any, y: Any) -> Any:
    """Sum x + y."""
    return builder.fadd(x, y)


@_lanewise(2, lambda x, y: x - y)
def subtract(builder: Any, x: Any, y: Any) -> Any:
    """Difference x - y."""
    return builder.fsub(x, y)


@_lanewise(2, lambda x, y: x * y)
def multiply(builder: Any, x: Any, y: Any) -> Any:
    """Product x y."""
    return builder.fmul(x, y)


@_lanewise(2, lambda x, y: x / y)
def divided(builder: Any, x: Any, y: Any) -> Any:
    """Quotient x / y."""
    return builder.fdiv(x, y)


def _fused_in_python(
    x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]
) -> NDArray[np.float64]:
    out = x * y + z
    for i in np.flatnonzero(np.isfinite(out)).tolist():
        # `math.fma` comes with Python 3.13.
        out[i] = float(Fraction(x[i]) * Fraction(y[i]) + Fraction(z[i]))
    return out


@_lanewise(3, _fused_in_python)
def fused(builder: Any, x: Any, y: Any, z: Any) -> Any:
    """The sum x y + z, rounded once."""
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f64")
    return builder.call(function, [x, y, z])


@_lanewise(2, lambda x, y: np.where(x < y, x, y))
def least(builder: Any, x: Any, y: Any) -> Any:
    """The lesser of x and y; neither may be NaN."""
    return builder.select(builder.fcmp_ordered("<", x, y), x, y)


@_lanewise(2, lambda x, y: np.where(x > y, x, y))
def largest(builder: Any, x: Any, y: Any) -> Any:
    """The larger of x and y; neither may be NaN."""
    return builder.select(builder.fcmp_ordered(">", x, y), x, y)


@_lanewise(1, np.abs)
def magnitude(builder: Any, x: Any) -> Any:
    """Absolute value |x|."""
    return builder.select(builder.fcmp_ordered("<", x, _ZERO), builder.fsub(_ZERO, x), x)


@_lanewise(1, np.sqrt)
def square_root(builder: Any, x: Any) -> Any:
    """Square root of x."""
    kind = ir.FunctionType(_VECTOR, [_VECTOR])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f64")
    return builder.call(function, [x])


def _subset_minima_in_python(x: NDArray[np.float64]) -> NDArray[np.float64]:
    for bit in (1, 2, 4):
        x = np.minimum(x[[i & ~bit for i in range(LANES)]], x)
    return x


@_lanewise(1, _subset_minima_in_python)
def subset_minima(builder: Any, x: Any) -> Any:
    """Lane i takes the least of the lanes j whose three bits are a subset of those of i."""
    for bit in (1, 2, 4):
        source = [i & ~bit for i in range(LANES)]
        mask = ir.Constant(ir.VectorType(_INT32, LANES), source)
        moved = builder.shuffle_vector(x, ir.Constant(_VECTOR, ir.Undefined), mask)
        x = builder.select(builder.fcmp_ordered("<", moved, x), moved, x)
    return x


@_lanewise(3, lambda test, x, y: np.where(test > 0.0, x, y))
def where_positive(builder: Any, test: Any, x: Any, y: Any) -> Any:
    """Takes x where test > 0, else y."""
    return builder.select(builder.fcmp_ordered(">", test, _ZERO), x, y)
