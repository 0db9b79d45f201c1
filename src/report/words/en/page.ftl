# report.html. Messages that begin with `page-js` go to its scripts, with the names of their arguments in braces instead of values.

page-partial = This run was cut short: its numbers cover only what happened until then.
page-picture = What happened, on one axis of time
page-role-sick = the harm
page-role-cure = the cure
page-role-well = no harm
page-key = solid: handler at work · hatched: waiting for its client or its log · × a failure, ××× many · grey: warm-up and drain
page-key-lanes = solid: handler at work · hatched: worker waiting for its client · × killed
page-level = dashed: { $timer }
page-lane-of = backend { $instance } worker { $worker }
page-seconds = seconds
page-not-measured = not measured
page-up-to = up to { $most }
page-accept-queue = accept queue
page-waiting-bytes = bytes waiting
page-little = little
page-spot = { $place ->
    [unix] worker to proxy (Unix, one queue)
   *[other] { $holder ->
        [client] client
        [edge] edge
        [worker] worker
       *[proxy] proxy
    }: { $place ->
        [memory] memory
        [file] temp file
        [send] send queue
       *[receive] receive queue
    }
 }
page-spot-line = shared line: queue
page-warm-up = warm-up
page-drain = drain
page-lane = worker { $worker }
page-lane-slot = worker { $worker } slot { $slot }
page-workers = workers
page-slots = slots of workers
page-held-slots = slots held
page-kills = { $kills ->
    [one] 1 killed
   *[other] { $kills } killed
 }
page-silent = no request
page-held-by = held by { $group }, { $span }
page-story-held = { $group } held { $span } of worker time
page-story-killed = { $kills ->
    [one] 1 worker killed by its timeout
   *[other] { $kills } workers killed by their timeout
 }
page-story-idle = no worker was ever busy
page-how-to-read = An empty lane could serve somebody. When every lane is full, new connections wait in the accept queue; those whose time runs out there fail, although the worker that would have served them is doing nothing but wait. Requests stand where they were meant to start.
page-thinned = Of { $variant } this page carries { $kept } of { $all } requests to click on, failures first; the pictures show all of them.
page-joined = In the lanes of { $variant }, short stretches that follow one another are drawn as one: { $kept } of { $all }.
page-findings = What it showed
page-check-first = Check before trusting the numbers:
page-other-variants = The other variants
page-groups = What each group of clients got
page-variant = Variant
page-group = Group
page-requests = Requests
page-complete = Complete
page-ok = OK
page-failures = Failures
page-from-send = { $point } from send
page-hold = Hold, median
page-groups-note = p50 and p99 count from the instant at which the request was meant to start; “from send” counts from when the client really began and hides the time that a slow system made it wait. Failures and timeouts stay in, at the time that they took; requests of the warm-up are left out. “Hold” is how long a slot of a worker belonged to one request. – means not measured, or too few requests to support the percentile.
page-latency = Latency, variants side by side
page-percentiles = Latency of { $group } by percentile
page-percentile-axis = percentile of requests; the slowest have the most room. Thin and dotted: from the actual send, the naive number
page-over-time = Every request over time
page-over-time-note = Each request at its intended start, at the time that it took. Squares are requests of groups that are slow on purpose, × failures.
page-further = More pictures: where the time went, endings, density, uploads
page-split = Where the time of requests went
page-split-note = Each bar is the mean request of a group, from the instant at which it was meant to start to its end; a stage ends when a party says so.
page-statuses = How requests ended, over time
page-statuses-note = Bars stand where requests ended, all on one scale: in so many seconds so many requests.
page-heat = How dense the latencies lay
page-heat-note = The darker a cell, the more requests; each step is some times more than the one before.
page-heat-told = { $count } requests, at most { $most } in a cell
page-uploads = Bytes of requests that waited on their way up
page-expectations = Expectations
page-verdict = Verdict
page-expectation = Expectation
page-condition = Condition
page-measured = Measured
page-numbers = Workers, queue and proxy in numbers
page-held-time = worker time held by { $group }
page-conditions = Conditions
page-scenario-file = The scenario as run
page-redrawn = Everything here can be redrawn from the CSV and JSON files beside this page.
page-ok-row = ok
page-harmed = { $count } of { $of } { $how ->
    [cut] cut
    [slow] slow
   *[late] late
}
page-logs = What the logs say, and what happened
page-accounts = Where time and bytes went, and what theory says
page-truth = What happened:
page-log-cure = What cures it:
page-engine-lab = measured: our proxy, server and clients on real sockets of one machine
page-engine-sim = simulated: virtual time and a model of the kernel's buffers
page-engine-reference = measured: the real nginx and gunicorn of this machine
page-engine-mixed = measured: a real program beside one of ours
page-condition-commit = commit
page-condition-engine = engine
page-condition-seed = seed
page-condition-hash = scenario hash
page-condition-started = started (UTC)
page-condition-kernel = kernel
page-condition-nofile = open files, soft and hard limit
page-condition-late = lateness of a timer tick
page-condition-median-and-worst = { $median } median, { $worst } worst
page-condition-duration = duration of a variant
page-condition-spans = { $duration }, of which { $warmup } warm-up; drain up to { $drain }
page-condition-left-out = left out { $whose }
page-condition-shortfall = not as planned in { $whose }
page-condition-note = note on { $whose }

page-js-play = Play
page-js-pause = Pause
page-js-back = A step back
page-js-forward = A step forward
page-js-speed = Speed
page-js-closer = Closer
page-js-wider = Wider
page-js-whole = Whole time
page-js-previous-failure = Previous failure
page-js-next-failure = Next failure
page-js-time = Instant
page-js-keys = Keys: ← → step, space plays, + − 0 zoom, n p failures, Enter opens one, Esc closes.
page-js-keys-of-stages = Keys: ← → step, space plays, + − 0 zoom.
page-js-workers = { $busy } of { $slots } workers taken
page-js-workers-free = { $busy } workers taken
page-js-by = { $count } by { $group }
page-js-waiting = { $count } waiting for their client
page-js-queue = { $count } in the accept queue
page-js-flow = what has gone through in the last quarter of a second
page-js-rate = { $bytes }/s
page-js-held = { $bytes } on their way
page-js-open = { $count } requests open
page-js-failed = { $count } failed so far
page-js-request = request { $id } of { $group }
page-js-click = click for its journey
page-js-lane = worker { $worker }, held by { $group } for { $span }
page-js-at-work = handler at work
page-js-waits = waiting for the client
page-js-free = free
page-js-journey = The journey of request { $id } of { $group }, { $variant }
page-js-close = Close
page-js-client = client
page-js-edge = edge
page-js-proxy = proxy
page-js-queue-lane = accept queue
page-js-worker = worker { $worker }
page-js-step-began = the client begins
page-js-step-late = the client begins, later than it was meant to
page-js-step-connected = the client is connected
page-js-step-accepted = the { $tier } accepts the connection
page-js-step-upstream = the { $tier } is connected to what is behind it; the connection waits in the accept queue
page-js-step-header = the { $tier } has the response's head
page-js-step-let-go = the { $tier } lets go of its connection
page-js-step-timer = { $timer } is up: the { $tier } answers { $status }
page-js-step-status = the { $tier } ends it with { $status }
page-js-step-taken = worker { $worker } takes it up after { $span } in the queue
page-js-step-zombie = worker { $worker } takes it up, though nobody waits for it any more
page-js-step-head = worker { $worker } has read the request
page-js-step-done = the handler is done and begins to send
page-js-step-released = worker { $worker } is free again; { $span } of it blocked in send
page-js-step-killed = worker { $worker } is killed
page-js-step-first-byte = the client reads the first byte
page-js-step-last-byte = the client has read { $bytes }
page-js-step-ended = the client's request is over: { $kind }
page-js-ended = Ended as { $kind } after { $span }, by { $by }.
page-js-not-carried = This request is not among those that the page carries; requests.csv has it.

page-kernel = state in /proc
page-supervised = { $who }: { $says ->
        [active] active
        [gone] gone
       *[unknown] not seen
    }
page-probe-failed = { $failed } of { $all } failed

page-engine-pipeline = measured: real processes of one machine, connected by real pipes
page-how-to-read-stages = Each lane shows what a stage was found doing, as shares of the looks: at work, asleep in read because nothing has come, asleep in write because nobody has taken what it wrote. A pipe is full while its writer sleeps in write, and empty while its reader sleeps in read. The brake is who never sleeps; all others wait for it.
page-story-brake = { $brake ->
        [none] no stage is the brake
       *[other] { $brake } is the brake
    } · took { $span } · ended with { $exits }
page-js-stage-work = at work
page-js-stage-read = asleep in read
page-js-stage-write = asleep in write
page-js-stage-gone = gone
