//! One attempt of one tier to get a response for one request: one row of `hops.csv` each.

use serde::{Deserialize, Serialize};

use super::{EndedBy, ProxyHalf};
use crate::tier::Tier;
use crate::time::{Span, Timestamp, as_us, as_us_opt, span_as_us_opt};

/// An attempt that came to nothing, so that the next peer was asked. Part of [`ProxyHalf`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// The peer that was asked, from 0; `None` if no peer was alive.
    pub peer: Option<u32>,
    /// Whether over a connection that an earlier request had left; a real nginx does not tell.
    pub reused: Option<bool>,
    /// When the connection was there.
    pub connected_at: Option<Timestamp>,
    /// When the peer was given up.
    pub released_at: Option<Timestamp>,
    /// nginx's `$upstream_status` of it: 502 or 504.
    pub status: u16,
    /// Who ended it.
    pub ended_by: EndedBy,
}

/// An attempt of a tier at a request. Instants count from the run's origin; empty means not known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hop {
    /// Unique within a variant.
    pub request_id: u64,
    /// The group of the client that made it.
    pub group: Option<String>,
    /// The tier that passed the request on.
    pub tier: Tier,
    /// Which of the tier's instances, from 0.
    pub instance: u32,
    /// Counts the attempts of the tier at this request, from 1.
    pub attempt: u32,
    /// The instance of the tier behind it that was asked, from 0.
    pub peer: Option<u32>,
    /// Whether over a connection that an earlier request had left; not told by a real nginx.
    pub reused: Option<bool>,
    /// When the tier had accepted the connection, or saw the first byte of the request on a kept one.
    #[serde(rename = "accepted_at_us", with = "as_us")]
    pub accepted_at: Timestamp,
    /// When the connection to the peer was there.
    #[serde(rename = "connected_at_us", with = "as_us_opt")]
    pub connected_at: Option<Timestamp>,
    /// When the response's head was complete.
    #[serde(rename = "header_at_us", with = "as_us_opt")]
    pub header_at: Option<Timestamp>,
    /// When the tier let go of the connection to the peer.
    #[serde(rename = "released_at_us", with = "as_us_opt")]
    pub released_at: Option<Timestamp>,
    /// Of the last attempt the status in the tier's access log; of an earlier one why the next peer was asked: 502 or 504.
    pub status: u16,
    /// Who ended it.
    pub ended_by: EndedBy,
    /// The directive of the timer that ended it, if one did.
    pub timer: Option<String>,
    /// Body bytes read from the peer.
    pub read_bytes: Option<u64>,
    /// Body bytes handed to the socket towards the client.
    pub sent_bytes: u64,
    /// Bytes that went through the temp file.
    pub spilled_bytes: Option<u64>,
    /// The most bytes held at once, in memory and temp file.
    pub peak_buffered_bytes: Option<u64>,
    /// The longest time between two reads of the response, its end included.
    #[serde(rename = "longest_silence_us", with = "span_as_us_opt")]
    pub longest_silence: Option<Span>,
    /// Bytes of the request's body that came from the client.
    pub request_bytes: Option<u64>,
    /// Of these, bytes that waited for the peer in a temp file; the others waited in memory.
    pub request_spilled_bytes: Option<u64>,
    /// When the tier was done with the request: all that it had for whoever asked was in that one's socket, or given up. Of the last attempt only.
    #[serde(rename = "done_at_us", with = "as_us_opt", default)]
    pub done_at: Option<Timestamp>,
}

impl ProxyHalf {
    /// Its rows of `hops.csv`, in order, where its tier has made so many attempts at the request before.
    pub fn hops(&self, before: u32) -> impl Iterator<Item = Hop> + '_ {
        let earlier = self.earlier.iter().zip(before + 1..);
        let earlier = earlier.map(|(attempt, number)| self.earlier_hop(attempt, number));
        let last = before + self.earlier.len() as u32 + 1;
        earlier.chain(std::iter::once_with(move || self.last_hop(last)))
    }

    fn last_hop(&self, number: u32) -> Hop {
        Hop {
            request_id: self.request_id,
            group: None,
            tier: self.tier,
            instance: self.instance,
            attempt: number,
            peer: self.peer,
            reused: self.reused,
            accepted_at: self.accepted_at,
            connected_at: self.upstream_connected_at,
            header_at: self.upstream_header_at,
            released_at: self.upstream_released_at,
            status: self.status,
            ended_by: self.ended_by,
            timer: self.ended_by.timer().map(str::to_owned),
            read_bytes: self.read_bytes,
            sent_bytes: self.sent_bytes,
            spilled_bytes: self.spilled_bytes,
            peak_buffered_bytes: self.peak_buffered_bytes,
            longest_silence: self.longest_silence,
            request_bytes: self.request_bytes,
            request_spilled_bytes: self.request_spilled_bytes,
            done_at: self.done_at,
        }
    }

    fn earlier_hop(&self, attempt: &Attempt, number: u32) -> Hop {
        Hop {
            peer: attempt.peer,
            reused: attempt.reused,
            connected_at: attempt.connected_at,
            header_at: None,
            released_at: attempt.released_at,
            status: attempt.status,
            ended_by: attempt.ended_by,
            timer: attempt.ended_by.timer().map(str::to_owned),
            read_bytes: Some(0),
            sent_bytes: 0,
            spilled_bytes: Some(0),
            peak_buffered_bytes: Some(0),
            longest_silence: None,
            done_at: None,
            ..self.last_hop(number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_has_a_row() {
        let at = |ms: u64| Timestamp::from_us(ms * 1000);
        let attempt = Attempt {
            peer: Some(0),
            reused: Some(true),
            connected_at: Some(at(1)),
            released_at: Some(at(2_001)),
            status: 504,
            ended_by: EndedBy::ProxyReadTimeout,
        };
        let half = ProxyHalf {
            request_id: 7,
            tier: Tier::Proxy,
            instance: 2,
            peer: Some(1),
            reused: Some(false),
            accepted_at: at(0),
            upstream_connected_at: Some(at(2_002)),
            upstream_header_at: Some(at(2_005)),
            upstream_released_at: Some(at(2_010)),
            status: 200,
            ended_by: EndedBy::Completion,
            sent_bytes: 100,
            read_bytes: Some(100),
            spilled_bytes: Some(0),
            peak_buffered_bytes: Some(90),
            longest_silence: Some(Span::from_ms(3)),
            request_bytes: Some(5),
            request_spilled_bytes: Some(0),
            done_at: None,
            earlier: vec![attempt],
        };
        let hops: Vec<_> = half.hops(0).collect();
        let seen: Vec<_> = hops
            .iter()
            .map(|hop| {
                (
                    hop.attempt,
                    hop.peer,
                    hop.status,
                    hop.timer.as_deref(),
                    hop.read_bytes,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (1, Some(0), 504, Some("proxy_read_timeout"), Some(0)),
                (2, Some(1), 200, None, Some(100)),
            ]
        );
        assert!(
            hops.iter()
                .all(|hop| (hop.request_id, hop.instance) == (7, 2))
        );
        let later: Vec<_> = half.hops(3).map(|hop| hop.attempt).collect();
        assert_eq!(later, [4, 5], "the tier had asked before");
    }
}
