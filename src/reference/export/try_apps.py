"""Calls the exported applications as a server would, without one: run in the export's folder, by slowlab's tests.

The handlers are those of the test that runs this. What must hold is asserted; what is asked for by name is printed.
"""

import asyncio
import io
import os
import sys
import threading
import time

import handlers


def wsgi(path, request=None):
    """Status, headers, pieces of a response, and the seconds that it took."""
    from app import app

    said = []
    began = time.monotonic()
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(b"body")}
    if request is not None:
        environ["HTTP_X_SLOWLAB_REQUEST"] = request
    pieces = list(app(environ, lambda status, headers: said.extend([status, dict(headers)])))
    return said[0], said[1], pieces, time.monotonic() - began


async def asgi_call(path, request=None):
    from app import app

    messages = []
    began = time.monotonic()

    async def receive():
        return {"type": "http.request", "body": b"body", "more_body": False}

    async def send(message):
        messages.append(message)

    scope = {"type": "http", "path": path, "headers": [(b"x-slowlab-request", request.encode())] if request else []}
    await app(scope, receive, send)
    start, *body = messages
    assert [message["more_body"] for message in body] == [True] * (len(body) - 1) + [False] if body[0]["body"] else len(body) == 1
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    pieces = [message["body"] for message in body if message["body"]]
    return start["status"], headers, pieces, time.monotonic() - began


def asgi(path, request=None):
    return asyncio.run(asgi_call(path, request))


def same_everywhere(call):
    status, headers, pieces, _ = call("/down")
    assert str(status).startswith("503"), status
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers == {"x-accel-buffering": "no", "content-type": "text/event-stream", "content-length": "10"}, headers
    assert [len(piece) for piece in pieces] == [10]
    assert str(call("/nowhere")[0]).startswith("404")
    _, headers, pieces, took = call("/pieces")
    assert [len(piece) for piece in pieces] == [200, 200, 100]
    # Two pauses of 30 ms, and CPU before each of the three.
    assert took >= 0.06 + 0.003, took
    _, headers, pieces, _ = call("/short")
    assert sum(map(len, pieces)) == 500, pieces
    assert {name.lower(): value for name, value in headers.items()}["content-length"] == "1000"
    before = len(handlers.LEAKED)
    call("/leak")
    assert len(handlers.LEAKED) == before + 10
    # The draw of request 7, and of a request without a number.
    for request in ("7", None):
        work = handlers.work_of("/draws", request)
        _, _, pieces, took = call("/draws", request)
        assert took >= work.wait and sum(map(len, pieces)) == work.length


def turns_of_another_thread(compute):
    """How many times another thread got the interpreter's lock during 0.3 s of CPU."""
    turns = 0
    done = False

    def count():
        nonlocal turns
        while not done:
            turns += 1
            time.sleep(0.001)

    other = threading.Thread(target=count)
    other.start()
    time.sleep(0.01)
    before, cpu = turns, time.thread_time()
    compute(0.3)
    cpu, during = time.thread_time() - cpu, turns - before
    done = True
    other.join()
    assert 0.29 < cpu < 0.4, cpu
    return during


def means():
    # 0.3 s are 60 times 5 ms, the interpreter's own measure of a turn. Around the call that holds the lock a turn or two are possible.
    assert turns_of_another_thread(handlers.burn) >= 20
    assert turns_of_another_thread(handlers.burn_holding_the_lock) < 10
    wall, cpu = time.monotonic(), time.process_time()
    handlers.block_asleep(0.2)
    assert time.monotonic() - wall >= 0.2 and time.process_time() - cpu < 0.05


def waits_let_others_in_unless_they_block():
    async def order(path):
        ended = []

        async def call(name, path):
            await asgi_call(path)
            ended.append(name)

        await asyncio.gather(call("slow", path), call("quick", "/down"))
        return ended

    assert asyncio.run(order("/sleep")) == ["quick", "slow"]
    assert asyncio.run(order("/block")) == ["slow", "quick"]


def exit_code_of(call, path):
    """What becomes of a process that serves this."""
    pid = os.fork()
    if pid == 0:
        call(path)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    call = {"wsgi": wsgi, "asgi": asgi}[sys.argv[1]]
    same_everywhere(call)
    assert exit_code_of(call, "/crash") == 7
    if call is asgi:
        waits_let_others_in_unless_they_block()
    else:
        means()
