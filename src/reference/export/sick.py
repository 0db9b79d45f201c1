"""Makes a worker of gunicorn fall sick at a signal, as an act of the scenario wants it. Only where it has such acts.

Each real-time signal stands for a sickness, in this order from SIGRTMIN + 1 on. The handler runs in the worker's main thread and does not come back.
"""

import ctypes
import os
import resource
import select
import signal
import socket
import threading
import time

# The most descriptors of a process whose leak has come to its end, and how long an accept loop waits that backs off, in seconds.
LEAK_LIMIT = @LEAK_LIMIT@
BACK_OFF = @BACK_OFF@
# A file of a file system that does not answer whoever opens it, if there is one.
HELD_FILE = @HELD_FILE@


def spin(_worker):
    while True:
        pass


def deadlock(_worker):
    locks, met = (threading.Lock(), threading.Lock()), threading.Barrier(2)

    def other():
        with locks[1]:
            met.wait()
            locks[0].acquire()

    threading.Thread(target=other, daemon=True).start()
    with locks[0]:
        met.wait()
        locks[1].acquire()


def leak():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (LEAK_LIMIT, hard))
    try:
        while True:
            LEAKED.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass


LEAKED = []


def accept_loop(worker, back_off):
    listener = worker.sockets[0].sock
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    leak()
    while True:
        poll.poll()
        try:
            listener.accept()
        except OSError:
            time.sleep(back_off) if back_off else None


def leaks(_worker):
    leak()


def leaks_and_tries_again(worker):
    accept_loop(worker, 0)


def leaks_and_backs_off(worker):
    accept_loop(worker, BACK_OFF)


def slow_write(_worker):
    listener = socket.create_server(("127.0.0.1", 0))
    with socket.create_connection(listener.getsockname()) as reader, listener.accept()[0] as writer:
        while reader:
            os.write(writer.fileno(), bytes(65536))


def uninterruptible(_worker):
    libc = ctypes.CDLL(None)
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    vfork = 0x4000 | signal.SIGCHLD
    if libc.syscall(number, vfork, 0, 0, 0, 0) == 0:
        libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        while True:
            libc.pause()


def unkillable(_worker):
    if HELD_FILE:
        os.open(HELD_FILE, os.O_RDONLY)


ALL = [@ALL@]


def install(worker):
    for place, sickness in enumerate(ALL):
        signal.signal(signal.SIGRTMIN + 1 + place, lambda *_, sickness=sickness: sickness(worker))
