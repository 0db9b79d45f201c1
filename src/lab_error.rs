//! Why a variant could not be run to its end.

use std::path::PathBuf;

use thiserror::Error;

use crate::clients::FleetError;
use crate::parts::PartError;
use crate::record::collect::CollectError;
use crate::reference::Lost;

/// Why a variant could not be run to its end. What was measured up to there is in the folder.
#[derive(Debug, Error)]
pub enum LabError {
    /// The private folder for sockets and temp files could not be made.
    #[error(
        "cannot make a private folder for sockets and temp files below `{dir}`: {source}\nhint: set TMPDIR to a writable folder"
    )]
    RuntimeDir {
        /// Where it should have been.
        dir: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The backend or the proxy, ours or real.
    #[error(transparent)]
    Part(#[from] PartError),
    /// The clients.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The observer.
    #[error("the observer cannot start: {0}\nhint: check `ulimit -n` and `ulimit -u`")]
    Observer(std::io::Error),
    /// The relay between the stack and clients that are far away.
    #[error(
        "there is no line to clients that are far away: {0}\nhint: `slowlab doctor` says what is missing"
    )]
    Relay(std::io::Error),
    /// The probes.
    #[error("the probes cannot start: {0}\nhint: check `ulimit -n` and `ulimit -u`")]
    Probes(std::io::Error),
    /// The readers of logs that go into pipes.
    #[error(
        "the pipes of the logs cannot be made: {0}\nhint: a size is at most what /proc/sys/fs/pipe-max-size says"
    )]
    LogDrivers(std::io::Error),
    /// The stages of a pipeline.
    #[error(
        "the stages of the pipeline cannot be played: {0}\nhint: Debian has the tools in coreutils, grep and mawk; check `ulimit -u`"
    )]
    Pipeline(std::io::Error),
    /// The results.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// Somebody killed the backend's master.
    #[error(
        "the backend's master (pid {pid}) died during the run: its log is `{log}`\nhint: what was measured until then is kept"
    )]
    MasterDied {
        /// Its process id.
        pid: u32,
        /// Its log.
        log: PathBuf,
    },
    /// Somebody stopped the backend's master (SIGSTOP).
    #[error(
        "the backend's master (pid {pid}) was stopped during the run\nhint: what was measured until then is kept"
    )]
    MasterStopped {
        /// Its process id.
        pid: u32,
    },
    /// Somebody stopped a proxy (SIGSTOP): ours in a process of its own, or a worker of the real one.
    #[error(
        "a process of the {tier} (pid {pid}) was stopped during the run\nhint: what was measured until then is kept"
    )]
    ProxyStopped {
        /// The tier's name.
        tier: &'static str,
        /// Its process id.
        pid: u32,
    },
    /// Somebody killed or stopped the guard of a real program.
    #[error(
        "the guard of {program} {lost}\nhint: what was measured until then is kept; {program} was ended"
    )]
    Unguarded {
        /// `nginx` or `gunicorn`.
        program: &'static str,
        /// What has become of it.
        lost: Lost,
    },
    /// Somebody killed the real nginx.
    #[error(
        "nginx died during the run: its log is `{log}`\nhint: what was measured until then is kept"
    )]
    ProxyDied {
        /// Its log.
        log: PathBuf,
    },
}
