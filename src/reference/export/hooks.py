

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
    atexit.register(ended, server)
    names = [listener.sock.getsockname() for listener in server.LISTENERS]
    note("listening", addresses=names, gunicorn=gunicorn.__version__, python=platform.python_version())


def on_exit(server):
    """A master halts, in the `except` that says with which code. It is kept where a reload, which reads this file again, leaves it alone."""
    server.slowlab_code = getattr(sys.exc_info()[1], "exit_status", 0)


def ended(server):
    """A master's process ends. Without a code it was the halt itself that raised, and Python ends with 1. Workers inherit this."""
    if os.getpid() == server.pid:
        note("halted", code=getattr(server, "slowlab_code", 1))


def post_fork(server, worker):
    note("booting", age=worker.age, master=server.pid)


def post_worker_init(worker):
    """The worker is about to enter its loop."""
    import watch  # after gevent has patched what it imports

    watch.watch(worker, set_buffers)
    note("idle")


def child_exit(server, worker):
    """Runs in the master, when the worker is gone."""
    note("exited", pid=worker.pid, age=worker.age)
