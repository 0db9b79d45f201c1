//! The folder of a socket that is not for its owner alone.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Place;
use crate::machine::socket_access::{BackendSocket, SocketGroup};
use crate::net::Address;
use crate::plan::Plan;
use crate::process::{NOBODY, is_root};

/// Its name below the private folder.
const NAME: &str = "socket";

/// Where the socket of this plan's backend is, if the plan says who may connect to it; the folder is there, and its owner's until [`open`].
///
/// # Errors
/// Those of the disk.
pub(super) fn make(plan: &Plan, place: &Place) -> io::Result<Option<PathBuf>> {
    if !plan.has_socket_modes() {
        return Ok(None);
    }
    let folder = place.runtime_dir.join(NAME);
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
    Ok(Some(folder.join("backend.sock")))
}

/// Once it listens: the group of the socket, and the mode of its folder.
///
/// # Errors
/// Those of the disk.
pub(super) fn open(address: &Address, socket: &BackendSocket) -> io::Result<()> {
    let Address::Unix(path) = address else {
        return Ok(());
    };
    if socket.group == Some(SocketGroup::Proxy) && is_root() {
        std::os::unix::fs::chown(path, None, Some(NOBODY))?;
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mode = Permissions::from_mode(socket.folder().bits().into());
    fs::set_permissions(folder, mode)
}
