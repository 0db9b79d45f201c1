# Before a run: what arithmetic and simulation predict (src/report/predicted), and what `slowlab show` and `slowlab check` say around it.

show-reproduces = reproduces { $incident }
show-variants = Variants
show-expectations = Expectations
show-stack =
    { $edges ->
        [0] { "" }
        [one] an edge before{ " " }
       *[other] { $edges } edges before{ " " }
    }{ $proxies ->
        [one] a proxy
       *[other] { $proxies } proxies
    } before { $workers ->
        [one] { $workers } worker
       *[other] { $workers } workers
    }{ $fronts ->
        [one] { "" }
       *[other] ; client i of a group goes to proxy i mod { $fronts }
    }
show-what-will-happen = What will happen? `slowlab show { $name } --predict` has what is claimed and what arithmetic and simulation say; `slowlab run { $name }` shows it.

check-filled-in = Filled in (default)
check-newer-nginx = A newer nginx
check-newer-nginx-does = from 1.29.7 on nginx speaks HTTP/1.1 to the backend, without `Connection: close`, and keeps 32 idle connections per worker to the servers of an upstream block; the defaults here are those of 1.22: `--set proxy.proxy_http_version=1.1 --set proxy.upstream.keepalive=32` plays it.

predicted-title = Prediction
predicted-limits = By arithmetic on mean loads and on the kernel's buffers as measured on Linux 6.18, without a run: holds are good to some 20 %, counts of failures to a factor of two. CPU time, chance and groups that hurt each other in turn are left out.
predicted-twin = as { $variant }
predicted-simulated = Predicted by simulation
predicted-simulated-limits = The same machines in virtual time over a model of the kernel: against real sockets, holds and counts of failures agree within some 5 %, short latencies lack the machine's own noise.
predicted-sockets-only = left out: `{ $key }` is played on real sockets only
predicted-too-long = left out: it takes more than 10 million events; `slowlab run --engine sim` has the patience
predicted-outcome =
    { $count } { $is_part ->
        [yes] of them{ " " }
       *[no] { "" }
    }{ $outcome }
predicted-held = hold { $hold }

predicted-until-the-end = until the run ends
predicted-no-time = less than 1 ms
predicted-some-time = { $span }

predicted-act = at { $at }: { $act }
predicted-probe =
    { $probe }: { $kind ->
        [http] GET { $path } to the
       *[tcp] connects to the
    } { $tier } every { $every }, within { $timeout }
predicted-restarts =
    { $failures ->
        [one] { $failures } failure restarts
       *[other] { $failures } failures in a row restart
    } the backend: TERM, KILL after { $grace }
predicted-never-boots =
    { $fault ->
        [import] no worker boots (exit code 3): the master halts within a second or two, with exit code 3, or 1 where a second worker fails while it halts
        [missing] no worker loads the application (exit code 4): the master halts within a second or two, with exit code 4, or 1 where a second one fails too
       *[crash] every worker dies as it boots (exit code 7): the master forks the next at once, some twenty a second for each; connections wait in the queue
    }
predicted-no-brake = no stage is held back: it goes as fast as the tools do
predicted-brake = { $stages }: { $rate } at most
predicted-brake-waits =
    { $stages ->
        [one] those before it wait in write, those behind it in read
       *[other] they share the work: no one of them is the brake
    }

predicted-asks =
    { $group }: { $what ->
        [head] sends the head of its request at { $rate }
        [body] sends the body of its request at { $rate }
       *[nothing] connects and says nothing
    }
predicted-reads =
    { $group }: response { $response }{ $is_mean ->
        [yes] { " " }on average
       *[no] { "" }
    }, { $how ->
        [slowly] reads { $rate }/s
        [keeps-open] reads it all and does not close
        [stalls] stalls for { $pause } after { $after }
       *[stops] stalls for good after { $after }
    }
predicted-line = over a line of { $rate }, { $rtt } there and back
predicted-absorbed = absorbed:
predicted-hop =
    { $bytes } in { $hop ->
        [client-socket] the client's socket
        [buffers] the proxy's buffers
        [both-buffers] both proxies' buffers
        [temp-file] its temp file, at most
        [both-temp-files] their temp files, at most
        [between] the socket between the proxies
        [tcp-socket] the TCP socket of the worker
       *[unix-socket] the Unix socket of the worker
    }
predicted-holds =
    { $by ->
        [all-fits] all of it fits:{ " " }
        [excess] { $over } do not fit{ $rate ->
            [none] { "" }
           *[other] , at { $rate }/s
        }:{ " " }
       *[waiting] { "" }
    }a { $place ->
        [worker] worker
       *[slot] slot
    } { $is_cut ->
        [yes] would be
       *[no] is
    } held { $hold }{ $by ->
        [all-fits] { " " }({ $closes ->
            [yes] handler, close
           *[no] handler
        })
        [excess] { "" }
       *[waiting] , waiting for a request
    }
predicted-cut =
    { $cut ->
        [worker-timeout] longer than `timeout` { $limit }: the worker is killed as it { $in_silence ->
            [yes] reads
           *[no] sends
        }, within a second
        [send-timeout] the proxy's `send_timeout` { $limit } cuts it first
        [wall-clock] the wall-clock `proxy_read_timeout` { $limit } cuts it, blaming the backend
       *[client-timeout] the client's own `timeout` ends it first
    }
predicted-main-thread = then its main thread waits { $wait } for the close, and accepts nobody
predicted-at-once =
    held at once: up to { $held }{ $slots ->
        [none] , and nothing limits it
        [one] { " " }of { $slots } { $place ->
            [worker] worker
           *[slot] slot
        }
       *[other] { " " }of { $slots } { $place ->
            [worker] workers
           *[slot] slots
        }
    }

predicted-others =
    others: { $rate }/s x { $service } = { $busy } { $slots ->
        [none] at once
        [one] of { $slots } { $place ->
            [worker] worker
           *[slot] slot
        } busy
       *[other] of { $slots } { $place ->
            [worker] workers
           *[slot] slots
        } busy
    } (Little's law)
predicted-left = left for them: { $rate }/s, so { $used } used
predicted-starved =
    every { $place ->
        [worker] worker
       *[slot] slot
    } is held from { $from } for { $hold }: the others wait
predicted-no-timer = in the accept queue; without a proxy nothing answers 504
predicted-timer =
    { $from ->
        [none] less than `{ $key }` { $limit }: late, but no 504
       *[other] 504 from { $from } on (`{ $key }` { $limit }), about { $count } per such hold
    }
predicted-overflow = the accept queue holds { $room } (backlog + 1): about { $count } find it full
predicted-turned-away =
    { $socket ->
        [unix] refused at once{ $limit ->
            [none] { "" }
           *[other] : 502
        }
       *[tcp] SYN dropped, tried again after 1 s: { $limit ->
            [none] late by seconds
           *[other] 504 at `proxy_connect_timeout` { $limit }
        }
    }
