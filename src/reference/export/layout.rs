//! Where the parts of one stack meet: addresses, and the folder of temp files.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{RUN_DIR, TEMP_DIR};
use crate::net::Address;
use crate::plan::Plan;

/// Ports for running by hand: the ones that the programs' own manuals use.
const BY_HAND_LISTEN: u16 = 8080;
const BY_HAND_BIND: u16 = 8000;
/// Ours: some way from the others, so that the peers of each can have the ports behind theirs.
const BY_HAND_EDGE: u16 = 8090;

/// Where the parts of one stack meet.
#[derive(Clone, Debug)]
pub struct Layout {
    /// nginx's client-facing address; loopback.
    pub listen: SocketAddr,
    /// Where gunicorn binds; port 0 lets the kernel choose.
    pub bind: Address,
    /// Where nginx finds the instances of what is behind it.
    pub upstreams: Vec<Address>,
    /// Where nginx puts its temp files; relative to the folder, or absolute.
    pub temp_dir: PathBuf,
    /// Where gunicorn's heartbeats are, if not in the system's folder for temporary files.
    pub worker_tmp_dir: Option<PathBuf>,
    /// The file that does not let go of whoever opens it, where there is one.
    pub held_file: Option<PathBuf>,
}

impl Layout {
    /// Fixed ports and relative paths, for running by hand.
    pub fn by_hand(plan: &Plan) -> Layout {
        use crate::machine::backend_config::Bind;
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let bind = match plan.backend.bind {
            Bind::Tcp => Address::Tcp(loopback(BY_HAND_BIND)),
            Bind::Unix => Address::Unix(Path::new(RUN_DIR).join("gunicorn.sock")),
        };
        Layout {
            listen: loopback(BY_HAND_LISTEN),
            upstreams: (0..plan.backend.instances.max(1))
                .map(|index| instance_of(&bind, index))
                .collect(),
            bind,
            temp_dir: PathBuf::from(TEMP_DIR),
            worker_tmp_dir: None,
            held_file: None,
        }
    }
}

impl Layout {
    /// Of the tier before this one, by hand.
    pub(super) fn before(&self, plan: &Plan) -> Layout {
        let behind = Address::Tcp(self.listen);
        let instances = plan.proxy.as_ref().map_or(1, |proxy| proxy.instances);
        Layout {
            listen: SocketAddr::from(([127, 0, 0, 1], BY_HAND_EDGE)),
            upstreams: (0..instances.max(1))
                .map(|index| instance_of(&behind, index))
                .collect(),
            ..self.clone()
        }
    }
}

/// Where an instance of a backend listens whose first one is bound there: the next port, or a socket beside it.
fn instance_of(bind: &Address, index: u32) -> Address {
    match bind {
        Address::Tcp(address) => {
            let mut address = *address;
            let port = u32::from(address.port()) + index;
            address.set_port(u16::try_from(port).unwrap_or(u16::MAX));
            Address::Tcp(address)
        }
        Address::Unix(path) if index == 0 => Address::Unix(path.clone()),
        Address::Unix(path) => Address::Unix(path.with_file_name(format!("gunicorn-{index}.sock"))),
    }
}
