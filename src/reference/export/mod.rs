//! The configuration of the real programs, written from a plan: readable, every directive explicit, runnable by hand.
//!
//! The same files are what `slowlab export` gives to a user and what the reference engine starts. Paths in them are relative to
//! the folder, so it can be moved; only [`Layout`] differs between the two uses.

mod application;
mod backend;
mod files;
mod layout;
mod nginx_conf;
mod notes;
mod scripts;
mod title;

use crate::plan::{Plan, ProxyTier};
use crate::tier::Tier;
use title::title;

pub use files::{File, write};
pub use layout::Layout;
pub use nginx_conf::ROTATED_LOG;
pub use notes::{Note, Unplayable, newer_nginx, notes, playable, shortfall};

/// Below the folder: nginx's pid file, gunicorn's socket by hand, the application's instants.
pub const RUN_DIR: &str = "run";
/// Below the folder: access and error logs.
pub const LOG_DIR: &str = "logs";
/// Below the folder: nginx's temp files.
pub const TEMP_DIR: &str = "tmp";
/// The application's and the hooks' instants, below the folder.
pub const INSTANTS: &str = "run/instants.jsonl";
/// gunicorn's error log, below the folder.
pub const GUNICORN_LOG: &str = "logs/gunicorn.log";

/// The files of an nginx below the folder; those of the two tiers can be in one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NginxFiles {
    /// Its configuration.
    pub conf: &'static str,
    /// Its access log.
    pub access_log: &'static str,
    /// Its error log.
    pub error_log: &'static str,
    /// Its pid file.
    pub pid: &'static str,
}

impl NginxFiles {
    /// Those of a tier.
    pub const fn of(tier: Tier) -> NginxFiles {
        match tier {
            Tier::Edge => NginxFiles {
                conf: "edge.conf",
                access_log: "logs/edge-access.log",
                error_log: "logs/edge-error.log",
                pid: "run/edge.pid",
            },
            Tier::Proxy | Tier::Backend => NginxFiles {
                conf: "nginx.conf",
                access_log: "logs/access.log",
                error_log: "logs/error.log",
                pid: "run/nginx.pid",
            },
        }
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
    if plan.makes_sick() {
        files.push(file("sick.py", application::sick(layout)));
    }
    for of in plan.tiers() {
        let (unit, layout) = match of.tier {
            Tier::Edge => ("systemd/slowlab-edge.service", &layout.before(plan)),
            Tier::Proxy | Tier::Backend => ("systemd/slowlab-nginx.service", layout),
        };
        files.push(nginx(plan, of, layout));
        files.push(file(unit, scripts::nginx_unit(plan, of.tier)));
    }
    Ok(files)
}

/// The configuration of an nginx of a tier, which listens and finds what is behind it where the layout says.
pub fn nginx(plan: &Plan, of: ProxyTier<'_>, layout: &Layout) -> File {
    File {
        path: NginxFiles::of(of.tier).conf,
        text: nginx_conf::nginx_conf(plan, of, layout),
        executable: false,
    }
}

#[cfg(test)]
mod tests;
