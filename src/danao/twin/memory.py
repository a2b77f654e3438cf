"""How compiled code sees the tables: one pointer to a list of addresses, so that passing the world on costs nothing.

Numba's own arrays carry counters and shapes along with every call; a world of forty of them would cost more than the
events that it holds. Here `w.stations[3]` is an address, read from the list, plus three times the size of a record.
There are no bounds checks: numbers that point into tables come from the compiler of the plant and the loop alone.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_builtin,
    lower_getattr_generic,
    register_model,
    type_callable,
    typeof_impl,
    unbox,
)
from numba.np.numpy_support import from_dtype

from danao.twin.world import FIELDS, World

_POINTER = ir.IntType(8).as_pointer()
_WORD = ir.IntType(64)


class WorldType(types.Type):
    """The type of a `World` in compiled code."""

    def __init__(self) -> None:
        super().__init__(name="DanaoWorld")


class TableType(types.Type):
    """The type of a table of records in compiled code."""

    def __init__(self, record: types.Record) -> None:
        self.record = record
        super().__init__(name=f"DanaoTable({record})")


_WORLD_TYPE = WorldType()


def _field_type(name: str) -> types.Type:
    dtype = FIELDS[name]
    if dtype.names is None:
        return types.CPointer(from_dtype(dtype))
    record = from_dtype(dtype)
    return record if name == "run" else TableType(record)


_FIELD_TYPES = {name: _field_type(name) for name in FIELDS}
_OFFSETS = {name: 8 * number for number, name in enumerate(FIELDS)}


@intrinsic
def world_at(context: Any, address: types.Integer) -> Any:
    """The world whose list of addresses lies at an address, inside compiled code."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], _POINTER)

    return _WORLD_TYPE(types.int64), generate


@intrinsic
def call_rule(context: Any, address: types.Integer, features: types.UniTuple) -> Any:
    """Call a compiled function by its address: a tuple of float64 in, as so many arguments; a float64 out."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values = cgutils.unpack_tuple(builder, arguments[1])
        kind = ir.FunctionType(ir.DoubleType(), [ir.DoubleType()] * len(values))
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), values)

    return types.float64(types.int64, features), generate


@intrinsic
def call_loop(context: Any, address: types.Integer, world: WorldType, until: types.Float) -> Any:
    """Run a compiled event loop by its address: whichever it is, what calls it is compiled once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_WORD, [_POINTER, ir.DoubleType()])
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])

    return types.int64(types.int64, _WORLD_TYPE, types.float64), generate


def address_of(loop: Any) -> int:
    """Where a compiled event loop lies in memory; it is compiled, or read from the cache, if it is not yet."""
    arguments = (_WORLD_TYPE, types.float64)
    loop.compile(arguments)
    compiled = loop.overloads[arguments]
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_cfunc_wrapper_name))


@typeof_impl.register(World)
def _type_of_world(value: World, context: Any) -> WorldType:
    return _WORLD_TYPE


@register_model(WorldType)
@register_model(TableType)
class _AddressModel(models.PrimitiveModel):
    def __init__(self, manager: Any, type_of: types.Type) -> None:
        super().__init__(manager, type_of, _POINTER)


@unbox(WorldType)
def _unbox_world(type_of: WorldType, value: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(value, "address")
    word = c.pyapi.long_as_longlong(address)
    c.pyapi.decref(address)
    return NativeValue(
        c.builder.inttoptr(word, _POINTER), is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred())
    )


@infer_getattr
class _WorldAttributes(AttributeTemplate):
    key = WorldType

    def generic_resolve(self, type_of: WorldType, name: str) -> types.Type | None:
        return _FIELD_TYPES.get(name)


@lower_getattr_generic(WorldType)
def _lower_table(context: Any, builder: Any, type_of: WorldType, value: Any, name: str) -> Any:
    place = builder.gep(value, [ir.Constant(_WORD, _OFFSETS[name])])
    address = builder.load(builder.bitcast(place, _WORD.as_pointer()))
    return builder.inttoptr(address, context.get_value_type(_FIELD_TYPES[name]))


@type_callable(operator.getitem)
def _type_row(context: Any) -> Any:
    def typer(table: types.Type, number: types.Type) -> types.Type | None:
        if isinstance(table, TableType) and isinstance(number, types.Integer):
            return table.record
        return None

    return typer


@lower_builtin(operator.getitem, TableType, types.Integer)
def _lower_row(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    table, number = arguments
    record = signature.return_type
    number = context.cast(builder, number, signature.args[1], types.int64)
    place = builder.gep(table, [builder.mul(number, ir.Constant(_WORD, record.size))])
    return builder.bitcast(place, context.get_value_type(record))
