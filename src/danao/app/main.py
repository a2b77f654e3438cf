"""Where the command `danao` begins: nothing heavy is imported before Ctrl-C and closed pipes are cared for."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from typing import NoReturn

STOPPED = 130
CLOSED_PIPE = 141
PATIENCE = 3.0
"""Seconds that a stopped command has to tidy up."""


def main() -> NoReturn:
    """Run the command and exit: 0 done, 1 a difference found, 2 bad input, 130 stopped, 141 nobody reads the output."""
    _watch_for_ctrl_c()
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


def _watch_for_ctrl_c() -> None:
    """Leave some seconds after Ctrl-C even if Python does not come to raise it, or something swallows it.

    Compiled code in the main thread keeps Python from seeing the signal until it returns, and an exception raised in a
    finalizer or in a callback from C is printed and lost.
    """
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)

    def watch() -> None:
        with writing:
            while signal.SIGINT not in reading.recv(16):
                pass
            time.sleep(PATIENCE)
            _leave("danao: stopped\n", STOPPED)

    threading.Thread(target=watch, name="ctrl-c", daemon=True).start()


def _leave(message: str, code: int) -> NoReturn:
    """Exit at once, without waiting for threads that are still computing or for a pipe that nobody reads."""
    try:
        sys.stderr.write(message)
        sys.stderr.flush()
    finally:
        os._exit(code)
