"""How functions of the twin are compiled: inner ones become part of their callers, outer ones are kept on disk.

This file alone leans on the inside of Numba (`numba.core`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import _dynfunc, njit, types
from numba.core.caching import FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, _LowerResult
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.runtime import rtsys
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import (
    DeadBranchPrune,
    FixupArgs,
    IRProcessing,
    ReconstructSSA,
    RewriteSemanticConstants,
    TranslateByteCode,
)

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


class _ReadyCache(FunctionCache):
    """Machine code on disk that is loaded as it lies there.

    Numba first reads all that it could compile a function from, which takes longer than the rest of the load.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def _compiled(**options: Any) -> Callable[[Function], Function]:
    """A decorator that compiles a function and keeps it on disk.

    Numba looks at the date of the function's own file alone to tell whether what it kept is still good, and would go on
    with an old version of what the function calls; here everything is compiled anew when any file of the twin changes.
    """
    compile_function = njit(cache=True, error_model="numpy", **options)

    def decorated(function: Function) -> Function:
        dispatcher = compile_function(function)
        dispatcher._cache = _ReadyCache(function)
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
