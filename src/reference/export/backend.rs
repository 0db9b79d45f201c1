//! `gunicorn.conf.py`.

use crate::machine::backend_config::{BackendConfig, LINGER, WorkerClass};
use crate::machine::worker_class_settings::ignored_by;
use crate::net::Address;
use crate::plan::Plan;
use crate::units::Bytes;

use super::{GUNICORN_LOG, Layout, title};

const HOOKS: &str = include_str!("hooks.py");
/// Where a worker is about to enter its loop, and the same where acts make workers sick.
const WATCHED: &str = "    watch.watch(worker, set_buffers)\n";
const SICKENED: &str =
    "    watch.watch(worker, set_buffers)\n    import sick\n\n    sick.install(worker)\n";

/// Only for a plan that asks for something else than what gunicorn does.
const LINGER_PATCH: &str = r#"
# gunicorn 26.0 and later waits up to 2 s for the client to close, earlier ones not at all, and neither has a setting for it.
# The scenario asks for this many seconds, so the function that closes is replaced. This is the one change to gunicorn itself.
LINGER = @SECONDS@
if hasattr(gunicorn.util, "close_graceful"):
    # Kept from the first reading: this file is read again at HUP, when the function has been replaced already.
    if not hasattr(gunicorn.util, "slowlab_lingering_close"):
        gunicorn.util.slowlab_lingering_close = gunicorn.util.close_graceful
    lingering_close = gunicorn.util.slowlab_lingering_close

    def close_after_linger(sock):
        if LINGER > 0:
            lingering_close(sock, timeout=LINGER)
        else:
            gunicorn.util.close(sock)

    gunicorn.util.close_graceful = close_after_linger
"#;

/// Settings that no scenario has; gunicorn's defaults but for the umask, the control socket and the folder.
const FIXED: &str = "\
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190
preload_app = False
reuse_port = False
sendfile = True
@UMASK@@WORKER_TMP_DIR@daemon = False
pidfile = None
control_socket_disable = True  # gunicorn 25.1 and later would put one in the home folder
";

/// `gunicorn.conf.py`: settings, then the hooks that watch.
pub(super) fn gunicorn_conf(plan: &Plan, layout: &Layout) -> String {
    let backend = &plan.backend;
    let mut text = format!(
        r#""""gunicorn of {title}.

Run it in this folder: gunicorn -c gunicorn.conf.py app:app
"""

import atexit
import os
import platform
import socket
import sys

import gunicorn
import gunicorn.glogging
import gunicorn.util

chdir = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, chdir)

from instants import note  # noqa: E402

# ---- Settings; what is not set by the scenario is gunicorn's default, written out. ----

bind = {bind}
backlog = {backlog}  # the accept queue holds one more; the kernel caps it at net.core.somaxconn
workers = {workers}
worker_class = {class:?}
threads = {threads}{threads_note}
worker_connections = {connections}{connections_note}
timeout = {timeout}  # seconds without a heartbeat{heart}
graceful_timeout = {graceful}
keepalive = {keepalive}{keepalive_note}
max_requests = {max_requests}
max_requests_jitter = {jitter}
{fixed}accesslog = None
errorlog = {errorlog:?}
loglevel = "info"
# There is no setting for the lingering close: 26.0 and later wait up to 2 s for the peer to close, earlier ones close at once.

# Socket buffers in bytes, before the kernel doubles them; None leaves the kernel's own rule.
SNDBUF = {sndbuf}
RCVBUF = {rcvbuf}
"#,
        title = title(plan),
        bind = bind(&layout.bind),
        backlog = backend.backlog,
        workers = backend.workers,
        class = class_name(backend.worker_class),
        threads = backend.threads,
        connections = backend.worker_connections,
        keepalive = backend.keepalive.as_ms() / 1_000,
        timeout = backend.timeout.as_ms() / 1_000,
        threads_note = note_on(backend, "threads"),
        connections_note = note_on(backend, "worker_connections"),
        keepalive_note = note_on(backend, "keepalive"),
        heart = heart(backend.class()),
        graceful = backend.graceful_timeout.as_ms() / 1_000,
        max_requests = backend.max_requests,
        jitter = backend.max_requests_jitter,
        fixed = FIXED
            .replace("@UMASK@", &umask(backend))
            .replace("@WORKER_TMP_DIR@", &worker_tmp_dir(plan, layout)),
        errorlog = GUNICORN_LOG,
        sndbuf = number(backend.socket.sndbuf),
        rcvbuf = number(backend.socket.rcvbuf),
    );
    if backend.linger != LINGER {
        let seconds = backend.linger.as_secs_f64();
        text.push_str(&LINGER_PATCH.replace("@SECONDS@", &seconds.to_string()));
    }
    text.push_str(&match plan.makes_sick() {
        true => HOOKS.replace(WATCHED, SICKENED),
        false => HOOKS.to_owned(),
    });
    text
}

/// The mask under which the socket is made, and whatever else it creates.
fn umask(backend: &BackendConfig) -> String {
    match backend.socket.mode {
        None => "umask = 0o077\n".to_owned(),
        Some(mode) => format!(
            "umask = 0o{:03o}  # the socket's mode is {mode}\n",
            mode.umask()
        ),
    }
}

/// Where heartbeats are, and what is to be put there by hand.
fn worker_tmp_dir(plan: &Plan, layout: &Layout) -> String {
    let none = "the heartbeat files are in the system's temp folder";
    match (&layout.worker_tmp_dir, plan.slow_heartbeat()) {
        (Some(folder), _) => format!(
            "worker_tmp_dir = {}\n",
            literal(&folder.display().to_string())
        ),
        (None, Some(utime)) => {
            format!(
                "worker_tmp_dir = None  # a folder on a disk that takes {utime} for the times of a file\n"
            )
        }
        (None, None) => format!("worker_tmp_dir = None  # {none}\n"),
    }
}

/// What gunicorn calls a class.
const fn class_name(class: WorkerClass) -> &'static str {
    match class {
        WorkerClass::Uvicorn => "uvicorn_worker.UvicornWorker",
        // "asgi" is an alias since 24.0, the others since ever.
        class => class.name(),
    }
}

/// What pip installs for a class.
pub(super) const fn packages(class: WorkerClass) -> &'static str {
    match class {
        WorkerClass::Sync | WorkerClass::Gthread | WorkerClass::Asgi => "gunicorn",
        WorkerClass::Gevent => "'gunicorn[gevent]'",
        WorkerClass::Uvicorn => "gunicorn uvicorn-worker",
    }
}

/// A comment behind a setting that the class ignores.
fn note_on(backend: &BackendConfig, key: &str) -> String {
    let class = backend.class();
    let ignored = ignored_by(class).iter().find(|one| one.key == key);
    ignored.map_or_else(String::new, |ignored| {
        format!("  # ignored: {} {}", class.name(), ignored.why)
    })
}

/// Who beats, as far as it matters to a reader of `timeout`.
const fn heart(class: WorkerClass) -> &'static str {
    match class {
        WorkerClass::Sync => "; a sync worker does not beat while it sends",
        WorkerClass::Gthread => "; the main thread beats, whatever the others do",
        WorkerClass::Gevent => "; the hub beats, unless a handler computes or blocks",
        WorkerClass::Asgi | WorkerClass::Uvicorn => {
            "; the event loop beats, unless a handler computes or blocks"
        }
    }
}

fn bind(address: &Address) -> String {
    match address {
        Address::Tcp(address) => literal(&address.to_string()),
        Address::Unix(path) => literal(&format!("unix:{}", path.display())),
    }
}

fn number(bytes: Option<Bytes>) -> String {
    bytes.map_or_else(|| "None".to_owned(), |bytes| bytes.0.to_string())
}

/// A string literal that Python and JSON read alike.
pub(super) fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
