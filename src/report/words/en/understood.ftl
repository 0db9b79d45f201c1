# What `slowlab site` and `slowlab import` say of how a configuration was read.

understood-default = default
understood-assumed = assumed: { $why }
understood-unknown = unknown: { $why }

# CPUs and variables.

understood-cpus = it is computed from the number of CPUs
understood-cpus-hint = --cpus N, the server's number of CPUs
understood-of = { $name } of { $at }
understood-decides = the variable { $name } decides it, and nothing says what it is
understood-decides-missing = the variable { $name } decides it, and `{ $file }` is not there to be read
understood-unset = { $name } is not set
understood-unset-missing = { $name } is not set, unless in `{ $file }`, which is not there
understood-services-differ = services of `{ $at }` set { $name } differently

# gunicorn.

understood-command-hint = --gunicorn 'gunicorn …', the command by which it runs
understood-no-start = nothing says how gunicorn is started
understood-no-start-hint = --gunicorn FILE, or the command in quotes
understood-starts-none = nothing that was named starts gunicorn
understood-starts-others = nothing that was named starts gunicorn; started is { $started }
understood-same-workers = { $at } starts it with the same workers
understood-another = { $at } starts another one ({ $differ } differ); { $best } counts
understood-disagree = { $best } and { $other } say different things
understood-systemd-socket = systemd passes it a socket
understood-systemd-fills = { $what } is systemd's to fill in
understood-config-missing = `{ $name }`, which { $at } names, is not there
understood-config-missing-hint = --gunicorn { $name }, or --root DIR
understood-unseen = a gunicorn.conf.py in { $dir } would be read without being named, and that folder is not here (--gunicorn FILE, or --root DIR)
understood-unread = variables of `{ $file }`, which is not here, are taken not to be set, WEB_CONCURRENCY and GUNICORN_CMD_ARGS among them (--gunicorn FILE, or --env NAME=VALUE)
understood-open = { $at } may set anything
understood-no-number = its value is no whole number
understood-no-value = its value is not understood
understood-no-address = no address
understood-zero = 0 { $name } serve nobody: gunicorn refuses to start
understood-range = { $name } can be { $least } to { $most } here
understood-no-class = `{ $name }` is no class that is modelled: which of them does it extend?
understood-stands-in = { $why }; gunicorn's default stands in
understood-reuse-port = each worker would have an accept queue of its own
understood-preload = it changes how fast a killed worker is replaced
understood-head-limits = heads have gunicorn's default limits here
understood-reload = it is meant for development
understood-ignores-threads = { $class } serves on one thread; only sync (which it makes gthread) and gthread read it
understood-ignores-keepalive = { $class } closes after each response
understood-ignores-connections = { $class } has no such limit, whatever it is set to
understood-ignores-backlog = { $class } listens again through asyncio, with a backlog of 100
understood-ignores = { $class } does nothing with it

# Python and shell.

understood-python-not-run = { $what } is not run
understood-python-unfit = { $what } of what it does not fit
understood-python-long = a text or a list too long for a setting
understood-python-computed-name = a variable whose name is computed
understood-python-no-item = an item that is not there, or not known here
understood-python-call = a call of what is not run
understood-python-not-plain = not a plain value
understood-python-format = a text with a format
understood-python-deep = functions that call each other too deeply
understood-python-involved = an expression too involved to be told without running it
understood-python-several = one of several that are assigned at once
understood-python-condition = it depends on the condition of line { $what }, which cannot be told
understood-python-comparison = a comparison that cannot be told
understood-python-attribute = its { $what } is not known here
understood-shell-deep = defaults of defaults, too deep
understood-shell-output = the output of a command decides it, and nothing is run
understood-shell-own = a variable of the shell's own
understood-shell-apart = a variable that is taken apart
understood-shell-no-arguments = the script is called without arguments
understood-shell-argument = `{ $name }` is what { $at } is called with
understood-shell-conditional = set under a condition, line { $line }

# nginx.

understood-no-bind = nothing says where gunicorn listens
understood-foreign = `/` is not passed to a gunicorn: { $foreign }
understood-foreign-hint = --location PATH, if another location is meant
understood-to = to { $to }
understood-as-default = { $name } as by default
understood-if-holds = if the condition at { $at } holds
understood-condition = a condition; what stands in it was not considered
understood-own-process = it has descriptors of its own
understood-not-given = nginx.conf, where it stands, was not given
understood-include-missing = { $include }: this file is not there, and what it says is missing
understood-include-as = { $include }: read as { $file }
understood-no-server-address = no address of a server
understood-computed = `{ $name }` is computed at { $at }
understood-set-at = { $name } set at { $at }
understood-per-request = `{ $name }` is decided for each request
understood-per-request-hint = --location PATH, or name the file in which it is plain
understood-servers = servers of the upstream, each taken to be such a gunicorn
understood-http-version = another version of HTTP to the backend is not modelled
understood-one-process = one process is assumed; --cpus says how many
understood-not-by-address = it does not count for each address
understood-weight = peers have the same weight here
understood-max-conns = a limit of connections to a peer is not modelled
understood-keeps-nothing = it keeps nothing without proxy_http_version 1.1 and an empty Connection header
understood-cached = cached responses never reach a worker
understood-limit-req = it bounds the requests of one address, a cure that is not modelled
understood-http2 = many requests share one connection
understood-http3 = QUIC has no TCP buffers
understood-tls = TLS records add buffering
understood-aio = temp files are read by threads
understood-sendfile = temp files go to the socket without user-space buffers; the release of the worker is the same
understood-auth-request = every request makes another one first, to somebody else
understood-mirror = every request is made twice
understood-slice = one request becomes several
understood-gzip = compressed responses are smaller than the largest response that you gave
understood-in-turn = peers are asked in turn here
understood-queue = requests wait in nginx itself
understood-accept-mutex = event loops are woken in turn here, as without it, which has been nginx's default since 1.11.3
understood-error-pages = error pages are nginx's own
understood-store = responses are kept on disk
understood-bind = connections to the backend come from another address
understood-tcp-probes = TCP's own probes are not modelled
understood-ranges = ranges are not modelled
