# `slowlab site`: what takes a site down, and which setting saves it.

site-title = What takes this site down
site-heading = What takes this site down, and what saves it
site-terminal-read = READ
site-terminal-ask = ASK
site-terminal-answer = ANSWER
site-terminal-cures = CURES
site-terminal-unsure = UNSURE
site-page-read = Read
site-page-ask = To be answered first
site-page-answer = Answer
site-page-pictures = Before and after the best cure
site-picture-before = as it is
site-picture-told = { $count }: { $what }. The same clients on both sides, in the simulator
site-page-cures = Cures
site-page-unsure = Not sure
site-column-threat = threat
site-column-first = first visitor fails
site-column-half = half
site-column-most = 95{ "\u00A0" }%
site-column-how = how
site-column-limit = limit
site-asked = { $about }: { $why }. Say { $hint }
site-slots = { $count ->
    [one] 1 slot: so many requests are served at once
   *[other] { $count } slots: so many requests are served at once
 }

# What is counted: its name, and so many of it.

site-count-slow-readers = { $count ->
    [one] { $shown } slow reader
   *[other] { $shown } slow readers
 }
site-count-stalled-readers = { $count ->
    [one] { $shown } stalled reader
   *[other] { $shown } stalled readers
 }
site-count-slow-uploads = { $count ->
    [one] { $shown } slow upload
   *[other] { $shown } slow uploads
 }
site-count-slow-headers = { $count ->
    [one] { $shown } slow header
   *[other] { $shown } slow headers
 }
site-count-idle-connections = { $count ->
    [one] { $shown } idle connection
   *[other] { $shown } idle connections
 }
site-count-burst = { $count ->
    [one] { $shown } request at once
   *[other] { $shown } requests at once
 }
site-count-plain-load = { $count ->
    [one] { $shown } request/s
   *[other] { $shown } requests/s
 }
site-count-outage = { $count ->
    [one] { $shown } second of outage
   *[other] { $shown } seconds of outage
 }
site-count-retries = { $count ->
    [one] { $shown } second of outage
   *[other] { $shown } seconds of outage
 }
site-count-vanished-backend = { $count ->
    [one] { $shown } backend
   *[other] { $shown } backends
 }
site-count-reload = { $count ->
    [one] { $shown } reader on old workers
   *[other] { $shown } readers on old workers
 }
site-unit-slow-readers = slow readers
site-unit-stalled-readers = stalled readers
site-unit-slow-uploads = slow uploads
site-unit-slow-headers = slow headers
site-unit-idle-connections = idle connections
site-unit-burst = requests at once
site-unit-plain-load = requests/s
site-unit-outage = seconds of outage
site-unit-retries = seconds of outage
site-unit-vanished-backend = backends
site-unit-reload = readers on old workers

# What one of them does.

site-what-slow-readers = { $size } at { $rate }
site-what-stalled-readers = { $size }, and never a byte read
site-what-slow-uploads = { $size } at { $rate }
site-what-slow-headers = a request head at 1 B/s
site-what-idle-connections = a connection that never asks
site-what-burst = a page, all in the same 100 ms
site-what-plain-load = a page each, within { $within } or not
site-what-outage = a database that answers nobody for so long, { $rate } pages/s meanwhile; visitors come when it is back
site-what-retries = the same outage, { $rate } pages/s, and whoever waited { $patience } asks again, up to { $times } times
site-what-vanished-backend = gunicorn and its workers are killed, and nobody starts them again
site-what-reload = { $size } at { $rate }, gunicorn and then nginx are told to reload
site-control-downloads = as many fast downloads
site-control-uploads = as many fast uploads
site-control-patient = as long, and nobody asks again

site-left-out-loop = not tried: a loop of { $class } lets everybody wait at once, see outage
site-left-out-reload = not tried: a simulated run reloads an only gunicorn, and here are { $instances }. What readers of one of them go through: `--only reload --set backend.instances=1`; reload one after another, and the others take what comes meanwhile
site-left-out-kill = not tried: a simulated run kills an only gunicorn, and here are { $instances }. Whoever is in the middle of a response of the one that is gone loses the rest of it. { $next ->
    [yes] Everybody else is passed on to the next (proxy_next_upstream), and what is left is { $left }
   *[no] proxy_next_upstream has no `error`: who meets it gets 502 until max_fails turns nginx away from it (nginx's own is `error timeout`), and what is left is { $left }
 }: what that takes, `--set backend.instances={ $rest }` says
site-left-slots = { $count ->
    [one] 1 slot
   *[other] { $count } slots
 }
site-left-gunicorns = { $count ->
    [one] 1 gunicorn
   *[other] { $count } gunicorns
 }
site-left-out-short = not tried: a download of { $size } at { $rate } is over before anybody is told to end
site-left-out-murdered = not tried: gunicorn's timeout, { $timeout }, ends a worker that sends for longer, reload or not

# Sentences of the answer.

site-left-out = { $threat }: { $why }
site-inconclusive = { $threat } ({ $what }): inconclusive: visitors fail without any of it
site-holds = { $threat } ({ $what }): no visitor fails up to { $most }
site-breaks = { $threat } ({ $what }): the first visitor fails at { $first }
site-from-addresses = { $clients } from at least { $addresses } addresses
site-half = half
site-most = 95 %
site-as-well = { $share } as well
site-share-at = { $share } at { $at }
site-share-not-up-to = { $share } not up to { $most }
site-seeds = ({ $agree } of { $seeds } seeds)
site-range = { $from } to { $to }
site-how = { $status } after { $after } s ({ $by }); log: "{ $log }"; the limit is { $limit }
site-how-briefly = { $status } after { $after } s
site-no-answer = no answer
site-control = { $what } ({ $count }): { $came }
site-nobody-fails = nobody fails
site-share-fails = { $share } fail
site-cell-not-up-to = not up to { $most }
site-cell-inconclusive = inconclusive

site-cure = { $threat }: { $settings }: { $before } -> { $after }
site-cure-none-up-to = none up to { $most }
site-cure-then = (then { $limit })
site-cure-price = price: { $price }
site-and = { $one } and { $other }
site-bar-now = { $count } now
site-bar-then = { $count } then
site-more-than = more than { $most }

site-lowers = this change lowers { $unit } from { $before } to { $after }
site-raises = this change raises { $unit } from { $before } to { $after }
site-no-longer = no longer: { $line }
site-moves-nothing = this change moves no break-point

# How visitors fail.

site-by-read-timeout = proxy_read_timeout, { $timeout }
site-by-patience = the visitor's own patience
site-by-too-late = answered, but too late
site-by-closed = a closed connection
site-by-no-descriptor = no descriptor left
site-by-no-connection = no connection left
site-log-nothing-499 = nothing in the error log; 499 in the access log
site-log-worker-timeout = gunicorn: WORKER TIMEOUT, where a held worker was killed
site-log-large-time = nothing; a large $request_time
site-log-nothing = nothing that names it
site-log-fewer-bytes = nothing in the error log; fewer bytes than the response has in the access log
site-limit-descriptors = nginx's descriptors: { $count } in each process
site-limit-connections = nginx's connections: { $count }
site-limit-queue = the accept queue: backlog { $count }
site-limit-hoarded = workers: { $slots } threads, and what is hoarded behind them
site-limit-slots = workers: { $slots } slots
site-limit-loops = workers: the loops of { $class }
site-limit-only-backend = the only backend, and who starts it again

# What a cure costs.

site-price-buffering = a temp file of up to { $size } for each of them: { $disk } of disk at { $count }
site-price-request-buffering = each upload waits in a temp file first: { $disk } of disk at { $count } of the largest
site-price-workers = the memory of { $count } more processes; the limit moves, it does not go
site-price-gthread = workers become gthread: the application must be thread-safe
site-price-threads = more threads under one lock: CPU-bound pages get slower together
site-price-descriptors = { $count } descriptors: the hard limit of the service (LimitNOFILE) has to allow them
site-price-connections = a descriptor each: worker_rlimit_nofile of at least { $count }
site-price-limit-conn = people behind one address (an office, a mobile network) share { $count } requests, and one more gets 503
site-price-header-timeout = clients on bad lines that need longer for their head get 408
site-price-idle-timeout = browsers that connect ahead of need connect again
site-price-send-timeout = readers whose line pauses for longer lose their download
site-price-graceful = old workers stay beside the new ones for up to { $hold }: twice the memory meanwhile
site-price-shutdown = old nginx workers stay as long as their slowest client, each with its memory
site-place-events = nginx.conf, events
site-place-http = nginx.conf, http
site-place-beside = beside { $place }

# What was read.

site-read-no-nginx = no nginx was named: its defaults stand in (--nginx FILE)
site-read-location = { $server } `{ $location }` -> { $to } ({ $at }): { $matched }
site-read-location-by = { $server } `{ $location }` by { $way } -> { $to } ({ $at }): { $matched }
site-read-reaches = gunicorn listens there ({ $bind })
site-read-conflict = CONFLICT: gunicorn listens on { $bind }; that this location is meant is assumed
site-read-untold = that gunicorn listens there is assumed: { $why }
site-unsure-location = whether `{ $location }` is gunicorn's: { $why } ({ $hint })
site-read-others = other locations, not these numbers: { $others }
site-read-gunicorn = gunicorn { $class } ({ $how })
site-read-workers = { $count } workers
site-read-worker = 1 worker
site-read-threads = { $count } threads
site-read-thread = 1 thread
site-read-makes-gthread = , which makes it gthread
site-unsure-no-start = no start command was named: its options would win over the file (--gunicorn 'gunicorn …')
site-read-buffering-default = proxy_buffering on (default)
site-unsure-largest-given = the largest response ({ $size }, given by you)
site-unsure-largest = the largest response: a page of 8 KiB stands in, which hides slow readers (--largest SIZE)
site-unsure-page = a page: 10 ms of waiting, 8 KiB (--access-log FILE knows better)
site-unsure-assumed = { $key } { $value }: assumed, { $why }
site-unsure-not-played = not played: { $line }
site-unsure-more = and { $count } more directives that are not played (`slowlab import` lists them)
site-unsure-gthread = gthread: break-points are means, and single runs differ much. Which worker the next connection goes to changes within seconds: at 18 slow readers of 9 workers with 4 threads each, between 6 and 27 of 30 visitors failed behind the real nginx and gunicorn
site-unsure-small = responses this small vanish into socket buffers: a slow reader holds nobody
site-unsure-no-upstream-times = handler times: the log has no $upstream_response_time
site-read-busiest-share = the busiest hour is { $share } of the plain load that breaks it
site-read-log = access log: { $lines } requests, lines not understood: { $unparsed } · sizes p50 { $half }, p99 { $most }, largest { $largest }
site-read-hour = busiest hour { $hour }: { $rate } requests/s
site-read-handler-times = handler times ($upstream_response_time) p50 { $half } ms, p99 { $most } ms
site-read-request-times = request times ($request_time: slow clients are in them, an upper bound) p50 { $half } ms, p99 { $most } ms

# What is said beside the answer.

site-no-numbers = no numbers: { $why }
site-written = written: { $path }
site-gate-failed = failed: { $threat }: the first visitor fails at { $at }, below { $least }
site-gate-tried = undecided: { $threat } was tried up to { $most } only
site-gate-inconclusive = undecided: { $threat } is inconclusive
site-gate-held = held: { $threat } >= { $least }
site-confirm-nothing = nothing breaks, so there is nothing to confirm
site-confirm-takes = confirming { $threat } at { $counts } on the { $engine }: up to { $time }, { $disk } of disk
site-confirm-told = { $engine }  { $count }: { $measured } of the visitors failed; the simulator says { $simulated }: { $agrees ->
    [yes] agrees
   *[no] disagrees
 }
