//! `limit_conn` by address: how many requests of each client's address are under way (`ngx_http_limit_conn_module`).
//!
//! It counts requests and not connections, from their whole head to their last byte in the client's socket: an idle connection and a head
//! that is half there do not count. nginx keeps it in shared memory, for all event loops and across reloads.

use std::collections::BTreeMap;

/// Requests under way, by address.
#[derive(Clone, Debug, Default)]
pub struct LimitConn {
    under_way: BTreeMap<u128, u32>,
}

impl LimitConn {
    /// Whether another request of this address may begin, where so many may be under way; it counts from now on if so.
    pub fn begin(&mut self, address: u128, most: u32) -> bool {
        let under_way = self.under_way.entry(address).or_default();
        let admitted = *under_way < most;
        if admitted {
            *under_way += 1;
        }
        admitted
    }

    /// Those of all addresses.
    pub fn under_way(&self) -> u32 {
        self.under_way.values().sum()
    }

    /// One that was admitted is over.
    pub fn end(&mut self, address: u128) {
        let Some(under_way) = self.under_way.get_mut(&address) else {
            panic!("a request that never began");
        };
        *under_way -= 1;
        if *under_way == 0 {
            self.under_way.remove(&address);
        }
    }
}
