//! Workers that exist and serve nobody: what the kernel really shows of each, and that none of them stays.

use std::process::Command;

use rustix::process::Signal;

use crate::slow_disk;
use crate::support::{
    MASTER, Place, QUICK, WORKER, done, eventually, expect, json, kill, rows, send, wait,
    with_small_disk,
};

/// As many workers as there are sicknesses, and one that is well.
const SICK: [(&str, &str); 7] = [
    ("spin", "R"),
    ("deadlock", "S"),
    ("fd-leak-spins", "RS"),
    ("fd-leak-backs-off", "S"),
    ("stop", "T"),
    ("slow-write", "S"),
    ("uninterruptible", "D"),
];

fn scenario(more: &str) -> String {
    let mut text = QUICK.replace("workers = 2", "workers = 8");
    for (worker, (kind, _)) in (1..).zip(SICK) {
        text += &format!(
            "[[act]]\nat = \"150ms\"\nfault = {{ to = \"worker {worker}\", kind = \"{kind}\" }}\n"
        );
    }
    text + more
}

#[test]
fn the_kernel_shows_of_each_what_was_measured() {
    let place = Place::new(&scenario(&expect("visitors.status.200 >= 20")));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    place.assert_nothing_left();
    let procs = rows(place.results().join("baseline/procs.csv"));
    let last = |worker: usize| {
        let worker = worker.to_string();
        let own = procs.iter().filter(|row| row["worker"] == worker);
        own.max_by_key(|row| row["at_us"].parse::<u64>().unwrap())
            .unwrap()
    };
    for (worker, (kind, states)) in (1..).zip(SICK) {
        let row = last(worker);
        assert!(states.contains(row["state"].as_str()), "{kind}: {row:?}");
        assert_eq!(row["active"], "true", "{kind}: {row:?}");
        let syscall = match kind {
            "deadlock" => "futex",
            "slow-write" => "write",
            "uninterruptible" => "clone",
            "fd-leak-backs-off" => "nanosleep",
            _ => continue,
        };
        // It backs off only while somebody waits.
        let waits = kind == "fd-leak-backs-off" && row["syscall"] == "ppoll";
        assert!(
            row["syscall"].ends_with(syscall) || waits,
            "{kind}: {row:?}"
        );
    }
    assert_eq!(last(2)["threads"], "SS");
    for full in [3, 4] {
        let number = |column: &str| last(full)[column].parse::<u64>().unwrap();
        assert!(
            number("fd_limit") == 64 && number("fds") >= 64,
            "{:?}",
            last(full)
        );
    }
    let burned: u64 = last(1)["cpu_us"].parse().unwrap();
    // Two of them burn, beside whatever else this machine does.
    assert!(burned >= 20_000, "{burned}");
    let summary = json(place.results().join("summary.json"));
    assert_eq!(summary["variants"][0]["workers"]["spawned"], 8);
    let findings = summary["findings"].to_string();
    assert!(
        !findings.contains("worker_killed_from_outside"),
        "{findings}"
    );
}

#[test]
fn a_lab_that_is_killed_takes_the_sick_and_a_stopped_master_with_it() {
    let zombie = "[[act]]\nat = \"200ms\"\nfault = { to = \"worker 8\", kind = \"zombie\" }\n";
    let text = scenario(zombie).replace("duration = \"1s\"", "duration = \"3m\"");
    let place = Place::new(&text);
    let mut child = place.start();
    place.wait_for_requests(1);
    let master = place.pids(MASTER)[0];
    eventually("a stopped master", || {
        let stat = std::fs::read_to_string(format!("/proc/{master}/stat")).unwrap_or_default();
        stat.contains(") T ")
    });
    assert!(!place.pids(WORKER).is_empty());
    kill(child.id(), Signal::KILL);
    child.wait().unwrap();
    place.assert_nothing_left();
}

/// A worker that a file system holds in D, another that writes its log into a pipe which nobody reads, and temp files on a disk of their own.
const EVERYTHING: &str = r#"schema = 1
question = "Does any of it stay?"
duration = "3m"
seed = 9
[backend]
workers = 2
accesslog.pipe = { size = "4KiB" }
[backend.app."/"]
response = "2KiB"
[proxy]
process = "own"
temp_disk = "1MiB"
access_log.pipe = {}
[[clients]]
name = "visitors"
arrival.open = { rate = "200/s" }
request = { path = "/", timeout = "1s" }
behavior.healthy = {}
[[act]]
at = "60ms"
fault = { to = "worker 1", kind = "unkillable" }   # before it could be asleep over its log
"#;

/// That, so far as this machine has such disks, and whether a file system holds somebody.
pub(crate) fn everything() -> (String, bool) {
    let holds = slow_disk::server(1_000).is_some();
    let mut text = EVERYTHING.to_owned();
    if !holds {
        text = text.replace("unkillable", "slow-write");
    }
    if with_small_disk("size=64k", "exit 0").is_none() {
        text = text.replace("temp_disk = \"1MiB\"\n", "");
    }
    (text, holds)
}

/// Whoever of a run is killed, at whatever it was: no mount, no process in D and no file stays.
#[test]
fn disks_and_pipes_and_who_waits_for_them_go_whoever_is_killed() {
    let (text, holds) = everything();
    for doomed in [
        "slowlab",
        "slowlab: slow",
        "slowlab: disk",
        "slowlab: proxy",
    ] {
        let place = Place::new(&text);
        let child = place.start();
        place.wait_for_requests(1);
        let in_d = |pid: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.contains(") D ")
        };
        if holds {
            eventually("a worker in D", || place.pids(WORKER).iter().any(in_d));
        }
        match doomed {
            "slowlab" => kill(child.id(), Signal::KILL),
            other => {
                place
                    .pids(other)
                    .into_iter()
                    .for_each(|pid| send(pid, Signal::KILL));
                // The run goes on, or has ended for it.
                send(child.id(), Signal::INT);
            }
        }
        wait(child);
        eventually(
            "no process, and no file for longer than until the next start",
            || {
                let swept = done(place.slowlab(&["doctor", "--sweep"]));
                assert!(swept.code == 0 || doomed == "slowlab", "{swept:?}");
                place.is_empty()
            },
        );
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
        assert!(!mounts.contains("slowlab"), "{doomed}: {mounts}");
    }
}

const DOWNLOAD: &str = r#"
schema = 1
question = "Is a download whole whose proxy has no room for it?"
duration = "200ms"
drain = "5s"
seed = 5
[backend]
workers = 1
[backend.app."/"]
response = "3MiB"
[proxy]
temp_disk = "1MiB"
listen.sndbuf = "16KiB"
[[clients]]
name = "downloads"
arrival.once = { count = 1 }
request.path = "/"
behavior.slow-read = { rate = "2MiB/s", rcvbuf = "16KiB" }
[[variant]]
name = "room"
set = { "proxy.temp_disk" = "8MiB" }
[[expect]]
claim = "only with room"
that = "downloads.outcomes.complete == 0 and room: downloads.outcomes.complete == 1"
"#;

#[test]
fn a_small_disk_is_full_where_this_user_may_have_one() {
    let mut own = Command::new("unshare");
    own.args(["-Urm", "mount", "-t", "tmpfs", "none", "/tmp"]);
    let may = own.output().is_ok_and(|done| done.status.success());
    let place = Place::new(DOWNLOAD);
    let done = place.run(&[]);
    let code = if may { 0 } else { 3 };
    assert_eq!(done.code, code, "{}{}", done.out, done.err);
    place.assert_nothing_left();
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
    assert!(!mounts.contains("slowlab"), "{mounts}");
}
