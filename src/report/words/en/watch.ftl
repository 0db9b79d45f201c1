# The live view (`run --watch`) and the progress line.

watch-phase = { $phase ->
    [starting] starting
    [warm-up] warm-up
    [draining] draining
    [settling] settling
   *[running] running
}
watch-left = about { $left } left
watch-left-at-most = at most { $left } left
watch-stages = stages
watch-stage = { $state ->
    [works] works
    [room] waits for room
    [input] waits for input
   *[ended] ended
}
watch-key-works = works
watch-key-room = room
watch-key-input = input
watch-workers = workers
watch-worker = worker { $worker }
watch-busy = { $slots ->
    [none] { $busy } busy
   *[other] { $busy } of { $slots } busy
}
watch-key-handler = handler
watch-key-client = client
watch-key-idle = idle
watch-more = { $lanes } more, { $busy } of them busy
watch-no-lanes = no worker has reported yet
watch-state = { $state ->
    [booting] boots
    [idle] idle
    [reading] reads head
    [body] reads body
    [app] handler
    [send] sends
    [linger] lingers
   *[gone] gone
}
watch-queue = accept queue
watch-open = { $connections } connections open
watch-now-most = { $now }, most { $most }
watch-bytes = bytes that wait
watch-no-bytes = none so far
watch-unix = worker: Unix socket
watch-done = done
watch-failed = failed
watch-no-requests = no request is over yet
watch-end = q or Ctrl-C ends the run and keeps what was measured
watch-no-terminal = `--watch` needs a terminal: there is none here, so progress comes in lines
watch-no-time = `--watch`: nothing to watch, a simulated run passes in virtual time; its report shows it move (play)

progress-phase = { $phase ->
    [starting] start
    [warm-up] warm-up
    [draining] drain
    [settling] settle
   *[running] run
}
progress-running = running { $scenario }
progress-line = { $heading }: { $phase } { $elapsed }/{ $duration }s ETA { $left }s busy { $busy } queue { $queue }
progress-failed = failed { $failed }
progress-simulating = { $heading }: { $elapsed }/{ $duration }s virtual { $pace } held { $held } busy { $busy }
progress-simulated = { $heading }: { $elapsed }s virtual in { $wall }, { $pace }
progress-pace = { $events } events { $rate }/s
progress-pipeline = { $heading }: { $elapsed }s, at most { $most }s

# What a run says beside its progress.
run-left-out = left out: { $why }
run-left-out-scenario = left out: { $scenario }, whose `{ $key }` needs `--engine { $engine }`
run-kept = partial results are kept in { $path }
run-interrupted = interrupted: { $kept }
run-stopped = interrupted: what had not ended by then is not among these results
run-report-interrupted = interrupted while the report was written: all measurements are kept in { $path }; `slowlab report { $path }` writes it
talk-report = report: { $path }
remains-note = note: { $text }
remains-swept = ended { $count ->
        [0] no process
        [one] a process that was left ({ $pids })
       *[other] { $count } processes that were left ({ $pids })
    } of a slowlab that was killed, { $removed ->
        [true] and removed { $folder }
       *[other] but { $folder } cannot be removed
    }
