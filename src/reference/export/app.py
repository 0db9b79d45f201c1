"""The application of @TITLE@.

Per path: it waits (a query that takes time elsewhere), burns CPU, and answers with so many bytes, handed to gunicorn in pieces.
It notes its own instants with the request's id, which slowlab's clients send as X-Slowlab-Request.
"""

@BOOT_IMPORTS@import time

from instants import note
@BOOT@
# path -> (seconds that it waits, seconds of CPU that it burns, bytes of the response, bytes per piece)
HANDLERS = {
@HANDLERS@}

# How often a response that is still being sent says how far it is.
PROGRESS_NS = 100_000_000

FILLER = b"slowlab. " * 8192


def piece_of(size):
    """`size` bytes of text; each size is built once."""
    if size not in PIECES:
        PIECES[size] = (FILLER * (size // len(FILLER) + 1))[:size]
    return PIECES[size]


PIECES = {}


def burn(seconds):
    """Keeps the CPU busy until this thread has used so much of it, waiting for nothing."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def pieces(request, total, size):
    """The body. gunicorn asks for the next piece when the kernel has taken the last one, so the time between is time in `send`."""
    sent = 0
    blocked_ns = 0
    noted_at = time.monotonic_ns()
    note("send", request=request)
    try:
        while sent < total:
            piece = piece_of(min(size, total - sent))
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
    handler = HANDLERS.get(environ["PATH_INFO"])
    if handler is None:
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return pieces(request, 0, 1)
    wait, cpu, response, write_size = handler
    if wait:
        time.sleep(wait)
    if cpu:
        burn(cpu)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(response))])
    return pieces(request, response, write_size)
@LAST@