//! What bytes cost beside room in buffers: CPU time of whoever sends them, and time for those behind to pass them on.
//!
//! What is read passes on in pieces: those of `proxy_buffer_size`, one read and one write each, where a proxy does not buffer.
//!
//! What it costs a host, and what that was measured by, has [`Costs`].

use super::super::relays::{LARGEST_CALL, Reader, Relays};
use crate::machine::costs::Costs;
use crate::time::{Span, Timestamp};

/// So much is between a worker and a proxy: SO_SNDBUF of a Unix socket, if nobody sets it.
const BEFORE_A_PROXY: u64 = 208 * 1024;

/// Ours: so much is still in the buffers between when the sender's last byte is in them.
const IN_BETWEEN: u64 = 1792 * 1024;

/// Ours: a call that costs less than this is free; it is in what every request costs.
const LEAST_CPU: Span = Span::from_us(25);

/// Ours: whoever is ahead of those behind by less than this does not wait for them.
const LEAST_WAIT: Span = Span::from_ms(1);

/// What a task still owes for what it has sent since it last had to wait for room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Passing {
    unpaid_bytes: u64,
    sent_at: Timestamp,
    sent_bytes: u64,
    read_bytes: u64,
    /// Who reads it, where that is a proxy.
    reader: Option<Reader>,
    /// Those of them that a proxy has not been charged for.
    unrelayed_bytes: u64,
    /// Whether a proxy has got into its pace with it.
    is_relayed: bool,
    /// When everything that was read so far is through.
    through: Timestamp,
    /// Since when it has had to wait for room, and how much was in the buffers then.
    blocked_at: Timestamp,
    blocked_by: u64,
}

impl Passing {
    /// The kernel has taken so many bytes, which this event loop reads, if one of a proxy's does.
    pub(super) fn sent(&mut self, now: Timestamp, bytes: u64, reader: Option<Reader>) {
        (self.sent_at, self.reader) = (now, reader);
        self.unpaid_bytes += bytes;
        self.sent_bytes += bytes;
    }

    /// It sends elsewhere.
    pub(super) fn begins_anew(&mut self) {
        *self = Passing {
            through: self.through,
            reader: self.reader,
            ..Passing::default()
        };
    }

    /// It has to wait for room, with so much in the buffers: the CPU time passes meanwhile, and who reads is slower than it is.
    pub(super) fn blocked(&mut self, now: Timestamp, resting_bytes: u64) {
        self.begins_anew();
        (self.blocked_at, self.blocked_by) = (now, resting_bytes);
    }

    /// There is room, and so much is in the buffers. A proxy that reads has others to read for: how long the sender has to wait for that, if it is worth
    /// an event.
    pub(super) fn relayed(
        &self,
        now: Timestamp,
        resting_bytes: u64,
        relays: &mut Relays,
    ) -> Option<Span> {
        let reader = self.reader?;
        let read = self.blocked_by.saturating_sub(resting_bytes);
        let work = relays.relaying(reader, read);
        let done_at = relays.work(reader.at, self.blocked_at, work);
        worth(done_at.since(now))
    }

    /// The call is at its end: the CPU time that it has used, if that is worth an event.
    pub(super) fn cpu(&mut self, costs: &Costs) -> Option<Span> {
        worth(costs.sending(std::mem::take(&mut self.unpaid_bytes)))
    }

    /// So many bytes rest in the buffers; everything before them was read: the CPU time that this has cost, if it is worth an event.
    pub(super) fn read(
        &mut self,
        now: Timestamp,
        resting_bytes: u64,
        costs: &Costs,
    ) -> Option<Span> {
        let read = self.sent_bytes.saturating_sub(resting_bytes);
        let more = read.saturating_sub(std::mem::replace(&mut self.read_bytes, read));
        self.unrelayed_bytes += more;
        self.through = self.through.max(now) + costs.passing_on(more, self.piece());
        worth(costs.being_read(more))
    }

    /// How far it is ahead of a proxy that reads what all workers send, beyond what is between the two, if that is worth an event.
    pub(super) fn is_ahead(&mut self, now: Timestamp, relays: &mut Relays) -> Option<Span> {
        let reader = self.reader?;
        let read = std::mem::take(&mut self.unrelayed_bytes);
        let begins = match self.read_bytes > BEFORE_A_PROXY && !self.is_relayed {
            true => relays.begins(),
            false => Span::ZERO,
        };
        self.is_relayed |= !begins.is_zero();
        let work = begins.saturating_add(relays.relaying(reader, read));
        let ahead = relays.work(reader.at, self.sent_at, work).since(now);
        worth(ahead.saturating_sub(relays.relaying(reader, BEFORE_A_PROXY)))
    }

    /// How far it is ahead of those behind, if it has to wait for them.
    pub(super) fn wait(&self, now: Timestamp, costs: &Costs) -> Option<Span> {
        let in_between = costs.passing_on(IN_BETWEEN, self.piece());
        let ahead = self.through.since(now).saturating_sub(in_between);
        (ahead >= LEAST_WAIT).then_some(ahead)
    }

    /// What those behind read at a time.
    fn piece(&self) -> u64 {
        self.reader
            .and_then(|reader| reader.piece_bytes)
            .unwrap_or(LARGEST_CALL)
    }
}

fn worth(cpu: Span) -> Option<Span> {
    (cpu >= LEAST_CPU).then_some(cpu)
}

#[cfg(test)]
mod tests {
    use super::super::super::ctx::Station;
    use super::*;

    const KIB: u64 = 1024;
    const COSTS: Costs = Costs::MEASURED;

    /// The only event loop of the only proxy.
    const READER: Option<Reader> = Some(Reader {
        at: Station {
            tier: 0,
            instance: 0,
            event_loop: 0,
        },
        piece_bytes: None,
    });

    fn in_pieces_of(piece_bytes: u64) -> Option<Reader> {
        READER.map(|reader| Reader {
            piece_bytes: Some(piece_bytes),
            ..reader
        })
    }

    /// How long a call holds its task that sends so much at `now`, `resting` of which nobody reads.
    fn hold(passing: &mut Passing, now: Timestamp, sent: u64, resting: u64) -> Span {
        hold_by(passing, (now, sent, resting), None)
    }

    /// The same, where an event loop that passes pieces on reads it.
    fn hold_by(
        passing: &mut Passing,
        (now, sent, resting): (Timestamp, u64, u64),
        reader: Option<Reader>,
    ) -> Span {
        passing.sent(now, sent, reader);
        let paid = now + passing.cpu(&COSTS).unwrap_or(Span::ZERO);
        let read = paid + passing.read(paid, resting, &COSTS).unwrap_or(Span::ZERO);
        let through = read + passing.wait(read, &COSTS).unwrap_or(Span::ZERO);
        through.since(now)
    }

    #[test]
    fn pages_are_free() {
        let mut passing = Passing::default();
        for page in 0..100 {
            let now = Timestamp::ZERO + Span::from_ms(10 * page);
            let held = hold(&mut passing, now, 2 * KIB, 0);
            assert_eq!(held, Span::ZERO, "others are through long before");
        }
    }

    #[test]
    fn what_rests_costs_its_sender_alone() {
        let held = hold(
            &mut Passing::default(),
            Timestamp::ZERO,
            4096 * KIB,
            4096 * KIB,
        );
        assert_eq!(held, COSTS.sending(4096 * KIB));
    }

    #[test]
    fn whoever_sends_much_at_once_waits_for_those_behind() {
        let sent = (Timestamp::ZERO, 4096 * KIB, 0);
        let held = hold_by(&mut Passing::default(), sent, in_pieces_of(4 * KIB));
        assert!((3_200..9_100).contains(&held.as_us()), "{held:?}");
        let slow = Costs {
            pass_on_piece_ns: 10_000,
            ..COSTS
        };
        let mut passing = Passing::default();
        passing.sent(Timestamp::ZERO, 16_384 * KIB, in_pieces_of(4 * KIB));
        passing.read(Timestamp::ZERO, 0, &slow);
        let ahead = slow.passing_on((16_384 - 1_792) * KIB, 4 * KIB);
        let waits = passing.wait(Timestamp::ZERO, &slow);
        assert_eq!(waits.map(Span::as_us), Some(ahead.as_us()));
    }

    #[test]
    fn whoever_sends_on_and_on_is_as_fast_as_those_behind() {
        let play = |cpu: Span| {
            let mut passing = Passing::default();
            let reader = in_pieces_of(4 * KIB);
            let end = (0..96 * 16).fold(Timestamp::ZERO, |now, _| {
                now + cpu + hold_by(&mut passing, (now + cpu, 64 * KIB, 0), reader)
            });
            end.since(Timestamp::ZERO).as_us()
        };
        let held = play(Span::ZERO);
        assert!((91_000..124_000).contains(&held), "{held}");
        let beside = play(Span::from_ms(1)) - 96 * 16 * 1_000;
        assert!((100_000..130_000).contains(&beside), "{beside}");
    }

    #[test]
    fn a_sender_that_had_to_wait_for_room_is_not_ahead_of_anybody() {
        let mut passing = Passing::default();
        passing.sent(Timestamp::ZERO, 4096 * KIB, READER);
        passing.blocked(Timestamp::ZERO, 4096 * KIB);
        let later = Timestamp::ZERO + Span::from_ms(300);
        let held = hold(&mut passing, later, 1024 * KIB, 3000 * KIB);
        assert_eq!(held, COSTS.sending(1024 * KIB));
    }

    #[test]
    fn three_that_have_to_wait_for_room_wait_for_one_that_reads() {
        let (mut relays, mut now, buffer) = (Relays::new(1, 2, COSTS), Timestamp::ZERO, 208 * KIB);
        let mut all = [Passing::default(); 3];
        for _ in 0..8192 / 208 {
            for passing in &mut all {
                passing.sent(now, buffer, READER);
                passing.blocked(now, buffer);
            }
            let waits = all.iter().map(|one| one.relayed(now, 0, &mut relays));
            let longest = waits.flatten().max();
            now = now + longest.expect("it is slower than they are");
        }
        assert!((12_000..14_500).contains(&now.as_us()), "{now:?}");
    }

    #[test]
    fn a_proxy_takes_a_while_to_get_into_its_pace_once_a_response() {
        let mut relays = Relays::new(1, 2, COSTS);
        let mut passing = Passing::default();
        let mut play = |kib: u64| {
            passing.sent(Timestamp::ZERO, kib * KIB, READER);
            passing.read(Timestamp::ZERO, 0, &COSTS);
            passing.is_ahead(Timestamp::ZERO, &mut relays);
            let done_at = relays.work(
                READER.expect("there is one").at,
                Timestamp::ZERO,
                Span::ZERO,
            );
            done_at.since(Timestamp::ZERO)
        };
        assert_eq!(play(64), COSTS.relaying(64 * KIB), "a page");
        let begun = COSTS.begins().saturating_add(COSTS.relaying(256 * KIB));
        assert_eq!(play(192), begun);
        let more = COSTS.begins().saturating_add(COSTS.relaying(512 * KIB));
        assert_eq!(play(256), more);
    }

    #[test]
    fn a_slow_reader_is_not_slower_for_what_a_proxy_does() {
        let mut passing = Passing::default();
        passing.sent(Timestamp::ZERO, 208 * KIB, READER);
        passing.blocked(Timestamp::ZERO, 208 * KIB);
        let later = Timestamp::ZERO + Span::from_ms(50);
        let mut relays = Relays::new(1, 2, COSTS);
        assert_eq!(passing.relayed(later, 0, &mut relays), None);
    }
}
