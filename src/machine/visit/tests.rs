//! Visits in virtual time: tables of steps, and random surroundings.

use proptest::prelude::*;

use super::*;
use crate::machine::arrival::{REFUSED_PAUSE, Schedule};
use crate::machine::behavior::{
    Abort, Behavior, Burst, By, HalfClose, Healthy, Idle, KeepOpen, SlowBody, SlowHeader, SlowRead,
    Stall, Vanish,
};
use crate::seed::Seed;
use crate::time::{Span, Timestamp};
use crate::units::{ByteRate, Bytes};

const HEAD: u32 = 100;
const READ: usize = 64 * 1024;

/// A group of clients of which one is on a visit.
struct Scene {
    behavior: Behavior,
    schedule: Schedule,
    keepalive: bool,
    body: u64,
    idempotent: bool,
    rate: Option<ByteRate>,
    retry: Option<Retry>,
    visit: Visit,
}

fn at(us: u64) -> Timestamp {
    Timestamp::from_us(us)
}

fn send(from: u64, most: u64) -> Action {
    Action::Send { from, most }
}

fn wait(readable: bool, writable: bool, until: Option<u64>) -> Action {
    Action::Wait(Wait {
        readable,
        writable,
        until: until.map(at),
    })
}

fn healthy() -> Behavior {
    Behavior::Healthy(Healthy::default())
}

const USABLE: Heard = Heard {
    status: Some(200),
    usable: true,
};

impl Scene {
    fn new(behavior: Behavior) -> Scene {
        Scene {
            behavior,
            schedule: Schedule::Loops {
                at: vec![Timestamp::ZERO],
                think: Span::from_us(50),
            },
            keepalive: true,
            body: 0,
            idempotent: true,
            rate: None,
            retry: None,
            visit: Visit::default(),
        }
    }

    /// Calls the visit with its terms.
    fn with<R>(&mut self, call: impl FnOnce(&mut Visit, &Terms<'_>) -> R) -> R {
        let terms = Terms {
            client: 3,
            behavior: &self.behavior,
            rate: self.rate,
            schedule: &self.schedule,
            patience: Some(Span::from_secs(5)),
            keepalive: self.keepalive,
            body: self.body,
            idempotent: self.idempotent,
            retry: self.retry.as_ref(),
            chance: Seed(7),
            ends_at: at(10_000_000),
        };
        call(&mut self.visit, &terms)
    }

    fn next(&mut self, us: u64) -> Action {
        self.with(|visit, terms| visit.next(terms, at(us)))
    }

    fn begin(&mut self, us: u64) {
        self.with(|visit, terms| visit.begin(terms, at(us), (at(us), HEAD)));
    }

    fn connects(&mut self, us: u64) {
        assert_eq!(self.next(us), Action::Dial);
        assert_eq!(self.next(us), wait(false, false, None));
        self.with(|visit, terms| visit.on_connected(terms, at(us)));
    }

    /// The whole request is sent at once.
    fn asks(&mut self, us: u64) {
        let whole = u64::from(HEAD) + self.body;
        assert_eq!(self.next(us), send(0, whole));
        self.visit.on_sent(whole, whole);
    }

    fn receives(&mut self, us: u64, n: u64, whole: bool) {
        self.with(|visit, terms| visit.on_received(terms, at(us), (n, whole)));
    }

    fn leaves(&mut self, us: u64, heard: Heard) -> Next {
        self.with(|visit, terms| visit.leave(terms, at(us), heard))
    }

    /// Up to a request that is sent and has no answer.
    fn asked(behavior: Behavior) -> Scene {
        let mut scene = Scene::new(behavior);
        scene.begin(0);
        scene.connects(10);
        scene.asks(10);
        scene
    }
}

#[test]
fn a_healthy_client_connects_asks_reads_and_thinks() {
    let mut scene = Scene::asked(healthy());
    assert_eq!(
        scene.with(|visit, terms| visit.deadline(terms)),
        Some(at(5_000_000))
    );
    assert_eq!(scene.next(10), Action::Receive(READ));
    scene.visit.on_empty();
    assert_eq!(scene.next(10), wait(true, false, None));
    scene.visit.on_awake();
    assert_eq!(scene.next(30), Action::Receive(READ));
    scene.receives(30, 700, false);
    assert_eq!(scene.next(30), Action::Receive(READ));
    scene.receives(40, 300, true);
    assert_eq!(scene.next(40), Action::Over(End::Complete));
    let milestones = scene.visit.milestones();
    assert_eq!(
        milestones,
        Milestones {
            intended_at: at(0),
            started_at: at(0),
            connected_at: Some(at(10)),
            first_byte_at: Some(at(30)),
            last_byte_at: Some(at(40)),
        }
    );
    assert_eq!(scene.visit.read(), 1000);
    let next = scene.leaves(40, USABLE);
    assert_eq!(
        next,
        Next {
            parting: Parting::Keeps,
            at: Some(at(90))
        }
    );
    // Nothing is to be done until then.
    assert_eq!(scene.next(50), wait(false, false, None));
    assert!(!scene.visit.is_at_work());
    // On the kept connection there is no dialling.
    scene.begin(90);
    scene.asks(90);
    assert_eq!(scene.next(90), Action::Receive(READ));
}

#[test]
fn a_connection_is_kept_for_a_next_request_only() {
    let cases = [
        (true, USABLE, 100, true),
        (false, USABLE, 100, false),
        (
            true,
            Heard {
                usable: false,
                ..USABLE
            },
            100,
            false,
        ),
        // Nothing starts after ten seconds.
        (true, USABLE, 9_999_990, false),
    ];
    for (keepalive, heard, us, keeps) in cases {
        let mut scene = Scene::asked(healthy());
        scene.keepalive = keepalive;
        scene.receives(us, 10, true);
        let next = scene.leaves(us, heard);
        assert_eq!(
            next.parting == Parting::Keeps,
            keeps,
            "{keepalive} {heard:?} {us}"
        );
        assert_eq!(next.at.is_some(), us < 1000);
    }
    let mut once = Scene::asked(healthy());
    once.schedule = Schedule::Starts { at: vec![at(0)] };
    once.receives(100, 10, true);
    assert_eq!(
        once.leaves(100, USABLE),
        Next {
            parting: Parting::Closes,
            at: None
        }
    );
}

/// What happens on a kept connection, and whether the client quietly connects again.
#[test]
fn a_kept_connection_that_was_lost_is_dialled_again_once() {
    type Loss = fn(&mut Visit, &Terms<'_>);
    let losses: [Loss; 3] = [
        |visit, terms| visit.on_eof(terms, AtEof::NoHead),
        |visit, terms| visit.on_reset(terms),
        |visit, terms| visit.on_send_failed(terms),
    ];
    for (idempotent, lost) in [true, false]
        .into_iter()
        .flat_map(|one| losses.map(|loss| (one, loss)))
    {
        let mut scene = Scene::asked(healthy());
        scene.idempotent = idempotent;
        scene.receives(20, 10, true);
        scene.leaves(20, USABLE);
        scene.begin(100);
        assert_eq!(scene.next(100), send(0, u64::from(HEAD)));
        scene.with(lost);
        if !idempotent {
            assert_eq!(scene.next(100), Action::Over(End::Reset));
            continue;
        }
        scene.connects(110);
        scene.asks(110);
        scene.with(lost);
        assert_eq!(scene.next(120), Action::Over(End::Reset));
    }
    // Some of the answer had come.
    let mut scene = Scene::asked(healthy());
    scene.receives(20, 10, true);
    scene.leaves(20, USABLE);
    scene.begin(100);
    scene.asks(100);
    scene.receives(110, 5, false);
    scene.with(|visit, terms| visit.on_reset(terms));
    assert_eq!(scene.next(110), Action::Over(End::Reset));
}

#[test]
fn how_requests_end() {
    type Happens = fn(&mut Visit, &Terms<'_>);
    let cases: [(Happens, End); 7] = [
        (
            |visit, terms| visit.on_eof(terms, AtEof::NoHead),
            End::Reset,
        ),
        (
            |visit, terms| visit.on_eof(terms, AtEof::Cut),
            End::Truncated,
        ),
        (
            |visit, terms| visit.on_eof(terms, AtEof::Whole),
            End::Complete,
        ),
        (|visit, terms| visit.on_reset(terms), End::Reset),
        (|visit, _| visit.on_nonsense(), End::NotHttp),
        (|visit, terms| visit.on_deadline(terms), End::TimedOut),
        (|visit, _| visit.on_stop(), End::Unfinished),
    ];
    for (happens, end) in cases {
        let mut scene = Scene::asked(healthy());
        scene.with(happens);
        assert_eq!(scene.next(20), Action::Over(end));
        // The end stands, whatever comes after it.
        scene.with(|visit, terms| visit.on_deadline(terms));
        assert_eq!(scene.next(30), Action::Over(end));
    }
}

#[test]
fn a_refused_client_takes_a_breath() {
    for own_lack in [false, true] {
        let mut scene = Scene::new(healthy());
        scene.begin(0);
        assert_eq!(scene.next(0), Action::Dial);
        scene.visit.on_refused(own_lack);
        assert_eq!(scene.next(0), Action::Over(End::Refused { own_lack }));
        let next = scene.leaves(0, Heard::default());
        assert_eq!(
            (next.parting, next.at),
            (Parting::Closes, Some(Timestamp::ZERO + REFUSED_PAUSE))
        );
    }
}

#[test]
fn a_slow_reader_waits_reads_and_waits() {
    let mut scene = Scene::asked(Behavior::SlowRead(SlowRead {
        rate: ByteRate(1024).into(),
        rcvbuf: Some(Bytes(4096)),
        mss: None,
    }));
    assert_eq!(scene.next(10), wait(false, false, Some(500_010)));
    scene.visit.on_awake();
    assert_eq!(scene.next(500_010), Action::Receive(512));
    scene.receives(500_010, 512, false);
    assert_eq!(scene.next(500_010), wait(false, false, Some(1_000_010)));
}

#[test]
fn a_client_that_stalls_waits_for_nothing() {
    let mut scene = Scene::asked(Behavior::Stall(Stall::default()));
    assert_eq!(scene.next(10), wait(false, false, None));
    scene.visit.on_awake();
    assert_eq!(scene.next(20), wait(false, false, None));
    scene.visit.on_stop();
    assert_eq!(scene.next(30), Action::Over(End::Unfinished));
}

#[test]
fn an_idle_client_only_waits_for_the_end() {
    let mut scene = Scene::new(Behavior::Idle(Idle { after: 1 }));
    scene.begin(0);
    scene.connects(0);
    scene.asks(0);
    scene.receives(10, 10, true);
    assert_eq!(scene.leaves(10, USABLE).parting, Parting::Keeps);
    scene.begin(60);
    assert_eq!(scene.next(60), Action::Receive(READ));
    scene.visit.on_empty();
    assert_eq!(scene.next(60), wait(true, false, None));
    // It has nothing to say, so it does not connect again to say it.
    scene.with(|visit, terms| visit.on_eof(terms, AtEof::NoHead));
    assert_eq!(scene.next(70), Action::Over(End::Reset));
}

#[test]
fn what_is_kept_open_is_complete_whatever_ends_it() {
    for stop in [false, true] {
        let mut scene = Scene::asked(Behavior::KeepOpen(KeepOpen::default()));
        scene.receives(20, 10, true);
        assert_eq!(scene.next(20), wait(false, false, None));
        if stop {
            scene.visit.on_stop();
        } else {
            scene.with(|visit, terms| visit.on_deadline(terms));
        }
        assert_eq!(scene.next(30), Action::Over(End::Complete));
        assert_eq!(scene.leaves(30, USABLE).parting, Parting::Closes);
    }
}

#[test]
fn a_body_goes_as_the_socket_takes_it_and_an_early_answer_is_heard() {
    let mut scene = Scene::new(healthy());
    scene.body = 1000;
    scene.begin(0);
    scene.connects(0);
    assert_eq!(scene.next(0), send(0, 1100));
    scene.visit.on_sent(600, 1100);
    // It reads while it cannot write.
    assert_eq!(scene.next(0), Action::Receive(READ));
    scene.visit.on_empty();
    assert_eq!(scene.next(0), wait(true, true, None));
    scene.visit.on_awake();
    assert_eq!(scene.next(5), send(600, 500));
    scene.visit.on_sent(0, 500);
    assert_eq!(scene.next(5), Action::Receive(READ));
    // 413, and the connection with half a request on it is of no use to anybody.
    scene.receives(6, 300, true);
    assert_eq!(scene.next(6), Action::Over(End::Complete));
    assert_eq!(scene.leaves(6, USABLE).parting, Parting::Closes);
}

#[test]
fn an_answer_is_read_although_the_rest_of_the_request_cannot_be_sent() {
    let mut scene = Scene::new(healthy());
    scene.body = 1000;
    scene.begin(0);
    scene.connects(0);
    assert_eq!(scene.next(0), send(0, 1100));
    scene.visit.on_sent(600, 600);
    assert_eq!(scene.next(0), send(600, 500));
    scene.with(|visit, terms| visit.on_send_failed(terms));
    assert_eq!(scene.next(0), Action::Receive(READ));
    scene.receives(1, 300, true);
    assert_eq!(scene.next(1), Action::Over(End::Complete));
}

#[test]
fn a_slow_header_trickles_and_its_body_does_not() {
    let rate = ByteRate(10).into();
    let mut scene = Scene::new(Behavior::SlowHeader(SlowHeader { rate }));
    scene.body = 50;
    scene.begin(0);
    scene.connects(0);
    let (mut us, mut sent) = (0, 0);
    while sent < u64::from(HEAD) {
        // Five bytes each half second; it listens meanwhile.
        scene.visit.on_awake();
        assert_eq!(scene.next(us), Action::Receive(READ));
        scene.visit.on_empty();
        us += 500_000;
        assert_eq!(scene.next(us - 1), wait(true, false, Some(us)));
        assert_eq!(scene.next(us), send(sent, 5));
        scene.visit.on_sent(5, 5);
        sent += 5;
    }
    assert_eq!(us, 10_000_000);
    assert_eq!(scene.next(us), send(100, 50));
}

#[test]
fn a_slow_body_waits_behind_a_head_that_does_not() {
    let rate = ByteRate(1).into();
    let mut scene = Scene::new(Behavior::SlowBody(SlowBody { rate }));
    // Its own rate was drawn.
    scene.rate = Some(ByteRate(1024));
    scene.body = 700;
    scene.begin(0);
    scene.connects(0);
    assert_eq!(scene.next(0), send(0, 100));
    scene.visit.on_sent(100, 100);
    assert_eq!(scene.next(0), Action::Receive(READ));
    scene.visit.on_empty();
    assert_eq!(scene.next(0), wait(true, false, Some(500_000)));
    assert_eq!(scene.next(500_000), send(100, 512));
    scene.visit.on_sent(512, 512);
    assert_eq!(scene.next(500_000), wait(true, false, Some(1_000_000)));
    assert_eq!(scene.next(1_000_000), send(612, 188));
    scene.visit.on_sent(188, 188);
    assert_eq!(scene.next(1_000_000), wait(true, false, None));
}

#[test]
fn a_burst_is_over_in_time_and_comes_again() {
    let (on, off) = (Span::from_us(100), Span::from_us(900));
    let mut scene = Scene::asked(Behavior::Burst(Burst {
        on,
        off,
        rcvbuf: None,
        mss: None,
    }));
    assert_eq!(scene.next(10), Action::Receive(READ));
    scene.visit.on_empty();
    assert_eq!(scene.next(109), wait(true, false, None));
    // What comes when the burst is over has to wait.
    scene.visit.on_awake();
    assert_eq!(scene.next(110), wait(false, false, Some(1010)));
    assert_eq!(scene.next(1010), Action::Receive(READ));
}

fn abort(after: Option<u64>, sent: Option<u64>, ms: Option<u64>, by: By) -> Behavior {
    Behavior::Abort(Abort {
        after: after.map(Bytes),
        sent: sent.map(Bytes),
        at: ms.map(Span::from_ms),
        by,
        rcvbuf: None,
    })
}

#[test]
fn who_leaves_at_a_byte_reads_no_more() {
    for (by, parting) in [(By::Fin, Parting::Closes), (By::Rst, Parting::Resets)] {
        let mut scene = Scene::asked(abort(Some(1000), None, None, by));
        assert_eq!(scene.next(10), Action::Receive(1000));
        scene.receives(20, 400, false);
        assert_eq!(scene.next(20), Action::Receive(600));
        scene.receives(20, 600, false);
        assert_eq!(scene.next(20), Action::Over(End::Left));
        assert_eq!(scene.leaves(20, USABLE).parting, parting);
    }
    // At once, as soon as the request is sent.
    let mut scene = Scene::asked(abort(Some(0), None, None, By::Fin));
    assert_eq!(scene.next(10), Action::Over(End::Left));
    // A response that ends before is a whole one.
    let mut scene = Scene::asked(abort(Some(1000), None, None, By::Rst));
    scene.receives(20, 400, true);
    assert_eq!(scene.next(20), Action::Over(End::Complete));
    assert_eq!(scene.leaves(20, USABLE).parting, Parting::Closes);
}

#[test]
fn who_leaves_in_the_request_sends_no_more() {
    for (limit, most) in [(30, 30), (150, 150), (5000, 1100)] {
        let mut scene = Scene::new(abort(None, Some(limit), None, By::Rst));
        scene.body = 1000;
        scene.begin(0);
        scene.connects(0);
        assert_eq!(scene.next(0), send(0, most));
        scene.visit.on_sent(most, most);
        assert_eq!(scene.next(0), Action::Over(End::Left), "{limit}");
        assert_eq!(scene.leaves(0, Heard::default()).parting, Parting::Resets);
    }
}

#[test]
fn who_leaves_at_a_time_does_so_unless_patience_is_shorter() {
    for (ms, deadline, end) in [(300, 300_000, End::Left), (7000, 5_000_000, End::TimedOut)] {
        let mut scene = Scene::asked(abort(None, None, Some(ms), By::Fin));
        let found = scene.with(|visit, terms| visit.deadline(terms));
        assert_eq!(found, Some(at(deadline)));
        assert_eq!(scene.next(20), Action::Receive(READ));
        scene.with(|visit, terms| visit.on_deadline(terms));
        assert_eq!(scene.next(deadline), Action::Over(end));
    }
}

#[test]
fn a_half_close_follows_the_request_and_the_response_is_read() {
    let mut scene = Scene::asked(Behavior::HalfClose(HalfClose::default()));
    assert_eq!(scene.next(10), Action::ShutdownWrite);
    assert_eq!(scene.next(10), Action::Receive(READ));
    scene.receives(20, 100, true);
    assert_eq!(scene.next(20), Action::Over(End::Complete));
    assert_eq!(scene.leaves(20, USABLE).parting, Parting::Closes);
}

#[test]
fn who_vanishes_is_gone_after_its_bytes() {
    let after = Bytes(100);
    let mut scene = Scene::asked(Behavior::Vanish(Vanish {
        length: None,
        after,
        rcvbuf: None,
    }));
    assert_eq!(scene.next(10), Action::Receive(100));
    scene.receives(20, 100, false);
    assert_eq!(scene.next(20), Action::Over(End::Left));
    assert_eq!(scene.leaves(20, USABLE).parting, Parting::Vanishes);
}

#[test]
fn what_failed_is_asked_for_again_so_often_and_no_more() {
    let mut scene = Scene::new(healthy());
    scene.schedule = Schedule::Starts { at: vec![at(0)] };
    scene.keepalive = false;
    scene.retry = toml::from_str(
        "max = 2\non = [\"502\", \"timeout\", \"refused\"]\nbackoff = \"100ms\"\ngrowth = 2",
    )
    .ok();
    let bad = Heard {
        status: Some(502),
        usable: true,
    };
    scene.begin(0);
    scene.connects(0);
    scene.asks(0);
    assert_eq!(scene.visit.attempt(), 1);
    scene.receives(1000, 10, true);
    assert_eq!(scene.leaves(1000, bad).at, Some(at(101_000)));
    // Each retry has the patience of a request of its own.
    scene.begin(101_000);
    assert_eq!(scene.visit.attempt(), 2);
    let deadline = scene.with(|visit, terms| visit.deadline(terms));
    assert_eq!(deadline, Some(at(5_101_000)));
    scene.with(|visit, terms| visit.on_deadline(terms));
    assert_eq!(
        scene.leaves(5_101_000, Heard::default()).at,
        Some(at(5_301_000))
    );
    scene.begin(5_301_000);
    scene.connects(5_301_000);
    scene.asks(5_301_000);
    scene.receives(5_302_000, 10, true);
    assert_eq!(scene.visit.attempt(), 3);
    assert_eq!(scene.leaves(5_302_000, bad).at, None);
}

#[test]
fn a_looping_client_goes_on_after_its_retries_and_counts_anew() {
    let mut scene = Scene::new(healthy());
    scene.retry =
        toml::from_str("max = 1\non = [\"reset\"]\nbackoff = \"1ms\"\njitter = true").ok();
    let mut pauses = Vec::new();
    let mut us = 0;
    for attempt in [1, 2, 1, 2] {
        scene.begin(us);
        scene.connects(us);
        scene.with(|visit, terms| visit.on_reset(terms));
        assert_eq!(scene.visit.attempt(), attempt);
        let next = scene.leaves(us, Heard::default()).at.unwrap();
        pauses.push(next.as_us() - us);
        us = next.as_us();
    }
    // Thought follows the second of each pair; what is drawn before it differs.
    assert_eq!((pauses[1], pauses[3]), (50, 50));
    assert!(
        pauses[0] != pauses[2] && pauses[0].max(pauses[2]) < 1000,
        "{pauses:?}"
    );
}

proptest! {
    /// Whatever the socket takes and gives: each byte of the request is sent once and in order, what is read is counted, and nothing is
    /// asked of a socket that has just said no.
    #[test]
    fn a_visit_sends_all_and_reads_all(
        body in 0..5000_u64,
        response in 1..5000_u64,
        takes in prop::collection::vec((1..700_u64, 1..700_u64), 1..200),
    ) {
        let mut scene = Scene::new(healthy());
        scene.body = body;
        scene.begin(0);
        scene.connects(0);
        let (mut sent, mut read, mut now) = (0, 0, 0);
        let mut takes = takes.into_iter().cycle();
        let (mut can_take, mut can_give) = (300, 300);
        for _ in 0..100_000 {
            match scene.next(now) {
                Action::Send { from, most } => {
                    prop_assert_eq!((from, most), (sent, u64::from(HEAD) + body - sent));
                    let n = most.min(can_take);
                    (sent, can_take) = (sent + n, can_take - n);
                    scene.visit.on_sent(n, most);
                }
                Action::Receive(limit) => {
                    // The server answers once it has everything.
                    let there = if sent == u64::from(HEAD) + body { response - read } else { 0 };
                    let n = there.min(limit as u64).min(can_give);
                    if n == 0 {
                        scene.visit.on_empty();
                    } else {
                        (read, can_give) = (read + n, can_give - n);
                        scene.receives(now, n, read == response);
                    }
                }
                Action::Wait(wait) => {
                    prop_assert!(wait.readable && wait.until.is_none());
                    prop_assert_eq!(wait.writable, sent < u64::from(HEAD) + body);
                    now += 1;
                    (can_take, can_give) = takes.next().unwrap();
                    scene.visit.on_awake();
                }
                Action::Over(end) => {
                    prop_assert_eq!((end, sent, read), (End::Complete, u64::from(HEAD) + body, response));
                    return Ok(());
                }
                Action::Dial | Action::ShutdownWrite => prop_assert!(false, "it has a connection"),
            }
        }
        prop_assert!(false, "it never ends");
    }
}
