//! Three columns over time: whether a process exists (what a supervisor says), whether it answers (what probes say), and what it does (what the
//! kernel shows). The series that the chart and the page draw.

use crate::machine::probe::ProbeKind;
use crate::plan::Plan;
use crate::record::{ProcRole, ProcSample};
use crate::report::data::{RunData, VariantData};
use crate::report::words::Words;

/// Processes that are drawn: more would be a table.
const MOST_PROCESSES: usize = 6;
/// A sample speaks for so long at most, in microseconds: the observer looks five times a second.
const SPEAKS_FOR_US: u64 = 400_000;

/// The three columns of a variant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Existence {
    /// Masters and proxies first.
    pub(super) processes: Vec<ProcessLane>,
    pub(super) probes: Vec<ProbeLane>,
}

/// One process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProcessLane {
    role: ProcRole,
    worker: Option<u32>,
    pid: u32,
    /// One after another.
    pub(super) stretches: Vec<Stretch>,
}

/// For so long it was like this.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Stretch {
    pub(super) from_us: u64,
    pub(super) to_us: u64,
    pub(super) state: char,
    /// The system call that it was in.
    pub(super) syscall: Option<String>,
    pub(super) active: Option<bool>,
}

/// One probe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProbeLane {
    name: String,
    kind: ProbeKind,
    /// When attempts began that succeeded, and that failed.
    pub(super) ok_us: Vec<u64>,
    pub(super) failed_us: Vec<u64>,
}

impl Existence {
    /// Of a variant of a run in which somebody falls sick or is asked by probes, or in which a log or a heartbeat may keep a worker; other runs have their lanes
    /// of workers, and need no more.
    pub(super) fn of(run: &RunData, variant: &VariantData) -> Option<Existence> {
        let is_about = |plan: &Plan| {
            let befallen = plan.acts.iter().any(|act| act.fault.is_some());
            let asked = !plan.probes.is_empty();
            befallen || asked || plan.has_logs_in_pipes() || plan.slow_heartbeat().is_some()
        };
        if !run.variants.iter().any(|one| is_about(&one.plan)) {
            return None;
        }
        let existence = Existence {
            processes: processes(&variant.procs),
            probes: probes(variant),
        };
        let shown = !existence.processes.is_empty() || !existence.probes.is_empty();
        shown.then_some(existence)
    }
}

impl ProcessLane {
    /// Who it is.
    pub(super) fn name(&self, words: &Words) -> String {
        match (self.role, self.worker) {
            (ProcRole::Worker, Some(worker)) => {
                words.say("chart-lane", [("worker", worker.into())])
            }
            (role, _) => role.name().to_owned(),
        }
    }
}

impl ProbeLane {
    /// `liveness (HTTP)`.
    pub(super) fn label(&self) -> String {
        let kind = match self.kind {
            ProbeKind::Http => "HTTP",
            ProbeKind::Tcp => "TCP",
        };
        format!("{} ({kind})", self.name)
    }
}

impl Stretch {
    /// The letter, and the call that the process sleeps in: `S futex`.
    pub(super) fn words(&self) -> String {
        match &self.syscall {
            Some(syscall) if self.state != 'R' => format!("{} {syscall}", self.state),
            _ => self.state.to_string(),
        }
    }
}

fn processes(samples: &[ProcSample]) -> Vec<ProcessLane> {
    let mut lanes: Vec<ProcessLane> = Vec::new();
    for sample in samples {
        let at_us = sample.at.as_us();
        let lane = match lanes.iter().position(|lane| lane.pid == sample.pid) {
            Some(place) => &mut lanes[place],
            None => {
                lanes.push(ProcessLane {
                    role: sample.role,
                    worker: sample.worker,
                    pid: sample.pid,
                    stretches: Vec::new(),
                });
                lanes.last_mut().expect("one was just pushed")
            }
        };
        let now = Stretch {
            from_us: at_us,
            to_us: at_us + SPEAKS_FOR_US / 2,
            state: sample.state,
            syscall: sample.syscall.clone(),
            active: sample.active,
        };
        match lane.stretches.last_mut() {
            Some(last) if at_us.saturating_sub(last.to_us) <= SPEAKS_FOR_US => {
                last.to_us = at_us;
                let same = (last.state, &last.syscall, last.active)
                    == (now.state, &now.syscall, now.active);
                match same {
                    true => last.to_us = now.to_us,
                    false => lane.stretches.push(now),
                }
            }
            _ => lane.stretches.push(now),
        }
    }
    lanes.sort_by_key(|lane| (lane.worker, lane.role));
    lanes.truncate(MOST_PROCESSES);
    lanes
}

fn probes(variant: &VariantData) -> Vec<ProbeLane> {
    let lane = |probe: &crate::machine::probe::ProbeConfig| {
        let rows = variant.probes.iter().filter(|row| row.probe == probe.name);
        let of = |succeeded: bool| {
            let some = rows.clone().filter(|row| (row.failures == 0) == succeeded);
            some.map(|row| row.at.as_us()).collect()
        };
        ProbeLane {
            name: probe.name.clone(),
            kind: probe.kind,
            ok_us: of(true),
            failed_us: of(false),
        }
    };
    variant.plan.probes.iter().map(lane).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn sample(ms: u64, pid: u32, state: char, syscall: Option<&str>) -> ProcSample {
        ProcSample {
            worker: (pid > 10).then(|| pid - 10),
            role: if pid > 10 {
                ProcRole::Worker
            } else {
                ProcRole::Master
            },
            active: Some(true),
            syscall: syscall.map(str::to_owned),
            ..ProcSample::of_worker(Timestamp::from_us(ms * 1_000), pid, state)
        }
    }

    #[test]
    fn samples_that_say_the_same_are_one_stretch_and_a_gap_ends_it() {
        let samples = [
            sample(0, 11, 'S', Some("poll")),
            sample(0, 1, 'S', Some("ppoll")),
            sample(200, 11, 'S', Some("poll")),
            sample(400, 11, 'R', None),
            sample(600, 11, 'R', None),
            sample(2_000, 11, 'R', None),
        ];
        let lanes = processes(&samples);
        assert_eq!((lanes[0].pid, lanes[1].worker), (1, Some(1)));
        let told: Vec<(u64, u64, String)> = (lanes[1].stretches.iter())
            .map(|one| (one.from_us / 1_000, one.to_us / 1_000, one.words()))
            .collect();
        assert_eq!(
            told,
            [
                (0, 400, "S poll".to_owned()),
                (400, 800, "R".to_owned()),
                (2_000, 2_200, "R".to_owned())
            ]
        );
    }
}
