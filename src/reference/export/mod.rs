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

use crate::plan::Plan;

pub use files::{File, write};
pub use layout::Layout;
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
