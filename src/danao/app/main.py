"""Where the command `danao` begins: nothing heavy is imported before Ctrl-C and closed pipes are cared for."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

STOPPED = 130
CLOSED_PIPE = 141


def main() -> NoReturn:
    """Run the command and exit: 0 done, 1 a difference found, 2 bad input, 130 stopped, 141 nobody reads the output."""
    try:
        from danao.app.cli import run

        code = run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = STOPPED
    except BrokenPipeError:
        code = CLOSED_PIPE
    if code == STOPPED:
        _leave("danao: stopped\n", code)
    if code == CLOSED_PIPE:
        _leave("", code)
    sys.exit(code)


def _leave(message: str, code: int) -> NoReturn:
    """Exit at once, without waiting for threads that are still computing or for a pipe that nobody reads."""
    try:
        sys.stderr.write(message)
        sys.stderr.flush()
    finally:
        os._exit(code)
