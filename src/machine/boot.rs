//! How a worker of any class ends whose application cannot be imported (`spawn_worker` of gunicorn 27.0.1, `arbiter.py`).

use super::arbiter::{APP_LOAD_ERROR, Level, WORKER_BOOT_ERROR};
use super::backend_config::BootFault;

/// Ours: the code of a worker that crashes, at import or in a handler (`os._exit(7)`). Any other than 0, 3 and 4 means the same to a
/// master.
pub const CRASH: i32 = 7;

/// The end of a worker that did not get to its loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failed {
    /// Its exit code.
    pub code: i32,
    /// What it writes into the log first.
    pub word: Option<(Level, &'static str)>,
    /// Whether it goes without its last line ("Worker exiting").
    pub goes_quietly: bool,
}

impl From<BootFault> for Failed {
    fn from(fault: BootFault) -> Failed {
        match fault {
            BootFault::Import => Failed {
                code: WORKER_BOOT_ERROR,
                word: Some((Level::Error, "Exception in worker process")),
                goes_quietly: false,
            },
            BootFault::Missing => Failed {
                code: APP_LOAD_ERROR,
                word: Some((Level::Debug, "Exception while loading the application")),
                goes_quietly: false,
            },
            BootFault::Crash => Failed {
                code: CRASH,
                word: None,
                goes_quietly: true,
            },
        }
    }
}
