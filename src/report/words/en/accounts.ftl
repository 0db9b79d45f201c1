# One message per kind of account: what time and bytes come to, and what theory says of it. What arguments a kind has is in src/report/accounts.

accounts-title = where time and bytes went, and what theory says

account-time =
    { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    } of { $group } took { $latency_us } on average{ $starting_percent ->
        [0] { "" }
       *[other] ; { $starting_us } ({ $starting_percent } %) its client was late
    }{ $connecting_percent ->
        [0] { "" }
       *[other] ; { $connecting_us } ({ $connecting_percent } %) connecting
    }{ $accept_queue_percent ->
        [0] { "" }
       *[other] ; { $accept_queue_us } ({ $accept_queue_percent } %) in an accept queue
    }{ $reading_percent ->
        [0] { "" }
       *[other] ; { $reading_us } ({ $reading_percent } %) until the request was read
    }{ $handler_percent ->
        [0] { "" }
       *[other] ; { $handler_us } ({ $handler_percent } %) in the handler
    }{ $sending_percent ->
        [0] { "" }
       *[other] ; { $sending_us } ({ $sending_percent } %) with a worker that could not send on
    }{ $held_in_proxy_percent ->
        [0] { "" }
       *[other] ; { $held_in_proxy_us } ({ $held_in_proxy_percent } %) in the proxy
    }{ $draining_percent ->
        [0] { "" }
       *[other] ; { $draining_us } ({ $draining_percent } %) in the kernel, until the client had read it
    }

account-failure =
    { $requests } × { $how } of { $group }, ended by { $ended_by }; the log blames { $log_blames ->
        [client] the client
        [proxy] the proxy
        [backend] the backend
       *[nobody] nobody
    }; slow was { $slow ->
        [client] the client itself
        [application] the application
        [generator] the generator of the load
        [holders] { $slow_group ->
            [none] whoever sent no request
           *[other] { $slow_group }
        }
       *[nobody] nobody that is known of
    }: { $stage_us } on average { $stage ->
        [starting] late to start
        [connecting] connecting
        [accept_queue] in the accept queue
        [reading] until the request was read
        [handler] in the handler
        [sending] with a worker that could not send on
        [held_in_proxy] in the proxy
       *[draining] until the client had read what the kernel had
    }{ $held_ratio ->
        [none] { "" }
       *[other] , while { $held_ratio } of the slots' time was theirs, mostly { $doing ->
            [reading] waiting for requests
            [send] in send
            [linger] waiting for clients to close
           *[handler] in handlers
        }
    }; request { $example }{ $held_by_count ->
        [0] { "" }
        [one] { " " }waited behind request { $held_by }
       *[other] { " " }waited behind requests { $held_by }
    }{ $reading_per_s_bytes ->
        [none] { "" }
       *[other] , whose clients read { $reading_per_s_bytes }/s
    }

account-limits =
    { $connections ->
        [one] { $connections } connection
       *[other] { $connections } connections
    }{ $group ->
        [none] { "" }
       *[other] { " " }of { $group }
    } at { $hop }, by the kernel's clocks{ $by_reader ->
        [0] { "" }
       *[other] ; { $by_reader } limited by a reader that does not read
    }{ $by_window ->
        [0] { "" }
       *[other] ; { $by_window } by the window
    }{ $by_send_buffer ->
        [0] { "" }
       *[other] ; { $by_send_buffer } by the send buffer
    }{ $by_app ->
        [0] { "" }
       *[other] ; { $by_app } by the application, which had nothing to send
    }{ $by_path ->
        [0] { "" }
       *[other] ; { $by_path } by the path
    }

account-buffers =
    socket buffers of { $group }: to send { $asked_sndbuf_bytes ->
        [none] nothing was asked for
       *[other] { $asked_sndbuf_bytes } were asked for, { $granted_sndbuf_bytes } granted
    }, { $sndbuf_bytes } seen; to receive { $asked_rcvbuf_bytes ->
        [none] nothing was asked for
       *[other] { $asked_rcvbuf_bytes } were asked for, { $granted_rcvbuf_bytes } granted
    }, { $rcvbuf_bytes } seen; { $predicted_bytes } fit between the two by the model, at most { $most_bytes } lay there at a look

account-capacity =
    capacity: { $slots ->
        [one] one slot
       *[other] { $slots } slots
    }, held { $hold_us } each time, { $slots ->
        [one] serves
       *[other] serve
    } { $capacity_rate } requests a second; { $offered_rate } came, { $load_ratio } of that, and slots were held { $busy_ratio } of the time

account-littles-law =
    Little's law: { $rate } requests a second that stay { $stay_us } are { $expected } at the backend; the samples say { $sampled }, a difference of { $gap_percent } %

account-waiting =
    waiting: { $slots ->
        [one] one slot
       *[other] { $slots } slots
    } at { $load_ratio } load keep a request waiting with a probability of { $queue_ratio } (Erlang C), { $expected_us } on average (M/G/c, spread of arrivals { $arrival_spread } and of holds { $hold_spread }); measured { $waited_us }

account-drain =
    drain: { $rate_bytes ->
        [none] what { $group } sends and asks for
       *[other] { $response_bytes } for { $group } at { $rate_bytes }/s take { $expected_us }, { $drained_us ->
            [none] and none came whole
           *[other] measured { $drained_us }
        }
    }; a worker should be held { $hold_us ->
        [none] until the run ends
       *[other] { $hold_us }
    }, and was { $held_us }

account-observer =
    { $core_percent ->
        [none] { "" }
       *[other] looking on took { $core_percent } % of a core;{ " " }
    }bytes were counted { $looks } times, at most { $widest_us } apart
