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
           *[other] { $best_variant ->
                [none] { $control_variants_count ->
                    [0] ; no variant of this run cures it
                   *[other] ; no variant cures it ({ $control_variants } { $control_variants_count ->
                        [one] leaves
                       *[other] leave
                    } the cause out)
                }
               *[other] ; { $best_variant } leaves { $left } of them, none cures it
            }
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
        [unseen] ended short and nobody was told
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
headline-kept-back =
    { $kept } of { $requests } { $group } { $requests ->
        [one] response
       *[other] responses
    } showed nothing for up to { $longest_us }, and then came all at once
headline-held = nobody was harmed, yet { $group } held a worker for up to { $longest_us } a request
headline-nothing = nobody was harmed: { $requests } requests, the slowest in { $slowest_us }
headline-untested = no request was made
headline-pipeline = stage { $position } of { $stages }, { $stage }, is the brake: the pipeline took { $lasted_us }, and all others waited for it
headline-pipeline-even = no stage of the { $stages } is the brake: the pipeline took { $lasted_us }

cause-starvation =
    { $cause_holder_group ->
        [none] connections that sent no request
       *[other] { $cause_holder_group }
    }{ $cause_beside_group ->
        [none] { "" }
       *[other] { " " }and { $cause_beside_group }
    } held { $cause_all ->
        [worker] the only worker
        [workers] every worker
       *[slots] every slot
    } for { $cause_lasted_us }
cause-blocked-on-a-log = { $cause_role ->
        [worker] worker { $cause_worker }
        [master] the master
       *[other] the { $cause_role }
    } waited { $cause_lasted_us } to write a line of its log
cause-serves-nobody = worker { $cause_worker } was there{ $cause_state ->
        [none] { " " }and
       *[other] , in state { $cause_state }, and
    } took nobody up for { $cause_lasted_us }
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
cause-slow-heartbeat = a heartbeat is a call that waits for a slow disk
cause-socket-refused = the mode of the socket keeps the proxy out
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
cause-silent-hole = the proxy's temp file ({ $cause_file_bytes }) was full, and the backend heard nothing for { $cause_longest_us }{ $cause_killed ->
        [0] { "" }
       *[other] , until gunicorn's timeout killed the worker
    }
cause-kept-back = { $cause_tier ->
        [edge] the edge
        [inner] the inner proxy
       *[only] the proxy
    } buffers what the backend sends in pieces
cause-stale-keepalive = they were sent over kept connections that the backend was just closing
cause-no-live-upstreams = { $cause_peers ->
        [one] the only peer was
       *[other] every peer was
    } left out for { $cause_left_out_us }{ $cause_blamed_groups_count ->
        [0] { "" }
       *[other] { " " }after { $cause_blamed_groups } { $cause_how ->
            [error] had failed
           *[timer] had met { $cause_how }
        } { $cause_peers ->
            [one] there
           *[other] on each
        }
    }
cause-backend-stopped = the backend was told to stop ({ $cause_signal }){ $cause_waiting ->
        [0] , and nobody started it again
       *[other] , which lost those that were waiting in its accept queue
    }
cause-boot-failure = { $cause_workers ->
        [one] the new worker
       *[other] { $cause_workers } new workers
    } ended while booting ({ $cause_exit_code ->
        [none] signal { $cause_signal }
       *[other] exit code { $cause_exit_code }
    }){ $cause_how ->
        [halt] , and the master gave up
       *[loop] { "" }
    }
cause-reload-cut = after a reload worker_shutdown_timeout ({ $cause_timeout_us }) cut whatever took longer
cause-bufferbloat = their packets stood { $cause_wait_mean_us } in the queue of the shared line, behind { $cause_ahead_bytes }{ $cause_own ->
        [yes] { "" }
       *[no] { " " }for { $cause_holder_group }
    }
cause-retry-amplification = { $cause_wanted ->
        [one] one answer was
       *[other] { $cause_wanted } answers were
    } asked for { $cause_asked } times
cause-slots-exhausted = the proxy's worker_connections ({ $cause_slots }) were all taken{ $cause_holder_group ->
        [none] { "" }
       *[other] , most by { $cause_holder_group }
    }
cause-files-exhausted = the proxy had no descriptor left{ $cause_files ->
        [none] { "" }
       *[other] { " " }(worker_rlimit_nofile { $cause_files })
    }{ $cause_holder_group ->
        [none] { "" }
       *[other] , most were taken by { $cause_holder_group }
    }
cause-disk-full = the disk of the proxy's temp files was full{ $cause_disk_bytes ->
        [none] { "" }
       *[other] { " " }({ $cause_disk_bytes })
    }
cause-upload-hold = workers waited for request bodies, up to { $cause_longest_us }{ $cause_killed ->
        [0] { "" }
       *[other] , and gunicorn's timeout killed { $cause_killed } for it
    }
cause-linger-hold = workers that had sent everything waited up to { $cause_longest_us } for the other end to close
cause-zombie-work = workers spent { $cause_held_us } on requests that nobody waited for any more
cause-load-without-cpu = { $cause_asleep ->
        [one] { $cause_asleep } process sleeps
       *[other] { $cause_asleep } processes sleep
    } in D, and the load average counts { $cause_active } tasks, of which { $cause_running } run
cause-deleted-but-open = { $cause_log } was rotated away and is still written to: { $cause_deleted_bytes } in a file that has no name
cause-hole-in-a-log = { $cause_log } is { $cause_size_bytes } large with { $cause_allocated_bytes } on the disk, and the rest is a hole
