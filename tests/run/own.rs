//! A proxy in a process of its own: its signals, its end, and what is left of it.

use rustix::process::{Pid, Signal, getsid};

use crate::support::{
    Place, QUICK, WORKER, eventually, expect, json, kill, long, own, read, rows, wait,
};

const PROXY: &str = "slowlab: proxy";

/// Some who wait for a second while visitors come and go.
const JOBS: &str = r#"
[[clients]]
name = "jobs"
arrival.once = { count = 2, start = "250ms" }
request.path = "/job"
behavior.healthy = {}
"#;

/// What became of a run in which the proxy gets a signal after half a second.
fn with_signal(signal: &str, that: &str) -> Place {
    let act =
        format!("[[act]]\nat = \"500ms\"\nsignal = {{ to = \"proxy\", name = \"{signal}\" }}\n");
    let job = "[backend.app.\"/job\"]\nwait = \"1s\"\n";
    let scenario = own(QUICK)
        .replace(
            "worker_class = \"sync\"",
            "worker_class = \"gthread\"\nthreads = 4",
        )
        .replace("[proxy]\n", &format!("{job}[proxy]\n"));
    let place = Place::new(&(scenario + JOBS + &act + &expect(that)));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{signal}: {}{}", done.out, done.err);
    place.assert_nothing_left();
    place
}

/// The events that tell its end.
fn ends(place: &Place) -> Vec<String> {
    let events = rows(place.results().join("baseline/events.csv"));
    let ends = events.iter().filter(|row| row["kind"] == "proxy_exited");
    ends.map(|row| {
        assert_eq!((&*row["source"], &*row["tier"]), ("lab", "proxy"));
        row["text"].clone()
    })
    .collect()
}

#[test]
fn quit_lets_clients_finish_and_accepts_no_more() {
    let place = with_signal("QUIT", "jobs.status.200 == 2");
    assert_eq!(ends(&place), ["exit code 0"]);
    let requests = rows(place.results().join("baseline/requests.csv"));
    let late = requests.iter().filter(|row| {
        row["group"] == "visitors" && row["started_at_us"].parse::<u64>().unwrap() > 600_000
    });
    let late: Vec<&str> = late.map(|row| &*row["outcome"]).collect();
    assert!(
        late.len() > 10 && late.iter().all(|one| *one == "refused"),
        "{late:?}"
    );
}

#[test]
fn term_and_kill_end_it_at_once_and_the_run_goes_on() {
    for (signal, end) in [
        ("TERM", "exit code 0"),
        ("INT", "exit code 0"),
        ("KILL", "signal 9"),
    ] {
        let place = with_signal(signal, "jobs.outcomes.complete == 0");
        assert_eq!(ends(&place), [end], "{signal}");
        let requests = rows(place.results().join("baseline/requests.csv"));
        // What was over by then is known: its rows have what the proxy knew.
        let known = requests
            .iter()
            .filter(|row| row["group"] == "visitors" && row["status"] == "200");
        assert!(known.clone().count() > 10);
        let lost = known.filter(|row| row["proxy_status"].is_empty()).count();
        assert!(
            lost == 0 || signal == "KILL" && lost <= 1,
            "{signal}: {lost}"
        );
    }
}

#[test]
fn one_that_is_killed_from_outside_is_told_and_does_not_end_the_run() {
    let scenario = own(QUICK).replace("duration = \"1s\"", "duration = \"3s\"")
        + &expect("visitors.outcomes.refused >= 10");
    let place = Place::new(&scenario);
    let child = place.start();
    place.wait_for_requests(5);
    let [pid] = place.pids(PROXY)[..] else {
        panic!("one proxy")
    };
    kill(pid, Signal::KILL);
    let done = wait(child);
    let is_right = done.code == 0 || done.code == 3 && place.was_busy();
    assert!(is_right, "{}{}", done.out, done.err);
    assert_eq!(ends(&place), ["signal 9"]);
    place.assert_nothing_left();
}

/// Who stands still was not asked about by the plan: no verdict, and its cause.
#[test]
fn one_that_is_stopped_from_outside_ends_the_run() {
    let place = Place::new(&own(&long()));
    let child = place.start();
    place.wait_for_requests(5);
    kill(place.pids(PROXY)[0], Signal::STOP);
    let done = wait(child);
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    let cause = "a process of the proxy (pid ";
    assert!(
        done.err.contains(cause) && done.err.contains("was stopped during the run"),
        "{}",
        done.err
    );
    place.assert_nothing_left();
    assert!(place.results().to_str().unwrap().ends_with(".partial"));
}

/// The plan asked for it: the run goes on, and is judged.
#[test]
fn one_that_an_act_stops_is_a_result() {
    let act = "[[act]]\nat = \"500ms\"\nfault = { to = \"proxy\", kind = \"stop\" }\n";
    let place = Place::new(&(own(QUICK) + act));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    place.assert_nothing_left();
    let requests = rows(place.results().join("baseline/requests.csv"));
    let in_time = requests.iter().filter(|row| row["outcome"] == "complete");
    assert!(in_time.count() >= 5);
}

/// It spins, or its threads wait for each other's locks: it is there, and serves nobody.
#[test]
fn one_that_an_act_makes_sick_exists_and_serves_nobody() {
    for (kind, state) in [
        ("spin", 'R'),
        ("deadlock", 'S'),
        ("slow-write", 'S'),
        ("uninterruptible", 'D'),
    ] {
        let act =
            format!("[[act]]\nat = \"400ms\"\nfault = {{ to = \"proxy\", kind = \"{kind}\" }}\n");
        let place = Place::new(&(own(QUICK) + &act));
        let done = place.run(&[]);
        assert_eq!(done.code, 0, "{kind}: {}{}", done.out, done.err);
        place.assert_nothing_left();
        assert_eq!(ends(&place), [""; 0], "{kind}: nobody had to kill it");
        let requests = rows(place.results().join("baseline/requests.csv"));
        let in_time = requests.iter().filter(|row| row["outcome"] == "complete");
        let in_time = in_time.count();
        assert!(
            (5..requests.len() - 5).contains(&in_time),
            "{kind}: {in_time}"
        );
        let samples = rows(place.results().join("baseline/procs.csv"));
        let sick = samples
            .iter()
            .filter(|row| row["role"] == "proxy" && row["at_us"].parse::<u64>().unwrap() > 600_000);
        let sick: Vec<_> = sick.collect();
        assert!(sick.len() >= 3 && sick.iter().all(|row| row["active"] == "true"));
        let states = |state| {
            sick.iter()
                .filter(|row| row["threads"].contains(state))
                .count()
        };
        let (suffering, running) = (states(state), states('R'));
        assert!(2 * suffering > sick.len(), "{kind}: {sick:?}");
        assert_eq!(2 * running > sick.len(), state == 'R', "{kind}: {sick:?}");
    }
}

/// What the last samples of the proxy say: state, and whether a supervisor calls it active.
fn at_last(place: &Place) -> Vec<(String, String)> {
    let samples = rows(place.results().join("baseline/procs.csv"));
    let late = samples
        .iter()
        .filter(|row| row["role"] == "proxy" && row["at_us"].parse::<u64>().unwrap() > 600_000);
    late.map(|row| (row["state"].clone(), row["active"].clone()))
        .collect()
}

/// Its parent does not wait for it, as a container's first process may not: its number is taken, and whoever connects is refused.
#[test]
fn one_that_nobody_waits_for_is_a_zombie_until_the_end() {
    let act = "[[act]]\nat = \"400ms\"\nfault = { to = \"proxy\", kind = \"zombie\" }\n";
    let that = expect("visitors.outcomes.refused >= 10 and visitors.status.200 >= 5");
    let place = Place::new(&(own(QUICK) + act + &that));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    place.assert_nothing_left();
    assert_eq!(ends(&place), [""; 0], "nobody has noticed");
    let last = at_last(&place);
    let zombies = last.iter().filter(|row| row.0 == "Z" && row.1 == "true");
    assert!(
        !last.is_empty() && zombies.count() == last.len(),
        "{last:?}"
    );
}

/// Its event loops open a file that a file system does not let go of: SIGKILL waits with them, and the port is still open.
#[test]
fn one_that_waits_for_a_file_system_outlives_sigkill() {
    let acts = "[[act]]\nat = \"400ms\"\nfault = { to = \"proxy\", kind = \"unkillable\" }\n\
                [[act]]\nat = \"600ms\"\nsignal = { to = \"proxy\", name = \"KILL\" }\n";
    let that = expect("visitors.outcomes.refused == 0 and visitors.status.200 >= 5");
    let place = Place::new(&(own(QUICK) + acts + &that));
    let done = place.run(&[]);
    place.assert_nothing_left();
    if done.code == 3 && done.err.contains("no file system of its own") {
        eprintln!("not tried: {}", done.err);
        return;
    }
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let samples = rows(place.results().join("baseline/procs.csv"));
    let killed = samples.iter().filter(|row| {
        row["role"] == "proxy" && row["signals_pending"].ends_with("100") && row["active"] == "true"
    });
    let killed: Vec<_> = killed.collect();
    assert!(killed.len() >= 3, "{killed:?}");
    assert!(
        killed.iter().all(|row| row["threads"].contains('D')),
        "{killed:?}"
    );
}

/// nginx's accept loop pauses for 500 ms whenever it has no descriptor to accept with; those who are connected are served on.
#[test]
fn one_whose_descriptors_leak_accepts_nobody_any_more() {
    let act = "[[act]]\nat = \"400ms\"\nfault = { to = \"proxy\", kind = \"fd-leak\" }\n";
    let place = Place::new(&(own(QUICK) + act));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    place.assert_nothing_left();
    let requests = rows(place.results().join("baseline/requests.csv"));
    let served = requests.iter().filter(|row| row["outcome"] == "complete");
    let served = served.count();
    assert!((5..requests.len() - 5).contains(&served), "{served}");
    let events = read(place.results().join("baseline/events.csv"));
    let failed = "accept4() failed (24: Too many open files)";
    let times = events.lines().filter(|line| line.contains(failed)).count();
    assert!((2..8).contains(&times), "{times}: {events}");
    let samples = rows(place.results().join("baseline/procs.csv"));
    let of_proxy = samples.iter().filter(|row| row["role"] == "proxy");
    let fds: Vec<u64> = of_proxy.filter_map(|row| row["fds"].parse().ok()).collect();
    assert!(
        fds.first() < fds.last() && fds.last() == Some(&64),
        "{fds:?}"
    );
}

#[test]
fn it_goes_with_a_slowlab_that_is_killed() {
    let place = Place::new(&own(&long()));
    let child = place.start();
    place.wait_for_requests(5);
    let [proxy] = place.pids(PROXY)[..] else {
        panic!("one proxy")
    };
    let pid = Pid::from_raw(proxy.cast_signed());
    assert_eq!(getsid(pid).ok(), pid, "a session of its own");
    kill(child.id(), Signal::KILL);
    assert_eq!(wait(child).code, -1);
    place.assert_nothing_left();
}

#[test]
fn usr1_opens_the_logs_anew() {
    let place = Place::new(&own(&long()));
    let child = place.start();
    place.wait_for_requests(5);
    let log = place.results().join("baseline/access.log");
    let moved = log.with_extension("log.1");
    std::fs::rename(&log, &moved).unwrap();
    kill(place.pids(PROXY)[0], Signal::USR1);
    eventually("a new log", || {
        std::fs::read_to_string(&log).is_ok_and(|text| text.lines().count() > 3)
    });
    assert!(read(&moved).lines().count() >= 5);
    assert_eq!(place.pids(WORKER).len(), 2);
    kill(child.id(), Signal::INT);
    assert_eq!(wait(child).code, 130);
    place.assert_nothing_left();
}

#[test]
fn hup_has_the_configuration_read_by_new_loops() {
    let uploads = r#"
[[clients]]
name = "uploads"
arrival.open = { rate = "20/s", process = "uniform", start = "5ms" }
request = { method = "POST", path = "/", body = "4KiB" }
behavior.healthy = {}
[[act]]
at = "500ms"
signal = { to = "proxy", name = "HUP" }
set = { "proxy.client_max_body_size" = "1KiB" }
"#;
    let expectations = expect("uploads.status.200 >= 5") + &expect("uploads.status.413 >= 5");
    let place =
        Place::new(&(own(QUICK).replace("warmup = \"200ms\"\n", "") + uploads + &expectations));
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(ends(&place).is_empty());
    place.assert_nothing_left();
    let summary = json(place.results().join("summary.json"));
    assert_eq!(
        summary["variants"][0]["groups"][0]["outcomes"]["complete"],
        summary["variants"][0]["groups"][0]["requests"]
    );
}
