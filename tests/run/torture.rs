//! Torture: a system call of a short run fails as if the machine lacked something, by strace's injection. Whichever it is, the cause is named, the exit
//! code says what it is, what was measured is kept, and nothing is left.
//!
//! `scripts/torture` runs the cases of the table below; `SLOWLAB_TORTURE=all` the first, a middle and the last call of every kind in every role instead, `3/8`
//! the third eighth of those. A
//! run is looked at once without a failure, so that calls are found by what they name; strace counts the calls of each thread for itself, so others may fail
//! at the same number, too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Done, Place, QUICK, done, expect, own};

/// A run that makes some 2 000 calls in half a second.
fn scenario() -> String {
    let short = QUICK
        .replace("duration = \"1s\"", "duration = \"300ms\"")
        .replace("warmup = \"200ms\"\n", "")
        .replace("drain = \"1s\"", "drain = \"500ms\"");
    own(&short) + &expect("visitors.requests >= 5")
}

/// Calls that are looked at, with what they fail with. EINTR where the kernel gives it: in what waits.
const CALLS: [(&str, &[&str]); 27] = [
    ("openat", &["EMFILE", "ENOSPC", "EACCES", "ENOMEM"]),
    ("write", &["ENOSPC"]),
    ("read", &["ENOMEM"]),
    ("socket", &["EMFILE", "ENOMEM"]),
    ("socketpair", &["EMFILE"]),
    ("accept4", &["EMFILE", "EINTR"]),
    ("pipe2", &["EMFILE"]),
    ("clone", &["ENOMEM"]),
    ("clone3", &["ENOMEM"]),
    ("mkdir", &["EACCES", "ENOSPC"]),
    ("mkdirat", &["EACCES", "ENOSPC"]),
    ("rename", &["EACCES", "ENOSPC"]),
    ("renameat", &["EACCES", "ENOSPC"]),
    ("unlink", &["EACCES"]),
    ("unlinkat", &["EACCES"]),
    ("symlink", &["EACCES", "ENOSPC"]),
    ("epoll_create1", &["EMFILE"]),
    ("timerfd_create", &["EMFILE"]),
    ("flock", &["ENOMEM"]),
    ("bind", &["EACCES"]),
    ("listen", &["ENOMEM"]),
    ("getdents64", &["ENOMEM"]),
    ("ppoll", &["EINTR", "ENOMEM"]),
    ("epoll_wait", &["EINTR"]),
    ("wait4", &["EINTR"]),
    ("recvfrom", &["EINTR", "ENOMEM"]),
    ("sendto", &["EINTR", "ENOMEM"]),
];

/// What the kernel's words for an error are.
fn words(error: &str) -> &'static str {
    match error {
        "EMFILE" => "Too many open files",
        "ENOSPC" => "No space left on device",
        "EACCES" => "Permission denied",
        "ENOMEM" => "Cannot allocate memory",
        "EINTR" => "Interrupted system call",
        other => panic!("{other}"),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which {
    First,
    Middle,
    Last,
}
use Which::{First, Last, Middle};

/// In which role, which call, what stands in it, which of those, what it fails with, and how the run ends. `=` is before the whole of a name that strace is to look
/// for, where the number of calls before depends on how long the run took.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    Which,
    &'static str,
    i32,
);

const CASES: [Case; 27] = [
    ("main", "epoll_create1", "", First, "EMFILE", 4),
    ("main", "socketpair", "", First, "EMFILE", 4),
    ("main", "mkdir", ".partial\"", First, "ENOSPC", 4),
    ("main", "openat", "=manifest.json.tmp", First, "ENOSPC", 4),
    ("main", "renameat", "=plan.json", First, "ENOSPC", 4),
    ("main", "mkdir", "slowlab-", First, "EACCES", 4),
    ("main", "flock", "", First, "ENOMEM", 4),
    ("main", "openat", "backend.log", First, "EACCES", 4),
    ("main", "pipe2", "", First, "EMFILE", 4),
    ("main", "clone3", "CLONE_VFORK", First, "ENOMEM", 4),
    ("main", "clone3", "CLONE_THREAD", Middle, "ENOMEM", 4),
    ("main", "timerfd_create", "", First, "EMFILE", 4),
    ("main", "openat", "=report.html.tmp", First, "EMFILE", 4),
    ("main", "openat", "=summary.json.tmp", First, "ENOSPC", 4),
    ("main", "mkdirat", "=charts", First, "ENOSPC", 4),
    ("main", "renameat", "=report.html", First, "EACCES", 4),
    ("main", "rename", ".partial\"", Last, "EACCES", 4),
    ("collector", "openat", "requests.csv", First, "ENOSPC", 4),
    ("collector", "write", "", Middle, "ENOSPC", 4),
    ("main", "socket", "", First, "EMFILE", 4),
    ("main", "bind", "", First, "EACCES", 4),
    ("slowlab: master", "clone", "", Last, "ENOMEM", 4),
    ("main", "epoll_create1", "", Last, "EMFILE", 4),
    ("slowlab: proxy", "epoll_wait", "", Middle, "EINTR", 0),
    ("slowlab: master", "ppoll", "", Middle, "EINTR", 0),
    ("slowlab: worker", "recvfrom", "", Middle, "EINTR", 0),
    ("proxy-0", "epoll_wait", "", Middle, "EINTR", 0),
];

/// What the threads of a role did, by call and in order: the lines of a trace.
type Profile = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn traced(place: &Place, to: &Path, options: &[&str]) -> Done {
    let slowlab = place.slowlab(&[]);
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-s", "200", "-o"])
        .arg(to)
        .args(options);
    strace.arg(env!("CARGO_BIN_EXE_slowlab"));
    strace.args(["run", "s.toml", "--out", "out", "--quiet"]);
    strace.current_dir(place.path("")).stdin(Stdio::null());
    for (name, value) in slowlab.get_envs() {
        strace.env(name, value.unwrap_or_default());
    }
    strace.env("RUST_BACKTRACE", "0");
    done(strace)
}

/// The lines of a trace by thread, and what each thread is called in the end.
fn threads(trace: &str) -> Vec<(String, Vec<&str>)> {
    let mut threads: BTreeMap<&str, (String, Vec<&str>)> = BTreeMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let main = || ("main".to_owned(), Vec::new());
        let (name, calls) = threads.entry(thread).or_insert_with(main);
        let call = call.trim_start();
        if let Some((_, rest)) = call.split_once("PR_SET_NAME, \"") {
            *name = rest.split('"').next().unwrap_or_default().to_owned();
        }
        calls.push(call);
    }
    threads.into_values().collect()
}

fn profile(place: &Place) -> Profile {
    let to = place.path("profile");
    let calls: Vec<&str> = CALLS.iter().map(|(call, _)| *call).collect();
    let trace = format!("trace=prctl,{}", calls.join(","));
    let run = place.beside_others(|| traced(place, &to, &["-e", &trace]));
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let trace = fs::read(&to).unwrap();
    let mut profile = Profile::new();
    for (role, lines) in threads(&String::from_utf8_lossy(&trace)) {
        let mut of_thread: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in lines {
            // The second half of a call that another thread's came between is no call of its own.
            if let Some((call, _)) = line.split_once('(').filter(|(call, _)| !call.contains('<')) {
                of_thread
                    .entry(call.to_owned())
                    .or_default()
                    .push(line.to_owned());
            }
        }
        // Of several threads of a name the busiest stands for all.
        let size =
            |calls: &BTreeMap<String, Vec<String>>| calls.values().map(Vec::len).sum::<usize>();
        let known = profile.entry(role).or_default();
        if size(&of_thread) > size(known) {
            *known = of_thread;
        }
    }
    profile
}

/// Which call of a thread that is, counted from 1 as strace does.
fn number(profile: &Profile, (role, call, mark, which, ..): Case) -> Option<usize> {
    if mark.starts_with('=') {
        return Some(1);
    }
    let lines = profile.get(role)?.get(call)?;
    let found = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.contains(mark));
    let found: Vec<usize> = found.map(|(index, _)| index + 1).collect();
    Some(match which {
        First => *found.first()?,
        Middle => *found.get(found.len() / 2)?,
        Last => *found.last()?,
    })
}

/// A run in which a call fails.
struct Injected {
    run: Done,
    /// In which roles it did.
    failed: Vec<String>,
}

impl AsRef<Done> for Injected {
    fn as_ref(&self) -> &Done {
        &self.run
    }
}

fn injected(place: &Place, (call, mark): (&str, &str), (error, number): (&str, usize)) -> Injected {
    let to = place.path("trace");
    let inject = format!("inject={call}:error={error}:when={number}");
    let trace = format!("trace=prctl,{call}");
    let mut options = vec!["-e", &trace, "-e", &inject];
    if let Some(name) = mark.strip_prefix('=') {
        options.extend(["-P", name]);
    }
    let run = traced(place, &to, &options);
    let trace = fs::read(&to).unwrap();
    let trace = String::from_utf8_lossy(&trace);
    let failed = threads(&trace).into_iter();
    let failed = failed.filter(|(_, lines)| lines.iter().any(|line| line.contains("(INJECTED)")));
    let failed = failed.map(|(role, _)| role).collect();
    Injected { run, failed }
}

/// What is so whatever has failed.
fn assert_borne(place: &Place, told: &str, run: &Done, error: &str) {
    assert!(
        (0..=4).contains(&run.code),
        "{told}: exit {}: {}",
        run.code,
        run.err
    );
    // A client that lacked something costs the verdict, and not the run; so does a machine that others use.
    let is_withheld = run.code == 3 && !run.err.contains("error: ");
    if is_withheld {
        let summary = fs::read_to_string(place.results().join("summary.json"));
        let named = summary.is_ok_and(|text| text.contains(words(error)));
        assert!(named || place.was_busy(), "{told}: {}{}", run.out, run.err);
    } else if run.code != 0 {
        let said = format!("{}{}", run.out, run.err);
        assert!(
            run.err.contains("error: "),
            "{told}: exit {}: {said}",
            run.code
        );
        // glibc says of every thread that cannot be had that it is not there now.
        let words = [words(error), "Resource temporarily unavailable"];
        let named = words.iter().any(|words| run.err.contains(words)) || run.err.contains(" log `");
        assert!(named, "{told}: no cause: {}", run.err);
        let kept = place.all_results();
        let partial = |path: &std::path::PathBuf| path.to_str().unwrap().ends_with(".partial");
        assert!(kept.iter().all(partial), "{told}: {kept:?}");
    }
    if fs::read_dir(place.path("tmp")).unwrap().count() > 0 {
        // What could not be removed is stale, and goes with the next start.
        assert_eq!(
            done(place.slowlab(&["doctor", "--sweep"])).code,
            0,
            "{told}"
        );
    }
    place.assert_nothing_left();
}

fn is_there(program: &str) -> bool {
    let version = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

#[test]
#[ignore = "27 runs take half a minute: scripts/torture runs them"]
fn whatever_fails_is_named_and_leaves_nothing() {
    assert!(is_there("strace"), "scripts/torture looks for it");
    let place = Place::new(&scenario());
    let known = profile(&place);
    let asked = std::env::var("SLOWLAB_TORTURE").unwrap_or_default();
    let part = asked
        .split_once('/')
        .map(|(part, of)| (part.parse().unwrap(), of.parse().unwrap()));
    match (&*asked, part) {
        ("", _) => CASES.into_iter().for_each(|case| one(&known, case)),
        (_, part) => everything(&known, part.unwrap_or((1, 1))),
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the output of the test names what it did"
)]
fn one(known: &Profile, case: Case) {
    let (role, call, mark, which, error, code) = case;
    let told = format!("{which:?} {call} {mark} of {role}: {error}");
    let number = number(known, case).unwrap_or_else(|| panic!("{told}: there is none"));
    println!("{told} (call {number})");
    let place = Place::new(&scenario());
    let inject = || injected(&place, (call, mark), (error, number));
    let Injected { run, failed } = place.beside_others(inject);
    assert!(
        failed.iter().any(|it| it == role),
        "{told}: it was in {failed:?}"
    );
    assert_borne(&place, &told, &run, error);
    assert_eq!(run.code, code, "{told}: {}{}", run.out, run.err);
}

/// What no kernel does, and what is not ours: the dynamic loader; the counter with which a runtime wakes itself takes every write.
fn is_beyond(run: &Done) -> bool {
    let told = [
        "error while loading shared libraries",
        "failed to wake I/O driver",
    ];
    told.iter().any(|told| run.err.contains(told))
}

/// Each kind of call in each role: the first, a middle one and the last that the profile has.
#[expect(
    clippy::print_stdout,
    reason = "the output of the test names what it did"
)]
fn everything(known: &Profile, (part, of): (usize, usize)) {
    let mut asked = std::collections::BTreeSet::new();
    for (call, errors) in CALLS {
        for lines in known.values().filter_map(|calls| calls.get(call)) {
            for number in [1, lines.len().div_ceil(2), lines.len()] {
                asked.extend(errors.iter().map(|error| (call, *error, number)));
            }
        }
    }
    let asked: Vec<_> = asked.into_iter().skip(part - 1).step_by(of).collect();
    let (all, mut missed) = (asked.len(), 0);
    for (call, error, number) in asked {
        let told = format!("{call} {number}: {error}");
        println!("{told}");
        let place = Place::new(&scenario());
        let inject = || injected(&place, (call, ""), (error, number));
        let Injected { run, failed } = place.beside_others(inject);
        // The last call of a thread may not come a second time.
        missed += usize::from(failed.is_empty());
        // What cannot be written to standard error cannot be said.
        if is_beyond(&run) || call == "write" && run.err.is_empty() {
            continue;
        }
        assert_borne(&place, &told, &run, error);
        assert!(error != "EINTR" || run.code == 0, "{told}: {}", run.err);
    }
    assert!(missed * 5 < all, "{missed} of {all} did not come to pass");
}
