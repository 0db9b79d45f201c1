//! USR2: a second master, which is this binary run again with the same listener, report pipe and leash.
//!
//! What it is to be stands in an anonymous file that it inherits, since its standard input is the leash that it shares with the first.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::fs::MemfdFlags;
use serde::{Deserialize, Serialize};

use super::fork::inherited;
use super::messages::MasterSpec;
use super::{EXECUTABLE, MASTER_ROLE};

/// What a second master is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Succession {
    pub(super) spec: MasterSpec,
    /// The listener's descriptor.
    listener: RawFd,
    /// The master that starts it.
    pub(super) parent: u32,
    /// How many masters were started before it.
    pub(super) ordinal: u32,
}

impl Succession {
    /// Starts it on a copy of the listener; its process id.
    ///
    /// # Errors
    /// Those of `fork` and `exec`.
    pub(super) fn start(spec: MasterSpec, listener: impl AsFd, ordinal: u32) -> io::Result<u32> {
        // Neither copy is closed by the exec; both are closed here, when they are dropped.
        let listener = rustix::io::dup(listener)?;
        let succession = Succession {
            spec,
            listener: listener.as_raw_fd(),
            parent: std::process::id(),
            ordinal,
        };
        let mut file = File::from(rustix::fs::memfd_create(
            "slowlab-master",
            MemfdFlags::empty(),
        )?);
        file.write_all(&serde_json::to_vec(&succession)?)?;
        file.rewind()?;
        let child = Command::new(EXECUTABLE)
            .arg0("slowlab: master")
            .arg(MASTER_ROLE)
            .arg(file.as_raw_fd().to_string())
            .stdin(Stdio::inherit())
            .stdout(Stdio::inherit())
            .spawn()?;
        Ok(child.id())
    }

    /// The second master's side, with the number from its arguments.
    ///
    /// # Errors
    /// That is no such file.
    pub(super) fn read(file: RawFd) -> io::Result<Succession> {
        let mut bytes = Vec::new();
        File::from(inherited(file)?).read_to_end(&mut bytes)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// The listener; to be asked for once.
    ///
    /// # Errors
    /// It is not open.
    pub(super) fn listener(&self) -> io::Result<OwnedFd> {
        inherited(self.listener)
    }
}
