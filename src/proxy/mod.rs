//! The lab's reverse proxy: sockets, temp files and logs around [`crate::machine::downstream`].
//!
//! Each of `worker_processes` is one thread with one event loop, as an nginx worker is. A connection is one task; whatever it
//! decides, the machine decided. Nothing here polls: a blocked connection sleeps on its sockets and its one deadline.
//!
//! Not here: TLS, HTTP/2, HTTP/0.9 answers.

mod client;
mod connection;
mod dates;
mod error;
mod heads;
mod kept;
mod listener;
mod logs;
mod relay;
mod store;
mod upstream;
mod wait;

#[cfg(test)]
mod tests;

pub use error::ProxyError;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::watch;

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
    /// Live counters.
    pub gauges: Arc<Gauges>,
    /// Where to listen; port 0 lets the kernel choose.
    pub listen: SocketAddr,
    /// Which of the stack's proxies this is.
    pub id: ProxyId,
    /// The source address of connections to a TCP upstream, as nginx's `proxy_bind`; the kernel chooses if there is none.
    pub source: Option<IpAddr>,
}

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
    logs: Option<logs::Writers>,
}

impl Proxy {
    /// Starts the workers; the proxy accepts when this returns.
    ///
    /// # Errors
    /// [`ProxyError`]: the address, a log, the temp folder or a thread.
    pub fn start(spec: ProxySpec) -> Result<Proxy, ProxyError> {
        listener::start(spec)
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection, flushes the logs and waits for the threads.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        let _ = self.stop.send(true);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        if let Some(logs) = self.logs.take() {
            logs.finish();
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shut_down();
    }
}
