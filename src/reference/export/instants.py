"""Instants that no log of gunicorn tells: one JSON object per line, in nanoseconds of CLOCK_MONOTONIC.

gunicorn.conf.py, watch.py and app.py all write here. Every line is one `write` to a file opened for appending, so lines of
several workers never mix. A line that cannot be written (full disk) is dropped: watching must not change what is watched.
"""

import contextvars
import json
import os
import time

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), @INSTANTS@)

# Whose instant it is: the worker's slot, which threads, greenlets and asyncio's tasks each have of their own.
SLOT = contextvars.ContextVar("slot", default=None)
REQUEST = contextvars.ContextVar("request", default=None)

_file = None


def note(what, **facts):
    """Appends one line; `what` says what happened, `facts` whom it concerned."""
    global _file
    line = {"at_ns": time.monotonic_ns(), "pid": os.getpid(), "what": what, "slot": SLOT.get()}
    line.update(facts)
    if what == "app":
        REQUEST.set(facts.get("request"))
    try:
        if _file is None:
            _file = os.open(PATH, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.write(_file, json.dumps(line, separators=(",", ":")).encode() + b"\n")
    except OSError:
        pass


# How often a response that is still being sent says how far it is.
PROGRESS_NS = 100_000_000


class Sending:
    """A response on its way to the server. `with` it is one call that hands a piece over, and waits until the server asks for more."""

    def __init__(self, request):
        self.request = request
        self.sent = 0
        self.blocked_ns = 0
        self.noted_at = time.monotonic_ns()
        note("send", request=request)

    def __enter__(self):
        self.since = time.monotonic_ns()

    def __exit__(self, *_):
        self.blocked_ns += time.monotonic_ns() - self.since

    def has_sent(self, size):
        self.sent += size
        if time.monotonic_ns() - self.noted_at > PROGRESS_NS:
            self.noted_at = time.monotonic_ns()
            self.note()

    def note(self):
        note("sent", request=self.request, bytes=self.sent, blocked_ns=self.blocked_ns)
