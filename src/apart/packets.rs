//! Packet sockets (packet(7)): IP packets as they come out of a device, and into it.

use std::io;
use std::mem::size_of;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};

use socket2::{Domain, Protocol, SockAddr, SockAddrStorage, Socket, Type};

/// Ours: what may wait for a relay that is late; the kernel grants at most twice `rmem_max`.
const RECEIVE_BYTES: usize = 8 << 20;
/// linux/if_ether.h: IPv4, in the order of the network.
const ETH_P_IP: u16 = 0x0800_u16.to_be();

/// linux/ethtool.h: what a device does for the kernel in hardware that it has not. With them off packets are as on a wire: of at most 1500 bytes,
/// with checksums.
const SWITCHES: [(u32, &str); 4] = [
    (0x17, "tx checksum"),
    (0x1f, "tso"),
    (0x24, "gso"),
    (0x2c, "gro"),
];

/// A device's packets.
#[derive(Debug)]
pub(crate) struct Packets {
    socket: Socket,
    /// Where what is sent comes out: the device, and the other end's address on the Ethernet.
    to: SockAddr,
}

impl Packets {
    /// Those of the device of this number, in the calling thread's namespace.
    ///
    /// # Errors
    /// Those of the socket.
    pub(super) fn open(index: i32, other_end: [u8; 6]) -> io::Result<Packets> {
        let to = link_layer(index, other_end)?;
        let protocol = Protocol::from(i32::from(ETH_P_IP));
        let kind = Type::DGRAM.nonblocking().cloexec();
        let socket = Socket::new(Domain::from(libc::AF_PACKET), kind, Some(protocol))?;
        socket.bind(&to)?;
        socket.set_recv_buffer_size(RECEIVE_BYTES)?;
        Ok(Packets { socket, to })
    }

    /// The next packet that came out of the device; `None` if there is none.
    ///
    /// # Errors
    /// Those of the socket.
    pub(crate) fn take(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match io::Read::read(&mut &self.socket, buffer) {
            Ok(length) => Ok(Some(length)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a packet into the device.
    ///
    /// # Errors
    /// Those of the socket; a full one is `WouldBlock`.
    pub(crate) fn put(&self, packet: &[u8]) -> io::Result<()> {
        self.socket.send_to(packet, &self.to).map(drop)
    }

    /// Packets that the kernel had no room for since this was last asked.
    #[expect(unsafe_code, reason = "this option has no safe interface")]
    pub(crate) fn dropped(&self) -> u64 {
        // struct tpacket_stats: packets, drops.
        let mut stats = [0_u32; 2];
        let mut length = size_of::<[u32; 2]>() as libc::socklen_t;
        // SAFETY: the kernel writes at most as many bytes as the length says, which are the array's.
        let done = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                stats.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        if done == 0 { u64::from(stats[1]) } else { 0 }
    }

    /// Throws away what came before, and its count.
    ///
    /// # Errors
    /// Those of the socket.
    pub(crate) fn forget(&self) -> io::Result<()> {
        while self.take(&mut [0; 1])?.is_some() {}
        self.dropped();
        Ok(())
    }
}

impl AsFd for Packets {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Source and destination of an IPv4 packet.
pub(crate) fn ends_of(packet: &[u8]) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let word = |at: usize| -> Option<Ipv4Addr> {
        let bytes: [u8; 4] = packet.get(at..at + 4)?.try_into().ok()?;
        Some(bytes.into())
    };
    (packet.first()? >> 4 == 4).then_some(())?;
    Some((word(12)?, word(16)?))
}

/// An address as packet sockets take it.
#[expect(unsafe_code, reason = "socket2 knows no such address")]
fn link_layer(index: i32, address: [u8; 6]) -> io::Result<SockAddr> {
    let init = |storage: *mut SockAddrStorage, length: *mut libc::socklen_t| {
        let mut sll_addr = [0; 8];
        sll_addr[..6].copy_from_slice(&address);
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: ETH_P_IP,
            sll_ifindex: index,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 6,
            sll_addr,
        };
        // SAFETY: the storage is larger than any address and aligned for all of them, and both pointers are valid while this runs.
        unsafe {
            storage.cast::<libc::sockaddr_ll>().write(address);
            length.write(size_of::<libc::sockaddr_ll>() as libc::socklen_t);
        }
        Ok(())
    };
    // SAFETY: the closure above writes a whole address and its length.
    unsafe { SockAddr::try_init(init) }.map(|((), address)| address)
}

/// Switches off what the device of this name pretends to do in hardware, in the calling thread's namespace.
#[expect(unsafe_code, reason = "this ioctl has no safe interface")]
pub(super) fn without_offloads(name: &str) -> io::Result<()> {
    const SIOCETHTOOL: libc::c_ulong = 0x8946;
    let any = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    for (command, what) in SWITCHES {
        // struct ethtool_value: command, then off.
        let mut value = [command, 0];
        // SAFETY: all of it is plain numbers and a pointer, for which zero is a value.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
            *to = from.cast_signed();
        }
        request.ifr_ifru.ifru_data = value.as_mut_ptr().cast();
        // SAFETY: the request and the value that it points to live until the call returns, and the kernel reads no more than two words of that.
        let done = unsafe { libc::ioctl(any.as_raw_fd(), SIOCETHTOOL, &raw mut request) };
        if done != 0 {
            let error = io::Error::last_os_error();
            return Err(io::Error::new(error.kind(), format!("{what}: {error}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_packet_are_in_its_head() {
        let mut packet = [0; 20];
        packet[0] = 0x45;
        packet[12..16].copy_from_slice(&[10, 1, 0, 1]);
        packet[16..].copy_from_slice(&[10, 64, 0, 1]);
        let ends = (Ipv4Addr::new(10, 1, 0, 1), Ipv4Addr::new(10, 64, 0, 1));
        assert_eq!(ends_of(&packet), Some(ends));
        assert_eq!(ends_of(&packet[..19]), None);
        packet[0] = 0x60;
        assert_eq!(ends_of(&packet), None);
    }
}
