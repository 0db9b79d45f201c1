"""The application of @TITLE@ for workers that speak ASGI: asgi, uvicorn.

handlers.py has what it does for each path. Here it is done, and the request's instants are noted.
"""

import asyncio

from handlers import FOR_EVER, block_asleep, break_down, burn, compute, fresh_piece_of, piece_of, work_of
from instants import Sending, note


async def pause(seconds, blocking=False):
    """Waits: other requests are served meanwhile, unless the wait is a blocking call."""
    if blocking:
        block_asleep(seconds)
    else:
        await asyncio.sleep(seconds)


async def answer(request, work, send):
    """The head, then the body: the server says when the next piece may come. A body in one piece is each response's own."""
    sending = Sending(request)
    headers = [(name.lower().encode(), value.encode()) for name, value in work.headers]
    try:
        await send({"type": "http.response.start", "status": int(work.status.split()[0]), "headers": headers})
        make = fresh_piece_of if work.write_size >= work.body else piece_of
        while sending.sent < work.body:
            if sending.sent and work.every:
                await pause(work.every)
            if work.piece_cpu:
                burn(work.piece_cpu)
            size = min(work.write_size, work.body - sending.sent)
            more = sending.sent + size < work.body
            with sending:
                await send({"type": "http.response.body", "body": make(size), "more_body": more})
            sending.has_sent(size)
        if not work.body:
            await send({"type": "http.response.body", "body": b""})
    finally:
        sending.note()


async def lifespan(receive, send):
    """The server asks whether the application is up; it always is."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def app(scope, receive, send):
    """The ASGI entry point."""
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    request = dict(scope["headers"]).get(b"x-slowlab-request")
    request = request.decode() if request else None
    note("app", request=request)
    work = work_of(scope["path"], request)
    if work.wait:
        await pause(work.wait, work.blocking)
    compute(work)
    break_down(work, hub=True)
    while work.fault == "hang":
        await pause(FOR_EVER)
    await answer(request, work, send)
