//! The servers of a run, each ours or real: what the composition needs of either, and nothing else.

mod backend;
mod proxies;
mod slow;
mod socket_folder;

use std::net::Ipv4Addr;
use std::path::PathBuf;

use thiserror::Error;

use crate::backend::BackendError;
use crate::leave::Leave;
use crate::proxy::ProxyError;
use crate::record::Sink;
use crate::reference::ReferenceError;
use crate::reference::programs::{GunicornProgram, NginxProgram};
use crate::time::Clock;

pub(crate) use backend::BackendPart;
pub(crate) use proxies::ProxyPart;
pub(crate) use slow::{beats_on, slow_disk};

/// Below a variant's folder: the configuration and logs of the real programs.
pub const REFERENCE_DIR: &str = "reference";

/// Which servers are real; the others are ours.
#[derive(Clone, Debug, Default)]
pub struct Real {
    /// The proxy is this nginx.
    pub nginx: Option<NginxProgram>,
    /// The backend is this gunicorn.
    pub gunicorn: Option<GunicornProgram>,
}

/// Why a part did not start.
#[derive(Debug, Error)]
pub enum PartError {
    /// The backend.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The proxy.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// A disk of its own.
    #[error(
        "a proxy's temp files cannot have a disk of their own: {0}\nhint: leave `temp_disk` out"
    )]
    Disk(std::io::Error),
    /// A disk that is slow.
    #[error(
        "there is no disk that is slow: {0}\nhint: leave `worker_tmp_dir` and `unkillable` out"
    )]
    SlowDisk(std::io::Error),
    /// The modes of the backend's socket.
    #[error("the backend's socket does not get its modes: {0}")]
    Socket(std::io::Error),
    /// The real nginx or gunicorn.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

/// Where the parts of one run put things, and whom they tell.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The variant's folder: logs stay here.
    pub(crate) logs: PathBuf,
    /// Private, and gone after the run: sockets and temp files.
    pub(crate) runtime_dir: PathBuf,
    /// Whether the proxy before the backend gives up root, and is somebody else than the backend.
    pub(crate) proxy_is_nobody: bool,
    /// Where proxies listen.
    pub(crate) address: Ipv4Addr,
    /// Where the backend's heartbeats are, if on a disk of their own.
    pub(crate) worker_tmp_dir: Option<PathBuf>,
    /// The file that does not let go of whoever opens it, where an act wants one.
    pub(crate) held_file: Option<PathBuf>,
    /// The clock of what is reported.
    pub(crate) clock: Clock,
    /// Takes the reports.
    pub(crate) sink: Sink,
    /// What their waits ask.
    pub(crate) leave: Leave,
}
