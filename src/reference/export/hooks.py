

# ---- Watching. Nothing below changes what gunicorn does; it only notes when. ----


class LoggerWithInstants(gunicorn.glogging.Logger):
    """gunicorn's own logger, its lines preceded by the time in milliseconds."""

    error_fmt = r"%(created).3f %(asctime)s [%(process)d] [%(levelname)s] %(message)s"


logger_class = LoggerWithInstants


def set_buffers(sock):
    """gunicorn has no setting for socket buffers, so they are set here."""
    if SNDBUF is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SNDBUF)
    if RCVBUF is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RCVBUF)


def when_ready(server):
    """The master listens and has not forked yet. Accepted TCP sockets inherit the listener's buffers."""
    for listener in server.LISTENERS:
        set_buffers(listener.sock)
    names = [listener.sock.getsockname() for listener in server.LISTENERS]
    note("listening", addresses=names, gunicorn=gunicorn.__version__, python=platform.python_version())


def post_fork(server, worker):
    note("booting", age=worker.age)


def post_worker_init(worker):
    """The worker is about to enter its loop: notes when it takes a connection, and when it is free for the next one.

    gunicorn's hooks `pre_request` and `post_request` lie inside of that stretch: the one comes after the head was read, the other
    before the lingering close. So the method that holds a connection from accept to close is wrapped, and the function that lingers:
    after an exception in the response, such as the arbiter's SIGABRT, only the latter is called.
    """
    handle = worker.handle

    def watched(listener, client, addr):
        note("accepted")
        if client.family == socket.AF_UNIX:
            # Unix sockets do not inherit the listener's buffers.
            set_buffers(client)
        try:
            handle(listener, client, addr)
        finally:
            note("released")

    worker.handle = watched
    if hasattr(gunicorn.util, "close_graceful"):
        close_graceful = gunicorn.util.close_graceful

        def watched_close(sock, *args, **kwargs):
            note("linger")
            close_graceful(sock, *args, **kwargs)

        gunicorn.util.close_graceful = watched_close
    note("idle")


def child_exit(server, worker):
    """Runs in the master, when the worker is gone."""
    note("exited", pid=worker.pid, age=worker.age)
