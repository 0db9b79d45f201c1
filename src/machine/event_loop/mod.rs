//! One event loop of the proxy: what an nginx worker decides beyond any single connection.
//!
//! Connection slots and who makes room when they run low ([`Slots`], nginx's `ngx_cycle_t`), how often a loop accepts and what a failed accept comes to
//! ([`AcceptTurn`] and [`accept_failed`], `ngx_event_accept`), how a loop ends ([`Life`], `ngx_worker_process_cycle`), and what a sickness comes to, and signals to who is sick ([`Health`]). Limits count per loop, as per nginx worker. Measured on
//! nginx 1.22.1.

mod accepting;
mod descriptors;
mod health;
mod life;
mod limit_conn;
mod slots;
#[cfg(test)]
mod tests;
mod turns;

pub(in crate::machine) use accepting::lacks_descriptors;
pub use accepting::{ACCEPT_PAUSE, AcceptFailed, AcceptTurn, accept_failed};
pub use descriptors::{BASE_DESCRIPTORS, Descriptors};
pub use health::{Befalls, Health, OF_PROXIES, befalls};
pub use life::{Deed, Hail, Life, RELOAD_OVERLAP, deed};
pub use limit_conn::LimitConn;
pub use slots::{LISTENING, Place, Slots, Taken};
pub use turns::Turns;
