//! What an observer is to look at in a run: its processes, and its tiers of proxies.

use std::io;
use std::sync::Arc;

use crate::machine::backend_config::AGES_OF_INSTANCE;
use crate::machine::log_target::UNAPPENDED;
use crate::machine::stages::SAMPLE_INTERVAL;
use crate::observe::{
    Also, ObservedProxy, ObservedTier, Observer, ObserverSpec, Processes, WatchedProcess,
};
use crate::parts::{BackendPart, ProxyPart};
use crate::plan::Plan;
use crate::record::{Gauges, ProcRole, Sink};
use crate::tier::Tier;
use crate::time::Clock;

/// Starts the observer of a run.
///
/// # Errors
/// Its thread cannot be made.
pub(crate) fn observer(
    plan: &Plan,
    (proxies, backends): (&[ProxyPart], &[BackendPart]),
    (clock, sink, gauges): (Clock, &Sink, &Arc<Gauges>),
) -> io::Result<Observer> {
    Observer::start(ObserverSpec {
        clock,
        sink: sink.clone(),
        gauges: Arc::clone(gauges),
        interval: SAMPLE_INTERVAL,
        backends: backends.iter().map(|one| one.address().clone()).collect(),
        tiers: tiers(proxies),
        processes: processes(plan, proxies, backends),
        groups: plan.groups.iter().map(|group| group.name.clone()).collect(),
        sample_sockets: true,
        also: also(plan),
    })
}

/// What a plan is about beside what every plan is about.
fn also(plan: &Plan) -> Also {
    Also {
        load: plan.is_about_load(),
        logs: plan.rotates_logs(),
        beyond: plan.has_lines(),
    }
}

/// The processes of the stack: masters and proxies, then the workers of all instances. What nobody else can ask for at any time is asked for now.
fn processes(plan: &Plan, proxies: &[ProxyPart], backends: &[BackendPart]) -> Processes {
    let role = |tier| match tier {
        Tier::Edge => ProcRole::Edge,
        Tier::Proxy | Tier::Backend => ProcRole::Proxy,
    };
    let proxies: Vec<WatchedProcess> = (proxies.iter())
        .flat_map(|part| part.processes().into_iter().map(|one| (part.tier(), one)))
        .map(|(tier, (pid, log))| WatchedProcess {
            role: role(tier),
            worker: None,
            pid,
            log: Some(log),
        })
        .collect();
    let several = plan.backend.instances > 1;
    let readers: Vec<_> = (backends.iter())
        .map(|backend| {
            let log = match plan.backend.accesslog.append {
                true => backend.log().to_owned(),
                false => backend.log().with_file_name(UNAPPENDED),
            };
            (backend.processes_reader(), log)
        })
        .collect();
    Arc::new(move || {
        let processes = (0..).zip(&readers).flat_map(|(instance, (read, log))| {
            let of = move |(number, pid): (Option<u32>, u32)| WatchedProcess {
                role: number.map_or(ProcRole::Master, |_| ProcRole::Worker),
                worker: number.map(|number| match several {
                    true => number + instance * AGES_OF_INSTANCE,
                    false => number,
                }),
                pid,
                log: Some(log.clone()),
            };
            read().into_iter().map(of)
        });
        let mut processes: Vec<WatchedProcess> = processes.collect();
        processes.sort_by_key(|process| process.worker);
        [&proxies[..], &processes[..]].concat()
    })
}

/// The tiers of proxies as the observer sees them, in the same order.
fn tiers(proxies: &[ProxyPart]) -> Vec<ObservedTier> {
    let known = |part: &ProxyPart| {
        let proxies = part.observed().into_iter();
        ObservedTier {
            tier: part.tier(),
            proxies: proxies
                .map(|(address, gauges)| ObservedProxy { address, gauges })
                .collect(),
        }
    };
    proxies.iter().map(known).collect()
}
