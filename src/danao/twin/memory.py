"""How compiled code sees the tables: one pointer to a list of addresses, so that passing the world on costs nothing.

Numba's own arrays carry counters and shapes along with every call; a world of forty of them would cost more than the
events that it holds. Here `w.stations[3]` is an address, read from the list, plus three times the size of a record.
There are no bounds checks: numbers that point into tables come from the compiler of the plant and the loop alone.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from llvmlite import ir
from numba import _dynfunc, njit, types
from numba.core import cgutils
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, _LowerResult
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.datamodel import models
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.typing.templates import AttributeTemplate
from numba.core.untyped_passes import (
    DeadBranchPrune,
    FixupArgs,
    IRProcessing,
    ReconstructSSA,
    RewriteSemanticConstants,
    TranslateByteCode,
)
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

Function = TypeVar("Function", bound=Callable[..., Any])


def _sources() -> str:
    """What all compiled code of the twin was made from."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


_SOURCES = _sources()


class _LinkedLibrary(JITCodeLibrary):
    """Code that becomes part of its callers: it is never optimised, nor made machine code, on its own."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        return

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        self._ensure_finalized()
        return 0


@register_pass(mutates_CFG=True, analysis_only=False)
class _LinkedLowering(NativeLowering):
    """Lowering to code that only callers link."""

    _name = "danao_linked_lowering"

    def run_pass(self, state: Any) -> bool:
        state.library = _LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        descriptor, helper, _, environment = state.cr
        function = _dynfunc.make_function(
            descriptor.lookup_module(), descriptor.qualname, descriptor.qualname, 0, environment, (state.library,)
        )
        state.targetctx.insert_user_function(function, descriptor, [state.library])
        state.reload_init.extend(state.library._reload_init)
        state.cr = _LowerResult(descriptor, helper, cfunc=function, env=environment)
        return True


class _LinkedCompiler(CompilerBase):
    """The compiler of functions that only compiled code calls."""

    def define_pipelines(self) -> list[Any]:
        manager = PassManager("danao_linked")
        for one in _LINKED_PASSES:
            manager.add_pass(one, one._name)
        manager.finalize()
        return [manager]


_LINKED_PASSES = (
    TranslateByteCode,
    FixupArgs,
    IRProcessing,
    RewriteSemanticConstants,
    DeadBranchPrune,
    ReconstructSSA,
    NopythonTypeInference,
    PreLowerStripPhis,
    IRLegalization,
    _LinkedLowering,
    NoPythonBackend,
)


def _linked(**options: Any) -> Callable[[Function], Function]:
    compile_function = njit(
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        pipeline_class=_LinkedCompiler,
        **options,
    )

    def decorated(function: Function) -> Function:
        dispatcher = compile_function(function)
        template_of = dispatcher.get_call_template

        def widened_template_of(arguments: Any, keywords: Any) -> Any:
            return template_of(
                tuple(_widened(one) for one in arguments), {name: _widened(one) for name, one in keywords.items()}
            )

        dispatcher.get_call_template = widened_template_of
        result: Function = dispatcher
        return result

    return decorated


def _widened(type_of: types.Type) -> types.Type:
    """The type that a function is compiled for: one for all kinds of signed integers, and for constants."""
    if isinstance(type_of, types.Literal):
        type_of = type_of.literal_type
    if isinstance(type_of, types.Integer) and type_of.signed:
        return types.int64
    return type_of


def _compiled(**options: Any) -> Callable[[Function], Function]:
    """A decorator that compiles a function and keeps it on disk.

    Numba looks at the date of the function's own file alone to tell whether what it kept is still good, and would go on
    with an old version of what the function calls; here everything is compiled anew when any file of the twin changes.
    """
    compile_function = njit(cache=True, error_model="numpy", **options)

    def decorated(function: Function) -> Function:
        dispatcher = compile_function(function)
        dispatcher._cache._cache_file._source_stamp = _SOURCES
        result: Function = dispatcher
        return result

    return decorated


inner = _linked()
"""A function that only compiled code calls."""
inlined = _linked(forceinline=True)
"""A small one of these that becomes part of its caller."""
entry = _compiled(nogil=True)
"""A function that Python calls."""

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
