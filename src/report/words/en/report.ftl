# The sentence of a run: harm, reason, cure. `headline-KIND` and `cause-KIND` are put together by `headline`.

headline =
    { $is_plain ->
        [no] in { $variant }, { $harm }
       *[yes] { $harm }
    }{ $reason ->
        [none] { "" }
       *[other] ; { $reason }
    }{ $cure_variants_count ->
        [0] { $others ->
            [0] { "" }
           *[other] ; no variant of this run cures it
        }
       *[other] ; { $is_plain ->
            [no] not so in { $cure_variants }
           *[yes] { $cure_variants_count ->
                [one] { $cure_variants } cures it
               *[other] { $cure_variants } cure it
            }
        }
    }

headline-failed =
    { $most } of { $requests } { $group } { $requests ->
        [one] request
       *[other] requests
    } { $how ->
        [cut] were cut off
        [truncated] ended short
        [refused] were refused
        [reset] were reset
        [timeout] got no answer in time
       *[status] got { $how }
    }
headline-waited =
    { $slow } of { $requests } { $group } { $requests ->
        [one] request
       *[other] requests
    } took long, up to { $longest_us }
headline-killed =
    { $killed ->
        [one] { $killed } worker was
       *[other] { $killed } workers were
    } killed by gunicorn's timeout, and no client felt it
headline-nothing = nobody was harmed: { $requests } requests, the slowest in { $slowest_us }
headline-untested = no request was made

cause-starvation =
    { $cause_holder_group ->
        [none] connections that sent no request
       *[other] { $cause_holder_group }
    } held { $cause_all ->
        [worker] the only worker
        [workers] every worker
       *[slots] every slot
    } for { $cause_lasted_us }
cause-probe-kill = { $cause_probe } had the busy backend restarted{ $cause_kills ->
        [one] { "" }
       *[other] { " " }{ $cause_kills ->
            [2] twice
           *[other] { $cause_kills } times
        }
    }
cause-worker-timeout-in-send = gunicorn's timeout killed { $cause_killed ->
        [one] a worker that was only sending
       *[other] { $cause_killed } workers that were only sending
    }
cause-worker-timeout = gunicorn's timeout killed { $cause_killed ->
        [one] a worker
       *[other] { $cause_killed } workers
    }
cause-worker-killed-from-outside = { $cause_killed ->
        [one] a worker was
       *[other] { $cause_killed } workers were
    } killed from outside
cause-full-unix-queue = the accept queue of the Unix socket was full
cause-syn-retries = the kernel dropped SYNs, because the accept queue was full
cause-edge-gives-up = the edge's proxy_read_timeout ({ $cause_timeout_us }) was up first
cause-wall-clock-misfire = proxy_read_timeout ran while the proxy itself refused to read
cause-send-timeout = send_timeout ({ $cause_timeout_us }) cut them
cause-hoarding = they waited inside a worker that had no thread for them, while another was idle
cause-loop-stalled = one handler{ $cause_holder_group ->
        [none] { "" }
       *[other] { " " }of { $cause_holder_group }
    } kept a worker from everything else for { $cause_lasted_us }
