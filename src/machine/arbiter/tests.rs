//! The arbiter against a world of workers in virtual time.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::machine::backend_config::BackendConfig;
use crate::seed::Seed;
use crate::time::Timestamp;

const MS: fn(u64) -> Span = Span::from_ms;

fn config(text: &str) -> BackendConfig {
    toml::from_str(text).unwrap()
}

/// How a worker that no longer beats takes an ABRT.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Stuck {
    /// It unwinds within 20 ms (a 500 page is sent).
    Unwinds,
    /// It does not (a call that cannot be interrupted, or a linger).
    Stays,
}

#[derive(Clone, Debug)]
struct Process {
    stuck: Option<(Timestamp, Stuck)>,
    dies: Option<(Timestamp, ExitStatus)>,
    told: bool,
}

struct World {
    now: Timestamp,
    arbiter: Arbiter,
    processes: BTreeMap<u32, Process>,
    reaped: BTreeSet<u32>,
    next_pid: u32,
    done: Vec<(Timestamp, Action)>,
    exit: Option<i32>,
    /// The end of a wait that the master is in: a test may stop looking in the middle of it.
    waiting: Option<Timestamp>,
    /// How workers that are forked from now on end at once, and how soon; `None` if they boot.
    cannot_boot: Option<(Span, ExitStatus)>,
    /// What the configuration says by now.
    on_file: Option<BackendConfig>,
    /// The second master, if there is one.
    second: Option<u32>,
    /// Whether the master that started this one is gone.
    orphaned: bool,
}

impl World {
    fn new(text: &str, seed: u64) -> World {
        World {
            now: Timestamp::from_us(1),
            arbiter: Arbiter::new(&config(text), Seed(seed)),
            processes: BTreeMap::new(),
            reaped: BTreeSet::new(),
            next_pid: 100,
            done: Vec::new(),
            exit: None,
            waiting: None,
            cannot_boot: None,
            on_file: None,
            second: None,
            orphaned: false,
        }
    }

    /// Lets the master work until `until`.
    fn run_to(&mut self, until: Timestamp) {
        while self.now < until && self.exit.is_none() {
            if let Some(end) = self.waiting {
                self.wait(end, until);
                continue;
            }
            let (now, processes) = (self.now, &self.processes);
            let action = self.arbiter.next(now, &|pid| {
                processes
                    .get(&pid)
                    .map(|process| process.stuck.map_or(now, |(since, _)| since))
            });
            self.done.push((now, action.clone()));
            self.perform(action);
        }
    }

    fn run(&mut self, span: Span) {
        self.run_to(self.now + span);
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Spawn { age, .. } => {
                let ends = self.cannot_boot;
                let process = Process {
                    stuck: None,
                    dies: ends.map(|(after, status)| (self.now + after, status)),
                    told: false,
                };
                self.processes.insert(self.next_pid, process);
                self.arbiter.spawned(age, self.next_pid);
                self.next_pid += 1;
            }
            Action::Kill { pid, signal } => self.kill(pid, signal),
            Action::Reap => self.reap(),
            Action::Wait(span) => {
                assert!(span <= TURN, "a turn is a second at most");
                self.waiting = Some(self.now + span);
            }
            Action::Sleep(span) => self.pass_to(self.now + span),
            Action::Exit(code) => self.exit = Some(code),
            Action::TakeOver => {
                if let Some(config) = &self.on_file {
                    self.arbiter.says(config);
                }
            }
            Action::Reexec => {
                self.arbiter.reexecuted(self.next_pid);
                self.second = Some(self.next_pid);
                self.next_pid += 1;
            }
            Action::CheckParent => {
                if self.orphaned {
                    self.arbiter.promoted();
                }
            }
            Action::Log(..) | Action::Handling(_) => {}
            Action::ReopenLog | Action::CloseListener { .. } => {}
        }
    }

    /// A death is a SIGCHLD and ends the wait; the end of the test's attention does not.
    fn wait(&mut self, end: Timestamp, until: Timestamp) {
        let death = self.next_death().unwrap_or(Timestamp::MAX);
        let then = end.min(death).max(self.now);
        if then > until {
            return self.pass_to(until);
        }
        self.waiting = None;
        self.pass_to(then);
    }

    fn signal(&mut self, signal: Signal) {
        self.waiting = None;
        self.arbiter.signal(signal);
    }

    fn kill(&mut self, pid: u32, signal: WorkerSignal) {
        assert!(
            !self.reaped.contains(&pid),
            "{pid} was reaped before {signal:?}"
        );
        let now = self.now;
        let process = self.processes.get_mut(&pid).unwrap();
        let (after, status) = match (signal, process.stuck) {
            (WorkerSignal::Kill, _) => (Span::ZERO, ExitStatus::Signal(9)),
            (WorkerSignal::Quit, _) => (MS(100), ExitStatus::Code(0)),
            (WorkerSignal::Term, None) => (MS(1), ExitStatus::Code(0)),
            (WorkerSignal::Abrt, None) => (MS(1), ExitStatus::Code(1)),
            (WorkerSignal::Abrt, Some((_, Stuck::Unwinds))) => (MS(20), ExitStatus::Code(0)),
            _ => return,
        };
        let earlier = process.dies.map_or(Timestamp::MAX, |(at, _)| at);
        if now + after < earlier {
            process.dies = Some((now + after, status));
        }
    }

    fn reap(&mut self) {
        let now = self.now;
        let dead: Vec<(u32, ExitStatus)> = self
            .processes
            .iter()
            .filter_map(|(pid, process)| Some((*pid, process.dies?)))
            .filter(|(_, (at, _))| *at <= now)
            .map(|(pid, (_, status))| (pid, status))
            .collect();
        for (pid, status) in dead {
            self.processes.remove(&pid);
            self.reaped.insert(pid);
            self.arbiter.reaped(now, pid, status);
        }
    }

    fn next_death(&self) -> Option<Timestamp> {
        let untold = self.processes.values().filter(|process| !process.told);
        untold.filter_map(|process| Some(process.dies?.0)).min()
    }

    fn pass_to(&mut self, then: Timestamp) {
        self.now = then;
        for process in self.processes.values_mut() {
            if !process.told && process.dies.is_some_and(|(at, _)| at <= then) {
                process.told = true;
                self.arbiter.signal(Signal::Chld);
            }
        }
    }

    fn end(&mut self, pid: u32, status: ExitStatus) {
        if let Some(process) = self.processes.get_mut(&pid) {
            process.dies.get_or_insert((self.now, status));
        }
    }

    fn stick(&mut self, pid: u32, how: Stuck) {
        let now = self.now;
        if let Some(process) = self.processes.get_mut(&pid) {
            process.stuck.get_or_insert((now, how));
        }
    }

    fn at(&self, wanted: impl Fn(&Action) -> bool) -> Vec<Timestamp> {
        let found = self.done.iter().filter(|(_, action)| wanted(action));
        found.map(|(at, _)| *at).collect()
    }

    fn logged(&self, text: &str) -> bool {
        !self
            .at(|action| matches!(action, Action::Log(_, line) if line.contains(text)))
            .is_empty()
    }

    fn pid(&self, index: usize) -> u32 {
        let pids: Vec<u32> = self.processes.keys().copied().collect();
        pids.get(index % pids.len().max(1)).copied().unwrap_or(0)
    }
}

fn is_kill(action: &Action, wanted: WorkerSignal) -> bool {
    matches!(action, Action::Kill { signal, .. } if *signal == wanted)
}

#[test]
fn a_stale_heartbeat_is_critical_within_a_turn_and_killed_within_another() {
    let mut detections = BTreeSet::new();
    for offset in (0..1000).step_by(83) {
        let mut world = World::new("workers = 2\ntimeout = \"3s\"", offset);
        world.run(Span::from_secs(5));
        world.run(MS(offset));
        let stuck_at = world.now;
        world.stick(world.pid(0), Stuck::Stays);
        world.run(Span::from_secs(6));
        let abrt = world.at(|action| is_kill(action, WorkerSignal::Abrt));
        let kill = world.at(|action| is_kill(action, WorkerSignal::Kill));
        assert_eq!((abrt.len(), kill.len()), (1, 1), "one of each");
        let detected = abrt[0].since(stuck_at);
        assert!(
            detected > Span::from_secs(3) && detected <= Span::from_secs(4),
            "{detected}"
        );
        assert!(kill[0].since(abrt[0]) <= MS(1050));
        detections.insert(detected);
        assert!(world.logged("WORKER TIMEOUT (pid:100)"));
        assert!(world.logged("Worker (pid:100) was sent SIGKILL! Perhaps out of memory?"));
        assert_eq!(world.processes.len(), 2, "replaced");
    }
    assert!(
        detections.len() > 10,
        "anywhere within the turn: {detections:?}"
    );
}

#[test]
fn exactly_timeout_is_not_too_long() {
    let beat = Timestamp::from_us(5);
    for (late, murdered) in [(Span::ZERO, false), (Span::from_ns(1), true)] {
        let mut arbiter = Arbiter::new(&config("timeout = \"3s\""), Seed(1));
        arbiter.next(beat, &|_| Some(beat));
        arbiter.spawned(1, 100);
        let now = beat + Span::from_secs(3) + late;
        // The fork pause, the first wait, then the turn that looks.
        let actions: Vec<Action> = (0..4).map(|_| arbiter.next(now, &|_| Some(beat))).collect();
        let aborts = actions
            .iter()
            .any(|action| is_kill(action, WorkerSignal::Abrt));
        assert_eq!(aborts, murdered, "{actions:?}");
    }
}

#[test]
fn a_worker_that_unwinds_is_not_killed_and_replaced_at_once() {
    let mut world = World::new("workers = 1\ntimeout = \"3s\"", 1);
    world.run(Span::from_secs(2));
    world.stick(100, Stuck::Unwinds);
    world.run(Span::from_secs(5));
    assert!(
        world
            .at(|action| is_kill(action, WorkerSignal::Kill))
            .is_empty()
    );
    let abrt = world.at(|action| is_kill(action, WorkerSignal::Abrt))[0];
    let spawns = world.at(|action| matches!(action, Action::Spawn { .. }));
    assert_eq!(spawns[1].since(abrt), MS(20), "the SIGCHLD ends the wait");
    assert!(!world.logged("exited with code"), "a 500 is a clean exit");
}

#[test]
fn a_siblings_death_brings_the_sigkill_forward() {
    let mut world = World::new("workers = 2\ntimeout = \"2s\"", 1);
    world.run(Span::from_secs(2));
    world.stick(100, Stuck::Stays);
    world.stick(101, Stuck::Unwinds);
    world.run(Span::from_secs(5));
    let abrt = world.at(|action| is_kill(action, WorkerSignal::Abrt));
    let kill = world.at(|action| is_kill(action, WorkerSignal::Kill));
    assert_eq!(
        kill[0].since(abrt[0]),
        MS(20),
        "the next turn, not a grace period"
    );
}

#[test]
fn timeout_zero_never_murders_and_no_beat_is_no_crime() {
    let mut world = World::new("workers = 1\ntimeout = \"0s\"", 1);
    world.run(Span::from_secs(1));
    world.stick(100, Stuck::Stays);
    world.run(Span::from_secs(3600));
    assert!(!world.logged("WORKER TIMEOUT"));

    let mut arbiter = Arbiter::new(&config("timeout = \"1s\""), Seed(1));
    arbiter.next(Timestamp::ZERO, &|_| None);
    arbiter.spawned(1, 100);
    for second in 0..60 {
        let action = arbiter.next(Timestamp::ZERO + Span::from_secs(second), &|_| None);
        assert!(
            matches!(action, Action::Sleep(_) | Action::Wait(_)),
            "{action:?}"
        );
    }
}

#[test]
fn a_reload_forks_first_and_terms_the_oldest() {
    let mut world = World::new("workers = 3", 1);
    world.run(Span::from_secs(2));
    world.signal(Signal::Hup);
    world.run(Span::from_secs(2));
    let terms: Vec<u32> = world
        .done
        .iter()
        .filter_map(|(_, action)| match action {
            Action::Kill {
                pid,
                signal: WorkerSignal::Term,
            } => Some(*pid),
            _ => None,
        })
        .collect();
    assert_eq!(terms, [100, 101, 102]);
    let last_spawn = world.at(|action| matches!(action, Action::Spawn { .. }))[5];
    let first_term = world.at(|action| is_kill(action, WorkerSignal::Term))[0];
    assert!(last_spawn <= first_term);
    assert_eq!(
        world.processes.keys().copied().collect::<Vec<_>>(),
        [103, 104, 105]
    );
}

#[test]
fn a_reload_is_deaf_for_graceful_timeout() {
    let mut world = World::new(
        "workers = 1\ntimeout = \"3s\"\ngraceful_timeout = \"8s\"",
        1,
    );
    world.run(Span::from_secs(2));
    world.stick(100, Stuck::Stays);
    let hup_at = world.now;
    world.signal(Signal::Hup);
    world.run(Span::from_secs(20));
    let abrt = world.at(|action| is_kill(action, WorkerSignal::Abrt))[0].since(hup_at);
    let kill = world.at(|action| is_kill(action, WorkerSignal::Kill))[0].since(hup_at);
    assert!(abrt >= Span::from_secs(8) && abrt <= MS(9100), "{abrt}");
    assert!(kill.saturating_sub(abrt) <= MS(1050));
}

#[test]
fn ttin_and_ttou_count_with_a_floor_of_one() {
    let mut world = World::new("workers = 2", 1);
    let mut counts = Vec::new();
    for signal in [
        Signal::Ttin,
        Signal::Ttin,
        Signal::Ttou,
        Signal::Ttou,
        Signal::Ttou,
        Signal::Ttou,
    ] {
        world.signal(signal);
        world.run(Span::from_secs(3));
        counts.push(world.processes.len());
    }
    assert_eq!(counts, [3, 4, 3, 2, 1, 1]);
    assert_eq!(world.pid(0), 103, "the oldest go first");
}

#[test]
fn term_waits_for_graceful_timeout_and_int_cuts_it_short() {
    let mut world = World::new(
        "workers = 2\ngraceful_timeout = \"30s\"\ntimeout = \"0s\"",
        1,
    );
    world.run(Span::from_secs(2));
    world.stick(100, Stuck::Stays);
    let mut hurried = World::new(
        "workers = 2\ngraceful_timeout = \"30s\"\ntimeout = \"0s\"",
        1,
    );
    hurried.run(Span::from_secs(2));
    hurried.stick(100, Stuck::Stays);
    for world in [&mut world, &mut hurried] {
        world.signal(Signal::Term);
    }
    let start = world.now;
    world.run(Span::from_secs(60));
    let killed = world.at(|action| is_kill(action, WorkerSignal::Kill))[0].since(start);
    assert!(
        killed >= Span::from_secs(30) && killed <= MS(31_200),
        "{killed}"
    );
    assert_eq!(world.exit, Some(0));
    hurried.run(Span::from_secs(3));
    hurried.signal(Signal::Int);
    hurried.run(Span::from_secs(3));
    assert!(hurried.logged("Quick shutdown requested"));
    assert_eq!(hurried.exit, Some(0));
    assert!(hurried.processes.is_empty());
}

#[test]
fn a_worker_that_cannot_boot_halts_the_master() {
    for (code, reason) in [(3, "Worker failed to boot."), (4, "App failed to load.")] {
        let mut world = World::new("workers = 2", 1);
        world.run(Span::from_secs(1));
        world.end(100, ExitStatus::Code(code));
        world.run(Span::from_secs(5));
        assert_eq!(world.exit, Some(code));
        assert!(world.logged(reason));
        assert!(world.logged(&format!("Worker (pid:100) exited with code {code}.")));
    }
}

#[test]
fn the_end_of_the_parent_is_quick() {
    let mut world = World::new("workers = 2\ngraceful_timeout = \"30s\"", 1);
    world.run(Span::from_secs(2));
    world.stick(100, Stuck::Stays);
    world.signal(Signal::ParentGone);
    world.run(Span::from_secs(4));
    assert_eq!(world.exit, Some(0));
}

#[test]
fn jitter_is_drawn_per_worker_and_only_with_a_limit() {
    let draws = |text: &str| {
        let mut world = World::new(text, 7);
        world.run(Span::from_secs(5));
        let limits = world.done.iter().filter_map(|(_, action)| match action {
            Action::Spawn { max_requests, .. } => Some(*max_requests),
            _ => None,
        });
        limits.collect::<Vec<_>>()
    };
    assert_eq!(draws("workers = 2\nmax_requests_jitter = 9"), [None, None]);
    let limits = draws("workers = 20\nmax_requests = 100\nmax_requests_jitter = 10");
    assert_eq!(
        limits,
        draws("workers = 20\nmax_requests = 100\nmax_requests_jitter = 10")
    );
    let limits: BTreeSet<u32> = limits.into_iter().flatten().collect();
    assert!(
        limits.len() > 3 && limits.iter().all(|n| (100..=110).contains(n)),
        "{limits:?}"
    );
}

/// The pids that got a signal, in order.
fn sent_to(world: &World, wanted: WorkerSignal) -> Vec<u32> {
    let kills = world.done.iter().filter_map(|(_, action)| match action {
        Action::Kill { pid, signal } if *signal == wanted => Some(*pid),
        _ => None,
    });
    kills.collect()
}

fn spawns(world: &World) -> usize {
    world
        .at(|action| matches!(action, Action::Spawn { .. }))
        .len()
}

#[test]
fn a_reload_takes_over_what_the_configuration_says_by_then() {
    let mut world = World::new("workers = 2\ntimeout = \"30s\"", 1);
    world.run(Span::from_secs(2));
    world.signal(Signal::Ttin);
    world.run(Span::from_secs(1));
    let later =
        config("workers = 5\ntimeout = \"2s\"\nmax_requests = 9\ngraceful_timeout = \"1s\"");
    world.on_file = Some(later);
    world.run(Span::from_secs(3));
    assert_eq!(world.processes.len(), 3, "not read before the signal");
    world.signal(Signal::Hup);
    world.run(Span::from_secs(2));
    let pids: Vec<u32> = world.processes.keys().copied().collect();
    assert_eq!(
        pids,
        [103, 104, 105, 106, 107],
        "what TTIN did is forgotten"
    );
    assert_eq!(sent_to(&world, WorkerSignal::Term), [100, 101, 102]);
    let taken = world.at(|action| *action == Action::TakeOver)[0];
    let forks = world.at(|action| {
        matches!(
            action,
            Action::Spawn {
                max_requests: Some(9),
                ..
            }
        )
    });
    assert_eq!(forks.len(), 5);
    assert!(forks.iter().all(|at| *at >= taken));
    world.stick(103, Stuck::Stays);
    world.run(Span::from_secs(5));
    assert!(world.logged("WORKER TIMEOUT (pid:103)"), "the new timeout");

    world.on_file = Some(config("workers = 1"));
    world.signal(Signal::Hup);
    world.run(Span::from_secs(3));
    assert_eq!(world.processes.len(), 1);
}

#[test]
fn an_old_worker_that_does_not_end_is_termed_again_each_turn() {
    let text = "workers = 1\ntimeout = \"20s\"\ngraceful_timeout = \"3s\"";
    let mut world = World::new(text, 1);
    world.run(Span::from_secs(2));
    world.stick(100, Stuck::Stays);
    world.signal(Signal::Hup);
    world.run(MS(2900));
    assert_eq!(
        sent_to(&world, WorkerSignal::Term),
        [100],
        "deaf until then"
    );
    world.run(Span::from_secs(5));
    let terms = sent_to(&world, WorkerSignal::Term);
    assert!((5..=7).contains(&terms.len()), "{terms:?}");
    assert!(terms.iter().all(|pid| *pid == 100));
    assert!(sent_to(&world, WorkerSignal::Kill).is_empty());
    world.run(Span::from_secs(20));
    assert_eq!(sent_to(&world, WorkerSignal::Kill), [100], "by timeout");
}

#[test]
fn a_reload_onto_an_application_that_does_not_import_takes_the_server_down() {
    // One worker: 3. Several: the second one raises the halt again, inside the shutdown.
    for (workers, code, ends_with) in [(1, 3, 3), (1, 4, 4), (2, 3, 1), (3, 4, 1)] {
        let mut world = World::new(&format!("workers = {workers}"), 1);
        world.run(Span::from_secs(2));
        world.cannot_boot = Some((MS(20), ExitStatus::Code(code)));
        let hup_at = world.now;
        world.signal(Signal::Hup);
        world.run(Span::from_secs(5));
        assert_eq!(
            world.exit,
            Some(ends_with),
            "{workers} workers, exit {code}"
        );
        assert!(world.processes.is_empty());
        let closed = world.at(|action| matches!(action, Action::CloseListener { .. }))[0];
        assert!(closed.since(hup_at) <= MS(200), "{}", closed.since(hup_at));
        assert_eq!(world.logged("Shutting down: Master"), ends_with != 1);
        assert_eq!(world.logged("gunicorn.errors.HaltServer"), ends_with == 1);
    }
}

#[test]
fn nobody_kills_what_an_unhandled_halt_leaves_behind() {
    let mut world = World::new("workers = 2\ngraceful_timeout = \"1s\"", 1);
    world.run(Span::from_secs(2));
    world.stick(100, Stuck::Stays);
    world.cannot_boot = Some((MS(20), ExitStatus::Code(3)));
    world.signal(Signal::Hup);
    world.run(Span::from_secs(20));
    assert_eq!(world.exit, None, "ours stays with the old worker");
    assert!(sent_to(&world, WorkerSignal::Kill).is_empty());
    assert!(!world.logged("WORKER TIMEOUT"));
    world.end(100, ExitStatus::Code(0));
    world.run(Span::from_secs(1));
    assert_eq!(world.exit, Some(1));
    assert_eq!(spawns(&world), 4);
}

#[test]
fn a_boot_failure_during_a_quick_stop_is_still_caught() {
    let mut world = World::new("workers = 1", 1);
    world.cannot_boot = Some((MS(250), ExitStatus::Code(3)));
    world.run(MS(200));
    world.signal(Signal::Quit);
    world.run(Span::from_secs(3));
    assert_eq!(sent_to(&world, WorkerSignal::Quit), [100]);
    assert!(world.logged("Reason: Worker failed to boot."));
    assert_eq!(world.exit, Some(3));
}

#[test]
fn a_crash_loop_has_no_brake_but_the_fork_pause() {
    for (life, least, most) in [(MS(1), 45, 75), (MS(200), 12, 15)] {
        let mut counts = BTreeSet::new();
        for seed in 0..8 {
            let mut world = World::new("workers = 1", seed);
            world.cannot_boot = Some((life, ExitStatus::Code(7)));
            world.run(Span::from_secs(3));
            let count = spawns(&world);
            assert!((least..=most).contains(&count), "{count} forks in 3 s");
            assert_eq!(world.exit, None);
            counts.insert(count);
        }
        println!("{life}: {counts:?}");
    }
}

#[test]
fn usr1_reopens_and_winch_does_nothing() {
    let mut world = World::new("workers = 2", 1);
    world.run(Span::from_secs(2));
    world.signal(Signal::Winch);
    world.run(Span::from_secs(2));
    assert_eq!(world.processes.len(), 2);
    assert_eq!(
        world
            .at(|action| *action == Action::Handling("winch"))
            .len(),
        1
    );
    world.signal(Signal::Usr1);
    world.run(Span::from_secs(1));
    assert_eq!(sent_to(&world, WorkerSignal::Usr1), [100, 101]);
    assert_eq!(world.at(|action| *action == Action::ReopenLog).len(), 1);
}

/// Whether the path of the socket went when the listener was closed.
fn unlinked(world: &World) -> Option<bool> {
    world.done.iter().find_map(|(_, action)| match action {
        Action::CloseListener { unlink } => Some(*unlink),
        _ => None,
    })
}

#[test]
fn a_second_master_is_started_once_and_again_when_it_is_gone() {
    let mut world = World::new("workers = 2", 1);
    world.run(Span::from_secs(2));
    world.signal(Signal::Usr2);
    world.run(MS(10));
    let second = world.second.unwrap();
    assert_eq!(world.processes.len(), 2, "the workers stay as they are");
    world.signal(Signal::Usr2);
    world.run(MS(10));
    assert!(world.logged("USR2 signal ignored. Child exists."));
    assert_eq!(world.at(|action| *action == Action::Reexec).len(), 1);

    world.signal(Signal::Chld);
    let now = world.now;
    world.arbiter.reaped(now, second, ExitStatus::Code(3));
    world.run(Span::from_secs(2));
    assert_eq!(world.exit, None, "its application is its own business");
    assert_eq!(spawns(&world), 2);
    world.signal(Signal::Usr2);
    world.run(MS(10));
    assert_eq!(world.at(|action| *action == Action::Reexec).len(), 2);
}

#[test]
fn a_path_stays_while_another_master_is_there() {
    let stopped = |usr2: bool| {
        let mut world = World::new("workers = 2", 1);
        world.run(Span::from_secs(2));
        if usr2 {
            world.signal(Signal::Usr2);
            world.run(MS(10));
        }
        world.signal(Signal::Term);
        world.run(Span::from_secs(2));
        assert_eq!(world.exit, Some(0));
        unlinked(&world)
    };
    assert_eq!(stopped(false), Some(true));
    assert_eq!(stopped(true), Some(false));
}

#[test]
fn a_successor_is_promoted_within_a_turn_of_its_parents_end() {
    let mut world = World::new("workers = 1", 1);
    world.arbiter = Arbiter::successor(&config("workers = 1"), Seed(1));
    world.run(Span::from_secs(3));
    world.signal(Signal::Usr2);
    world.run(MS(10));
    assert!(world.logged("USR2 signal ignored. Parent exists."));
    let mut early = World::new("workers = 1", 1);
    early.arbiter = Arbiter::successor(&config("workers = 1"), Seed(1));
    early.run(Span::from_secs(3));
    early.signal(Signal::Term);
    early.run(Span::from_secs(2));
    assert_eq!(unlinked(&early), Some(false));
    assert!(early.logged("Shutting down: Master.2"));

    world.orphaned = true;
    assert!(!world.logged("Master has been promoted."));
    world.run(MS(1001));
    assert!(world.logged("Master has been promoted."));
    world.signal(Signal::Usr2);
    world.run(MS(10));
    let second = world.second.expect("now it can have one of its own");
    let now = world.now;
    world.arbiter.reaped(now, second, ExitStatus::Signal(9));
    world.signal(Signal::Quit);
    world.run(Span::from_secs(2));
    assert_eq!((world.exit, unlinked(&world)), (Some(0), Some(true)));
    assert!(world.logged("Shutting down: Master"));
}

#[derive(Clone, Debug)]
enum Step {
    Exit(usize, i32),
    Kill(usize, i32),
    Stick(usize, bool),
    Signal(Signal),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let signals = [
        Signal::Hup,
        Signal::Ttin,
        Signal::Ttou,
        Signal::Usr1,
        Signal::Usr2,
        Signal::Winch,
        Signal::Chld,
    ];
    let step = prop_oneof![
        (0..8usize, prop::sample::select(vec![0, 1, 7, 255])).prop_map(|(i, c)| Step::Exit(i, c)),
        (0..8usize, prop::sample::select(vec![6, 9, 11, 15])).prop_map(|(i, n)| Step::Kill(i, n)),
        (0..8usize, any::<bool>()).prop_map(|(i, unwinds)| Step::Stick(i, unwinds)),
        prop::sample::select(signals.to_vec()).prop_map(Step::Signal),
        (1..4000u64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    /// Whatever happens: nobody is signalled after being reaped (asserted by the world), the number of workers comes back to
    /// what it should be, and TERM ends it all in bounded time with every child reaped.
    #[test]
    fn the_count_comes_back_and_term_always_ends(
        script in steps(),
        workers in 1..6u32,
        seed in 0..1000u64,
        end in prop::sample::select(vec![Signal::Term, Signal::Int, Signal::Quit, Signal::ParentGone]),
    ) {
        let text = format!("workers = {workers}\ntimeout = \"2s\"\ngraceful_timeout = \"3s\"");
        let mut world = World::new(&text, seed);
        world.run(MS(700));
        for step in script {
            match step {
                Step::Exit(index, code) => world.end(world.pid(index), ExitStatus::Code(code)),
                Step::Kill(index, number) => world.end(world.pid(index), ExitStatus::Signal(number)),
                Step::Stick(index, true) => world.stick(world.pid(index), Stuck::Unwinds),
                Step::Stick(index, false) => world.stick(world.pid(index), Stuck::Stays),
                Step::Signal(signal) => world.signal(signal),
                Step::Pass(ms) => world.run(MS(ms)),
            }
        }
        // Each reload may make the master deaf for graceful_timeout; afterwards all is calm.
        world.run(Span::from_secs(180));
        prop_assert_eq!(world.exit, None);
        prop_assert_eq!(world.processes.len(), world.arbiter.num_workers() as usize);
        prop_assert!(world.arbiter.num_workers() >= 1);

        let stop_at = world.now;
        world.stick(world.pid(0), Stuck::Stays);
        world.signal(end);
        world.run(Span::from_secs(20));
        prop_assert_eq!(world.exit, Some(0));
        prop_assert!(world.processes.is_empty());
        prop_assert!(world.now.since(stop_at) <= MS(3000 + 1000 + 1200), "{}", world.now.since(stop_at));
    }
}
