"""What the application of @TITLE@ does for a path, and the means to do it.

A handler waits (a query that takes time elsewhere), burns CPU, and answers with so many bytes, written piece by piece. What differs
from request to request is drawn from the seed and the request's id, which slowlab's clients send as X-Slowlab-Request.
"""

import collections
import ctypes
import itertools
import os
import threading
import time

from draw import CPU, RESPONSE, WAIT, draw

SEED = @SEED@

FIELDS = {
    "wait": 0,  # microseconds, or a distribution as in draw.py
    "blocking": False,  # the wait is a call into a driver in C, which no event loop gets around
    "cpu": 0,  # microseconds, or a distribution
    "status": "200 OK",
    "headers": (),
    "response": 0,  # bytes, or a distribution
    "content_length": True,  # the head says how many
    "write_size": 65536,  # bytes of a piece
    "every": 0,  # microseconds before each further piece
    "piece_cpu": 0,  # microseconds of CPU before each piece
    "fault": None,
}


class Handler(collections.namedtuple("Handler", FIELDS)):
    """What is done for a path; what is not said is as above."""

    def __new__(cls, **said):
        return super().__new__(cls, **{**FIELDS, **said})


HANDLERS = {
@HANDLERS@}
NOT_FOUND = Handler(status="404 Not Found", write_size=1)


class Work:
    """What one request does. Times are in seconds."""

    def __init__(self, handler, request):
        self.wait = draw(handler.wait, SEED, WAIT, request) / 1e6
        self.blocking = handler.blocking
        self.cpu = draw(handler.cpu, SEED, CPU, request) / 1e6
        self.status = handler.status
        self.length = draw(handler.response, SEED, RESPONSE, request)
        self.write_size = handler.write_size
        self.every = handler.every / 1e6
        self.piece_cpu = handler.piece_cpu / 1e6
        self.fault = handler.fault
        # What is written; what is announced may be more.
        self.body = self.length // 2 if self.fault == "short-body" else self.length
        self.headers = list(handler.headers)
        if not any(name.lower() == "content-type" for name, _ in self.headers):
            self.headers.append(("Content-Type", "text/plain"))
        if handler.content_length:
            self.headers.append(("Content-Length", str(self.length)))


def work_of(path, request):
    """The work of a request; `request` is its id as text, or None."""
    number = int(request) if request and request.isdigit() else 0
    return Work(HANDLERS.get(path, NOT_FOUND), number)


def burn(seconds):
    """Keeps the CPU busy until this thread has used so much of it, in Python: other threads get their turns at the interpreter's lock."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def burn_holding_the_lock(seconds):
    """The same within a single call into C: no bytecode is run meanwhile, so the interpreter's lock is never offered to another thread,
    and no signal handler runs."""
    end = time.thread_time() + seconds
    clock = iter(time.thread_time, None)
    collections.deque(itertools.takewhile(end.__gt__, clock), maxlen=0)


def compute(work):
    """The CPU of a request before it answers."""
    if work.cpu:
        (burn_holding_the_lock if work.fault == "cpu-holds-the-lock" else burn)(work.cpu)


class Timespec(ctypes.Structure):
    _fields_ = [("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long)]


def block_asleep(seconds):
    """Sleeps within one call into C, as a database driver does in its socket: the interpreter's lock is free, but the thread does not
    come back for any event loop or signal handler. (The lock of a mutex that is never given back, with a time limit: unlike `poll`, the
    C library goes on waiting after a signal.)"""
    libc = ctypes.CDLL(None)
    mutex = ctypes.create_string_buffer(128)
    libc.pthread_mutex_lock(mutex)
    end = time.clock_gettime_ns(time.CLOCK_REALTIME) + int(seconds * 1e9)
    libc.pthread_mutex_timedlock(mutex, ctypes.byref(Timespec(end // 10**9, end % 10**9)))


LEAKED = []
LOCK = threading.Lock()
FOR_EVER = 10**9


def break_down(work, hub):
    """The faults that are the same for all classes, but for a deadlock: on a `hub`, where many requests share a thread, it is one of
    the thread and so of them all (a lock that gevent has replaced would hold up a single request)."""
    if work.fault == "crash":
        os._exit(7)
    while work.fault == "deadlock":
        if hub:
            block_asleep(FOR_EVER)
        else:
            # Taken twice, and nobody gives it back: the next request of this process waits at its first attempt.
            LOCK.acquire()
    if work.fault == "fd-leak":
        LEAKED.extend(os.open("/dev/null", os.O_RDONLY) for _ in range(@LEAKED@))


FILLER = b"slowlab. " * 8192
PIECES = {}


def piece_of(size):
    """`size` bytes of text; each size is built once, and shared by all responses."""
    if size not in PIECES:
        PIECES[size] = fresh_piece_of(size)
    return PIECES[size]


def fresh_piece_of(size):
    """`size` bytes of text that belong to one response only."""
    whole, rest = divmod(size, len(FILLER))
    return b"".join([FILLER] * whole + [FILLER[:rest]])
