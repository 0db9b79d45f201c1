//! A Unix stream: no receive buffer, everything is charged to the sender in skb true size.

use std::collections::VecDeque;

use crate::machine::sockbuf::{unix_skb_payload, unix_truesize, unix_writable};

/// One direction.
#[derive(Clone, Debug)]
pub(super) struct UnixFlow {
    sndbuf: u64,
    /// True size in flight.
    charged: u64,
    skbs: VecDeque<Skb>,
    unread: u64,
}

#[derive(Clone, Copy, Debug)]
struct Skb {
    left: u32,
    truesize: u32,
}

impl UnixFlow {
    pub(super) fn new(sndbuf: u64) -> UnixFlow {
        UnixFlow {
            sndbuf,
            charged: 0,
            skbs: VecDeque::new(),
            unread: 0,
        }
    }

    /// `unix_stream_sendmsg`: the check comes before the allocation, so the last skb may overshoot.
    pub(super) fn write(&mut self, n: u64) -> u64 {
        let mut left = n;
        while left > 0 && self.charged < self.sndbuf {
            let len = left.min(unix_skb_payload(self.sndbuf));
            let truesize = unix_truesize(len);
            self.skbs.push_back(Skb {
                left: len as u32,
                truesize: truesize as u32,
            });
            self.charged += truesize;
            left -= len;
        }
        self.unread += n - left;
        n - left
    }

    /// `unix_stream_read_generic`: an skb is freed when it has been read whole.
    pub(super) fn read(&mut self, max: u64) -> u64 {
        let mut left = max;
        while left > 0
            && let Some(skb) = self.skbs.front_mut()
        {
            let taken = left.min(u64::from(skb.left));
            skb.left -= taken as u32;
            left -= taken;
            if skb.left == 0 {
                self.charged -= u64::from(skb.truesize);
                self.skbs.pop_front();
            }
        }
        self.unread -= max - left;
        max - left
    }

    pub(super) fn unread(&self) -> u64 {
        self.unread
    }

    pub(super) fn is_writable(&self) -> bool {
        unix_writable(self.charged, self.sndbuf)
    }
}
