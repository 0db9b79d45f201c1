//! Where something listens: a loopback TCP address or a path of a Unix socket.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// An address of the lab. TCP addresses are loopback only: `slowlab` refuses to aim at anything else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// A loopback address with a port that the kernel chose.
    Tcp(SocketAddr),
    /// The path of a listening Unix stream socket.
    Unix(#[serde(with = "crate::files::path")] PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => write!(f, "{address}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}
