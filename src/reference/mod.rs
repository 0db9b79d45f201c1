//! The reference engine's half of the work: the real nginx and gunicorn, configured from a plan, started, watched and read from the
//! outside.
//!
//! * [`export`] writes `nginx.conf`, `gunicorn.conf.py`, the application and a start script.
//! * [`programs`] finds the programs of this machine and asks them for their versions.
//! * [`Gunicorn`] and [`Nginx`] run them under a guard, which ends them whatever becomes of us, and follow their logs.
//!
//! [`import`] goes the other way: from a user's own configuration to a scenario.
//!
//! No machine of ours runs here. Known limits: instants from nginx's access log are whole milliseconds; the instant of an error-log
//! line is the instant at which we read it; what neither log nor kernel tells stays unknown.

mod access_log;
mod conf;
mod error;
mod error_log;
pub mod export;
mod follow;
mod guard;
mod gunicorn;
mod gunicorn_log;
pub mod import;
mod instants;
mod nginx;
mod nginx_logs;
pub mod programs;
mod reader;
mod spill;
mod wall;

pub use error::ReferenceError;
pub use guard::{GUARD_ROLE, Lost, PROGRAM_ROLE, guard_main, program_main};
pub use gunicorn::{Gunicorn, GunicornSpec};
pub use nginx::{Nginx, NginxSpec};
