"""The twin compiled ahead: no plant has to wait for the compiler afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from numba.core import event
from danao.plant.example import example, examples
from danao.twin import Twin
from danao.twin.ahead import compile_ahead

if sys.argv[1] == "ahead":
    print(compile_ahead())
else:
    with event.install_recorder("numba:compile") as recorder:
        for name in examples():
            Twin(example(name)).run([0, 1], 24.0)
            Twin(example(name)).trace(0, 4.0)
    print(len(recorder.buffer))
"""


def program(what: str, cache: Path) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, what], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_after_compiling_ahead_no_plant_has_to_be_compiled(tmp_path: Path) -> None:
    assert program("ahead", tmp_path) == "5"
    assert program("run", tmp_path) == "0"


def test_without_it_the_first_plant_has_to_be(tmp_path: Path) -> None:
    assert int(program("run", tmp_path)) > 0
