//! Addresses on a line. They are nobody else's business: the namespaces are joined to nothing.

use std::net::Ipv4Addr;

/// Where the stack listens.
pub const STACK: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
/// Where clients come from: all of it is local to their side without any further setup.
pub(super) const CLIENTS: (Ipv4Addr, u8) = (Ipv4Addr::new(10, 64, 0, 0), 10);
/// Groups that fit.
const GROUPS: u32 = 64;
/// Clients of a group with an address of their own; beyond them addresses, and lines, come round again.
const CLIENTS_PER_GROUP: u32 = 65_534;

/// The address of a client, by its group's place in the plan and its number.
pub fn client_address(group: u32, client: u32) -> Ipv4Addr {
    let [.., high, low] = (client % CLIENTS_PER_GROUP + 1).to_be_bytes();
    let group = u8::try_from(group % GROUPS).unwrap_or_default();
    Ipv4Addr::new(10, 64 + group, high, low)
}

/// The client of an address: its group and its number; `None` if it is no client's.
pub fn client_of(address: Ipv4Addr) -> Option<(u32, u32)> {
    let [10, group @ 64..128, high, low] = address.octets() else {
        return None;
    };
    let client = u32::from(u16::from_be_bytes([high, low])).checked_sub(1)?;
    Some((u32::from(group - 64), client))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_clients_are_each_others() {
        for (group, client) in [(0, 0), (3, 255), (63, 65_533)] {
            let address = client_address(group, client);
            assert_eq!(client_of(address), Some((group, client)), "{address}");
        }
        assert_eq!(client_address(0, 65_534), client_address(0, 0));
        for other in [STACK, Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 64, 0, 0)] {
            assert_eq!(client_of(other), None, "{other}");
        }
    }
}
