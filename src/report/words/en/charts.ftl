# Words in charts: titles, axes, keys, captions.

chart-seconds = seconds since the variant began
chart-warm-up = warm-up
chart-drain = drain
chart-end = end, { $at }
chart-unknown = unknown
chart-not-measured = not measured

chart-workers = Who held the workers: { $place }
chart-workers-caption = { $story }. { $key ->
        [workers] How many workers each group held: dark is the handler at work, light is waiting for the client
        [slots] How many slots of workers each group held: dark is the handler at work, light is waiting for the client
        [lane-per-slot] One lane per slot of a worker: dark is the handler at work, light and hatched is the slot waiting for its client
       *[lane-per-worker] One lane per worker: dark is the handler at work, light and hatched is the worker waiting for its client
    }, a cross is a worker killed by the arbiter. Below: connections waiting in the accept queue, then the other clients' requests by when they were meant to start.
chart-workers-idle = no worker was ever busy
chart-workers-share = { $group ->
        [none] unknown requests
       *[other] { $group }
    } held { $share } of worker time{ $in_send ->
        [yes] , mostly blocked in send
       *[no] { "" }
    }
chart-workers-killed = { $kills ->
        [one] { $kills } worker
       *[other] { $kills } workers
    } killed for a stale heartbeat
chart-workers-key = { $crowded ->
        [yes] dark: handler at work · light: waiting for the client
       *[no] dark: handler at work · hatched: waiting for the client
    }
chart-lane = worker { $worker }
chart-lane-slot = worker { $worker } slot { $slot }
chart-held-by = held by { $group }, { $span }
chart-crowd-workers = workers
chart-crowd-slots = slots
chart-crowd-held = held
chart-crowd-all = all { $count } workers
chart-crowd-used = { $count } slots used
chart-queue-first = accept
chart-queue-second = queue
chart-queue-limit = limit { $limit }
chart-queue-peak = up to { $depth } waiting
chart-ending-ok = ok
chart-ending-mixed = mixed

chart-latency = Latency over time: { $place }
chart-latency-subtitle = each request at its intended start, n { $count } · a cross is a failure
chart-latency-caption = { $groups }. Failures are crosses, at the time that they took.
chart-latency-kind = { $group } { $ending }: { $count }

chart-axis-latency = latency
chart-axis-requests = requests
chart-axis-bytes = bytes
chart-few = Latency of { $name }, request by request: { $place }
chart-few-subtitle = one point per request, from the intended start; a dash where the actual send says otherwise

chart-percentiles = Latency of { $name } by percentile: { $place }
chart-percentiles-subtitle = solid: from the intended start, what a user feels · dashed: from the actual send, the naive number · points: fewer than 20 requests
chart-percentiles-axis = percentile of requests
chart-percentiles-none = no request ended
chart-percentiles-n = { $name }, n { $count }
chart-percentiles-edge = edge's proxy_read_timeout
chart-percentiles-patience = the client's patience
chart-percentiles-caption = Latency of { $name }, failures and timeouts included at the time that they took. { $parts }
chart-percentiles-median = { $name }: median { $p50 }{ $p99 ->
        [none] { "" }
       *[other] , 99th percentile { $p99 } (from send { $naive })
    }

chart-bytes = { $what ->
        [requests] Where bytes of requests wait: { $place }
       *[responses] Where bytes of responses wait: { $place }
    }
chart-bytes-story = at most { $peak } on their way at once, { $at } after the start · n { $count } looks
chart-bytes-caption = { $story }. From the bottom up, nearest to whoever waits for them first: { $spots }.
chart-bytes-unix = worker to proxy (Unix, one queue)
chart-bytes-spot = { $whose }: { $spot ->
        [memory] memory
        [temp-file] temp file
        [send-queue] send queue
        [receive-queue] receive queue
       *[delivered] read
    }

chart-endings = How requests ended: { $place }
chart-endings-subtitle = requests of all groups that ended in { $step }, warm-up included · n { $count }
chart-endings-caption = Requests by when and how they ended: { $endings }.
chart-ending-other = other

chart-heat = Latency over time, as shades: { $place }
chart-heat-subtitle = requests of all groups by intended start and latency, failures included · n { $count }
chart-heat-one = 1 request
chart-heat-caption = { $count } requests by when they were meant to start and how long they took; at most { $most } in one cell.

chart-time = Where the time of a request went: { $place }
chart-time-subtitle = share of the mean latency, from the intended start to the end, failures included
chart-time-axis = mean latency, and n
chart-time-part = { $variant } { $group }: { $latency }, most of it { $stage } ({ $part })
chart-stage = { $stage ->
        [starting] client late
        [connecting] connecting
        [accept_queue] accept queue
        [reading] request read
        [handler] handler
        [sending] blocked in send
        [held_in_proxy] held in proxy
       *[draining] draining to client
    }

chart-existence = Exists, answers, works: { $place }
chart-existence-subtitle = what a supervisor, the probes and the kernel say of the same processes · a cross is a probe that failed
chart-existence-supervisor = exists: a master by waiting for it, others by kill(pid, 0)
chart-existence-probes = answers: probes
chart-existence-kernel = works: the state in /proc, and the call that the process sleeps in
chart-existence-says = { $says ->
        [active] active
       *[gone] gone
    }
chart-existence-caption = The same processes in three columns. Above: whether they exist, as a supervisor sees it. In the middle: whether they answer; a connection alone is answered by the kernel. Below: what they do, five times a second (R runs, S sleeps, D cannot be woken, T is stopped, Z was not waited for).

chart-sweep = Latency by { $key }: { $place }
chart-sweep-of = Latency of { $group } by { $key }: { $place }, { $variant }
chart-sweep-map = Latency of { $group } by { $down } and { $across }: { $place }, { $variant }
chart-sweep-points = p99, or the largest where p99 is not supported · a cross is a point with failures
chart-sweep-lines = one line for each { $key } · { $points }
chart-sweep-shades = p99, or the largest where p99 is not supported · the darker the longer, and the share that failed

chart-stages = What the stages were found doing: { $place }
chart-stages-subtitle = { $looks } looks at each, by /proc: the brake is who is never found asleep · shares of the looks, from the bottom up
chart-stages-work = at work
chart-stages-input = asleep in read
chart-stages-room = asleep in write
chart-stages-full = pipe full
chart-stages-empty = pipe empty
chart-stages-pipe = pipe
chart-stages-share = { $work } at work
chart-stages-brake = the brake
chart-stages-exit = ended with { $exit }
chart-stages-each = { $stage }: at work { $work }, in read { $input }, in write { $room }
chart-stages-caption = Shares of the looks at which each stage was found so. { $stages }. A pipe is full while who writes into it sleeps in write, and empty while who reads from it sleeps in read.
