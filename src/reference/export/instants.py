"""Instants that no log of gunicorn tells: one JSON object per line, in nanoseconds of CLOCK_MONOTONIC.

gunicorn.conf.py and app.py both write here. Every line is one `write` to a file opened for appending, so lines of
several workers never mix. A line that cannot be written (full disk) is dropped: watching must not change what is watched.
"""

import json
import os
import time

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), @INSTANTS@)

_file = None


def note(what, **facts):
    """Appends one line; `what` says what happened, `facts` whom it concerned."""
    global _file
    line = {"at_ns": time.monotonic_ns(), "pid": os.getpid(), "what": what}
    line.update(facts)
    try:
        if _file is None:
            _file = os.open(PATH, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.write(_file, json.dumps(line, separators=(",", ":")).encode() + b"\n")
    except OSError:
        pass
