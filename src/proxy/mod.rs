//! The lab's reverse proxy: sockets, temp files and logs around [`crate::machine::downstream`].
//!
//! Each of `worker_processes` is one thread with one event loop, as an nginx worker is. A connection is one task; whatever it
//! decides, the machine decided. A blocked connection sleeps on its sockets and its one deadline. An event loop polls in
//! one case only: with no descriptor left it looks every millisecond whether somebody waits to be accepted.
//!
//! Not here: TLS, HTTP/2.

mod block;
mod client;
mod connection;
mod dates;
mod error;
mod generation;
mod hail;
mod handle;
mod heads;
mod kept;
mod listener;
mod logs;
mod loops;
mod own;
mod relay;
mod room;
mod sick;
mod store;
mod turn;
mod upstream;
mod wait;

#[cfg(test)]
mod tests;

pub use error::ProxyError;
pub use handle::Proxy;
pub use own::{OWN_ROLE, own_main};

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::leave::Leave;
use crate::machine::proxy_config::ProxyConfig;
use crate::net::Address;
use crate::record::{Gauges, Sink};
use crate::tier::ProxyId;
use crate::time::Clock;

/// Everything that a proxy needs to start.
#[derive(Debug)]
pub struct ProxySpec {
    /// nginx's directives.
    pub config: ProxyConfig,
    /// The instances of the tier behind it, at least one.
    pub upstreams: Vec<Address>,
    /// Where temp files go; they are unlinked as soon as they are open.
    pub temp_dir: PathBuf,
    /// The access log, appended to.
    pub access_log: PathBuf,
    /// The error log, appended to.
    pub error_log: PathBuf,
    /// The run's clock.
    pub clock: Clock,
    /// Where reports go.
    pub sink: Sink,
    /// What every wait for a process of its own asks.
    pub leave: Leave,
    /// Live counters.
    pub gauges: Arc<Gauges>,
    /// Where to listen; port 0 lets the kernel choose.
    pub listen: SocketAddr,
    /// Which of the stack's proxies this is.
    pub id: ProxyId,
    /// The source address of connections to a TCP upstream, as nginx's `proxy_bind`; the kernel chooses if there is none.
    pub source: Option<IpAddr>,
    /// Whether its process gives up root once it listens, as nginx's workers do: with a process of its own, started by root.
    pub is_nobody: bool,
    /// The file that does not let go of whoever opens it, if an act is to have it opened: with a process of its own.
    pub held_file: Option<PathBuf>,
    /// Whether any process of this user may trace it, where Yama would let only its parent (PR_SET_PTRACER): with a process of its own.
    pub may_be_traced: bool,
    /// The slowlab binary, for a proxy with a process of its own.
    pub executable: PathBuf,
}
