//! The configuration of the real programs, written from a plan: readable, every directive explicit, runnable by hand.
//!
//! The same files are what `slowlab export` gives to a user and what the reference engine starts. Paths in them are relative to
//! the folder, so it can be moved; only [`Layout`] differs between the two uses.

mod application;
mod backend;
mod files;
mod nginx_conf;
mod notes;
mod scripts;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::net::Address;
use crate::plan::Plan;

pub use files::{File, write};
pub use notes::{NEWER_DEFAULTS, Unplayable, newer_nginx, notes, playable, shortfall};

/// Below the folder: nginx's pid file, gunicorn's socket by hand, the application's instants.
pub const RUN_DIR: &str = "run";
/// Below the folder: access and error logs.
pub const LOG_DIR: &str = "logs";
/// Below the folder: nginx's temp files.
pub const TEMP_DIR: &str = "tmp";
/// The application's and the hooks' instants, below the folder.
pub const INSTANTS: &str = "run/instants.jsonl";
/// nginx's access log, below the folder.
pub const ACCESS_LOG: &str = "logs/access.log";
/// nginx's error log, below the folder.
pub const ERROR_LOG: &str = "logs/error.log";
/// gunicorn's error log, below the folder.
pub const GUNICORN_LOG: &str = "logs/gunicorn.log";
/// nginx's pid file, below the folder.
pub const NGINX_PID: &str = "run/nginx.pid";

/// Ports for running by hand: the ones that the programs' own manuals use.
const BY_HAND_LISTEN: u16 = 8080;
const BY_HAND_BIND: u16 = 8000;

/// Where the parts of one stack meet.
#[derive(Clone, Debug)]
pub struct Layout {
    /// nginx's client-facing address; loopback.
    pub listen: SocketAddr,
    /// Where gunicorn binds; port 0 lets the kernel choose.
    pub bind: Address,
    /// Where nginx finds the backend's instances.
    pub upstreams: Vec<Address>,
    /// Where nginx puts its temp files; relative to the folder, or absolute.
    pub temp_dir: PathBuf,
}

impl Layout {
    /// Fixed ports and relative paths, for running by hand.
    pub fn by_hand(plan: &Plan) -> Layout {
        use crate::machine::backend_config::Bind;
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let bind = match plan.backend.bind {
            Bind::Tcp => Address::Tcp(loopback(BY_HAND_BIND)),
            Bind::Unix => Address::Unix(Path::new(RUN_DIR).join("gunicorn.sock")),
        };
        Layout {
            listen: loopback(BY_HAND_LISTEN),
            upstreams: (0..plan.backend.instances.max(1))
                .map(|index| instance_of(&bind, index))
                .collect(),
            bind,
            temp_dir: PathBuf::from(TEMP_DIR),
        }
    }
}

/// Where an instance of a backend listens whose first one is bound there: the next port, or a socket beside it.
fn instance_of(bind: &Address, index: u32) -> Address {
    match bind {
        Address::Tcp(address) => {
            let mut address = *address;
            let port = u32::from(address.port()) + index;
            address.set_port(u16::try_from(port).unwrap_or(u16::MAX));
            Address::Tcp(address)
        }
        Address::Unix(path) if index == 0 => Address::Unix(path.clone()),
        Address::Unix(path) => Address::Unix(path.with_file_name(format!("gunicorn-{index}.sock"))),
    }
}

/// All files of a plan.
///
/// # Errors
/// A plan that the real programs cannot play.
pub fn render(plan: &Plan, layout: &Layout) -> Result<Vec<File>, Unplayable> {
    playable(plan)?;
    let file = |path, text| File {
        path,
        text,
        executable: false,
    };
    let mut files = vec![
        file("gunicorn.conf.py", backend::gunicorn_conf(plan, layout)),
        file("app.py", application::app(plan)),
        file("handlers.py", application::handlers(plan)),
        file("draw.py", application::draw()),
        file("instants.py", application::instants()),
        file("watch.py", application::watch()),
        File {
            path: "start",
            text: scripts::start(plan, layout),
            executable: true,
        },
        file("compose.yaml", scripts::compose(plan, layout)),
        file(
            "systemd/slowlab-gunicorn.service",
            scripts::gunicorn_unit(plan),
        ),
    ];
    if let Some(proxy) = &plan.proxy {
        files.push(file(
            "nginx.conf",
            nginx_conf::nginx_conf(plan, proxy, layout),
        ));
        files.push(file(
            "systemd/slowlab-nginx.service",
            scripts::nginx_unit(plan),
        ));
    }
    Ok(files)
}

/// The heading of a generated file's comment: `scenario worker-starvation, variant buffered`.
fn title(plan: &Plan) -> String {
    format!("scenario {}, variant {}", plan.scenario, plan.variant)
}

#[cfg(test)]
mod tests;
