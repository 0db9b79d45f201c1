//! Whole runs.

use super::*;
use crate::plan::{Choices, build};
use crate::record::{Outcome, Report};
use std::collections::BTreeMap;

#[test]
fn look() {
    for (name, _) in crate::scenario::embedded() {
        let scenario = crate::scenario::load_embedded(name, &[]).unwrap();
        let run_plan = build(&scenario, &Choices::default()).unwrap();
        for variant in &run_plan.variants {
            let mut status: BTreeMap<(String, Option<u16>, Outcome), Vec<u64>> = BTreeMap::new();
            let mut held = vec![];
            let mut since = BTreeMap::new();
            let clock = crate::time::Clock::start();
            let stats = run(
                &variant.plan,
                Options::default(),
                &mut |report| match report {
                    Report::Client(half) => status
                        .entry((half.group.clone(), half.status, half.outcome))
                        .or_default()
                        .push(half.closed_at.since(half.intended_at).as_us() / 1000),
                    Report::Worker(r) => match r.state {
                        crate::record::WorkerState::Reading => {
                            since.insert(r.worker, r.at);
                        }
                        crate::record::WorkerState::Idle => {
                            if let Some(at) = since.remove(&r.worker) {
                                held.push(r.at.since(at).as_us() / 1000);
                            }
                        }
                        _ => {}
                    },
                    _ => {}
                },
            );
            held.sort();
            held.reverse();
            held.truncate(8);
            println!(
                "{name} {} {:?} wall {:?}",
                variant.plan.variant,
                stats,
                clock.now()
            );
            for (k, v) in &mut status {
                v.sort();
                println!(
                    "   {k:?}: {} p50 {} p90 {} p99 {} max {}",
                    v.len(),
                    v[v.len() / 2],
                    v[v.len() * 9 / 10],
                    v[v.len() * 99 / 100],
                    v[v.len() - 1]
                );
            }
            println!("   holds {held:?}");
        }
    }
}
