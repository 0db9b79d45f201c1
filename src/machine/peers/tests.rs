//! Round robin, failures and kept connections, in virtual time.

use super::*;
use crate::time::Span;

const fn ms(at: u64) -> Timestamp {
    Timestamp::from_us(at * 1000)
}

fn peers(text: &str, count: u32) -> Peers {
    Peers::new(&toml::from_str(text).unwrap(), count)
}

fn fresh(choice: Choice) -> Option<u32> {
    match choice {
        Choice::Fresh { peer } => Some(peer),
        Choice::Kept { .. } => panic!("nothing is kept"),
        Choice::NoneAlive => None,
    }
}

fn first_of(peers: &mut Peers, at: u64) -> Option<u32> {
    fresh(peers.choose(ms(at), &mut Tried::default()))
}

const fn born(at: u64, requests: u32) -> Life {
    Life {
        opened_at: ms(at),
        requests,
    }
}

#[test]
fn they_take_turns() {
    let mut peers = peers("", 3);
    let order: Vec<_> = (0..6).map(|_| first_of(&mut peers, 0)).collect();
    assert_eq!(order, [0, 1, 2, 0, 1, 2].map(Some));
}

#[test]
fn a_request_asks_each_once() {
    let mut peers = peers("max_fails = 0", 2);
    let mut tried = Tried::default();
    assert_eq!(fresh(peers.choose(ms(0), &mut tried)), Some(0));
    assert_eq!(fresh(peers.choose(ms(0), &mut tried)), Some(1));
    assert_eq!(fresh(peers.choose(ms(0), &mut tried)), None);
}

#[test]
fn two_peers_that_fail_leave_nobody_for_ten_seconds() {
    // nginx.md section 8: 504 after 2+2 s, then instant 502, although healthy.
    let mut peers = peers("", 2);
    assert!(peers.release(ms(2_000), 0, true), "temporarily disabled");
    assert!(peers.release(ms(4_000), 1, true));
    for at in [4_000, 9_000, 12_999] {
        assert_eq!(first_of(&mut peers, at), None, "{at}");
    }
    // More than ten whole seconds after its failure a peer is tried again, by one request at a time.
    assert_eq!(first_of(&mut peers, 13_000), Some(0));
    assert_eq!(first_of(&mut peers, 13_100), None, "it is on trial");
    peers.release(ms(13_200), 0, false);
    assert_eq!(first_of(&mut peers, 13_300), Some(0), "and lives");
}

#[test]
fn a_single_peer_is_never_left_out() {
    let mut peers = peers("", 1);
    for at in 0..5 {
        assert!(!peers.release(ms(at), 0, true));
        assert_eq!(first_of(&mut peers, at), Some(0));
    }
}

#[test]
fn the_newest_connection_is_taken_and_the_oldest_makes_room() {
    let mut peers = peers("keepalive = 2", 1);
    let kept = |peers: &mut Peers, at| peers.pool.keep(ms(at), 0, born(0, 1)).unwrap();
    let (a, none) = kept(&mut peers, 1);
    let (b, _) = kept(&mut peers, 2);
    assert_eq!(none, None);
    let (c, evicted) = kept(&mut peers, 3);
    assert_eq!((evicted, peers.pool.len()), (Some(a), 2));
    let choice = peers.choose(ms(4), &mut Tried::default());
    let Choice::Kept { ticket, life, .. } = choice else {
        panic!("one is kept: {choice:?}")
    };
    assert_eq!((ticket, life.requests), (c, 2));
    assert!(peers.pool.lose(b), "its peer closed it");
    assert!(!peers.pool.lose(b) && !peers.pool.lose(c));
    assert_eq!(first_of(&mut peers, 5), Some(0));
}

#[test]
fn idle_and_worn_connections_are_closed() {
    let mut peers = peers(
        "keepalive = 4\nkeepalive_timeout = '2s'\nkeepalive_requests = 3",
        2,
    );
    assert_eq!(
        peers.pool.keep(ms(0), 0, born(0, 3)),
        None,
        "three requests"
    );
    assert_eq!(
        peers.pool.keep(ms(3_600_001), 0, born(0, 1)),
        None,
        "an hour"
    );
    let (first, _) = peers.pool.keep(ms(100), 0, born(0, 1)).unwrap();
    peers.pool.keep(ms(500), 1, born(0, 1)).unwrap();
    assert_eq!(peers.pool.deadline(), Some(ms(2_100)));
    assert_eq!(peers.pool.until(first), Some(ms(2_100)));
    assert_eq!(peers.pool.expire(ms(2_099)), None);
    assert_eq!(peers.pool.expire(ms(2_100)), Some(first));
    assert_eq!(peers.pool.expire(ms(2_100)), None);
    assert_eq!(peers.pool.until(first), None);
    assert!(!peers.pool.is_empty());
    let none = Peers::new(&UpstreamConfig::default(), 1)
        .pool
        .keep(ms(0), 0, born(0, 1));
    assert_eq!(none, None, "nginx 1.22 keeps none");
    assert_eq!(UpstreamConfig::default().fail_timeout, Span::from_secs(10));
}
