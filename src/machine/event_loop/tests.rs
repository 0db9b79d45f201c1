//! As measured on nginx 1.22.1.

use super::*;
use crate::machine::act::SignalName;
use crate::machine::exchange::{Level, OsError};
use crate::machine::sickness::{LEAK_LIMIT, Sickness};
use crate::time::{Span, Timestamp};

const fn ms(at: u64) -> Timestamp {
    Timestamp::from_us(at * 1000)
}

/// Clients that hold a slot and may not be closed (a head that is half there).
fn held(total: u32, count: u32) -> Slots {
    let mut slots = Slots::new(total);
    for _ in 0..count {
        assert!(slots.take(ms(0)).granted);
    }
    slots
}

#[test]
fn a_signal_waits_at_who_is_held_or_stopped() {
    use SignalName::{Hup, Kill, Quit, Term, Usr1};
    let all = [Term, Kill, Hup, Quit, Usr1];
    let waiting = |health: &Health| all.map(|name| health.keeps_waiting(name));
    let mut health = Health::default();
    assert_eq!(waiting(&health), [false; 5]);
    // Any other loop that does not come back goes with its process.
    health.falls_sick(Sickness::Uninterruptible);
    assert_eq!(waiting(&health), [false; 5]);
    assert!(!health.ends_in_order());
    health.stops();
    assert_eq!(waiting(&health), [true, false, true, true, true]);
    health.goes_on();
    // The master is there as before, and so a reload is heard; an end is not.
    health.falls_sick(Sickness::Unkillable);
    assert_eq!(waiting(&health), [true, true, false, false, false]);
}

#[test]
fn of_sixteen_slots_fourteen_are_for_clients_and_thirteen_leave_none_for_an_upstream() {
    // One more client has room for itself and for its upstream.
    let mut slots = held(16, 12);
    assert!(slots.take(ms(1)).granted && slots.take(ms(1)).granted);
    // One client later it is accepted, and gets 500.
    let mut slots = held(16, 13);
    assert!(slots.take(ms(1)).granted);
    let upstream = slots.take(ms(1));
    assert!(!upstream.granted);
    let line = upstream.line.unwrap();
    assert_eq!(
        (line.level, line.text.as_str()),
        (Level::Alert, "16 worker_connections are not enough")
    );
    // And with another one more it is not even accepted.
    assert!(!held(16, 14).take(ms(1)).granted);
}

#[test]
fn sixty_one_slow_readers_fill_sixty_four_slots() {
    // Their upstreams are done with: one slot each.
    let mut slots = held(64, 61);
    assert!(slots.take(ms(1)).granted, "the next one is accepted");
    assert!(!slots.take(ms(1)).granted, "and has no upstream");
    slots.give_back();
    assert!(slots.take(ms(1)).granted);
}

/// Opens silent connections one after another; who is left of them.
fn silent(slots: &mut Slots, clients: std::ops::Range<u64>) -> Vec<u64> {
    let mut open = Vec::new();
    for client in clients {
        let taken = slots.take(ms(client));
        for gone in &taken.evicted {
            open.retain(|one| one != gone);
            slots.leave(*gone, &mut None);
        }
        if taken.granted {
            slots.set_reusable(client, &mut None, true);
            open.push(client);
        }
    }
    open
}

#[test]
fn silent_connections_give_way_oldest_first() {
    // Measured: of 30 opened one after another on 16 slots, the first 17 were closed; a request and its upstream cost two more.
    let mut slots = Slots::new(16);
    let open = silent(&mut slots, 0..30);
    assert_eq!(open, (17..30).collect::<Vec<_>>());
    let client = slots.take(ms(40));
    assert_eq!((client.granted, client.evicted), (true, vec![17]));
    let upstream = slots.take(ms(41));
    assert_eq!((upstream.granted, upstream.evicted), (true, vec![18]));
    assert_eq!(slots.free(), 1);
}

#[test]
fn an_eighth_of_them_gives_way_at_once() {
    // Measured on 64 slots: 58 are open; with the 59th there are 52.
    let mut slots = Slots::new(64);
    for (last, left) in [(57, 57), (58, 58), (59, 52), (60, 53), (63, 56)] {
        let open = silent(&mut slots.clone(), 0..last);
        assert_eq!(open.len(), left, "after {last}");
    }
    silent(&mut slots, 0..58);
    assert_eq!(slots.take(ms(100)).evicted, (0..7).collect::<Vec<_>>());
}

#[test]
fn who_speaks_keeps_its_slot_and_who_falls_silent_queues_anew() {
    let mut slots = Slots::new(16);
    let mut places = [None; 13];
    for (client, place) in (0..).zip(&mut places) {
        assert!(slots.take(ms(0)).granted);
        slots.set_reusable(client, place, true);
    }
    slots.set_reusable(0, &mut places[0], false);
    slots.set_reusable(1, &mut places[1], false);
    slots.set_reusable(1, &mut places[1], true);
    let order: Vec<u64> = (0..3).flat_map(|_| slots.take(ms(1)).evicted).collect();
    assert_eq!(order, [2, 3, 4]);
    slots.leave(2, &mut places[2]);
    slots.leave(0, &mut places[0]);
    assert_eq!(
        slots.free(),
        2,
        "an evicted one has given its slot back before"
    );
}

#[test]
fn reuse_is_told_once_a_second() {
    let mut slots = Slots::new(16);
    silent(&mut slots, 0..13);
    let said = |slots: &mut Slots, at| slots.take(ms(at)).line.map(|line| line.text);
    let warning = "16 worker_connections are not enough, reusing connections";
    assert_eq!(said(&mut slots, 1_000).as_deref(), Some(warning));
    assert_eq!(said(&mut slots, 1_999), None);
    assert_eq!(said(&mut slots, 2_000).as_deref(), Some(warning));
}

#[test]
fn without_descriptors_nobody_accepts_for_half_a_second() {
    let failed = |code: i32, name: &str| {
        let name = name.to_owned();
        accept_failed(&OsError { code, name })
    };
    let lack = failed(24, "Too many open files");
    assert_eq!(lack.pause, Some(Span::from_ms(500)));
    assert_eq!(lack.line.level, Level::Crit);
    assert_eq!(lack.line.text, "accept4() failed (24: Too many open files)");
    assert_eq!(failed(23, "").pause, Some(ACCEPT_PAUSE));
    let gone = failed(103, "Software caused connection abort");
    assert_eq!((gone.pause, gone.line.level), (None, Level::Error));
    assert_eq!(failed(22, "").line.level, Level::Alert);
}

#[test]
fn a_loop_that_quits_breaks_off_after_its_timeout_once() {
    let mut life = Life::new(Span::from_secs(1));
    assert_eq!((life.quits(), life.deadline()), (false, None));
    assert!(life.quit(ms(100)) && !life.quit(ms(500)));
    assert_eq!(life.deadline(), Some(ms(1_100)));
    assert!(!life.on_timer(ms(1_099)) && life.on_timer(ms(1_100)) && !life.on_timer(ms(1_200)));
    let mut patient = Life::new(Span::ZERO);
    patient.quit(ms(0));
    assert_eq!(patient.deadline(), None);
}

#[test]
fn signals_mean_what_they_mean_to_nginx() {
    for (signal, wanted) in [
        (SignalName::Hup, Some(Deed::Reload)),
        (SignalName::Quit, Some(Deed::Quit)),
        (SignalName::Term, Some(Deed::End)),
        (SignalName::Int, Some(Deed::End)),
        (SignalName::Usr1, Some(Deed::ReopenLogs)),
        (SignalName::Ttin, None),
        (SignalName::Usr2, None),
    ] {
        assert_eq!(deed(signal), wanted, "{signal}");
    }
}

#[test]
fn each_address_has_its_own_requests() {
    let mut limit = LimitConn::default();
    assert!(limit.begin(1, 2) && limit.begin(1, 2) && !limit.begin(1, 2));
    assert!(limit.begin(2, 2));
    limit.end(1);
    assert!(limit.begin(1, 2) && !limit.begin(1, 2));
    assert!(limit.begin(1, 3), "a reload may have raised the limit");
}

#[test]
fn descriptors_are_used_up_and_given_back() {
    let mut few = Descriptors::new(Some(BASE_DESCRIPTORS + 2));
    assert!(few.take() && few.take() && !few.take());
    few.give_back(1);
    assert!(few.take() && !few.take());
    let mut none = Descriptors::new(None);
    none.give_back(3);
    assert!((0..100_000).all(|_| none.take()));
}

#[test]
fn descriptors_that_leak_are_nobodys_and_given_back_to_nobody() {
    for limit in [None, Some(BASE_DESCRIPTORS + 2)] {
        let mut leaking = Descriptors::new(limit);
        assert!(leaking.take());
        leaking.leak();
        assert!(!leaking.take());
        leaking.give_back(1);
        assert!(!leaking.take());
        assert_eq!(leaking.taken(), limit.map(|_| 0));
    }
}

#[test]
fn a_reload_heals_a_leak_and_leaves_stuck_loops_as_they_are() {
    for sickness in OF_PROXIES {
        let mut health = Health::default();
        assert!(!health.on_reload() && health.ends_in_order());
        let leaks = health.falls_sick(sickness) == Befalls::Descriptors;
        assert_eq!(leaks, matches!(sickness, Sickness::FdLeak(_)));
        assert_eq!(health.leaks_up_to(), leaks.then_some(LEAK_LIMIT));
        assert_eq!(health.on_reload(), leaks, "{sickness:?}");
        assert_eq!(health.leaks_up_to(), None);
        assert_eq!(health.ends_in_order(), leaks, "{sickness:?}");
        assert!(!health.on_reload(), "what is healed is not healed again");
    }
}

/// Who accepts `count` connections, one after another, where nobody is crowded.
fn accepted(turns: &mut Turns, count: usize) -> Vec<u32> {
    let next = || {
        let first = turns.first().unwrap();
        turns.accepted(first, false);
        first
    };
    std::iter::repeat_with(next).take(count).collect()
}

#[test]
fn loops_accept_sixteen_in_a_row() {
    let mut turns = Turns::new(2);
    // Each gives way at its first, and then at its seventeenth.
    let who = accepted(&mut turns, 50);
    assert_eq!(who[..2], [0, 1]);
    assert!(who[2..18].iter().all(|loop_| *loop_ == 0), "{who:?}");
    assert!(who[18..34].iter().all(|loop_| *loop_ == 1), "{who:?}");
    assert!(who[34..].iter().all(|loop_| *loop_ == 0), "{who:?}");
    let mut alone = Turns::new(1);
    assert!(accepted(&mut alone, 40).iter().all(|loop_| *loop_ == 0));
}

#[test]
fn one_that_is_crowded_gives_way_each_time_and_one_that_pauses_is_passed_over() {
    let mut turns = Turns::new(3);
    accepted(&mut turns, 3);
    assert_eq!(turns.first(), Some(0));
    turns.accepted(0, true);
    assert_eq!(turns.first(), Some(1));
    turns.pause(1);
    turns.pause(2);
    assert_eq!(turns.first(), Some(0));
    turns.pause(0);
    assert_eq!(turns.first(), None);
    turns.resume(2);
    turns.resume(1);
    turns.resume(2);
    assert_eq!(turns.first(), Some(1));
}

#[test]
fn less_than_an_eighth_is_a_crowd() {
    let mut slots = Slots::new(16);
    for _ in 0..12 {
        assert!(slots.take(ms(1)).granted && !slots.is_crowded());
    }
    assert!(slots.take(ms(1)).granted && slots.is_crowded());
}

#[test]
fn each_loop_accepts_once_in_a_turn() {
    for loops in [1, 4] {
        let mut turn = AcceptTurn::of_loops(loops);
        let accepts = (0..100).filter(|_| turn.has_another()).count();
        assert_eq!(accepts, loops as usize);
    }
}
