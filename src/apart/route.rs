//! Devices, addresses and routes by netlink (`NETLINK_ROUTE`, what `ip` uses): the few messages that two pairs of virtual Ethernet need.
//!
//! The numbers are those of `linux/rtnetlink.h`, `if_link.h`, `if_addr.h` and `veth.h`.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader,
    NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const RTM_NEWROUTE: u16 = 24;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;
const IFA_LOCAL: u16 = 2;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
/// Attributes that hold attributes.
const NESTED: u16 = 1 << 15;

const RT_TABLE_MAIN: u8 = 254;
const RT_TABLE_LOCAL: u8 = 255;
const RTPROT_BOOT: u8 = 3;
const RT_SCOPE_LINK: u8 = 253;
const RT_SCOPE_HOST: u8 = 254;
const RTN_UNICAST: u8 = 1;
const RTN_LOCAL: u8 = 2;

/// Kernel: the number of a namespace's loopback.
const LOOPBACK: i32 = 1;
const AF_INET: u8 = libc::AF_INET as u8;

/// One end of a pair. Numbers and addresses are ours to choose in namespaces of our own, so nobody has to be asked for them.
pub(super) struct Device {
    pub(super) name: &'static str,
    pub(super) index: i32,
    /// On the Ethernet.
    pub(super) address: [u8; 6],
}

impl Device {
    pub(super) const NEAR: Device = Device::numbered("near", 10, 1);
    pub(super) const FAR: Device = Device::numbered("far", 11, 2);
    pub(super) const STACK: Device = Device::numbered("line", 10, 3);
    pub(super) const CLIENTS: Device = Device::numbered("line", 10, 4);

    const fn numbered(name: &'static str, index: i32, number: u8) -> Device {
        Device {
            name,
            index,
            // Locally administered.
            address: [2, 0, 0, 0, 0, number],
        }
    }
}

/// A netlink socket of the namespace in which it was made.
pub(super) struct Routes(Socket);

impl Routes {
    pub(super) fn open() -> io::Result<Routes> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Routes(socket))
    }

    /// Makes a pair, one end here and up, the other in that namespace and down: the kernel opens no end before it knows both. Nobody asks for
    /// addresses on the Ethernet (`IFF_NOARP`): questions would cross the relay, too.
    pub(super) fn pair(
        &mut self,
        here: &Device,
        there: &Device,
        namespace: BorrowedFd<'_>,
    ) -> io::Result<()> {
        let mut peer = end(there, libc::IFF_NOARP);
        peer.attribute(IFLA_NET_NS_FD, &namespace.as_raw_fd().to_ne_bytes());
        let mut data = Body::default();
        data.attribute(VETH_INFO_PEER | NESTED, &peer.0);
        let mut info = Body::default();
        info.attribute(IFLA_INFO_KIND, b"veth");
        info.attribute(IFLA_INFO_DATA | NESTED, &data.0);
        let mut link = end(here, libc::IFF_NOARP | libc::IFF_UP);
        link.attribute(IFLA_LINKINFO | NESTED, &info.0);
        self.ask(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link)
    }

    /// Switches this side's loopback and Ethernet on.
    pub(super) fn up(&mut self) -> io::Result<()> {
        let mut devices = [LOOPBACK, Device::STACK.index].into_iter();
        devices.try_for_each(|device| self.ask(RTM_NEWLINK, 0, interface(device, libc::IFF_UP)))
    }

    /// Gives this side's Ethernet an address.
    pub(super) fn address(&mut self, address: Ipv4Addr) -> io::Result<()> {
        // struct ifaddrmsg: family, prefix length, flags, scope, index.
        let mut body = Body(vec![AF_INET, 32, 0, 0]);
        body.0.extend(Device::STACK.index.to_ne_bytes());
        body.attribute(IFA_LOCAL, &address.octets());
        self.ask(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body)
    }

    /// Who is behind this side's Ethernet.
    pub(super) fn beyond(&mut self, network: (Ipv4Addr, u8)) -> io::Result<()> {
        let kind = [RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_LINK, RTN_UNICAST];
        self.route(network, kind, Device::STACK.index)
    }

    /// Addresses that are all this side's own, as 127.0.0.0/8 is.
    pub(super) fn local(&mut self, network: (Ipv4Addr, u8)) -> io::Result<()> {
        let kind = [RT_TABLE_LOCAL, RTPROT_BOOT, RT_SCOPE_HOST, RTN_LOCAL];
        self.route(network, kind, LOOPBACK)
    }

    fn route(
        &mut self,
        (network, length): (Ipv4Addr, u8),
        kind: [u8; 4],
        by: i32,
    ) -> io::Result<()> {
        // struct rtmsg: family, both prefix lengths, type of service, then table, protocol, scope and type, then flags.
        let mut body = Body(vec![AF_INET, length, 0, 0]);
        body.0.extend(kind);
        body.0.extend([0; 4]);
        body.attribute(RTA_DST, &network.octets());
        body.attribute(RTA_OIF, &by.to_ne_bytes());
        self.ask(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body)
    }

    fn ask(&mut self, kind: u16, flags: u16, Body(body): Body) -> io::Result<()> {
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        let order = NetlinkPayload::InnerMessage(Order { kind, body });
        let mut message = NetlinkMessage::new(header, order);
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.0.send(&bytes, 0)?;
        let (answer, _) = self.0.recv_from_full()?;
        let answer = NetlinkMessage::<Order>::deserialize(&answer).map_err(io::Error::other)?;
        match answer.payload {
            NetlinkPayload::Error(error) if error.code.is_some() => Err(error.to_io()),
            _ => Ok(()),
        }
    }
}

fn end(device: &Device, flags: i32) -> Body {
    let mut body = interface(device.index, flags);
    let name = [device.name.as_bytes(), b"\0"].concat();
    body.attribute(IFLA_IFNAME, &name);
    body.attribute(IFLA_ADDRESS, &device.address);
    body
}

/// struct ifinfomsg: family, padding, type, index, flags, which flags change.
fn interface(index: i32, flags: i32) -> Body {
    let mut body = Body(vec![0; 4]);
    body.0.extend(index.to_ne_bytes());
    body.0.extend(flags.to_ne_bytes());
    body.0.extend(flags.to_ne_bytes());
    body
}

/// A message's body, or that of an attribute.
#[derive(Default)]
struct Body(Vec<u8>);

impl Body {
    /// struct rtattr: length, type; padded to four bytes.
    fn attribute(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }
}

/// A message of this family.
#[derive(Debug)]
struct Order {
    kind: u16,
    body: Vec<u8>,
}

impl NetlinkSerializable for Order {
    fn message_type(&self) -> u16 {
        self.kind
    }

    fn buffer_len(&self) -> usize {
        self.body.len()
    }

    fn serialize(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.body);
    }
}

impl NetlinkDeserializable for Order {
    type Error = io::Error;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> io::Result<Order> {
        Ok(Order {
            kind: header.message_type,
            body: payload.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_their_length_is_not() {
        let mut body = Body::default();
        body.attribute(IFLA_IFNAME, b"far\0x");
        assert_eq!(body.0.len(), 12);
        assert_eq!(
            body.0[..4],
            [9_u16.to_ne_bytes(), IFLA_IFNAME.to_ne_bytes()].concat()
        );
        assert_eq!(body.0[9..], [0; 3]);
    }
}
