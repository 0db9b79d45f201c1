//! Nothing stays, whatever dies: every subset of the processes of a run is killed or stopped at an instant that chance draws. While slowlab itself lives it
//! ends the rest; if it does not, those who are left do; and what nobody is left to end, `slowlab doctor --sweep` ends.
//!
//! `scripts/kills` runs it: `SLOWLAB_KILLS=60` for more cases, `SLOWLAB_KILLS_SEED=17` for one of them.

use std::fs;

use rustix::process::Signal;
use slowlab::seed::{Seed, Stream};
use slowlab::time::{Clock, Span, Timestamp};

use crate::existence::everything;
use crate::support::{Place, QUICK, done, eventually, long, own, send, spawn, wait};

/// Cases in CI.
const CASES: u64 = 12;
/// What a run may take that lives and is told to end: real programs get four seconds for it.
const LIMIT: Span = Span::from_secs(20);

/// A number from the environment.
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[test]
#[ignore = "12 cases take a minute: scripts/kills runs them"]
fn nothing_stays_whatever_dies() {
    let one = asked("SLOWLAB_KILLS_SEED");
    let seeds = match one {
        Some(seed) => seed..seed + 1,
        None => 0..asked("SLOWLAB_KILLS").unwrap_or(CASES),
    };
    for seed in seeds {
        println!("SLOWLAB_KILLS_SEED={seed} scripts/kills");
        case(seed);
    }
}

/// gunicorn names the file of a heartbeat for an instant; who is killed in it must not leave it where nobody looks.
#[test]
fn heartbeats_of_the_real_gunicorn_are_in_the_private_folder() {
    if !(is_there("nginx") && is_there("gunicorn")) {
        return;
    }
    let place = Place::new(&long());
    let child = spawn(place.slowlab(&["run", "s.toml", "--out", "out", "--engine", "reference"]));
    let beats = || {
        let family = place.family().into_iter();
        let links = family.filter_map(|(pid, _)| fs::read_dir(format!("/proc/{pid}/fd")).ok());
        let links = links.flatten().flatten();
        let links = links.filter_map(|link| fs::read_link(link.path()).ok());
        links.filter(|link| link.to_string_lossy().contains("/wgunicorn-"))
    };
    eventually("a heartbeat", || beats().next().is_some());
    let private = place.path("tmp");
    for beat in beats() {
        assert_ne!(beat.parent(), Some(private.as_path()), "{beat:?}");
        assert!(beat.starts_with(&private), "{beat:?}");
    }
    send(child.id(), Signal::INT);
    wait(child);
    place.assert_nothing_left();
}

/// With nobody left who could clean up, as after a `kill -9` of a whole container.
#[test]
fn what_was_killed_as_a_whole_goes_with_the_next_start() {
    let real = is_there("nginx") && is_there("gunicorn");
    let cases = [(own(&long()), "lab"), (long(), "reference")];
    for (scenario, engine) in cases.into_iter().take(1 + usize::from(real)) {
        let place = Place::new(&scenario);
        let child = spawn(place.slowlab(&["run", "s.toml", "--out", "out", "--engine", engine]));
        place.wait_for_requests(5);
        // Stopped first, so that nobody notices another's end.
        for signal in [Signal::STOP, Signal::KILL] {
            place
                .family()
                .iter()
                .for_each(|(pid, _)| send(*pid, signal));
        }
        wait(child);
        eventually("all are gone", || place.family().is_empty());
        let left = fs::read_dir(place.path("tmp")).unwrap().count();
        assert!(left > 0, "{engine}: somebody has cleaned up");
        fs::write(place.path("s.toml"), QUICK).unwrap();
        let next = place.run(&[]);
        assert!(
            // 3: the verdict is withheld beside other work.
            matches!(next.code, 0 | 3)
                && next
                    .err
                    .contains("of a slowlab that was killed, and removed"),
            "{engine}: {next:?}"
        );
        place.assert_nothing_left();
    }
}

/// What becomes of one process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Killed,
    Stopped,
}

#[expect(
    clippy::print_stdout,
    reason = "the output of the test names what it did"
)]
fn case(seed: u64) {
    let mut chance = Seed(seed).stream("kills");
    let real = is_there("nginx") && is_there("gunicorn");
    let (scenario, engine) = match (seed % 4, real) {
        (0, true) => (long(), "reference"),
        (1, _) => (own(&long()), "lab"),
        (2, _) => (everything().0, "lab"),
        _ => (long().replace("workers = 2", "workers = 5"), "lab"),
    };
    let place = Place::new(&scenario);
    let child = spawn(place.slowlab(&["run", "s.toml", "--out", "out", "--engine", engine]));
    // Also while it starts.
    match chance.up_to(4) {
        0 => eventually("something", || place.family().len() > 2),
        requests => place.wait_for_requests(usize::try_from(requests * 4).unwrap()),
    }
    let doomed = doomed(&place, child.id(), &mut chance);
    for (pid, name, fate) in &doomed {
        println!("  {name} ({pid}) is {fate:?}");
        let signal = match fate {
            Fate::Killed => Signal::KILL,
            Fate::Stopped => Signal::STOP,
        };
        send(*pid, signal);
    }
    let of_parent = doomed.iter().find(|(pid, ..)| *pid == child.id());
    match of_parent.map(|(.., fate)| *fate) {
        Some(Fate::Killed) => {
            wait(child);
            eventually(
                "those who are left, or the next to come, end the rest",
                || {
                    let swept = done(place.slowlab(&["doctor", "--sweep"]));
                    assert!(swept.code == 0 || swept.code == 4, "{swept:?}");
                    place.is_empty()
                },
            );
        }
        fate => {
            if fate == Some(Fate::Stopped) {
                send(child.id(), Signal::CONT);
            }
            let clock = Clock::start();
            send(child.id(), Signal::INT);
            let done = wait(child);
            let took = clock.now().since(Timestamp::ZERO);
            assert!(took < LIMIT, "it took {took}");
            // Who is killed while the stack starts leaves nothing to measure.
            let unfit = done.code == 4 && done.err.contains("cannot start");
            assert!(unfit || matches!(done.code, 3 | 130), "{done:?}");
            place.assert_nothing_left();
        }
    }
    // What was measured is kept, as far as there was anything.
    for run in place.all_results() {
        let manifest = fs::read_to_string(run.join("manifest.json")).unwrap();
        assert!(manifest.contains("\"partial\": true"), "{manifest}");
    }
}

/// Who is to be killed or stopped, in which order: at least one.
fn doomed(place: &Place, parent: u32, chance: &mut Stream) -> Vec<(u32, String, Fate)> {
    let mut family = place.family();
    chance.shuffle(&mut family);
    let mut doomed = Vec::new();
    for (pid, name) in family {
        let fate = match chance.up_to(4) {
            0 | 1 => Fate::Killed,
            2 => Fate::Stopped,
            _ => continue,
        };
        doomed.push((pid, name, fate));
    }
    if doomed.is_empty() {
        doomed.push((parent, "slowlab".to_owned(), Fate::Killed));
    }
    doomed
}
