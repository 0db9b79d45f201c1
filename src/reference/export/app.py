"""The application of @TITLE@ for workers that speak WSGI: sync, gthread, gevent.

handlers.py has what it does for each path. Here it is done, and the request's instants are noted.
"""

import time

from handlers import FOR_EVER, block_asleep, break_down, burn, compute, piece_of, work_of
from instants import note

# How often a response that is still being sent says how far it is.
PROGRESS_NS = 100_000_000

# gevent replaces `time.sleep` by one that lets other requests in.
PATCHED = getattr(time.sleep, "__module__", "time") != "time"


def pause(seconds, blocking=False):
    """Waits. Without gevent each wait blocks its thread, which a signal handler can end."""
    (block_asleep if blocking and PATCHED else time.sleep)(seconds)


def pieces(request, work):
    """The body. gunicorn asks for the next piece when the kernel has taken the last one, so the time between is time in `send`."""
    sent = 0
    blocked_ns = 0
    noted_at = time.monotonic_ns()
    note("send", request=request)
    try:
        while sent < work.body:
            if sent and work.every:
                pause(work.every)
            if work.piece_cpu:
                burn(work.piece_cpu)
            piece = piece_of(min(work.write_size, work.body - sent))
            before = time.monotonic_ns()
            try:
                yield piece
            finally:
                blocked_ns += time.monotonic_ns() - before
            sent += len(piece)
            if time.monotonic_ns() - noted_at > PROGRESS_NS:
                noted_at = time.monotonic_ns()
                note("sent", request=request, bytes=sent, blocked_ns=blocked_ns)
    finally:
        note("sent", request=request, bytes=sent, blocked_ns=blocked_ns)


def app(environ, start_response):
    """The WSGI entry point."""
    request = environ.get("HTTP_X_SLOWLAB_REQUEST")
    note("app", request=request)
    work = work_of(environ["PATH_INFO"], request)
    if work.wait:
        pause(work.wait, work.blocking)
    compute(work)
    break_down(work, hub=PATCHED)
    while work.fault == "hang":
        pause(FOR_EVER)
    start_response(work.status, work.headers)
    return pieces(request, work)
