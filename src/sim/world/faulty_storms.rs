//! Random plans in which calls fail, connections break, handlers are broken, processes are stopped and reports are torn: all must be accounted for even so.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::Options;
use super::storms::{play, span_ms, storm};
use crate::machine::act::{Act, FaultKind, FaultTo, Target};
use crate::machine::handler::Fault;
use crate::record::collect::{Rows, Stream};
use crate::record::{
    Event, Hold, Hop, ProbeRecord, QueueSample, Report, RequestRecord, WorkerInterval,
};
use crate::seed::Seed;
use crate::sim::Faults;
use crate::time::Span;

/// Storms with faults that are played when nothing is said: some seconds of them.
const STORMS: u64 = 60;

/// A handler that is broken now and then.
fn broken() -> impl Strategy<Value = Option<Fault>> {
    use Fault::{CloseOnReuse, CpuHoldsTheLock, Crash, Deadlock, EarlyReply, Hang, ShortBody};
    let faults = [
        Crash,
        Hang,
        Deadlock,
        ShortBody,
        EarlyReply,
        CloseOnReuse,
        CpuHoldsTheLock,
    ];
    prop::option::weighted(0.5, prop::sample::select(faults.to_vec()))
}

/// What befalls processes meanwhile: they are stopped, for a while or for good, killed, left unreaped, or fall sick.
fn befallen() -> impl Strategy<Value = (Vec<Act>, Option<Span>)> {
    use FaultKind::{
        Deadlock, FdLeak, FdLeakBacksOff, FdLeakSpins, Kill, SlowWrite, Spin, Stop,
        Uninterruptible, Unkillable, Zombie,
    };
    let kinds = [
        Stop,
        Kill,
        Zombie,
        Spin,
        Deadlock,
        FdLeak,
        FdLeakSpins,
        FdLeakBacksOff,
        SlowWrite,
        Uninterruptible,
        Unkillable,
    ];
    let others = [
        Target::Backend,
        Target::NewBackend,
        Target::Proxy,
        Target::Edge,
    ];
    let targets = others.into_iter().chain((1..6).map(Target::Worker));
    let all = targets.flat_map(|to| kinds.map(|kind| FaultTo { to, kind }));
    let taken: Vec<FaultTo> = all
        .filter(|fault| fault.kind.refused_by(fault.to).is_none())
        .collect();
    let stops: Vec<FaultTo> = taken
        .iter()
        .copied()
        .filter(|fault| fault.kind == Stop)
        .collect();
    let fault = prop_oneof![
        3 => prop::sample::select(stops),
        1 => prop::sample::select(taken),
    ];
    let act = (span_ms(0, 4000), fault).prop_map(|(at, fault)| Act {
        fault: Some(fault),
        ..Act::nothing(at)
    });
    let acts = prop::collection::vec(act, 0..4);
    (acts, prop::option::weighted(0.8, span_ms(1, 1500)))
}

/// Rows that come out of a collector.
#[derive(Debug, Default)]
struct Requests(BTreeMap<u64, u32>);

impl Rows for Requests {
    fn request(&mut self, row: &RequestRecord) {
        *self.0.entry(row.request_id).or_insert(0) += 1;
    }
    fn hop(&mut self, _: &Hop) {}
    fn interval(&mut self, row: &WorkerInterval) {
        assert!(row.to.is_none_or(|to| to >= row.from));
    }
    fn hold(&mut self, _: &Hold) {}
    fn event(&mut self, _: &Event) {}
    fn queue(&mut self, _: &QueueSample) {}
    fn probe(&mut self, _: &ProbeRecord) {}
}

/// A storm of a number, in which calls fail, connections break, handlers are broken, and reports of workers are torn out on their way to
/// the collector: whatever is left of it, each request has its row.
fn storm_with_faults(number: u64) {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let faults = (any::<u64>(), 4..200_u32, span_ms(5, 800)).prop_map(|drawn| Faults {
        seed: Seed(drawn.0),
        one_in: drawn.1,
        breaks_every: drawn.2,
        resumes_after: None,
    });
    let drawn = (storm(), broken(), faults, 1..40_u64, befallen()).new_tree(&mut runner);
    let (mut plan, fault, mut faults, torn, befallen) =
        drawn.expect("nothing is left out").current();
    faults.resumes_after = befallen.1;
    plan.acts.extend(befallen.0);
    plan.acts.sort_by_key(|act| act.at);
    if let Some(handler) = plan.backend.app.get_mut("/") {
        handler.fault = fault;
    }
    let options = Options {
        faults: Some(faults),
        ..Options::default()
    };
    let mut tears = faults.seed.stream("torn");
    let (mut collector, mut asked) = (Stream::new(Requests::default()), 0_usize);
    play(&plan, options, &mut |report| {
        asked += usize::from(matches!(report, Report::Client(_)));
        let is_torn = matches!(report, Report::Worker(_)) && tears.up_to(torn) == 0;
        if !is_torn {
            collector.take(report);
        }
    });
    let rows = collector.finish().0;
    assert_eq!(rows.len(), asked, "each request has a row");
    assert!(rows.values().all(|times| *times == 1));
}

/// `SLOWLAB_STORMS` says how many are played (1 000 in CI, 10 000 at night), `SLOWLAB_STORM` which one alone.
#[test]
fn storms_with_faults_leave_nothing_unaccounted_for() {
    let said = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let numbers = match said("SLOWLAB_STORM") {
        Some(one) => one..one + 1,
        None => 0..said("SLOWLAB_STORMS").unwrap_or(STORMS),
    };
    for number in numbers {
        let played = std::panic::catch_unwind(|| storm_with_faults(number));
        if let Err(panic) = played {
            let replay =
                format!("SLOWLAB_STORM={number} cargo nextest run --lib storms_with_faults");
            eprintln!("this storm fails; to replay it: {replay}");
            std::panic::resume_unwind(panic);
        }
    }
}

/// Four requests one after another, the proxy or the only worker stopped before the first and going on after 600 ms: nobody is lost, and
/// nobody is served meanwhile. The master is stopped for nobody's harm.
#[test]
fn who_is_stopped_for_a_while_takes_up_what_has_come() {
    use crate::machine::backend_config::Bind;
    use crate::record::Outcome;
    use crate::sim::world::tests::{backend, from_toml, group, healthy, plan};
    use crate::time::Timestamp;
    use crate::units::Bytes;
    let went_on_at = Timestamp::ZERO + Span::from_ms(700);
    for (to, waits) in [
        (Target::Worker(1), true),
        (Target::Proxy, true),
        (Target::Backend, false),
    ] {
        let groups = vec![group("visitors", "/", healthy(), &[200, 250, 300, 2000])];
        let stack = backend(Bind::Unix, 1, Bytes::kib(2));
        let mut plan = plan(stack, Some(from_toml("")), groups);
        plan.acts = vec![Act {
            fault: Some(FaultTo {
                to,
                kind: FaultKind::Stop,
            }),
            ..Act::nothing(Span::from_ms(100))
        }];
        let faults = Faults {
            seed: Seed(1),
            one_in: u32::MAX,
            breaks_every: Span::from_secs(1_000_000),
            resumes_after: Some(Span::from_ms(600)),
        };
        let options = Options {
            faults: Some(faults),
            ..Options::default()
        };
        let mut ended = Vec::new();
        play(&plan, options, &mut |report| {
            if let Report::Client(half) = report {
                assert_eq!(half.outcome, Outcome::Complete, "{to}");
                ended.push(half.closed_at);
            }
        });
        assert_eq!(ended.len(), 4, "{to}");
        let early = ended.iter().filter(|at| **at < went_on_at).count();
        assert_eq!(early, if waits { 0 } else { 3 }, "{to}: {ended:?}");
    }
}
