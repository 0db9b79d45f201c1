//! The table. To add a symptom: an entry here, and its message in both `symptoms.ftl`.

use super::Symptom;
use super::lines::{
    CLIENT_LEFT, CLOSED_BEFORE_HEADER, CLOSED_IN_BODY, CONNECT_TIMEOUT, HEADER_TIMEOUT, NO_FILE,
    REFUSED, SIGKILL, WORKER_TIMEOUT, access, client, error, gunicorn, nginx,
};

/// Every symptom: what is logged most often first.
pub const SYMPTOMS: [Symptom; 34] = [
    Symptom {
        key: "upstream-timed-out",
        kinds: &["read_timeout_misfire"],
        lines: &[HEADER_TIMEOUT, access("\"GET / HTTP/1.1\" 504 167")],
        shown_by: &[
            ["worker-starvation", "baseline"],
            ["read-timeout-misfire", "baseline"],
        ],
        also: "504 gateway timeout cpu idle app log quick fast handler proxy_read_timeout innocent",
    },
    Symptom {
        key: "app-too-slow",
        kinds: &[],
        lines: &[HEADER_TIMEOUT, access("\"GET /report HTTP/1.1\" 504 167")],
        shown_by: &[["next-upstream-kills-the-second", "errors-only"]],
        also: "504 gateway timeout slow handler long query report proxy_read_timeout",
    },
    Symptom {
        key: "workers-busy-sending",
        kinds: &["starvation"],
        lines: &[],
        shown_by: &[["unix-vs-tcp", "baseline"], ["worker-classes", "baseline"]],
        also: "gunicorn hangs site slow workers busy cpu idle 0 % S state send slow clients mobile starvation",
    },
    Symptom {
        key: "socket-unavailable",
        kinds: &["full_unix_queue"],
        lines: &[
            error(
                "error",
                "connect() to unix:/run/gunicorn.sock failed (11: Resource temporarily unavailable) while connecting to upstream",
                "failed (11: Resource temporarily unavailable) while connecting to upstream",
            ),
            access("\"GET / HTTP/1.1\" 502 157"),
        ],
        shown_by: &[["backlog-overflow", "unix"], ["client-gone", "short-queue"]],
        also: "EAGAIN 502 bad gateway unix socket backlog somaxconn full queue",
    },
    Symptom {
        key: "socket-denied",
        kinds: &["socket_refused"],
        lines: &[
            error(
                "crit",
                "connect() to unix:/run/gunicorn.sock failed (13: Permission denied) while connecting to upstream",
                "failed (13: Permission denied) while connecting to upstream",
            ),
            access("\"GET / HTTP/1.1\" 502 157"),
        ],
        shown_by: &[["socket-permissions", "baseline"]],
        also: "EACCES 502 bad gateway unix socket mode umask chmod www-data nginx user group SELinux",
    },
    Symptom {
        key: "connect-timed-out",
        kinds: &["syn_retries"],
        lines: &[CONNECT_TIMEOUT, access("\"GET / HTTP/1.1\" 504 167")],
        shown_by: &[
            ["backlog-overflow", "impatient-proxy"],
            ["backlog-overflow", "baseline"],
        ],
        also: "504 latency of 1 s 3 s 7 s whole seconds SYN retransmit backlog tcp listen overflow proxy_connect_timeout",
    },
    Symptom {
        key: "killed-while-sending",
        kinds: &["worker_timeout_in_send"],
        lines: &[
            WORKER_TIMEOUT,
            // Behind a proxy that buffers it is `while reading upstream`.
            nginx(
                "error",
                "upstream prematurely closed connection while sending to client",
            ),
            access("\"GET /download HTTP/1.1\" 200 823296"),
        ],
        shown_by: &[["worker-timeout-kill", "baseline"]],
        also: "gunicorn worker timeout large file download slow client truncated SystemExit 1",
    },
    Symptom {
        key: "worker-timeout",
        kinds: &["worker_timeout"],
        lines: &[
            WORKER_TIMEOUT,
            CLOSED_BEFORE_HEADER,
            access("\"POST /upload HTTP/1.1\" 500 141"),
        ],
        shown_by: &[
            ["slow-upload", "baseline"],
            ["cpu-on-the-event-loop", "asgi-killed"],
        ],
        also: "gunicorn critical worker timeout pid SIGABRT heartbeat timeout 30 upload 502 500 aborted",
    },
    Symptom {
        key: "sigkill",
        kinds: &[],
        lines: &[SIGKILL],
        shown_by: &[["cpu-on-the-event-loop", "asgi-killed"]],
        also: "perhaps out of memory OOM killed SIGKILL exit 137",
    },
    Symptom {
        key: "upload-times-out",
        kinds: &["upload_hold"],
        lines: &[WORKER_TIMEOUT],
        shown_by: &[["slow-upload", "baseline"], ["slow-upload", "threads"]],
        also: "upload fails after exactly 30 s 60 seconds 3 minutes proxy_request_buffering off body recv slow line",
    },
    Symptom {
        key: "client-body-timeout",
        kinds: &[],
        lines: &[access("\"POST /upload HTTP/1.1\" 408 0")],
        shown_by: &[["slow-upload", "pausing"]],
        also: "408 request timeout client_body_timeout upload paused 60 seconds nextcloud",
    },
    Symptom {
        key: "slow-headers",
        kinds: &[],
        lines: &[
            nginx(
                "info",
                "client timed out (110: Connection timed out) while reading client request headers",
            ),
            access("\"GET / HTTP/1.1\" 408 0"),
        ],
        shown_by: &[["slowloris", "cut"], ["slowloris", "proxied"]],
        also: "slowloris slow header attack client_header_timeout 408 400",
    },
    Symptom {
        key: "send-timeout",
        kinds: &["send_timeout"],
        lines: &[
            nginx(
                "info",
                "client timed out (110: Connection timed out) while sending to client",
            ),
            access("\"GET /film HTTP/1.1\" 200 3596130"),
        ],
        shown_by: &[
            ["send-timeout-cuts-a-reader", "baseline"],
            ["stalled-client", "cut"],
        ],
        also: "send_timeout download cut off slow reader truncated 200",
    },
    Symptom {
        key: "short-200",
        kinds: &["hidden_truncation"],
        lines: &[
            CLOSED_IN_BODY,
            access("\"GET /image HTTP/1.1\" 200 2264768"),
            client("curl: (18) transfer closed with 880960 bytes remaining to read"),
        ],
        shown_by: &[
            ["the-silent-hole", "baseline"],
            ["worker-timeout-kill", "baseline"],
        ],
        also: "truncated response incomplete download 200 in log IncompleteRead ERR_CONTENT_LENGTH_MISMATCH",
    },
    Symptom {
        key: "short-and-nobody-knows",
        kinds: &["unseen_cut"],
        lines: &[WORKER_TIMEOUT, access("\"GET /file HTTP/1.1\" 200 1398101")],
        shown_by: &[["cut-without-a-word", "baseline"]],
        also: "file too short download succeeded no error curl exit 0 chunked streaming StreamingHttpResponse generator no Content-Length corrupt csv zip truncated unexpected end",
    },
    Symptom {
        key: "stops-at-1-gb",
        kinds: &["silent_hole"],
        lines: &[WORKER_TIMEOUT, CLOSED_IN_BODY],
        shown_by: &[
            ["the-silent-hole", "baseline"],
            ["the-silent-hole", "threads"],
        ],
        also: "download stops at 1GB nginx proxy_max_temp_file_size 1024m large file temp file full",
    },
    Symptom {
        key: "buffered-to-disk",
        kinds: &["spill"],
        lines: &[error(
            "warn",
            "an upstream response is buffered to a temporary file /var/lib/nginx/proxy/1/00/0000000001 while reading upstream",
            "an upstream response is buffered to a temporary file",
        )],
        shown_by: &[
            ["worker-starvation", "buffered"],
            ["stalled-client", "buffered"],
        ],
        also: "an upstream response is buffered to a temporary file warning disk full No space left on device du shows nothing deleted files lsof pwritev failed proxy_temp_path",
    },
    Symptom {
        key: "temp-disk-full",
        kinds: &["disk_full"],
        lines: &[
            error(
                "crit",
                "pwritev() \"/var/lib/nginx/proxy/1/00/0000000001\" failed (28: No space left on device) while reading upstream",
                "No space left on device",
            ),
            access("\"GET /download HTTP/1.1\" 200 54120"),
        ],
        shown_by: &[["disk-full-downloads", "baseline"]],
        also: "pwrite pwritev failed 28 No space left on device crit download truncated short 200 temp file disk full proxy_temp_path",
    },
    Symptom {
        key: "client-closed-499",
        kinds: &["zombie_work"],
        lines: &[CLIENT_LEFT, access("\"GET / HTTP/1.1\" 499 0")],
        shown_by: &[["client-gone", "baseline"], ["stalled-client", "baseline"]],
        also: "499 client closed request refresh reload impatient abandoned still executed epoll_wait",
    },
    Symptom {
        key: "retry-storm",
        kinds: &["retry_amplification"],
        lines: &[
            access("\"GET / HTTP/1.1\" 499 0"),
            access("\"GET / HTTP/1.1\" 499 0"),
        ],
        shown_by: &[["retry-storm", "baseline"], ["two-tiers", "three-proxies"]],
        also: "retries thundering herd does not recover load stays high duplicate requests executed twice backoff jitter",
    },
    Symptom {
        key: "edge-504-inner-499",
        kinds: &["edge_gives_up"],
        lines: &[
            HEADER_TIMEOUT,
            access("\"GET /page HTTP/1.1\" 504 167"),
            access("\"GET /page HTTP/1.0\" 499 0"),
        ],
        shown_by: &[["two-tiers", "baseline"]],
        also: "two proxies load balancer 504 ingress 499 client closed request nobody left tier timeouts order",
    },
    Symptom {
        key: "stale-keepalive",
        kinds: &["stale_keepalive"],
        lines: &[
            CLOSED_BEFORE_HEADER,
            access("\"POST /reused HTTP/1.1\" 502 157"),
        ],
        shown_by: &[["stale-keepalive", "baseline"]],
        also: "upstream prematurely closed connection 502 gunicorn keepalive load balancer ALB sporadic random POST recv failed 104 connection reset by peer",
    },
    Symptom {
        key: "no-live-upstreams",
        kinds: &["no_live_upstreams"],
        lines: &[
            nginx("error", "no live upstreams while connecting to upstream"),
            error(
                "warn",
                "upstream server temporarily disabled while reading response header from upstream",
                "upstream server temporarily disabled",
            ),
            access("\"GET / HTTP/1.1\" 502 157"),
        ],
        shown_by: &[["next-upstream-kills-the-second", "baseline"]],
        also: "502 max_fails fail_timeout 10 seconds all backends down proxy_next_upstream",
    },
    Symptom {
        key: "worker-connections",
        kinds: &["slots_exhausted"],
        lines: &[
            error(
                "alert",
                "512 worker_connections are not enough while connecting to upstream",
                "worker_connections are not enough",
            ),
            access("\"GET / HTTP/1.1\" 500 177"),
        ],
        shown_by: &[["connection-slots", "baseline"]],
        also: "500 internal server error EMFILE too many open files accept4 socket failed nofile websockets slow readers",
    },
    Symptom {
        key: "backend-stopped",
        kinds: &["backend_stopped"],
        lines: &[
            gunicorn("[INFO] Handling signal: term", "Handling signal: term"),
            NO_FILE,
            REFUSED,
            client("curl: (56) Recv failure: Connection reset by peer"),
        ],
        shown_by: &[
            ["graceful-reload", "restart"],
            ["term-loses-the-queue", "baseline"],
        ],
        also: "deploy restart systemctl 502 connection refused 111 no such file reset ECONNRESET graceful stop TERM",
    },
    Symptom {
        key: "does-not-boot",
        kinds: &["boot_failure"],
        lines: &[
            gunicorn(
                "[ERROR] Worker (pid:4711) exited with code 7.",
                ") exited with code ",
            ),
            gunicorn(
                "[ERROR] Reason: Worker failed to boot.",
                "Worker failed to boot.",
            ),
            HEADER_TIMEOUT,
            nginx(
                "error",
                "recv() failed (104: Connection reset by peer) while reading response header from upstream",
            ),
        ],
        shown_by: &[["crash-loop", "baseline"], ["crash-loop", "import-error"]],
        also: "crash loop exit code 3 import error app failed to load deploy reload HUP 502 504 forking",
    },
    Symptom {
        key: "cut-by-reload",
        kinds: &["reload_cut"],
        lines: &[access("\"GET /export HTTP/1.1\" 000 0")],
        shown_by: &[["reload-behind-slow-clients", "baseline"]],
        also: "worker_shutdown_timeout ingress reload long requests websockets die 499 every few minutes nothing in error log",
    },
    Symptom {
        key: "killed-by-its-probe",
        kinds: &["probe_kill"],
        lines: &[
            client(
                "Liveness probe failed: context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            ),
            gunicorn("[INFO] Handling signal: term", "Handling signal: term"),
        ],
        shown_by: &[["probe-kills-a-busy-backend", "baseline"]],
        also: "kubernetes liveness probe failed workers busy pod restart CrashLoopBackOff exit 137 143 health check",
    },
    Symptom {
        key: "slow-for-one-office",
        kinds: &["bufferbloat"],
        lines: &[],
        shown_by: &[["shared-bottleneck", "baseline"]],
        also: "bufferbloat latency under load high ping download upload saturated link office shared line router queue fq_codel cake slow only from here",
    },
    Symptom {
        key: "events-all-at-once",
        kinds: &["kept_back"],
        lines: &[],
        shown_by: &[["events-through-two-tiers", "baseline"]],
        also: "SSE server-sent events arrive all at once X-Accel-Buffering streaming buffered delayed EventSource chunks late",
    },
    Symptom {
        key: "loop-blocked",
        kinds: &["loop_stalled"],
        lines: &[],
        shown_by: &[
            ["cpu-on-the-event-loop", "baseline"],
            ["fast-reader-starves-gevent", "baseline"],
        ],
        also: "gevent asyncio event loop blocked everything slow at once latency spikes one request freezes all blocking driver CPU bound",
    },
    Symptom {
        key: "one-worker-hoards",
        kinds: &["hoarding"],
        lines: &[],
        shown_by: &[["gthread-hoards", "baseline"]],
        also: "gthread some requests slow while threads idle bimodal latency health check slow uneven",
    },
    Symptom {
        key: "busy-after-answering",
        kinds: &["linger_hold"],
        lines: &[],
        shown_by: &[["keep-open-holds-a-worker", "baseline"]],
        also: "worker held two seconds after response lingering close gunicorn 26 upgrade throughput drops keep-alive Chrome idle connections hang",
    },
    Symptom {
        key: "active-but-dead",
        kinds: &["serves_nobody"],
        lines: &[],
        shown_by: &[
            ["active-but-dead", "baseline"],
            ["active-but-dead", "deadlock"],
        ],
        also: "systemctl active running but not responding hangs process alive port open connects no answer zombie defunct D state deadlock SIGSTOP telnet works",
    },
];
