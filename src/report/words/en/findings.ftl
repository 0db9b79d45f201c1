# One message per kind of finding. What arguments a kind has is in src/report/findings.

finding-starvation =
    from { $at_s } to { $to_s } { $all ->
        [worker] the only worker was
        [workers] all { $workers } workers were
       *[slots] all { $slots } slots of { $workers ->
            [one] { $workers } worker
           *[other] { $workers } workers
        } were
    } held by { $holder_group ->
        [none] connections that sent no request
       *[other] { $holder_group } ({ $doing_ratio } of it { $doing ->
            [send] in send
            [linger] waiting for the client to close
            [reading] waiting for the request
           *[handler] in the handler
        })
    }{ $stretches ->
        [one] { "" }
       *[other] { " " }(the longest of { $stretches } such stretches)
    }; { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } waited { $place ->
        [queue] in the accept queue{ finding-starvation.peak }
        [worker] inside a worker that had accepted them
       *[both] for a slot, { $hoarded } of them inside a worker that had accepted them, the others in the accept queue{ finding-starvation.peak }
    }, up to { $longest_wait_us }
    .peak = { $accept_queue_peak ->
        [none] { "" }
       *[other] , which peaked at { $accept_queue_peak }
    }

finding-read-timeout-misfire =
    { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } got { $status ->
        [none] no answer
       *[other] { $status }
    } after { $timeout_us } of { $tier ->
        [edge] the edge's{ " " }
        [inner] the inner proxy's{ " " }
       *[only] { "" }
    }proxy_read_timeout although { $place ->
        [worker] no thread had taken them up
       *[queue] no worker had seen them
    }{ $handler_us ->
        [none] { "" }
       *[other] ; their handler takes { $handler_us }
    }; request { $example } waited { $waited_us } { $place ->
        [worker] inside a worker that had accepted it
       *[queue] in the accept queue
    }{ $sending_workers_count ->
        [0] { "" }
        [one] , behind worker { $sending_workers } in send to { $sending_groups }
       *[other] , behind workers { $sending_workers } in send to { $sending_groups }
    }{ $spared ->
        [nobody] { "" }
        [senders] ; those in send never met that timer
       *[groups] ; { $sending_groups }, who held the workers, never met that timer
    }

finding-zombie-work =
    workers ran { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } that nobody waited for any more: { $held_us } of worker time for nothing

finding-full-unix-queue =
    the accept queue of the Unix socket was full{ $backlog ->
        [none] { "" }
       *[other] { " " }({ $backlog } places and one more)
    }: connect was refused { $refusals ->
        [one] once
       *[other] { $refusals } times
    } and { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } got 502 at once{ $slowest_us ->
        [none] { "" }
       *[other] , within { $slowest_us }
    }

finding-syn-retries =
    the kernel dropped SYNs to the backend without a word, because its accept queue was full: { $told ->
        [retries] { finding-syn-retries.retries }
        [given-up] { finding-syn-retries.given-up }
       *[both] { finding-syn-retries.retries }; { finding-syn-retries.given-up }
    }
    .retries = { $connections ->
        [one] { $connections } connection
       *[other] { $connections } connections
    } only got through on a retry, after up to { $longest_us }
    .given-up = { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } got 504 after { $timeout_us } of proxy_connect_timeout

finding-worker-timeout-in-send =
    worker { $worker } was killed at { $at_s } by gunicorn's timeout ({ $timeout_us }) while it was only sending to { $client_group ->
        [none] a client
       *[other] client { $client } of { $client_group }; that client got { $received_bytes }{ $expected_bytes ->
            [none] { "" }
           *[other] { " " }of { $expected_bytes }
        }
    }{ $logged_status ->
        [none] { "" }
       *[other] , and the proxy logged { $logged_status }
    }{ $killed ->
        [one] { "" }
       *[other] { " " }({ $killed } workers went this way)
    }

finding-worker-timeout =
    worker { $worker } was killed at { $at_s } by gunicorn's timeout ({ $timeout_us }) { $doing ->
        [booting] before it was ready
        [reading] while it was waiting for a request to arrive
        [body] while it was waiting for the rest of a request
        [handler] while its handler ran
        [one-handler] while one handler kept it from everything else
        [linger] while it was waiting for the client to close
        [main-thread-linger] while its main thread was waiting for a client to close
        [no-beat] without a beat of its heart
       *[nothing] while it held no request
    }{ $in_hand ->
        [0] { "" }
        [one] , with { $in_hand } request in hand
       *[other] , with { $in_hand } requests in hand
    }{ $killed ->
        [one] { "" }
       *[other] { " " }({ $killed } workers were killed outside send)
    }

finding-worker-killed-from-outside =
    worker { $worker } was killed from outside at { $at_s } ({ $status }){ $replaced ->
        [yes] ; the master started another in its place
       *[no] { "" }
    }{ $killed ->
        [one] { "" }
       *[other] { " " }({ $killed } workers ended this way)
    }

finding-probe-kill =
    the backend was told to end at { $at_s } because { $probe } failed { $failures } times in a row{ $last_outcome ->
        [none] { "" }
       *[other] { " " }({ $last_outcome })
    }{ $of ->
        [nothing] { "" }
        [worker] , while its only worker was busy
        [workers] , while { $busy } of its { $workers } workers were busy
        [slots] , while { $busy } of its { $slots } slots were busy
       *[connections] , while it had { $busy ->
            [one] { $busy } connection
           *[other] { $busy } connections
        } in hand
    }{ $gone ->
        [gone] ; it was gone { $took_us } later
        [killed] ; it was killed { $took_us } later, with all that it held
       *[not-seen] ; the run was over first
    }{ $kills ->
        [one] { "" }
       *[other] { " " }({ $kills } restarts in all)
    }

finding-edge-gives-up =
    the edge gave up { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups }{ $asked ->
        [again] , asked for { $attempts } times in all,
       *[once] { "" }
    } after { $timeout_us } of its proxy_read_timeout and says 504; the proxy behind it logs { $logged_status }, as if a client had left{ $place ->
        [workers] ; workers had all of them in hand
        [queue] ; no worker had seen any of them
       *[both] ; no worker had seen { $waiting } of them
    }

finding-wall-clock-misfire =
    { $tier ->
        [edge] the edge's{ " " }
        [inner] the inner proxy's{ " " }
       *[only] { "" }
    }proxy_read_timeout ({ $timeout_us }) { $timer ->
        [nginx] expired
       *[wall-clock] counted while the proxy itself refused to read
    } and cut { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } whose backend was ready and in send: the upstream is blamed for a slow client; request { $example } got { $received_bytes }{ $expected_bytes ->
        [none] { "" }
       *[other] { " " }of { $expected_bytes }
    }

finding-send-timeout =
    { $tier ->
        [edge] the edge's{ " " }
        [inner] the inner proxy's{ " " }
       *[only] { "" }
    }send_timeout ({ $timeout_us }) cut { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups }{ $reading ->
        [0] { "" }
       *[other] ; { $reading } of them had been reading to the end, only too slowly to make the socket writable in time
    }

finding-hidden-truncation =
    { $requests ->
        [one] { $requests } response
       *[other] { $requests } responses
    } of { $groups } ended short ({ $received_bytes } of { $expected_bytes }), yet { $log ->
        [edge] the edge's log says 200 for each
        [proxy] the proxy's log says 200 for each
       *[none] each had the status 200
    }

finding-spill =
    { $requests ->
        [one] { $requests } response
       *[other] { $requests } responses
    } of { $groups } went through temp files, { $spilled_bytes } in all{ $backend_us ->
        [none] { "" }
       *[other] : the backend was let go after { $backend_us } (median), the clients took { $client_us }
    }

finding-coordinated-omission =
    { $group } felt { $latency_us } at { $point ->
        [max] the maximum
       *[other] { $point }
    }, counted from when each request was meant to start; counted from when it was sent it looks like { $latency_from_send_us }

finding-hoarding =
    worker { $worker } accepted more connections than { $threads ->
        [one] its only thread
       *[other] its { $threads } threads
    } could serve: { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } waited inside a worker, up to { $longest_us }, while a thread of another was free

finding-loop-stalled =
    one handler{ $holder_group ->
        [none] { "" }
       *[other] { " " }of { $holder_group }
    } kept worker { $worker } from everything else for { $lasted_us }{ $stalls ->
        [one] { "" }
       *[other] { " " }(the longest of { $stalls } such stretches)
    }: { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } waited meanwhile
