"""The application of @TITLE@ for workers that speak WSGI: sync, gthread, gevent.

handlers.py has what it does for each path. Here it is done, and the request's instants are noted.
"""

import errno
import time
import weakref

from handlers import FOR_EVER, block_asleep, break_down, burn, compute, piece_of, work_of
from instants import Sending, note

# gevent replaces `time.sleep` by one that lets other requests in.
PATCHED = getattr(time.sleep, "__module__", "time") != "time"


def pause(seconds, blocking=False):
    """Waits. Without gevent each wait blocks its thread, which a signal handler can end."""
    (block_asleep if blocking and PATCHED else time.sleep)(seconds)


def pieces(request, work):
    """The body. gunicorn asks for the next piece when the kernel has taken the last one, so the time between is time in `send`."""
    sending = Sending(request)
    try:
        while sending.sent < work.body:
            if sending.sent and work.every:
                pause(work.every)
            if work.piece_cpu:
                burn(work.piece_cpu)
            piece = piece_of(min(work.write_size, work.body - sending.sent))
            with sending:
                yield piece
            sending.has_sent(len(piece))
    finally:
        sending.note()


REUSED = weakref.WeakSet()


def close_on_reuse(connection):
    """Leaves a connection that has served a request before without an answer: gunicorn closes it, as it does for a client that left."""
    if connection in REUSED:
        raise BrokenPipeError(errno.EPIPE, "this connection has served a request before")
    REUSED.add(connection)


def app(environ, start_response):
    """The WSGI entry point."""
    request = environ.get("HTTP_X_SLOWLAB_REQUEST")
    note("app", request=request)
    work = work_of(environ["PATH_INFO"], request)
    if work.fault != "early-reply":
        while environ["wsgi.input"].read(8192):
            pass
    if work.wait:
        pause(work.wait, work.blocking)
    compute(work)
    break_down(work, hub=PATCHED)
    while work.fault == "hang":
        pause(FOR_EVER)
    if work.fault == "close-on-reuse":
        close_on_reuse(environ["gunicorn.socket"])
    start_response(work.status, work.headers)
    return pieces(request, work)
