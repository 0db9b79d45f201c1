//! `nginx.conf`: every directive that a response passes, written out, also where it says the default.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::machine::act::RotatedLog;
use crate::machine::proxy_config::{LIMIT_CONN_ZONE, ProxyConfig};
use crate::machine::upstream_config::UPSTREAM_NAME;
use crate::net::Address;
use crate::plan::{Plan, ProxyTier};
use crate::tier::Tier;
use crate::time::Span;
use crate::units::Bytes;

use super::{Layout, NginxFiles, title};

/// Combined format, then what is needed to put a request's story together. `access_log.rs` reads it back.
const LOG_FORMAT: &str = r#"    # Combined format, then one name=value each. $request_time runs from the request's first byte to here, $upstream_response_time from
    # the beginning of connect to the release of the upstream connection; both in seconds, to the millisecond.
    log_format slowlab '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                       '"$http_referer" "$http_user_agent" '
                       'request_time=$request_time upstream_response_time="$upstream_response_time" '
                       'msec=$msec connection=$connection request_completion="$request_completion" '
                       'upstream_addr="$upstream_addr" upstream_status="$upstream_status" '
                       'upstream_connect_time="$upstream_connect_time" upstream_header_time="$upstream_header_time" '
                       'upstream_response_length="$upstream_response_length" slowlab_request="$http_x_slowlab_request"';
"#;

/// nginx's access log that acts rotate, below the folder: the facts of a run are read from the other one, which stays where it is.
pub const ROTATED_LOG: &str = "logs/rotated.log";

/// A second log, where acts rotate one.
fn rotated_log(plan: &Plan, tier: Tier) -> String {
    match tier == RotatedLog::Access.tier() && plan.rotates(RotatedLog::Access) {
        true => format!(
            "    # This one is rotated; the facts of a run are read from the other.\n    access_log {ROTATED_LOG} combined;\n"
        ),
        false => String::new(),
    }
}

/// The whole file.
pub(super) fn nginx_conf(plan: &Plan, of: ProxyTier<'_>, layout: &Layout) -> String {
    let proxy = of.config;
    let NginxFiles {
        conf,
        access_log,
        error_log,
        pid,
    } = NginxFiles::of(of.tier);
    let whose = match of.tier {
        Tier::Edge => "The edge's nginx",
        Tier::Proxy | Tier::Backend => "nginx",
    };
    let mut text = String::new();
    let _ = write!(
        text,
        r#"# {whose} of {title}.
# Relative paths count from this folder: nginx -p . -c {conf} -e {error_log}

daemon off;
master_process on;
worker_processes {processes};
{descriptors}{shutdown}pid {pid};
error_log {error_log} info;

events {{
    use epoll;
    # A client takes one, its upstream another, the listener and the master two.
    worker_connections {connections};
    multi_accept off;
    accept_mutex off;
}}

http {{
{LOG_FORMAT}    access_log {access_log} slowlab;
{rotated}    default_type application/octet-stream;
    server_tokens on;
    gzip off;

"#,
        title = title(plan),
        connections = proxy.worker_connections,
        descriptors = descriptors(proxy),
        shutdown = shutdown_timeout(proxy),
        rotated = rotated_log(plan, of.tier),
        processes = proxy.worker_processes,
    );
    request_side(&mut text, proxy);
    response_side(&mut text, proxy);
    temp_paths(&mut text, of.tier, layout);
    if proxy.limit_conn > 0 {
        let _ = writeln!(
            text,
            "    limit_conn_zone $binary_remote_addr zone={LIMIT_CONN_ZONE}:10m;\n"
        );
    }
    if proxy.has_upstream_block(layout.upstreams.len()) {
        upstream_block(&mut text, proxy, layout);
    }
    server(&mut text, proxy, layout);
    text
}

/// What one address may have under way.
fn limit_conn(proxy: &ProxyConfig) -> String {
    match proxy.limit_conn {
        0 => String::new(),
        most => format!("\n            limit_conn {LIMIT_CONN_ZONE} {most};    # more get 503\n"),
    }
}

fn descriptors(proxy: &ProxyConfig) -> String {
    match proxy.worker_rlimit_nofile {
        Some(limit) => format!("worker_rlimit_nofile {limit};\n"),
        None => String::new(),
    }
}

/// What a loop that quits does for its clients; the default is not written, because nginx has no word for "never".
fn shutdown_timeout(proxy: &ProxyConfig) -> String {
    match proxy.worker_shutdown_timeout {
        Span::ZERO => String::new(),
        timeout => format!("worker_shutdown_timeout {};\n", time(timeout)),
    }
}

fn request_side(text: &mut String, proxy: &ProxyConfig) {
    let _ = write!(
        text,
        "    # The client's request. Both timers end in 408 in the access log, without a response.
    client_header_timeout {header};     # total time to the end of the head
    client_body_timeout {body};       # time between two reads of the body
    client_max_body_size {max_body};
    client_header_buffer_size 1k;
    large_client_header_buffers 4 8k;
    client_body_buffer_size {body_buffer};
    lingering_close {lingering};
    lingering_time {lingering_time};
    lingering_timeout {lingering_timeout};

    # Between requests.
    keepalive_timeout {keepalive};
    keepalive_requests {requests};
    keepalive_time 1h;

",
        header = time(proxy.client_header_timeout),
        body = time(proxy.client_body_timeout),
        max_body = size(proxy.client_max_body_size),
        keepalive = time(proxy.keepalive_timeout),
        body_buffer = size(proxy.client_body_buffer_size),
        lingering = proxy.lingering_close.name(),
        lingering_time = time(proxy.lingering_time),
        lingering_timeout = time(proxy.lingering_timeout),
        requests = proxy.keepalive_requests,
    );
}

fn response_side(text: &mut String, proxy: &ProxyConfig) {
    let _ = write!(
        text,
        "    # The response on its way to the client.
    send_timeout {send};              # time between two moments at which the client's socket took bytes
    reset_timedout_connection {reset};
    sendfile off;
    tcp_nopush off;
    tcp_nodelay on;
    postpone_output 1460;
    output_buffers 2 32k;

",
        send = time(proxy.send_timeout),
        reset = on_off(proxy.reset_timedout_connection),
    );
}

fn temp_paths(text: &mut String, tier: Tier, layout: &Layout) {
    let prefix = match tier {
        Tier::Edge => "edge-",
        Tier::Proxy | Tier::Backend => "",
    };
    let _ = writeln!(
        text,
        "    # Temp files; those of unused modules too, because their built-in paths need privileges."
    );
    for module in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let path = layout.temp_dir.join(format!("{prefix}{module}"));
        let _ = writeln!(
            text,
            "    {module}_temp_path {};",
            quoted(&path.to_string_lossy())
        );
    }
    text.push('\n');
}

fn server(text: &mut String, proxy: &ProxyConfig, layout: &Layout) {
    let _ = write!(
        text,
        "    server {{
        listen {listen};
        server_name _;

        location / {{
            proxy_pass {upstream};
            proxy_http_version {http_version};
            proxy_set_header Host $proxy_host;
            proxy_set_header Connection {connection};
            proxy_pass_request_headers on;
            proxy_pass_request_body on;
            proxy_request_buffering {request_buffering};

            # How much of a response nginx takes off the backend's hands.
            proxy_buffering {buffering};
            proxy_buffer_size {buffer_size};             # the head and the first bytes; without buffering, all there is
            proxy_buffers {count} {each};
            proxy_busy_buffers_size {busy};
            proxy_max_temp_file_size {max_temp};      # 0 means no temp file
            proxy_temp_file_write_size {temp_write};
            proxy_limit_rate {up_rate};           # bytes a second from the backend; 0 is no limit
            limit_rate {rate};                 # and to the client
            limit_rate_after {after};

            # The timers that blame the backend: 504, or a response cut short.
            proxy_connect_timeout {connect};
            proxy_send_timeout {send};
            proxy_read_timeout {read};

            proxy_ignore_client_abort {ignore_abort};
            proxy_next_upstream {next};
            proxy_next_upstream_tries {tries};
            proxy_next_upstream_timeout {next_timeout};
            proxy_intercept_errors off;
            proxy_redirect off;
            proxy_cache off;
            proxy_store off;
{limit_conn}        }}
    }}
}}
",
        listen = listen(proxy, layout.listen),
        limit_conn = limit_conn(proxy),
        request_buffering = on_off(proxy.proxy_request_buffering),
        upstream = match proxy.has_upstream_block(layout.upstreams.len()) {
            true => format!("http://{UPSTREAM_NAME}"),
            false => upstream(&layout.upstreams[0]),
        },
        http_version = proxy.proxy_http_version.name(),
        connection = match proxy.upstream.keepalive {
            0 => "close",
            _ => "\"\"",
        },
        next = next_upstream(proxy),
        tries = proxy.proxy_next_upstream_tries,
        next_timeout = time(proxy.proxy_next_upstream_timeout),
        buffering = on_off(proxy.proxy_buffering),
        buffer_size = size(proxy.proxy_buffer_size),
        count = proxy.proxy_buffers.count,
        each = size(proxy.proxy_buffers.size),
        busy = size(proxy.busy_buffers_size()),
        max_temp = size(proxy.proxy_max_temp_file_size),
        temp_write = size(proxy.temp_file_write_size()),
        up_rate = proxy.proxy_limit_rate.0,
        rate = proxy.limit_rate.0,
        after = proxy.limit_rate_after.0,
        connect = time(proxy.proxy_connect_timeout),
        send = time(proxy.proxy_send_timeout),
        read = time(proxy.proxy_read_timeout),
        ignore_abort = on_off(proxy.proxy_ignore_client_abort),
    );
}

/// The peers, and the connections to them that are kept.
fn upstream_block(text: &mut String, proxy: &ProxyConfig, layout: &Layout) {
    let upstream = proxy.upstream;
    let _ = writeln!(text, "    upstream {UPSTREAM_NAME} {{");
    for address in &layout.upstreams {
        let server = match address {
            Address::Tcp(address) => address.to_string(),
            Address::Unix(path) => quoted(&format!("unix:{}", path.display())),
        };
        let _ = writeln!(
            text,
            "        server {server} max_fails={fails} fail_timeout={timeout};",
            fails = upstream.max_fails,
            timeout = time(upstream.fail_timeout),
        );
    }
    if upstream.keepalive > 0 {
        let _ = writeln!(
            text,
            "        keepalive {size};                  # idle connections, per worker\n        \
             keepalive_timeout {timeout};\n        keepalive_requests {requests};\n        keepalive_time 1h;",
            size = upstream.keepalive,
            timeout = time(upstream.keepalive_timeout),
            requests = upstream.keepalive_requests,
        );
    }
    text.push_str("    }\n\n");
}

fn next_upstream(proxy: &ProxyConfig) -> String {
    let words = proxy.proxy_next_upstream.iter().map(|word| word.name());
    match words.collect::<Vec<_>>().join(" ") {
        none if none.is_empty() => "off".to_owned(),
        words => words,
    }
}

/// `127.0.0.1:8080 backlog=511 sndbuf=16k`; unset buffer sizes are left to the kernel.
fn listen(proxy: &ProxyConfig, address: SocketAddr) -> String {
    let mut text = format!("{address} backlog={}", proxy.listen.backlog);
    for (name, bytes) in [
        ("sndbuf", proxy.listen.sndbuf),
        ("rcvbuf", proxy.listen.rcvbuf),
    ] {
        if let Some(bytes) = bytes {
            let _ = write!(text, " {name}={}", size(bytes));
        }
    }
    text
}

fn upstream(address: &Address) -> String {
    match address {
        Address::Tcp(address) => format!("http://{address}"),
        Address::Unix(path) => quoted(&format!("http://unix:{}:", path.display())),
    }
}

/// nginx's spelling of a size: `64k`, `1m`, or plain bytes.
fn size(bytes: Bytes) -> String {
    match bytes.0 {
        0 => "0".to_owned(),
        n if n.is_multiple_of(1 << 20) => format!("{}m", n >> 20),
        n if n.is_multiple_of(1 << 10) => format!("{}k", n >> 10),
        n => n.to_string(),
    }
}

/// nginx's spelling of a time: `3s` or `250ms`. nginx counts milliseconds; less than one is rounded up.
fn time(span: Span) -> String {
    let ms = span.as_ns().div_ceil(1_000_000);
    if ms.is_multiple_of(1_000) {
        format!("{}s", ms / 1_000)
    } else {
        format!("{ms}ms")
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// In quotes if nginx's parser would otherwise break the word.
fn quoted(word: &str) -> String {
    let plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-:".contains(c));
    if plain {
        word.to_owned()
    } else {
        format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
