//! A worker's report as it travels: a mark that begins no JSON, and its fields in order, eight bytes each. A request has four or five of them, and what
//! it takes to write and to read their digits and names would be a third of what the lab spends on a small request beside proxy and backend.

use crate::record::{WorkerReport, WorkerState};
use crate::time::{Span, Timestamp};

/// The first byte.
pub(super) const MARK: u8 = 1;
/// All bytes, the mark included.
pub(super) const LEN: usize = 1 + 8 * WORDS;

const WORDS: usize = 12;
/// What is not known.
const NOTHING: u64 = u64::MAX;

/// In the order of their numbers.
const STATES: [WorkerState; 8] = [
    WorkerState::Booting,
    WorkerState::Idle,
    WorkerState::Reading,
    WorkerState::Body,
    WorkerState::App,
    WorkerState::Send,
    WorkerState::Linger,
    WorkerState::Dead,
];

/// The bytes of a report of a worker of this master.
pub(super) fn written(from: u32, report: &WorkerReport) -> [u8; LEN] {
    let WorkerReport {
        worker,
        pid,
        slot,
        at,
        state,
        accepted_at,
        request_id,
        sent_bytes,
        recv_blocked,
        send_blocked,
        buffered_bytes,
    } = *report;
    let words: [u64; WORDS] = [
        from.into(),
        worker.into(),
        pid.into(),
        slot.map_or(NOTHING, u64::from),
        at.as_ns(),
        state as u64,
        accepted_at.map_or(NOTHING, Timestamp::as_ns),
        request_id.unwrap_or(NOTHING),
        sent_bytes,
        recv_blocked.as_ns(),
        send_blocked.as_ns(),
        buffered_bytes,
    ];
    let mut bytes = [MARK; LEN];
    for (place, word) in bytes[1..].chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// Whose master's they are, and the report; `None` if they are none.
pub(super) fn read(bytes: &[u8; LEN]) -> Option<(u32, WorkerReport)> {
    let mut words = [0; WORDS];
    for (word, place) in words.iter_mut().zip(bytes[1..].chunks_exact(8)) {
        *word = u64::from_le_bytes(place.try_into().ok()?);
    }
    let known = |word: u64| (word != NOTHING).then_some(word);
    let [
        from,
        worker,
        pid,
        slot,
        at,
        state,
        accepted_at,
        request_id,
        sent_bytes,
        recv_ns,
        send_ns,
        buffered_bytes,
    ] = words;
    let report = WorkerReport {
        worker: worker.try_into().ok()?,
        pid: pid.try_into().ok()?,
        slot: known(slot).map(u32::try_from).transpose().ok()?,
        at: Timestamp::from_ns(at),
        state: *STATES.get(usize::try_from(state).ok()?)?,
        accepted_at: known(accepted_at).map(Timestamp::from_ns),
        request_id: known(request_id),
        sent_bytes,
        recv_blocked: Span::from_ns(recv_ns),
        send_blocked: Span::from_ns(send_ns),
        buffered_bytes,
    };
    Some((from.try_into().ok()?, report))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        for (number, state) in STATES.into_iter().enumerate() {
            assert_eq!(state as usize, number);
            let bare = WorkerReport::bare(1, 100, None, Timestamp::from_us(3), state);
            let full = WorkerReport {
                slot: Some(5),
                accepted_at: Some(Timestamp::from_us(2)),
                request_id: Some(7),
                sent_bytes: 11,
                recv_blocked: Span::from_us(13),
                send_blocked: Span::from_us(17),
                buffered_bytes: 19,
                ..bare.clone()
            };
            for report in [bare, full] {
                assert_eq!(read(&written(23, &report)), Some((23, report)));
            }
        }
    }

    #[test]
    fn what_is_no_report_is_none() {
        assert_eq!(read(&[MARK; LEN]), None, "no such worker");
        let state = 1 + 8 * 5;
        let mut bytes = written(0, &WorkerReport::gone(1, 2, Timestamp::ZERO));
        bytes[state] = STATES.len() as u8;
        assert_eq!(read(&bytes), None, "no such state");
    }
}
