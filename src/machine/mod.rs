//! Pure state machines: every policy of nginx, gunicorn and the clients, decided without acting.
//!
//! A machine takes `now` and an event and returns what to do. Nothing in here touches a socket, a file, a clock, a thread
//! or ambient chance, so the same machine runs under real sockets (the lab) and in virtual time (the sim).

pub mod act;
pub mod arbiter;
pub mod arrival;
pub mod backend_config;
pub mod behavior;
pub mod boot;
pub mod costs;
pub mod downstream;
pub mod event_loop;
pub mod exchange;
pub mod farbuf;
pub mod handler;
pub mod herd;
pub mod http;
pub mod link;
pub mod log_target;
pub mod pacing;
pub mod peers;
pub mod pipe;
pub mod pipeline;
pub mod probe;
pub mod proxy_config;
mod rate_limit;
pub mod relay;
pub mod sickness;
pub mod sockbuf;
pub mod socket_access;
pub mod stages;
mod switch;
pub mod temp_disk;
pub mod timers;
pub mod upstream_config;
pub mod visit;
pub mod worker;
pub mod worker_class_settings;
