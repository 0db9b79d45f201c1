//! Visits in virtual time: tables of steps, and random surroundings.

use proptest::prelude::*;

use super::*;
use crate::machine::arrival::{REFUSED_PAUSE, Schedule};
use crate::machine::behavior::{Behavior, Healthy, Idle, KeepOpen, SlowRead, Stall};
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
            visit: Visit::default(),
        }
    }

    /// Calls the visit with its terms.
    fn with<R>(&mut self, call: impl FnOnce(&mut Visit, &Terms<'_>) -> R) -> R {
        let terms = Terms {
            behavior: &self.behavior,
            schedule: &self.schedule,
            patience: Some(Span::from_secs(5)),
            keepalive: self.keepalive,
            body: self.body,
            idempotent: self.idempotent,
            ends_at: at(10_000_000),
        };
        call(&mut self.visit, &terms)
    }

    fn next(&mut self, us: u64) -> Action {
        self.visit.next(at(us))
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
            keeps: true,
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
        assert_eq!(next.keeps, keeps, "{keepalive} {heard:?} {us}");
        assert_eq!(next.at.is_some(), us < 1000);
    }
    let mut once = Scene::asked(healthy());
    once.schedule = Schedule::Starts { at: vec![at(0)] };
    once.receives(100, 10, true);
    assert_eq!(
        once.leaves(100, USABLE),
        Next {
            keeps: false,
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
        (|visit, _| visit.on_deadline(), End::TimedOut),
        (|visit, _| visit.on_stop(), End::Unfinished),
    ];
    for (happens, end) in cases {
        let mut scene = Scene::asked(healthy());
        scene.with(happens);
        assert_eq!(scene.next(20), Action::Over(end));
        // The end stands, whatever comes after it.
        scene.visit.on_deadline();
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
            (next.keeps, next.at),
            (false, Some(Timestamp::ZERO + REFUSED_PAUSE))
        );
    }
}

#[test]
fn a_slow_reader_waits_reads_and_waits() {
    let mut scene = Scene::asked(Behavior::SlowRead(SlowRead {
        rate: ByteRate(1024),
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
    assert!(scene.leaves(10, USABLE).keeps);
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
            scene.visit.on_deadline();
        }
        assert_eq!(scene.next(30), Action::Over(End::Complete));
        assert!(!scene.leaves(30, USABLE).keeps);
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
    assert!(!scene.leaves(6, USABLE).keeps);
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
                Action::Dial => prop_assert!(false, "it is connected"),
            }
        }
        prop_assert!(false, "it never ends");
    }
}
