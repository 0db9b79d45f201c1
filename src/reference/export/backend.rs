//! `gunicorn.conf.py` and the application.

use std::fmt::Write as _;

use crate::machine::backend_config::{Boot, BootFault, LINGER};
use crate::machine::boot::CRASH;
use crate::machine::handler::Distribution;
use crate::net::Address;
use crate::plan::Plan;
use crate::units::Bytes;

use super::{GUNICORN_LOG, INSTANTS, Layout, title};

const APP: &str = include_str!("app.py");
const DRAW: &str = include_str!("draw.py");
const HOOKS: &str = include_str!("hooks.py");
const INSTANTS_MODULE: &str = include_str!("instants.py");

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

/// `gunicorn.conf.py`: settings, then the hooks that watch.
pub(super) fn gunicorn_conf(plan: &Plan, layout: &Layout) -> String {
    let backend = &plan.backend;
    let mut text = format!(
        r#""""gunicorn of {title}.

Run it in this folder: gunicorn -c gunicorn.conf.py app:app
"""

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
threads = {threads}
worker_connections = {connections}  # sync workers ignore it
timeout = {timeout}  # seconds without a heartbeat; a sync worker does not beat while it sends
graceful_timeout = {graceful}
keepalive = {keepalive}  # sync workers ignore it: they always close
max_requests = {max_requests}
max_requests_jitter = {jitter}
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190
preload_app = False
reuse_port = False
sendfile = True
umask = 0o077
worker_tmp_dir = None  # the heartbeat files are in the system's temp folder
daemon = False
pidfile = None
control_socket_disable = True  # gunicorn 25.1 and later would put one in the home folder
accesslog = None
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
        class = backend.worker_class.name(),
        threads = backend.threads,
        connections = backend.worker_connections,
        keepalive = backend.keepalive.as_ms() / 1_000,
        timeout = backend.timeout.as_ms() / 1_000,
        graceful = backend.graceful_timeout.as_ms() / 1_000,
        max_requests = backend.max_requests,
        jitter = backend.max_requests_jitter,
        errorlog = GUNICORN_LOG,
        sndbuf = number(backend.socket.sndbuf),
        rcvbuf = number(backend.socket.rcvbuf),
    );
    if backend.linger != LINGER {
        let seconds = backend.linger.as_secs_f64();
        text.push_str(&LINGER_PATCH.replace("@SECONDS@", &seconds.to_string()));
    }
    text.push_str(HOOKS);
    text
}

/// `app.py`, with a row per handler.
pub(super) fn app(plan: &Plan) -> String {
    let mut rows = String::new();
    for (path, handler) in &plan.backend.app {
        let _ = writeln!(
            rows,
            "    {}: ({}, {}, {}, {}),",
            literal(path),
            fixed(&handler.wait).as_secs_f64(),
            fixed(&handler.cpu).as_secs_f64(),
            fixed(&handler.response).0,
            handler.write_size().0,
        );
    }
    let Boot { time, fault } = plan.backend.boot;
    let mut boot = String::new();
    if !time.is_zero() {
        let _ = writeln!(boot, "\n# Importing the application takes its time.");
        let _ = writeln!(boot, "time.sleep({})", time.as_secs_f64());
    }
    let (imports, last) = match fault {
        None => ("", ""),
        Some(BootFault::Import) => {
            boot.push_str("\nraise RuntimeError(\"the application does not import\")\n");
            ("", "")
        }
        Some(BootFault::Missing) => (
            "",
            "\n\n# gunicorn looks for this name and does not find it.\ndel app\n",
        ),
        Some(BootFault::Crash) => {
            let _ = write!(
                boot,
                "\n# As a library written in C would end the process.\nos._exit({CRASH})\n"
            );
            ("import os\n", "")
        }
    };
    APP.replace("@TITLE@", &title(plan))
        .replace("@HANDLERS@", &rows)
        .replace("@BOOT_IMPORTS@", imports)
        .replace("@BOOT@", &boot)
        .replace("@LAST@", last)
}

/// The value of a quantity that does not differ from request to request; `playable` lets no other pass.
fn fixed<Q: Copy + Default>(quantity: &Distribution<Q>) -> Q {
    match quantity {
        Distribution::Fixed(value) => *value,
        _ => Q::default(),
    }
}

/// `draw.py`.
pub(super) fn draw() -> String {
    DRAW.to_owned()
}

/// `instants.py`.
pub(super) fn instants() -> String {
    INSTANTS_MODULE.replace("@INSTANTS@", &literal(INSTANTS))
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
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
