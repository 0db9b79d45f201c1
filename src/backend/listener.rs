//! The listening socket, bound by the master and inherited by every worker (`sock.py`).

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::umask;
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use crate::machine::backend_config::BackendConfig;
use crate::net::{Address, apply_before_use};

/// Longest path of a Unix socket: `sun_path` less its end.
const UNIX_PATH_LIMIT: usize = 107;

/// A bound listener. Dropping it closes this process's copy; the path of a Unix socket is unlinked by [`Listener::unlink`].
#[derive(Debug)]
pub(super) struct Listener {
    socket: Socket,
    address: Address,
}

/// Why nothing listens, in gunicorn's words, and what to do about it.
#[derive(Debug)]
pub(super) struct BindError {
    pub message: String,
    pub hint: String,
}

impl Listener {
    pub(super) fn bind(wanted: &Address, config: &BackendConfig) -> Result<Listener, BindError> {
        let bound = match wanted {
            Address::Tcp(address) => bind_tcp(*address, config),
            Address::Unix(path) => {
                check_path(path)?;
                bind_unix(path, config)
            }
        };
        bound.map_err(|error| explain(wanted, &error))
    }

    /// The listener of another master, which listens at `address` and goes on doing so.
    pub(super) fn inherited(socket: OwnedFd, address: &Address) -> Listener {
        Listener {
            socket: socket.into(),
            address: address.clone(),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The descriptor alone, for a worker, which never unlinks the path.
    pub(super) fn into_fd(self) -> OwnedFd {
        self.socket.into()
    }

    /// Removes the path of a Unix socket.
    pub(super) fn unlink(&self) {
        if let Address::Unix(path) = &self.address {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn bind_tcp(address: SocketAddr, config: &BackendConfig) -> io::Result<Listener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    listen(&socket, &address.into(), config)?;
    let bound = socket
        .local_addr()?
        .as_socket()
        .ok_or_else(|| io::Error::other("the bound address is not TCP"))?;
    Ok(Listener {
        socket,
        address: Address::Tcp(bound),
    })
}

fn bind_unix(path: &Path, config: &BackendConfig) -> io::Result<Listener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    listen(&socket, &SockAddr::unix(path)?, config)?;
    Ok(Listener {
        socket,
        address: Address::Unix(path.to_owned()),
    })
}

/// The mode of a Unix socket by the mask under which it is made, as gunicorn does it (`sock.py`); this process has one thread.
fn bind_with_mode(socket: &Socket, address: &SockAddr, config: &BackendConfig) -> io::Result<()> {
    let Some(mode) = config.socket.mode else {
        return socket.bind(address);
    };
    let before = umask(Mode::from_bits_truncate(mode.umask().into()));
    let bound = socket.bind(address);
    umask(before);
    bound
}

/// Buffers before `listen`: TCP sockets inherit them, and the window is promised in the handshake. On a Unix socket the worker asks
/// again for each connection.
fn listen(socket: &Socket, address: &SockAddr, config: &BackendConfig) -> io::Result<()> {
    apply_before_use(SockRef::from(socket), config.socket.buffers())?;
    bind_with_mode(socket, address, config)?;
    socket.set_nonblocking(true)?;
    socket.listen(i32::try_from(config.backlog).unwrap_or(i32::MAX))
}

/// A socket in the way is removed, whether it is live or not, as gunicorn does; anything else is left alone.
fn check_path(path: &Path) -> Result<(), BindError> {
    let too_long = path.as_os_str().len() > UNIX_PATH_LIMIT;
    if too_long {
        return Err(BindError {
            message: format!(
                "the path of the Unix socket is longer than {UNIX_PATH_LIMIT} bytes: `{}`",
                path.display()
            ),
            hint: "use a shorter folder, for example with TMPDIR=/tmp".to_owned(),
        });
    }
    match std::fs::symlink_metadata(path) {
        Err(_) => Ok(()),
        Ok(meta) if meta.file_type().is_socket() => {
            let _ = std::fs::remove_file(path);
            Ok(())
        }
        Ok(_) => Err(BindError {
            message: format!("`{}` is not a socket", path.display()),
            hint: "move that file away or name another path".to_owned(),
        }),
    }
}

fn explain(wanted: &Address, error: &io::Error) -> BindError {
    let (message, hint) = match error.kind() {
        io::ErrorKind::AddrInUse => (
            format!("Connection in use: {wanted}"),
            "stop what listens there (`ss -ltnp`), or use port 0 to have one chosen".to_owned(),
        ),
        io::ErrorKind::PermissionDenied => (
            format!("Can't connect to {wanted}: {error}"),
            "ports below 1024 need privileges; a Unix socket needs a writable folder".to_owned(),
        ),
        _ => (
            format!("Can't connect to {wanted}: {error}"),
            match wanted {
                Address::Tcp(_) => "use an address of this machine, such as 127.0.0.1:0".to_owned(),
                Address::Unix(path) => format!(
                    "check that the folder `{}` exists",
                    path.parent()
                        .map_or_else(PathBuf::new, Path::to_owned)
                        .display()
                ),
            },
        ),
    };
    BindError { message, hint }
}
