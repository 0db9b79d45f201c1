# Labels of tables, verdicts and facts, for every report.

verdict-held = HELD
verdict-failed = FAILED
verdict-undecided = UNDECIDED
verdict-left-out = LEFT OUT
verdict-partial = The run was cut short.
verdict-nothing-expected = The scenario states no expectations: nothing was judged.
verdict-nothing-judged = Nothing was judged.
verdict-nothing-measured = Nothing was measured: no client asked anything.
verdict-required = The scenario states no expectations: nothing was judged, and `--require-expectations` asks for a verdict (exit status 3).
junit-judged = the run was judged
junit-ended = the run came to its end
verdict-left-out-too = { $count ->
    [one] One is left out: its variant was not asked for.
   *[other] { $count } are left out: their variants were not asked for.
}
verdict-one-held = The one expectation held.
verdict-all-held = All { $all } expectations held.
verdict-some-undecided = Nothing failed, but { $undecided } of { $all } expectations are undecided.
verdict-some-failed = { $failed } of { $all } expectations failed.
verdict-failed-and-undecided = { $failed } of { $all } expectations failed, { $undecided } undecided.

outcome-truncated = truncated
outcome-refused = refused
outcome-reset = reset
outcome-timeout = gave up
outcome-aborted = aborted
outcome-unfinished = unfinished
outcome-others = others

column-variant = variant
column-group = group
column-requests = requests
column-ok = ok
column-failures = failures
column-from-send = from send
column-hold = hold
column-busy = busy
column-p99-of = { $group } p99
column-expectation = expectation
column-condition = condition
column-measured = measured

text-note = p50 and p99 count from the intended start; `from send` is the naive p99. `hold` is how long a slot of a worker belonged to one request (median). – means not measured, or too few requests for that percentile.
text-findings = what it showed
text-found = { $variant } at { $at }: { $text }
text-warning = warning: { $text }
text-results = results  { $path }
text-report = report   { $path }
text-title = { $scenario } ({ $engine }, seed { $seed })

column-brake = brake
column-lasted = took
column-answer = lines
column-temp-files = temp files
stage-none = none
fact-stage = at work { $work }, in read { $input }, in write { $room }, CPU { $cpu }, memory { $memory }, ended with { $exit };
fact-workers = workers
fact-slots = slots
fact-no-limit = no limit
fact-busy = busy
fact-blocked-in-send = blocked in send
fact-largest-worker = largest worker
fact-most-buffered = most buffered by a worker
fact-killed = killed by timeout
fact-deepest-queue = deepest accept queue
fact-depth = { $depth }{ $limit ->
        [none] { "" }
       *[other] { " " }(backlog { $limit })
    }
fact-refused = refused by a full queue
fact-proxy-held = { $tier ->
        [edge] most held by the edge
       *[proxy] most held by the proxy
    }
fact-spilled = { $tier ->
        [edge] spilled to the edge's temp files
       *[proxy] spilled to temp files
    }
fact-timer = { $tier ->
        [edge] the edge's { $timer } fired
       *[proxy] { $timer } fired
    }
fact-times = { $count } times
fact-probe = probe { $probe }
fact-probe-failed = { $failures } of { $attempts } failed{ $kills ->
        [0] { "" }
        [one] , { $kills } kill
       *[other] , { $kills } kills
    }

# What was measured, and why a verdict is undecided.
judged-not = { $left } is not { $sign } { $right }
judged-both = { $left } and { $right }
judged-either = { $left }; or { $right }
judged-cut-short = the run was cut short; so far: { $text }
judged-doubted = no verdict on `{ $variant }`: { $why }; measured: { $text }
judged-not-run = variant `{ $variant }` was not run
judged-no-request = `{ $group }` made no request
judged-not-measured = `{ $name }` was not measured
judged-too-few = { $count } values do not support `{ $name }`
judged-no-group = there is no group `{ $name }`
judged-no-tier = there is no { $tier }
judged-no-probe = there is no probe `{ $name }`
judged-no-pipeline = there is no pipeline
judged-no-machine = the machine's load was not looked at
judged-no-logs = no log was looked at
judged-no-limit = nothing limits the slots of these workers
judged-unobserved = the workers were not observed
judged-nothing-given-up = no client gave up a response that was on its way
judged-by-zero = it divides by zero
judged-number = this is a number, not a condition
judged-condition = this is a condition, not a number

# Around mistakes; what is wrong itself is said in English.
mistake-error = error
mistake-warning = warning
mistake-hint = hint
mistake-in-variant = { $title } (in variant `{ $variant }`)
mistakes-in = { $count ->
    [one] { $count } mistake in `{ $what }`
   *[other] { $count } mistakes in `{ $what }`
}
mistakes = { $count ->
    [one] { $count } mistake
   *[other] { $count } mistakes
}
check-good = { $what }: good

# What is done to the stack, as charts and predictions say it.
act-target =
    { $target ->
        [worker] worker { $age }
        [every-worker] every worker
        [new-backend] new-backend
        [proxy] proxy
        [edge] edge
       *[backend] backend
    }
act-signal =
    { $signal } to { $target }{ $knobs ->
        [none] { "" }
       *[other] , with { $knobs }
    }
act-fault =
    fault { $fault } in { $target }{ $knobs ->
        [none] { "" }
       *[other] , with { $knobs }
    }
act-rotation =
    rotate { $log } by { $how }, { $is_told ->
        [yes] and tell
       *[no] untold
    }{ $knobs ->
        [none] { "" }
       *[other] , with { $knobs }
    }
act-change = the configuration says { $knobs }
