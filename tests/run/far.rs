//! Clients beyond a line, on real sockets: what they meet, what stays when all is killed, and what is said where there can be no line.

use std::fs;
use std::process::Command;

use rustix::process::Signal;

use super::support::{Done, Place, WORKER, done, eventually, expect, kill, read, rows};

/// Near and far clients of the same page, and a download whose packets are lost now and then.
const FAR: &str = r#"schema = 1
question = "Is it far?"
duration = "2s"
warmup = "0s"
drain = "8s"
seed = 3
[backend]
bind = "unix"
workers = 4
[backend.app."/"]
wait = "2ms"
response = "2KiB"
[backend.app."/image"]
response = "64KiB"
[proxy]
[[clients]]
name = "near"
arrival.open = { rate = "10/s", process = "uniform" }
request = { path = "/", timeout = "5s" }
behavior.healthy = {}
[[clients]]
name = "far"
arrival.open = { rate = "10/s", process = "uniform" }
request = { path = "/", timeout = "5s" }
behavior.healthy = {}
link = { rate = "10Mbit/s", rtt = "200ms" }
[[clients]]
name = "slow"
arrival.once = { count = 2 }
request.path = "/image"
behavior.healthy = {}
link = { rate = "500kbit/s", rtt = "40ms", congestion = "reno" }
"#;

/// Whether this user can have lines at all; the test has been told why not.
#[expect(clippy::print_stderr, reason = "says that a test is none here")]
fn can_be_far(place: &Place) -> bool {
    let tried = done(place.slowlab(&["__apart"]));
    if tried.code != 0 {
        eprintln!("not tried: {}", tried.out);
    }
    tried.code == 0
}

/// Columns of a group's rows, in microseconds.
fn columns(place: &Place, group: &str, names: [&str; 2]) -> Vec<[i64; 2]> {
    let all = rows(place.results().join("baseline/requests.csv"));
    let own = all.iter().filter(|row| row["group"] == group);
    own.map(|row| names.map(|name| row[name].parse().unwrap()))
        .collect()
}

#[test]
fn a_round_trip_and_a_rate_are_what_was_asked() {
    let place = Place::new(&(FAR.to_owned() + &expect("near.complete + far.complete > 30")));
    if !can_be_far(&place) {
        return;
    }
    let run = place.run(&["--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let median = |mut all: Vec<i64>| {
        all.sort_unstable();
        all[all.len() / 2]
    };
    let connects = |group| {
        let rows = columns(&place, group, ["started_at_us", "connected_at_us"]);
        median(rows.into_iter().map(|[from, to]| to - from).collect())
    };
    assert!(connects("near") < 20_000, "{}", connects("near"));
    // A relay is never early; how late it is depends on who else wants the CPU.
    let far = connects("far");
    assert!((200_000..240_000).contains(&far), "{far}");
    for [first, last] in columns(&place, "slow", ["first_byte_at_us", "last_byte_at_us"]) {
        // 64 KiB in segments of 1448 bytes, ten of which may have come with the first.
        let least = (65_536 - 14_480) * 1500 / 1448 * 8 * 1_000_000 / 500_000;
        assert!(last - first >= least, "{}", last - first);
    }
    let events = read(place.results().join("baseline/events.csv"));
    let told = events.lines().find(|line| line.contains(",relayed,"));
    assert!(told.is_some_and(|line| line.contains("reno")), "{told:?}");
    place.assert_nothing_left();
}

/// The network namespaces of all processes.
fn networks() -> Vec<(u32, String)> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|one| one.file_name().to_str()?.parse().ok());
    let network = |pid: u32| {
        let network = fs::read_link(format!("/proc/{pid}/ns/net")).ok()?;
        Some((pid, network.display().to_string()))
    };
    numbers.filter_map(network).collect()
}

#[test]
fn no_network_stays_when_all_is_killed() {
    let place = Place::new(&FAR.replace("duration = \"2s\"", "duration = \"3m\""));
    if !can_be_far(&place) {
        return;
    }
    let mut child = place.start();
    eventually("workers", || place.pids(WORKER).len() == 4);
    let own = fs::read_link(format!("/proc/{}/ns/net", child.id())).unwrap();
    let own = own.display().to_string();
    let here = fs::read_link("/proc/self/ns/net").unwrap();
    assert_ne!(own, here.display().to_string());
    kill(child.id(), Signal::KILL);
    child.wait().unwrap();
    eventually("the end of the network's last process", || {
        networks().iter().all(|(_, network)| *network != own)
    });
}

/// A run where the kernel makes no namespaces: these switches hold for whoever is in the user namespace that sets them.
fn in_a_cage(place: &Place, arguments: &str) -> Option<Done> {
    let script = format!(
        "echo 0 > /proc/sys/user/max_user_namespaces && echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\" {arguments}"
    );
    let has = Command::new("unshare").args(["-Ur", "true"]).status();
    has.is_ok_and(|status| status.success()).then(|| {
        done(place.shell(&format!(
            "exec unshare -Ur sh -c '{}' sh \"$@\"",
            script.replace('\'', "'\\''")
        )))
    })
}

#[test]
fn where_there_can_be_no_line_it_is_said_and_the_rest_is_played() {
    let near = FAR.split("[[clients]]\nname = \"far\"").next().unwrap();
    let variant = "[[variant]]\nname = \"away\"\nwhy = \"far\"\nset = { \"clients.near.link.rate\" = \"1Mbit/s\", \"clients.near.link.rtt\" = \"50ms\" }\n";
    let near = near.replace("duration = \"2s\"", "duration = \"1s\"");
    let claims = expect("near.complete > 5") + &expect("away: near.complete > 5");
    let place = Place::new(&(near.clone() + variant + &claims));
    let Some(run) = in_a_cage(&place, "--quiet") else {
        return;
    };
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("max_user_namespaces"), "{}", run.err);
    let place = Place::new(FAR);
    let run = in_a_cage(&place, "--quiet").unwrap();
    assert_eq!(run.code, 4, "{}", run.err);
    assert!(run.err.contains("sysctl"), "{}", run.err);
}
