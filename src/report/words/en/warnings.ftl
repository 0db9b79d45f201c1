# What to check before trusting the numbers.

warning-partial = the run was cut short: numbers cover only what was measured until then
warning-no-rows = no row was kept of a request or a worker (`--rows none`): findings and charts that need them are missing
warning-timers-late = timers on this machine were { $median } late at the median ({ $worst } at worst) before the run began: it was busy; differences below that mean nothing
warning-dropped = reports were lost ({ $texts }): counts are too low
warning-observer-late = the observer was late (90 % of its samples by up to { $late }): queue depths between samples may be missing
warning-relay-late = the relay between clients and stack was late (1 % of its packets by { $late } or more{ $dropped ->
        [0] {""}
       *[other] , and this machine dropped { $dropped } of them
    }): the clients were farther away than the plan says
warning-clients-late = clients started up to { $late } later than planned (99 % of them): the load was not what the plan says, and `latency_us` includes this delay
warning-temp-files = the proxy could not spill { $times ->
        [one] once
       *[other] { $times } times
    } ({ $text }), and ended the request: make room on that disk or name another with TMPDIR
warning-clients-kept = clients were kept from their requests: { $text }
warning-silent-group = { $group } made no request after the warm-up: nothing can be said of it
warning-doubt = no verdict on it: { $text }
doubt-clients-starved = the clients' own thread had or wanted a CPU for { $percent } % of the time: what was measured is how fast the clients are
doubt-clients-began-late = the clients began { $late } after the stack was up, because they had no CPU: the load was not the planned one
doubt-clients-late = { $count } of { $of } requests began late, by up to { $late }, because the clients had no CPU: the load was not the planned one
doubt-stack-late = { $count } of { $of } handlers waited for longer than the plan says, by up to { $late }, because their workers had no CPU: the backend was not the planned one
doubt-observer-late = the observer had no CPU: one sample in ten came { $late } late or later
doubt-relay-late = the relay between clients and stack had no CPU: one packet in a hundred came { $late } late or later, and the shortest round trip of the plan is { $rtt }

# Of events that warnings quote.
quoted-lost = { $place ->
    [pipe] { $count } reports of the backend: the report pipe was full
    [unreadable] { $count } report of the backend: it could not be read ({ $error })
   *[queue] { $count } reports found the queue full and were lost
}
quoted-problem = { $count ->
        [one] { "" }
       *[other] { $count } times in all:{ " " }
    }{ $step ->
        [connect] a client could not connect
       *[read] a response is not readable
    }: { $error }{ $remedy ->
        [ports] ; hint: all ports to this target are in use or in TIME-WAIT: fewer clients, a lower rate, or wait a minute
        [files] ; hint: raise the limit of open files (`ulimit -n`) or plan fewer clients
        [handles] ; hint: the whole machine is out of file handles (`fs.file-max`)
        [memory] ; hint: the kernel is out of socket memory: smaller buffers or fewer clients
        [queue] ; hint: the accept queue of the Unix socket is full
       *[none] { "" }
    }
quoted-time-lost = { $which ->
    [suspended] the machine was suspended for { $suspended }
    [stolen] { $stolen } of the machine's CPU time were taken for others
   *[both] the machine was suspended for { $suspended }; { $stolen } of the machine's CPU time were taken for others
}

# What is not played, or not as planned: for the manifest, the conditions of a run, and who waits for it.
departure-no-stack = variant `{ $variant }` is a pipeline, without nginx and gunicorn
    .hint = run it on the lab
departure-wall-clock = variant `{ $variant }` asks for `{ $tier }.read_timer = "wall-clock"`, and nginx has no such timer
    .hint = it stands for another kind of proxy; run this variant on the lab, or name the others with --variant
departure-files-stay = variant `{ $variant }` has `{ $key }`, and the files of the real programs stay where they are, since the facts of a run are read from them
    .hint = run this variant on the lab, or name the others with --variant
departure-sick-proxy = variant `{ $variant }` has a proxy that falls sick by itself, and nginx cannot be told to
    .hint = run this variant on the lab, or name the others with --variant
departure-fraction = variant `{ $variant }` has `backend.{ $key } = "{ $value }"`, and gunicorn takes whole seconds
    .hint = override it, as in `--set backend.{ $key }={ $rounded }`
departure-lacks = variant `{ $variant }` wants { $what ->
        [line] clients that are far away
        [disk] a disk of its own
       *[slow-disk] a disk that does not answer in time
    }, and there is none: { $why }
departure-no-user = variant `{ $variant }` wants a proxy with a user of its own, and there is none: { $why ->
        [locked] other users do not get through `{ $folder }` to the sockets below it (set TMPDIR)
       *[not-root] only root starts a process of another user; of this one's own socket the owner's digit counts
    }
departure-linger = gunicorn { $gunicorn } closes at once where the plan lingers { $linger } (26.0 and later can): workers are free earlier than planned; `--set backend.linger=0s` makes the plan fit
departure-nginx = nginx { $nginx }: from 1.29.7 on nginx speaks HTTP/1.1 to the backend, without `Connection: close`, and keeps 32 idle connections per worker to the servers of an upstream block; the defaults here are those of 1.22
note-linger = the plan lingers { $linger } on close; gunicorn has no setting for that (26.0 and later linger { $usual }, earlier ones not), so gunicorn.conf.py replaces the function that closes
note-proxies = the plan has { $count } proxies; { $file } is the same for each of them, but for the port in `listen`, and by hand one is started; over TCP each has a source address of its own in the plan, and all share one here
note-backends = the plan has { $count } backends; nginx.conf names all of them, and by hand one is started: start the others from copies of the folder, with `bind` as nginx.conf has it
note-acts = the plan has acts: signals and changed settings at instants of the run, which by hand are yours to send and to make
note-probes = the plan has probes, and perhaps an orchestrator that restarts gunicorn for them: by hand there is neither
note-link = `clients.{ $group }.link` is played by slowlab; nothing in these files puts a distance before the clients
