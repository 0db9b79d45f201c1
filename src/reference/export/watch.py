"""How a worker of each class is watched: when a slot of it takes a connection up, and when it is free again.

Nothing in here changes what gunicorn does; it only notes when. gunicorn's hooks `pre_request` and `post_request` lie inside of that
stretch: the one comes after the head was read, the other before the connection is closed. So the methods that hold a connection are wrapped.
"""

import heapq
import socket
import threading
import time

import gunicorn.util
from instants import REQUEST, SLOT, note


class Slots:
    """Numbers for connections: the lowest that is free."""

    def __init__(self):
        self.free = []
        self.next = 0

    def take(self):
        if self.free:
            return heapq.heappop(self.free)
        self.next += 1
        return self.next - 1

    def give_back(self, slot):
        heapq.heappush(self.free, slot)


def watch_linger(slot):
    """After an exception in the response, such as the arbiter's SIGABRT, only the function that lingers is called. `slot` says whose
    state it is; none for a main thread's, which is also told when it is done."""
    if not hasattr(gunicorn.util, "close_graceful"):
        return
    close_graceful = gunicorn.util.close_graceful

    def watched_close(sock, *args, **kwargs):
        note("linger", slot=slot, request=getattr(LINGERS_FOR, "request", None))
        close_graceful(sock, *args, **kwargs)
        if slot is None:
            note("lingered", slot=None)

    gunicorn.util.close_graceful = watched_close


# Whose connection the thread closes.
LINGERS_FOR = threading.local()


def sync(worker, has_accepted):
    """One connection at a time, held from accept to close."""
    handle = worker.handle
    SLOT.set(0)

    def watched(listener, client, addr):
        note("accepted")
        has_accepted(client)
        try:
            handle(listener, client, addr)
        finally:
            note("released")

    worker.handle = watched
    watch_linger(0)


def gthread(worker, has_accepted):
    """The main thread takes connections, a thread of the pool holds one from its turn to its end; the main thread lingers."""
    handle, enqueue, finish = worker.handle, worker.enqueue_req, worker.finish_request

    def watched_enqueue(conn):
        if not hasattr(conn, "accepted_ns"):
            conn.accepted_ns = time.monotonic_ns()
            has_accepted(conn.sock)
        enqueue(conn)

    def watched_handle(conn):
        SLOT.set(int(threading.current_thread().name.rpartition("_")[2]))
        note("accepted", accepted_ns=conn.accepted_ns)
        try:
            return handle(conn)
        finally:
            conn.request = REQUEST.get()
            note("released")

    def watched_finish(conn, future):
        LINGERS_FOR.request = getattr(conn, "request", None)
        finish(conn, future)

    worker.handle, worker.enqueue_req, worker.finish_request = watched_handle, watched_enqueue, watched_finish
    SLOT.set(None)
    watch_linger(None)


# By descriptor: when the kernel gave it, of connections whose turn has not come. A loop accepts all that wait, and begins with them one after another.
ACCEPTED_NS = {}


def gevent(worker, has_accepted):
    """A greenlet for each connection."""
    from gevent.server import StreamServer

    handle, handle_request, slots = worker.handle, worker.handle_request, Slots()
    do_read = StreamServer.do_read
    SLOT.set(None)

    def watched_read(self):
        taken = do_read(self)
        if taken:
            ACCEPTED_NS[taken[0].fileno()] = time.monotonic_ns()
        return taken

    def watched(listener, client, addr):
        slot = slots.take()
        SLOT.set(slot)
        note("accepted", accepted_ns=ACCEPTED_NS.pop(client.fileno(), None))
        has_accepted(client)
        try:
            handle(listener, client, addr)
        finally:
            note("released")
            slots.give_back(slot)

    def watched_request(*args):
        try:
            return handle_request(*args)
        finally:
            note("answered")

    worker.handle, worker.handle_request = watched, watched_request
    StreamServer.do_read = watched_read


def watch_asyncio():
    """asyncio's own loops make a task for a connection as soon as they have it; uvloop's say nothing of it."""
    from asyncio.selector_events import BaseSelectorEventLoop

    taken_up = getattr(BaseSelectorEventLoop, "_accept_connection2", None)
    if taken_up is None:
        return

    def watched_taken_up(self, protocol_factory, conn, *args, **kwargs):
        ACCEPTED_NS[conn.fileno()] = time.monotonic_ns()
        return taken_up(self, protocol_factory, conn, *args, **kwargs)

    BaseSelectorEventLoop._accept_connection2 = watched_taken_up


def loop(protocol, has_accepted):
    """A protocol object for each connection; what it starts inherits its slot."""
    watch_asyncio()
    slots = Slots()
    made, received, lost = protocol.connection_made, protocol.data_received, protocol.connection_lost
    SLOT.set(None)

    def watched_made(self, transport):
        sock = transport.get_extra_info("socket")
        has_accepted(sock)
        WATCHED[self] = slots.take()
        token = SLOT.set(WATCHED[self])
        try:
            note("accepted", accepted_ns=ACCEPTED_NS.pop(sock.fileno(), None))
            made(self, transport)
        finally:
            SLOT.reset(token)

    def watched_received(self, data):
        token = SLOT.set(WATCHED.get(self))
        try:
            received(self, data)
        finally:
            SLOT.reset(token)

    def watched_lost(self, exc):
        lost(self, exc)
        slot = WATCHED.pop(self, None)
        if slot is not None:
            note("released", slot=slot)
            slots.give_back(slot)

    protocol.connection_made, protocol.data_received, protocol.connection_lost = watched_made, watched_received, watched_lost


# By protocol object: its slot.
WATCHED = {}


def watch(worker, set_buffers):
    """Called in the worker when it is about to enter its loop."""

    def has_accepted(sock):
        # Unix sockets do not inherit the listener's buffers.
        if sock is not None and sock.family == socket.AF_UNIX:
            set_buffers(sock)

    name = type(worker).__name__
    if name == "SyncWorker":
        sync(worker, has_accepted)
    elif name == "ThreadWorker":
        gthread(worker, has_accepted)
    elif name == "GeventWorker":
        gevent(worker, has_accepted)
    elif name == "ASGIWorker":
        from gunicorn.asgi.protocol import ASGIProtocol

        loop(ASGIProtocol, has_accepted)
    elif name == "UvicornWorker":
        from uvicorn.protocols.http.auto import AutoHTTPProtocol

        loop(AutoHTTPProtocol, has_accepted)
    else:
        raise NotImplementedError(f"nobody knows how to watch a {name}")
