//! What to do where this machine keeps a client from its request.

/// What to do about an error of a client's system call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// No port is free.
    Ports,
    /// No descriptor is left.
    Files,
    /// No file handle of the machine is left.
    Handles,
    /// No memory for sockets is left.
    Memory,
    /// The accept queue is full.
    Queue,
}

impl Remedy {
    /// Each.
    pub const ALL: [Remedy; 5] = [
        Remedy::Ports,
        Remedy::Files,
        Remedy::Handles,
        Remedy::Memory,
        Remedy::Queue,
    ];

    /// That of an error number, where there is something to be said.
    pub fn of(errno: Option<i32>) -> Option<Remedy> {
        Some(match errno? {
            libc::EADDRNOTAVAIL => Remedy::Ports,
            libc::EMFILE => Remedy::Files,
            libc::ENFILE => Remedy::Handles,
            libc::ENOBUFS | libc::ENOMEM => Remedy::Memory,
            libc::EAGAIN => Remedy::Queue,
            _ => return None,
        })
    }

    /// Its name, for catalogues.
    pub fn name(self) -> &'static str {
        match self {
            Remedy::Ports => "ports",
            Remedy::Files => "files",
            Remedy::Handles => "handles",
            Remedy::Memory => "memory",
            Remedy::Queue => "queue",
        }
    }

    /// In English, as `events.csv` has it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Remedy::Ports => {
                "all ports to this target are in use or in TIME-WAIT: fewer clients, a lower rate, or wait a minute"
            }
            Remedy::Files => "raise the limit of open files (`ulimit -n`) or plan fewer clients",
            Remedy::Handles => "the whole machine is out of file handles (`fs.file-max`)",
            Remedy::Memory => {
                "the kernel is out of socket memory: smaller buffers or fewer clients"
            }
            Remedy::Queue => "the accept queue of the Unix socket is full",
        }
    }
}
