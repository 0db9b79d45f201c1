//! Why a proxy does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::machine::act::SignalName;

/// Why a proxy did not start.
#[derive(Debug, Error)]
pub enum ProxyError {
    /// The listening socket could not be made.
    #[error(
        "the proxy cannot listen on {address}: {error}\nhint: use port 0 to let the kernel choose a free port"
    )]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the kernel said.
        error: io::Error,
    },
    /// A log or the folder for temp files could not be opened.
    #[error("the proxy cannot open {path}: {error}\nhint: the folder must exist and be writable")]
    Open {
        /// Which.
        path: PathBuf,
        /// What the kernel said.
        error: io::Error,
    },
    /// A thread or its event loop could not be started.
    #[error(
        "the proxy cannot start a worker: {0}\nhint: check the limits on threads and open files (ulimit -u, -n)"
    )]
    Worker(io::Error),
    /// Its own process could not be started, or gave up.
    #[error("the proxy's process does not start: {0}")]
    Process(io::Error),
    /// Its own process is gone.
    #[error("{0}")]
    Gone(io::Error),
    /// A signal that is not for event loops within slowlab's own process.
    #[error("{0} is not played within this process")]
    Signal(SignalName),
    /// It has no process that could be stopped.
    #[error("a proxy within this process is not stopped")]
    Frozen,
}
