//! Making the namespaces, and going between them.

use std::fs::{self, File};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::thread::{CapabilitySet, CapabilitySets, LinkNameSpaceType};

use super::names::{CLIENTS, STACK};
use super::packets::{self, Packets};
use super::route::{Device, Routes};
use crate::namespaces;
use crate::process::is_root;

/// The network namespaces of this process.
#[derive(Debug)]
pub struct Apart {
    clients: OwnedFd,
    stack: OwnedFd,
    /// Where the stack's packets come and go, and the clients'.
    near: Packets,
    far: Packets,
    /// What the host avoids congestion by, and how often it tries (`tcp_retries2`).
    congestion: String,
    retries: String,
}

impl Apart {
    /// Does something where the clients are: sockets made meanwhile are theirs. For calls that do not wait: the thread is elsewhere as long.
    ///
    /// # Errors
    /// The thread cannot go there, or not back.
    pub(crate) fn among_clients<T>(&self, work: impl FnOnce() -> T) -> io::Result<T> {
        go(&self.clients)?;
        let done = work();
        go(&self.stack)?;
        Ok(done)
    }

    /// Packets of the stack's side.
    pub(crate) fn near(&self) -> &Packets {
        &self.near
    }

    /// Packets of the clients' side.
    pub(crate) fn far(&self) -> &Packets {
        &self.far
    }

    /// The host's way to avoid congestion, which namespaces begin with.
    pub(crate) fn congestion(&self) -> &str {
        &self.congestion
    }

    /// Why TCP cannot be told to avoid congestion in this way, and what to do; `None` if it can.
    pub(crate) fn lacks(&self, congestion: &str) -> Option<String> {
        let allowed = setting("ipv4/tcp_allowed_congestion_control").unwrap_or_default();
        let known = allowed.split_whitespace().any(|name| name == congestion);
        (!known).then(|| {
            format!(
                "`congestion = \"{congestion}\"` is not among {allowed} (net.ipv4.tcp_allowed_congestion_control); \
                 root can add it there, after `modprobe tcp_{congestion}`"
            )
        })
    }

    /// The host's `tcp_retries2`.
    pub(crate) fn retries(&self) -> &str {
        &self.retries
    }

    /// Writes a setting of the network below `/proc/sys/net`, on both sides.
    ///
    /// # Errors
    /// The kernel does not know or does not grant it.
    pub(crate) fn set(&self, key: &str, value: &str) -> io::Result<()> {
        set(key, value)?;
        self.among_clients(|| set(key, value))?
    }
}

fn set(key: &str, value: &str) -> io::Result<()> {
    fs::write(format!("/proc/sys/net/{key}"), value)
}

fn setting(key: &str) -> io::Result<String> {
    let text = fs::read_to_string(format!("/proc/sys/net/{key}"))?;
    Ok(text.trim_end().to_owned())
}

fn go(to: &OwnedFd) -> io::Result<()> {
    let kind = Some(LinkNameSpaceType::Network);
    Ok(rustix::thread::move_into_link_name_space(to.as_fd(), kind)?)
}

/// The namespace that the calling thread is in.
fn this() -> io::Result<OwnedFd> {
    Ok(File::open("/proc/thread-self/ns/net")?.into())
}

pub(super) fn make() -> io::Result<Apart> {
    let lone = fs::read_dir("/proc/self/task")?.count() == 1;
    if !lone {
        return Err(io::Error::other("this process has threads already"));
    }
    let as_user = namespaces::leave_the_network()?;
    let middle = this()?;
    namespaces::another_network()?;
    let clients = this()?;
    namespaces::another_network()?;
    let stack = this()?;
    go(&middle)?;
    let mut routes = Routes::open()?;
    routes.pair(&Device::NEAR, &Device::STACK, stack.as_fd())?;
    routes.pair(&Device::FAR, &Device::CLIENTS, clients.as_fd())?;
    let near = Packets::open(Device::NEAR.index, Device::STACK.address)?;
    let far = Packets::open(Device::FAR.index, Device::CLIENTS.address)?;
    go(&clients)?;
    furnish(None, (STACK, 32))?;
    Routes::open()?.local(CLIENTS)?;
    go(&stack)?;
    furnish(Some(STACK), CLIENTS)?;
    if as_user && !is_root() {
        keep_few_rights()?;
    }
    Ok(Apart {
        clients,
        stack,
        near,
        far,
        congestion: setting("ipv4/tcp_congestion_control")?,
        retries: setting("ipv4/tcp_retries2")?,
    })
}

/// One side: its loopback, its Ethernet, its own address, and who is behind it.
fn furnish(own: Option<Ipv4Addr>, others: (Ipv4Addr, u8)) -> io::Result<()> {
    let mut routes = Routes::open()?;
    routes.up()?;
    if let Some(own) = own {
        routes.address(own)?;
    }
    routes.beyond(others)?;
    packets::without_offloads(Device::STACK.name)?;
    // What one variant's connections have learned is not the next one's.
    set("ipv4/tcp_no_metrics_save", "1")
}

/// In a user namespace of its own a process may do everything to this user's files. That is not what is measured: what stays is what going between the
/// namespaces and setting them takes.
fn keep_few_rights() -> io::Result<()> {
    let kept = CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN;
    rustix::thread::set_capabilities(
        None,
        CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: CapabilitySet::empty(),
        },
    )?;
    // With new rights the kernel hides a process from its own user.
    let seen = rustix::process::DumpableBehavior::Dumpable;
    Ok(rustix::process::set_dumpable_behavior(seen)?)
}
