//! The start script for running by hand, and sketches for compose and systemd.

use std::fmt::Write as _;

use crate::machine::behavior::Behavior;
use crate::machine::handler::Distribution;
use crate::machine::http::Method;
use crate::net::Address;
use crate::plan::{GroupPlan, Plan};
use crate::units::ByteRate;

use super::backend::packages;
use super::{LOG_DIR, Layout, NginxFiles, RUN_DIR, TEMP_DIR, notes, title};
use crate::tier::Tier;

/// `start`: both programs in the foreground.
pub(super) fn start(plan: &Plan, layout: &Layout) -> String {
    let mut text = format!(
        r#"#!/usr/bin/env bash
# Starts the stack of {title} in the foreground; Ctrl-C stops it.
# The programs can be named: NGINX=/path/to/nginx GUNICORN=/path/to/gunicorn ./start
#
"#,
        title = title(plan)
    );
    for note in notes(plan) {
        let _ = writeln!(text, "# Note: {}.", note.text);
    }
    clients(&mut text, plan, layout);
    let _ = write!(
        text,
        r#"
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"
mkdir -p {RUN_DIR} {LOG_DIR} {TEMP_DIR}
pids=()
stop() {{
    trap - EXIT INT TERM
    # The outer one first. Clients that still read are not waited for.
    for ((i = ${{#pids[@]}} - 1; i >= 0; i--)); do
        kill -TERM "${{pids[i]}}" 2>/dev/null || true
    done
    wait
}}
trap stop EXIT INT TERM

"${{GUNICORN:-gunicorn}}" -c gunicorn.conf.py app:app &
pids+=($!)
"#
    );
    for (index, of) in plan.tiers().into_iter().rev().enumerate() {
        let NginxFiles {
            conf, error_log, ..
        } = NginxFiles::of(of.tier);
        if index == 0 {
            text.push_str(
                r#"
globals=""
# Started as root, nginx's workers would become `nobody` and could not open the socket.
if [ "$(id -u)" = 0 ]; then globals="user $(id -un);"; fi
"#,
            );
        }
        let _ = write!(
            text,
            r#""${{NGINX:-nginx}}" -p "$PWD" -c "$PWD/{conf}" -e {error_log} -g "$globals" &
pids+=($!)
"#
        );
    }
    let _ = write!(
        text,
        "\necho \"{} ; logs in $PWD/{LOG_DIR}\"\nwait -n\n",
        front(plan, layout)
    );
    text
}

/// What the clients of the scenario look like with curl.
fn clients(text: &mut String, plan: &Plan, layout: &Layout) {
    let _ = writeln!(
        text,
        "# The scenario's clients, one of each group, by hand:"
    );
    let small_buffers = |group: &GroupPlan| group.behavior.socket().rcvbuf.is_some();
    if plan.groups.iter().any(small_buffers) {
        let _ = writeln!(
            text,
            "# (curl cannot make its socket's receive buffer small as the scenario does: the kernel reads ahead for it.)"
        );
    }
    for group in &plan.groups {
        let how = match &group.behavior {
            Behavior::SlowRead(slow) => limit_rate(&slow.rate),
            Behavior::SlowBody(slow) => limit_rate(&slow.rate),
            Behavior::Stall(_) => " --limit-rate 1".to_owned(),
            Behavior::Healthy(_) => String::new(),
            Behavior::Idle(_) | Behavior::KeepOpen(_) => {
                silent_client(text, plan, layout, group);
                continue;
            }
            Behavior::SlowHeader(_)
            | Behavior::Burst(_)
            | Behavior::Abort(_)
            | Behavior::HalfClose(_)
            | Behavior::Vanish(_) => {
                let (name, kind) = (&group.name, group.behavior.name());
                let _ = writeln!(
                    text,
                    "#   {name}: curl cannot be a `{kind}` client; `slowlab clients` plays them against this stack"
                );
                continue;
            }
        };
        let (feed, body) = body(group);
        let patience = group.timeout.map_or_else(String::new, |span| {
            format!(" --max-time {}", span.as_secs_f64())
        });
        let (socket, url) = match entrance(plan, layout) {
            Address::Tcp(address) => (String::new(), format!("http://{address}")),
            Address::Unix(path) => (
                format!(" --unix-socket {}", path.display()),
                "http://localhost".to_owned(),
            ),
        };
        let _ = writeln!(
            text,
            "#   {}: {feed}curl -s -o /dev/null{socket}{how}{patience}{body} '{url}{}'",
            group.name,
            quoted(&group.path)
        );
    }
}

/// A path between single quotes of the shell, and between double ones of Python there: what would end or change the text is
/// written as RFC 3986 has it, which a server reads as the same.
fn quoted(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '\'' | '"' | '\\' | '`' | '$' => text.push_str(&format!("%{:02X}", c as u32)),
            c => text.push(c),
        }
    }
    text
}

fn limit_rate(rate: &Distribution<ByteRate>) -> String {
    format!(" --limit-rate {}", rate.quantile(0.5).0.max(1))
}

/// What feeds curl with a body, and its flags for that.
fn body(group: &GroupPlan) -> (String, String) {
    let mut flags = match group.method {
        Method::Get => String::new(),
        method => format!(" -X {method}"),
    };
    if group.body.0 == 0 {
        return (String::new(), flags);
    }
    flags.push_str(" -H 'Expect:' --data-binary @-");
    if group.chunked {
        flags.push_str(" -H 'Transfer-Encoding: chunked'");
    }
    (format!("head -c {} /dev/zero | ", group.body.0), flags)
}

/// curl always asks, and always closes. What does not is a line of Python.
fn silent_client(text: &mut String, plan: &Plan, layout: &Layout, group: &GroupPlan) {
    let connect = match entrance(plan, layout) {
        Address::Tcp(address) => {
            format!(
                "s=socket.create_connection((\"{}\", {}))",
                address.ip(),
                address.port()
            )
        }
        Address::Unix(path) => format!(
            "s=socket.socket(socket.AF_UNIX); s.connect(\"{}\")",
            path.display()
        ),
    };
    let asks = match group.behavior.keeps_open() {
        true => format!(
            " s.sendall(b\"GET {} HTTP/1.0\\r\\n\\r\\n\");",
            quoted(&group.path)
        ),
        false => String::new(),
    };
    let seconds = group.timeout.map_or(3600.0, |span| span.as_secs_f64());
    let _ = writeln!(
        text,
        "#   {}: python3 -c 'import socket, time; {connect};{asks} time.sleep({seconds})'",
        group.name
    );
}

/// Where clients go.
fn entrance(plan: &Plan, layout: &Layout) -> Address {
    match plan.tiers().first().map(|of| of.tier) {
        Some(Tier::Edge) => Address::Tcp(layout.before(plan).listen),
        Some(Tier::Proxy | Tier::Backend) => Address::Tcp(layout.listen),
        None => layout.bind.clone(),
    }
}

fn front(plan: &Plan, layout: &Layout) -> String {
    match entrance(plan, layout) {
        Address::Tcp(address) => format!("http://{address}"),
        Address::Unix(path) => format!("unix:{}", path.display()),
    }
}

/// `compose.yaml`: a sketch. Host networking keeps everything on loopback and the configuration as it is.
pub(super) fn compose(plan: &Plan, _layout: &Layout) -> String {
    let mut text = format!(
        r#"# A sketch of {title} in containers: docker compose up
# All share the host's network (Linux only), so that the addresses in the configuration hold and nothing listens beyond loopback.
# What they write to run, logs and tmp belongs to root.
services:
  gunicorn:
    image: python:3.13-slim
    network_mode: host
    working_dir: /slowlab
    volumes: [".:/slowlab"]
    command: sh -c "pip install --quiet --root-user-action ignore {packages} && exec gunicorn -c gunicorn.conf.py app:app"
"#,
        title = title(plan),
        packages = packages(plan.backend.class()),
    );
    let mut behind = "gunicorn";
    for of in plan.tiers().into_iter().rev() {
        let NginxFiles {
            conf, error_log, ..
        } = NginxFiles::of(of.tier);
        let name = program_of(of.tier);
        let _ = write!(
            text,
            r#"  {name}:
    image: nginx:stable
    network_mode: host
    working_dir: /slowlab
    volumes: [".:/slowlab"]
    depends_on: [{behind}]
    # As root, so that its workers can open a Unix socket that gunicorn made as root.
    command: nginx -p /slowlab -c /slowlab/{conf} -e {error_log} -g "user root;"
"#
        );
        behind = name;
    }
    text
}

/// A systemd user unit, as a sketch.
pub(super) fn gunicorn_unit(plan: &Plan) -> String {
    unit(plan, "gunicorn", "gunicorn -c gunicorn.conf.py app:app", "")
}

/// A systemd user unit, as a sketch.
pub(super) fn nginx_unit(plan: &Plan, tier: Tier) -> String {
    let NginxFiles {
        conf, error_log, ..
    } = NginxFiles::of(tier);
    let command = format!("nginx -p . -c {conf} -e {error_log}");
    let behind = match tier {
        Tier::Edge => program_of(Tier::Proxy),
        Tier::Proxy | Tier::Backend => "gunicorn",
    };
    let order = format!("Requires=slowlab-{behind}.service\nAfter=slowlab-{behind}.service\n");
    unit(plan, program_of(tier), &command, &order)
}

/// What the nginx of a tier is called.
fn program_of(tier: Tier) -> &'static str {
    match tier {
        Tier::Edge => "edge",
        Tier::Proxy | Tier::Backend => "nginx",
    }
}

fn unit(plan: &Plan, program: &str, command: &str, order: &str) -> String {
    format!(
        "# A sketch: {program} of {title} as a unit of an ordinary user (not root).
# It expects this folder at ~/slowlab-export: systemctl --user link ~/slowlab-export/systemd/*.service
# and then: systemctl --user start slowlab-{last}
[Unit]
Description=slowlab: {program} of {title}
{order}
[Service]
WorkingDirectory=%h/slowlab-export
Environment=PATH=%h/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin
ExecStart=/usr/bin/env {command}
KillMode=mixed
TimeoutStopSec=10

[Install]
WantedBy=default.target
",
        title = title(plan),
        last = plan.tiers().first().map_or("gunicorn", |of| program_of(of.tier))
    )
}
