//! Where the bytes of given-up responses waited: hop by hop, from the worker's last `send` to what the client had read.
//!
//! Counts body bytes at the moment when the client let go, so it says something of clients that stopped reading: of one that still
//! reads, it is a snapshot. A real gunicorn counts whole pieces of the application (`write_size`), and so may be one short.

use crate::record::summary::AbsorbedSummary;
use crate::record::{Outcome, RequestRecord};

/// One response. A hop that nobody observed is empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Absorbed {
    total: u64,
    upstream: Option<u64>,
    proxy: Option<u64>,
    downstream: u64,
}

/// A group's responses so far.
#[derive(Debug, Default)]
pub(super) struct AbsorbedTally(Vec<Absorbed>);

impl AbsorbedTally {
    /// Counts a request, if its response was given up on the way.
    pub(super) fn request(&mut self, row: &RequestRecord) {
        self.0.extend(absorbed(row));
    }

    /// The medians.
    pub(super) fn finish(self) -> AbsorbedSummary {
        let of =
            |hop: fn(&Absorbed) -> Option<u64>| median(self.0.iter().filter_map(hop).collect());
        AbsorbedSummary {
            count: self.0.len() as u64,
            total: of(|absorbed| Some(absorbed.total)),
            upstream: of(|absorbed| absorbed.upstream),
            proxy: of(|absorbed| absorbed.proxy),
            downstream: of(|absorbed| Some(absorbed.downstream)),
        }
    }
}

/// Nothing for a response that was not given up while its bytes were on the way.
fn absorbed(row: &RequestRecord) -> Option<Absorbed> {
    match row.outcome {
        Outcome::Timeout | Outcome::Aborted | Outcome::Unfinished => {}
        Outcome::Complete | Outcome::Truncated | Outcome::Refused | Outcome::Reset => return None,
    }
    let sent = row.sent_bytes.filter(|sent| *sent > 0)?;
    let total = sent.checked_sub(row.received_bytes)?;
    let Some(proxy_sent) = row.proxy_sent_bytes else {
        return Some(Absorbed {
            total,
            upstream: None,
            proxy: None,
            downstream: total,
        });
    };
    let read = row.proxy_read_bytes;
    Some(Absorbed {
        total,
        // The proxy may have read a part of a piece that gunicorn does not count before all of it is in the kernel.
        upstream: read.map(|read| sent.saturating_sub(read)),
        proxy: read.map(|read| read.saturating_sub(proxy_sent)),
        downstream: proxy_sent.saturating_sub(row.received_bytes),
    })
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
