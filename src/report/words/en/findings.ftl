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
    }{ $beside_group ->
        [none] { "" }
       *[other] { " " }and by { $beside_group }
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

finding-slow-heartbeat =
    in { $percent } % of their samples workers were asleep in utimensat, by which they tell the master that they live: the disk of those files (worker_tmp_dir) is slow, and nobody is served meanwhile
finding-socket-refused =
    the proxy may not connect to the backend's socket (13: Permission denied){ $of ->
        [folder] : its folder has mode { $mode }, and the proxy may not search it
        [socket] : it has mode { $mode }, and the proxy may not write to it
       *[other] { "" }
    }; { $refusals ->
        [one] one connect was refused
       *[other] { $refusals } connects were refused
    }
finding-full-unix-queue =
    the accept queue of the Unix socket was full{ $backlog ->
        [none] { "" }
        [one] { " " }(one place and one more)
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
    worker { $worker } was killed from outside at { $at_s } ({ $exit_code ->
        [none] signal { $signal }
       *[other] exit code { $exit_code }
    }){ $replaced ->
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

finding-disk-full =
    the disk of the proxy's temp files was full{ $disk_bytes ->
        [none] { "" }
       *[other] { " " }({ $disk_bytes })
    }: { $refused ->
        [0] { $requests ->
            [0] whoever it ended had left already
            [one] { $requests } response of { $groups } was ended in the middle, whose status had been sent long before
           *[other] { $requests } responses of { $groups } were ended in the middle, whose status had been sent long before
        }
       *[other] { $requests ->
            [one] { $requests } request
           *[other] { $requests } requests
        } of { $groups } failed, { $refused } of them with 500, because there was no room for the body that came
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

finding-unseen-cut =
    { $requests ->
        [one] { $requests } response
       *[other] { $requests } responses
    } of { $groups } ended short ({ $received_bytes } of { $expected_bytes }) and nobody can tell: the body had no length, so its end is wherever the connection ended; status and log say 200

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

finding-bufferbloat =
    { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } took up to { $longest_us }, and not by the site: { $way ->
        [up] what they send
       *[down] every packet for them
    } stood in the queue of the shared line for { $wait_mean_us } on average ({ $wait_max_us } at most). { $ahead_bytes } stood before it, { $own ->
        [yes] most of it their own
       *[no] { $holder_ratio } of it for { $holder_group }
    }; the queue has room for { $limit_bytes }

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

finding-silent-hole =
    { $requests ->
        [one] { $requests } response
       *[other] { $requests } responses
    } of { $groups } filled the proxy's temp file ({ $file_bytes }): until the client had read it the backend heard nothing, for up to { $longest_us }{ $killed ->
        [0] { "" }
        [one] , and gunicorn's timeout killed the worker that waited
       *[other] , and gunicorn's timeout killed { $killed } workers that waited
    }

finding-kept-back =
    { $tier ->
        [edge] the edge
        [inner] the inner proxy
       *[only] the proxy
    } kept { $requests ->
        [one] { $requests } response
       *[other] { $requests } responses
    } of { $groups } back for up to { $longest_us } after the backend had begun, although the client was reading: it buffers what comes in pieces

finding-stale-keepalive =
    { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } got 502: sent over a kept connection that the backend was just closing{ $repeated ->
        [0] { "" }
        [one] ; another one that met such a connection was repeated over a new one, as a GET may be and a POST may not
       *[other] ; { $repeated } others that met such a connection were repeated over a new one, as a GET may be and a POST may not
    }

finding-no-live-upstreams =
    { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } got 502 at once ("no live upstreams"): { $peers ->
        [one] the only peer was
       *[other] all { $peers } peers were
    } left out for { $left_out_us }{ $blamed_groups_count ->
        [0] { "" }
       *[other] , each for a request of { $blamed_groups } that { $how ->
            [error] had failed there
           *[timer] had met { $how } there
        }
    }

finding-backend-stopped =
    the backend was told to stop ({ $signal }) and nobody started it again: { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } found nobody{ $waiting ->
        [0] { "" }
       *[other] , { $waiting } of them connected and waiting in the accept queue until the listener was closed
    }

finding-boot-failure =
    { $workers ->
        [one] a new worker
       *[other] { $workers } new workers
    } ended while booting ({ $exit_code ->
        [none] signal { $signal }
       *[other] exit code { $exit_code }
    }){ $how ->
        [halt] , and the master gave up: its application cannot be loaded
       *[loop] { $lasted_us ->
            [none] { "" }
           *[other] { " " }within { $lasted_us }
        }, and the master forks on without a pause
    }{ $requests ->
        [0] { "" }
        [one] ; { $requests } request of { $groups } found no worker
       *[other] ; { $requests } requests of { $groups } found no worker
    }

finding-reload-cut =
    worker_shutdown_timeout ({ $timeout_us }) cut { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $groups } after a reload of the proxy{ $reloads ->
        [0] { "" }
        [one] { "" }
       *[other] { " " }(one of { $reloads })
    }, at an age of { $youngest_us } to { $oldest_us }; no log blames anybody

finding-retry-amplification =
    { $groups } wanted { $wanted ->
        [one] one answer
       *[other] { $wanted } answers
    }{ $by ->
        [proxies] , and the proxies asked the backend { $asked } times
        [both] , made { $made } requests for them, and the proxies asked the backend { $asked } times
       *[clients] { " " }and made { $made } requests for them
    }{ $for_nobody ->
        [0] { "" }
       *[other] , { $for_nobody } of which were worked off when nobody waited any more
    }

finding-slots-exhausted =
    { $tier ->
        [edge] the edge's{ " " }
        [inner] the inner proxy's{ " " }
       *[only] { "" }
    }worker_connections ({ $slots }) were all taken{ $holder_group ->
        [none] { "" }
       *[other] , by { $held ->
            [one] { $held } connection
           *[other] { $held } connections
        } of { $holder_group } more than by anybody
    }: { $requests ->
        [0] { $refusals ->
            [one] a connection was dropped
           *[other] { $refusals } connections were dropped
        } as soon as accepted
        [one] { $requests } request of { $groups } was turned away
       *[other] { $requests } requests of { $groups } were turned away
    }, whatever the backend had to do

finding-files-exhausted =
    the proxy had no descriptor left { $lacks ->
        [one] once
       *[other] { $lacks } times
    }{ $files ->
        [none] { "" }
       *[other] { " " }(worker_rlimit_nofile { $files })
    }{ $holder_group ->
        [none] { "" }
       *[other] , with { $held ->
            [one] { $held } connection
           *[other] { $held } connections
        } of { $holder_group } open, each with its temp file
    }: whoever came then was cut, refused or kept waiting

finding-upload-hold =
    workers waited for the { $requests ->
        [one] body of { $requests } request
       *[other] bodies of { $requests } requests
    } of { $groups }, up to { $longest_us }{ $streams ->
        [proxy] , since the proxy hands a body on as it comes (proxy_request_buffering off)
        [none] , since no proxy takes a body in first
       *[buffered] { "" }
    }{ $killed ->
        [0] { "" }
        [one] ; gunicorn's timeout killed one of them for it
       *[other] ; gunicorn's timeout killed { $killed } of them for it
    }

finding-linger-hold =
    { $whose ->
        [main-thread] the main thread of a worker
       *[worker] workers
    } had sent everything to { $requests ->
        [one] { $requests } client
       *[other] { $requests } clients
    } of { $groups } and waited for the other end to close, up to { $longest_us } each and { $all_us } in all (gunicorn's lingering close, since 26.0)

finding-hidden-by-the-kernel =
    the kernel's sockets took in { $requests ->
        [one] { $requests } response
       *[other] { $requests } responses
    } of { $groups } whole (up to { $largest_bytes }): workers were free after { $hold_us }, clients took up to { $client_us }; a response that does not fit holds its worker for as long

finding-generator-saturated =
    the load generator was late itself: { $requests } of { $of } requests began up to { $longest_us } after they were meant to, so the stack was asked for less than the plan says

finding-serves-nobody =
    worker { $worker } took nobody up from { $at_s } on, for { $lasted_us }, with up to { $accept_queue_peak } { $accept_queue_peak ->
        [one] connection
       *[other] connections
    } in its accept queue{ $connected ->
        [0] { "" }
       *[other] ; { $connected } TCP checks passed meanwhile, since the kernel connects whom nobody has accepted
    }{ $unanswered ->
        [0] { "" }
        [one] , { $unanswered } HTTP check was not answered
       *[other] , { $unanswered } HTTP checks were not answered
    }{ $active ->
        [yes] ; a supervisor calls it active (kill(pid, 0))
        [no] ; a supervisor calls it gone
       *[not-seen] { "" }
    }{ $state ->
        [none] { "" }
       *[other] , the kernel { $state ->
            [R] says R: it burns { $cpu_ratio } of a core
            [S] says S, as of any that waits{ $syscall ->
                [none] { "" }
               *[other] { " " }(in { $syscall })
            }
            [D] says D{ $syscall ->
                [none] { "" }
               *[other] { " " }(in { $syscall })
            }
            [T] says T: it is stopped
            [Z] says Z: it is dead, and nobody has waited for it
           *[other] says { $state }
        }{ $threads ->
            [none] { "" }
           *[other] , all threads: { $threads }
        }{ $descriptors ->
            [none-left] ; all its { $fds } descriptors are in use
           *[left] { "" }
        }
    }{ $deaf_workers ->
        [one] { "" }
       *[other] { " " }({ $deaf_workers } workers like this)
    }

finding-blocked-on-a-log =
    { $role ->
        [worker] worker { $worker }
        [master] the master
       *[other] the { $role }
    } stood in write for { $lasted_us }, from { $at_s } on: its { $log } is a pipe, and nobody takes out what is in it{ $role ->
        [master] ; a master that stands kills nobody and forks nobody
        [worker] ; the request that it has to log is answered, the next one is not taken up
       *[other] ; its event loop is everybody's
    }{ $workers ->
        [0] { "" }
        [one] { "" }
       *[other] { " " }({ $workers } such waits of workers in all)
    }

finding-load-without-cpu =
    the load average counts { $active } tasks from { $at_s } on, of which { $running } run: { $asleep ->
        [one] { $asleep } process sleeps
       *[other] { $asleep } processes sleep
    } in D, which counts like running and takes no CPU; the cores are { $busy_ratio } busy{ $iowait_ratio ->
        [none] { "" }
       *[other] , { $iowait_ratio } of their time waits for a disk
    }{ $psi_io_ratio ->
        [none] { "" }
       *[other] , pressure of io { $psi_io_ratio }
    }{ $load ->
        [none] { "" }
       *[other] ; the load has come to { $load } and goes on towards it
    }

finding-deleted-but-open =
    { $log } was rotated away at { $at_s } and its writer not told: it writes into { $written_to }, which takes { $deleted_bytes } that df counts and nobody can name; the files with names take { $named_bytes }

finding-hole-in-a-log =
    { $log } was cut to nothing under a writer that does not append: from { $at_s } on it goes on where it was, and the file is { $size_bytes } large with { $allocated_bytes } on the disk; the rest is a hole, which the next copy writes out

finding-brake =
    { $stage } is the brake: it was found at work of its own in { $at_work_ratio } of the looks, no other stage in more than { $next_ratio }; those before it wait in write, those behind it in read
finding-no-brake =
    no stage is the brake: { $stage } was found at work most, in { $at_work_ratio } of the looks, and another one in { $next_ratio }
finding-stage-spilled =
    { $stage } kept { $temp_bytes } in temp files, with { $memory_bytes } of memory: a pipeline has files in between where a stage must have read all before it can say anything
