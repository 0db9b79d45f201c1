//! slowlab: a laboratory for slow clients and back-pressure.
//!
//! The shape, in one line: a scenario becomes a plan, an engine runs the plan and writes records, reports read the records.
//! `ARCHITECTURE.md` has the map.

mod acts;
pub mod attribution;
pub mod backend;
pub mod browse;
pub mod cli;
pub mod clients;
pub mod commands;
pub mod error;
pub mod expect;
mod files;
mod judged;
pub mod lab;
mod lab_error;
mod lab_pipeline;
mod lab_settle;
pub mod leave;
pub mod lessons;
mod log_drivers;
pub mod machine;
mod masters;
pub mod metrics;
mod mistakes;
mod mounted;
mod namespaces;
pub mod net;
pub mod observe;
pub mod parts;
pub mod perms;
pub mod pipeline;
pub mod plan;
mod private;
pub mod probes;
mod process;
pub mod proxy;
pub mod record;
pub mod reference;
pub mod report;
mod restarts;
pub mod scenario;
pub mod seed;
mod sick;
pub mod sim;
pub mod site;
pub mod slow_disk;
pub mod small_disk;
mod strays;
pub mod tier;
pub mod time;
mod title;
pub mod understand;
pub mod units;
mod watched;
pub mod weblog;
