//! A worker that exists and serves nobody: what is said of it beside what its clients meet.

use std::collections::BTreeMap;

use super::Seen;
use super::view::View;
use crate::machine::probe::ProbeKind;
use crate::record::{Hold, Outcome, ProcRole, ProcSample, WorkerState};
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// A worker that is well takes up who waits at once; so long nobody waits for one that is free.
const DEAF: Span = Span::from_ms(500);
/// Several looks of an observer, of which one may be late.
const GAP: Span = Span::from_ms(350);

/// A worker that is free, while connections wait in the accept queue that it takes from, and takes none.
pub(super) fn serves_nobody(view: &View<'_>) -> Vec<Seen> {
    // The queues of several instances are known as their sum only.
    if view.variant.plan.backend.instances > 1 {
        return Vec::new();
    }
    let waits = longest_wait(view);
    let Some((from, to, depth)) = waits else {
        return Vec::new();
    };
    let mut deaf = workers(view).into_iter().filter_map(|who| {
        let (since, until) = deaf(view, who.0, (from, to))?;
        (until.since(since) >= DEAF).then_some((who, (since, until)))
    });
    let Some((who, while_free)) = deaf.next() else {
        return Vec::new();
    };
    let count = 1 + deaf.count();
    vec![told(view, who, while_free, depth).with("deaf_workers", count)]
}

/// A process that stands in `write` to a pipe: its log's reader does not take it in.
pub(super) fn blocked_on_a_log(view: &View<'_>) -> Vec<Seen> {
    let plan = &view.variant.plan;
    let mut stands: BTreeMap<u32, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
    let mut last: BTreeMap<u32, Timestamp> = BTreeMap::new();
    for sample in &view.variant.procs {
        if !sample.wchan.contains("pipe_write") {
            last.remove(&sample.pid);
            continue;
        }
        let own = stands.entry(sample.pid).or_default();
        match (last.insert(sample.pid, sample.at), own.last_mut()) {
            (Some(_), Some(stretch)) => stretch.1 = sample.at,
            _ => own.push((sample.at, sample.at)),
        }
    }
    let long = |(from, to): &(Timestamp, Timestamp)| to.since(*from) >= DEAF;
    let stretches = stands
        .iter()
        .flat_map(|(pid, own)| own.iter().map(move |one| (*pid, one)));
    let stretches: Vec<(u32, &(Timestamp, Timestamp))> =
        stretches.filter(|(_, one)| long(one)).collect();
    let of = |pid: u32| view.variant.procs.iter().find(|sample| sample.pid == pid);
    let longest = stretches
        .iter()
        .max_by_key(|(_, (from, to))| to.since(*from));
    let Some((who, (from, to))) = longest.and_then(|(pid, one)| Some((of(*pid)?, **one))) else {
        return stands_after_its_answer(view).into_iter().collect();
    };
    let roles = |role: ProcRole| {
        let own = stretches.iter().filter_map(|(pid, _)| of(*pid));
        own.filter(|sample| sample.role == role).count()
    };
    let log = match (who.role, plan.backend.accesslog.is_file()) {
        (ProcRole::Proxy | ProcRole::Edge, _) => "access_log",
        (ProcRole::Worker, false) => "accesslog",
        _ => "errorlog",
    };
    let seen = Seen::new("blocked_on_a_log", from)
        .with("role", who.role.name())
        .with("worker", who.worker)
        .with("log", log)
        .span("lasted_us", to.since(from))
        .with("workers", roles(ProcRole::Worker))
        .with("masters", roles(ProcRole::Master));
    vec![seen]
}

/// The same where no process was looked at: a worker whose log is a pipe, and that stays with a request whose client has had all of its answer for long,
/// has only the line of it left to write.
fn stands_after_its_answer(view: &View<'_>) -> Option<Seen> {
    if view.variant.plan.backend.accesslog.is_file() {
        return None;
    }
    let sends = view.variant.workers.iter();
    let sends = sends.filter(|row| row.state == WorkerState::Send);
    let stood = sends.filter_map(|row| {
        let request = view.request(row.request_id)?;
        let answered = request
            .last_byte_at
            .filter(|_| request.outcome == Outcome::Complete)?;
        let (from, to) = (answered.max(row.from), row.to.unwrap_or(view.end()));
        (from < to && to.since(from) >= DEAF).then_some((row.worker, from, to))
    });
    let stood: Vec<_> = stood.collect();
    let longest = stood.iter().max_by_key(|(_, from, to)| to.since(*from));
    let (worker, from, to) = *longest?;
    let seen = Seen::new("blocked_on_a_log", from)
        .with("role", ProcRole::Worker.name())
        .with("worker", worker)
        .with("log", "accesslog")
        .span("lasted_us", to.since(from))
        .with("workers", stood.len())
        .with("masters", 0);
    Some(seen)
}

/// Tasks at least that the load average counts without their being run.
const WAITING: f64 = 3.0;

/// The load average is high, and the cores have nothing to do for those who make it so.
pub(super) fn load_without_cpu(view: &View<'_>) -> Vec<Seen> {
    let Some(machine) = &view.numbers.machine else {
        return Vec::new();
    };
    let (Some(active), Some(running)) = (machine.active_tasks, machine.running_tasks) else {
        return Vec::new();
    };
    let asleep: BTreeMap<u32, u64> = (view.variant.procs.iter())
        .filter(|sample| sample.state == 'D')
        .map(|sample| (sample.pid, sample.cpu_us))
        .collect();
    if active - running < WAITING || asleep.is_empty() {
        return Vec::new();
    }
    let first = view.variant.procs.iter().find(|sample| sample.state == 'D');
    let at = first.map_or(Timestamp::ZERO, |sample| sample.at);
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    let seen = Seen::new("load_without_cpu", at)
        .with("active", tenths(active))
        .with("running", tenths(running))
        .with("asleep", asleep.len())
        .with("load", machine.load_1m.map(tenths))
        .with("busy_ratio", machine.busy_ratio)
        .with("iowait_ratio", machine.iowait_ratio)
        .with("psi_io_ratio", machine.psi_io_ratio);
    vec![seen]
}

/// A log that was rotated away under its writer: it takes room, and nobody can name it.
pub(super) fn deleted_but_open(view: &View<'_>) -> Vec<Seen> {
    let samples = &view.variant.logs;
    let most = samples.iter().max_by_key(|sample| sample.deleted_bytes);
    let Some(most) = most.filter(|sample| sample.deleted_bytes > Some(0)) else {
        return Vec::new();
    };
    let first = samples.iter().find(|sample| sample.deleted_bytes > Some(0));
    let seen = Seen::new("deleted_but_open", first.map_or(most.at, |first| first.at))
        .with("log", most.log.as_str())
        .with("deleted_bytes", most.deleted_bytes)
        .with("named_bytes", most.named_bytes)
        .with("written_to", most.written_to.as_deref());
    vec![seen]
}

/// A log that was cut under a writer which does not append: it begins with a hole.
pub(super) fn hole_in_a_log(view: &View<'_>) -> Vec<Seen> {
    // A page or two are in every file.
    const HOLE: u64 = 16 * 1024;
    let hole = |sample: &&crate::record::LogSample| {
        sample.size_bytes.saturating_sub(sample.allocated_bytes) >= HOLE
    };
    let mut holes = view.variant.logs.iter().filter(hole);
    let Some(first) = holes.next() else {
        return Vec::new();
    };
    let last = holes.next_back().unwrap_or(first);
    let seen = Seen::new("hole_in_a_log", first.at)
        .with("log", last.log.as_str())
        .with("size_bytes", last.size_bytes)
        .with("allocated_bytes", last.allocated_bytes);
    vec![seen]
}

/// The longest time in which somebody waited in the backend's accept queue all along, and how many did at most.
fn longest_wait(view: &View<'_>) -> Option<(Timestamp, Timestamp, u64)> {
    let mut stretches: Vec<(Timestamp, Timestamp, u64)> = Vec::new();
    let mut before: Option<Timestamp> = None;
    for sample in view
        .variant
        .queues
        .iter()
        .filter(|one| one.is_whole(Tier::Backend))
    {
        let depth = sample.accept_queue.unwrap_or(0);
        let goes_on = before.is_some_and(|before| sample.at.since(before) <= GAP);
        before = (depth > 0).then_some(sample.at);
        match stretches.last_mut() {
            _ if depth == 0 => {}
            Some(last) if goes_on => (last.1, last.2) = (sample.at, last.2.max(depth)),
            _ => stretches.push((sample.at, sample.at, depth)),
        }
    }
    stretches
        .into_iter()
        .max_by_key(|(from, to, _)| to.since(*from))
}

/// Every worker that had booted, by number.
fn workers(view: &View<'_>) -> Vec<(u32, u32)> {
    let idle = view.variant.workers.iter();
    let idle = idle.filter(|row| row.state == WorkerState::Idle);
    let known: BTreeMap<u32, u32> = idle.map(|row| (row.worker, row.pid)).collect();
    known.into_iter().collect()
}

/// How long a worker was there and free although somebody waited; nothing if it was busy at the end of that.
fn deaf(
    view: &View<'_>,
    worker: u32,
    (from, to): (Timestamp, Timestamp),
) -> Option<(Timestamp, Timestamp)> {
    let own = view.rows_of(worker);
    let idle = own.iter().filter(|row| row.state == WorkerState::Idle);
    let booted = idle.map(|row| row.from).min()?;
    let dies = own.iter().find(|row| row.state == WorkerState::Dead);
    // What is said of a worker ends with it.
    let ends = own.iter().map(|row| row.to).collect::<Option<Vec<_>>>();
    let gone = match dies {
        Some(dead) => Some(dead.from),
        None => ends.and_then(|ends| ends.into_iter().max()),
    };
    let to = gone.map_or(to, |gone| gone.min(to));
    let began = |hold: &Hold| hold.accepted_at.or(hold.began_at);
    let held = || {
        let holds = view.holds_of(worker).iter();
        holds.filter(|hold| began(hold).is_some_and(|at| at <= to))
    };
    if held().any(|hold| hold.released_at.is_none_or(|at| at > to)) {
        return None;
    }
    let released = held().filter_map(|hold| hold.released_at).max();
    let free = released.map_or(booted, |at| at.max(booted));
    Some((free.max(from), to))
}

fn told(
    view: &View<'_>,
    (worker, pid): (u32, u32),
    (from, to): (Timestamp, Timestamp),
    depth: u64,
) -> Seen {
    let samples: Vec<&ProcSample> = (view.variant.procs.iter())
        .filter(|sample| sample.pid == pid && sample.at >= from && sample.at <= to)
        .collect();
    let answers = |kind: ProbeKind, succeeded: bool| {
        let probes = view.variant.plan.probes.iter();
        let asked: Vec<&str> = probes
            .filter(|probe| probe.kind == kind && probe.to == Tier::Backend)
            .map(|probe| probe.name.as_str())
            .collect();
        let rows = view.variant.probes.iter();
        rows.filter(|row| asked.contains(&row.probe.as_str()))
            .filter(|row| row.at >= from && row.at + row.latency <= to)
            .filter(|row| (row.failures == 0) == succeeded)
            .count()
    };
    let (first, last) = (samples.first(), samples.last());
    let over = first.zip(last).map(|(first, last)| last.at.since(first.at));
    let cpu_ratio = first
        .zip(last)
        .filter(|_| over.is_some_and(|over| !over.is_zero()))
        .map(|(first, last)| {
            let used = last.cpu_us.saturating_sub(first.cpu_us) as f64;
            (used / over.map_or(1, Span::as_us) as f64).min(1.0)
        });
    let full = last.is_some_and(|last| last.fds.is_some() && last.fds >= last.fd_limit);
    Seen::new("serves_nobody", from)
        .with("worker", worker)
        .span("lasted_us", to.since(from))
        .with("accept_queue_peak", depth)
        .with(
            "active",
            match last.and_then(|last| last.active) {
                Some(true) => "yes",
                Some(false) => "no",
                None => "not-seen",
            },
        )
        .with(
            "state",
            usual(&samples, |sample| Some(sample.state.to_string())),
        )
        .with("syscall", usual(&samples, |sample| sample.syscall.clone()))
        .with("threads", usual(&samples, |sample| sample.threads.clone()))
        .with("cpu_ratio", cpu_ratio)
        .with("descriptors", if full { "none-left" } else { "left" })
        .with("fds", last.and_then(|last| last.fds))
        .with("connected", answers(ProbeKind::Tcp, true))
        .with("unanswered", answers(ProbeKind::Http, false))
}

/// What most looks saw; nothing where fewer than half of them saw it.
fn usual(samples: &[&ProcSample], of: impl Fn(&ProcSample) -> Option<String>) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in samples.iter().filter_map(|sample| of(sample)) {
        *counts.entry(value).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.filter(|(_, count)| 2 * count >= samples.len())
        .map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, EventKind, LogSample, MachineSample, WorkerInterval};
    use crate::report::data::VariantData;
    use crate::report::findings::tests::{
        at, event, found, interval, plan, queue, request, variant,
    };

    /// Worker 1 is free from the beginning to the end, and somebody waits from 1 s to 3 s.
    fn deaf() -> VariantData {
        let nobody = request(9, "visitors", 0, 1);
        let idle = WorkerInterval {
            to: None,
            request_id: None,
            group: None,
            ..interval(WorkerState::Idle, 0, 0, &nobody)
        };
        let looks = (0..40).map(|look| queue(look * 100, u64::from((10..30).contains(&look))));
        let sample = |look: u64| ProcSample {
            syscall: Some("futex".to_owned()),
            active: Some(true),
            ..ProcSample::of_worker(at(look * 200), 99, 'S')
        };
        VariantData {
            workers: vec![idle],
            queues: looks.collect(),
            procs: (0..20).map(sample).collect(),
            ..variant(plan(1, false))
        }
    }

    #[test]
    fn who_is_free_and_takes_nobody_up_serves_nobody() {
        let (_, text) = found(deaf(), "serves_nobody");
        assert_eq!(
            text,
            "worker 1 took nobody up from 1.0 s on, for 1.9 s, with up to 1 connection in its accept queue; a supervisor calls it active (kill(pid, 0)), the kernel says S, as of any that waits (in futex)"
        );
        let mut short = deaf();
        short.queues.retain(|look| look.at < at(1_300));
        let (kinds, _) = found(short, "serves_nobody");
        assert!(!kinds.contains(&"serves_nobody".to_owned()), "{kinds:?}");
        let mut gone = deaf();
        gone.workers.push(WorkerInterval {
            state: WorkerState::Dead,
            from: at(1_300),
            ..gone.workers[0].clone()
        });
        let (kinds, _) = found(gone, "serves_nobody");
        assert!(!kinds.contains(&"serves_nobody".to_owned()), "{kinds:?}");
    }

    #[test]
    fn a_process_that_stands_in_write_to_a_pipe_waits_for_its_logs_reader() {
        let mut data = variant(plan(1, false));
        let stands = |look: u64, wchan: &str| ProcSample {
            wchan: wchan.to_owned(),
            worker: Some(1),
            ..ProcSample::of_worker(at(look * 200), 99, 'S')
        };
        data.procs = (0..10)
            .map(|look| stands(look, if look < 3 { "poll" } else { "anon_pipe_write" }))
            .collect();
        let (_, text) = found(data.clone(), "blocked_on_a_log");
        assert!(
            text.starts_with("worker 1 stood in write for 1.2 s, from 0.6 s on"),
            "{text}"
        );
        for sample in &mut data.procs {
            if sample.at == at(1_200) {
                sample.wchan = "poll".to_owned();
            }
        }
        data.procs.truncate(8);
        let (kinds, _) = found(data, "blocked_on_a_log");
        assert!(!kinds.contains(&"blocked_on_a_log".to_owned()), "{kinds:?}");
    }

    #[test]
    fn a_load_of_those_who_sleep_is_told_and_one_of_those_who_run_is_not() {
        let act = EventKind::Act {
            act: "fault uninterruptible in every worker".to_owned(),
            error: None,
        };
        let loaded = |running: u64| {
            let sample = |second: u64| MachineSample {
                at: at(second * 1_000),
                // From nothing towards ten, as the kernel adds it up.
                load_1m_hundredths: if second < 5 { 0 } else { 80 },
                running_tasks: running + 1,
                blocked_tasks: 0,
                busy_us: second * 1_000,
                idle_us: second * 999_000,
                iowait_us: 0,
                psi_io_us: Some(0),
            };
            let asleep = ProcSample::of_worker(at(3_000), 99, 'D');
            VariantData {
                machine: (1..9).map(sample).collect(),
                procs: vec![asleep],
                events: vec![Event::clone(&event(act.clone(), 1_000, None))],
                ..variant(plan(1, false))
            }
        };
        let (_, text) = found(loaded(1), "load_without_cpu");
        assert!(
            text.starts_with("the load average counts 10 tasks"),
            "{text}"
        );
        let (kinds, _) = found(loaded(9), "load_without_cpu");
        assert!(!kinds.contains(&"load_without_cpu".to_owned()), "{kinds:?}");
    }

    #[test]
    fn logs_without_a_name_and_logs_with_a_hole_are_told() {
        let log = |ms: u64, size_bytes: u64, deleted: u64| LogSample {
            at: at(ms),
            log: "access.log".to_owned(),
            size_bytes,
            allocated_bytes: 4_096,
            named_bytes: 8_192,
            written_to: Some("access.log.1 (deleted)".to_owned()),
            written_links: Some(0),
            deleted_bytes: Some(deleted),
        };
        let of = |samples: Vec<LogSample>| VariantData {
            logs: samples,
            ..variant(plan(1, false))
        };
        let (kinds, text) = found(
            of(vec![log(0, 9, 0), log(200, 9, 50_000)]),
            "deleted_but_open",
        );
        assert!(text.contains("rotated away at 0.2 s"), "{text}");
        assert!(!kinds.contains(&"hole_in_a_log".to_owned()), "{kinds:?}");
        let (kinds, text) = found(of(vec![log(0, 9, 0), log(200, 90_000, 0)]), "hole_in_a_log");
        assert!(text.contains("from 0.2 s on"), "{text}");
        assert!(!kinds.contains(&"deleted_but_open".to_owned()), "{kinds:?}");
    }
}
