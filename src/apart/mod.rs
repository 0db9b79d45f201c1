//! A network of this process's own, without rights over this machine: the stack in one network namespace, clients in another, and between them two pairs of
//! virtual Ethernet whose far ends are in a third, where packet sockets take what comes. Nothing forwards there but who holds those sockets
//! (`relay`).
//!
//! A socket belongs to the namespace in which it was made. The whole process is in the stack's, and so is all that it starts; whoever makes a client's
//! socket goes over for that moment. Root unshares the network alone; anybody else needs a user namespace, in which his number stays what it is: nginx refuses
//! others. Nothing is joined to the host's network, and with the last process and descriptor all of it is gone.
//!
//! Limits: IPv4; a process that has been put apart stays there, so `run` does it for all that it plays if anything asks for a distance.

mod made;
mod names;
mod packets;
mod refusals;
mod route;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

pub use made::Apart;
pub use names::{STACK, client_address, client_of};
pub(crate) use packets::ends_of;

/// The hidden first argument that makes the binary try it and say what came of it.
pub const APART_ROLE: &str = "__apart";

/// This process's network, once that was asked for, or why it has none.
static APART: OnceLock<Result<Apart, String>> = OnceLock::new();

/// Puts this process apart, if it has not been tried yet. It must have one thread. What came of it is remembered: [`here`], [`missing`].
pub fn enter() {
    let _ = APART.get_or_init(|| made::make().map_err(|error| refusals::explained(&error)));
}

/// This process's network; `None` if it is the host's.
pub fn here() -> Option<&'static Apart> {
    APART.get()?.as_ref().ok()
}

/// Why this process has no network of its own, and what to do; `None` if it has one.
pub fn missing() -> Option<String> {
    match APART.get() {
        None => Some("it was not asked for before threads began".to_owned()),
        Some(Err(why)) => Some(why.clone()),
        Some(Ok(_)) => None,
    }
}

/// The main function of a process that tries it; its exit code. Standard output has why not, if not.
pub fn apart_main() -> i32 {
    enter();
    let said = missing().unwrap_or_default();
    match io::stdout().write_all(said.as_bytes()) {
        Ok(()) if said.is_empty() => 0,
        _ => 1,
    }
}

/// Asks a process of its own whether this user could have such a network: why not, and what to do.
pub(crate) fn missing_here(executable: &Path) -> Option<String> {
    let tried = Command::new(executable).arg(APART_ROLE).output();
    match tried {
        Ok(tried) if tried.status.success() => None,
        Ok(tried) => Some(String::from_utf8_lossy(&tried.stdout).into_owned()),
        Err(error) => Some(error.to_string()),
    }
}
