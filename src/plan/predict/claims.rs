//! From a prediction's numbers to its claims, with the arithmetic beside each.

use super::claim::{Around, Asking, Claim, HeldBy, Hop, Others, Place, Reading, Response, Slow};
use super::{Absorbed, Cut, LONG, Prediction, SlowGroup};
use crate::machine::backend_config::WorkerClass;
use crate::machine::behavior::Behavior;
use crate::machine::handler::Distribution;
use crate::machine::pipeline::{Paced, PipelineConfig, Stage};
use crate::plan::{GroupPlan, Plan};
use crate::time::{Span, Timestamp};
use crate::units::{ByteRate, Bytes};

pub(super) fn claims(plan: &Plan, prediction: &Prediction) -> Vec<Claim> {
    let mut claims: Vec<Claim> = around(plan).into_iter().map(Claim::Around).collect();
    if plan.pipeline.is_some() || plan.backend.boot.fault.is_some() {
        return claims;
    }
    for group in &prediction.slow {
        claims.extend(slow_group(plan, group).into_iter().map(Claim::Slow));
    }
    claims.extend(others(plan, prediction).into_iter().map(Claim::Others));
    claims
}

fn around(plan: &Plan) -> Vec<Around> {
    if let Some(pipeline) = &plan.pipeline {
        return vec![stages(pipeline)];
    }
    let acts = plan.acts.iter().cloned();
    let acts = acts.map(|act| Around::Act(Box::new(act)));
    let probes = plan.probes.iter().cloned();
    let probes = probes.map(|probe| Around::Probe(Box::new(probe)));
    let fault = plan.backend.boot.fault.map(Around::NeverBoots);
    acts.chain(probes).chain(fault).collect()
}

/// A pipeline goes as fast as its slowest stage; of real tools nothing is known before.
fn stages(pipeline: &PipelineConfig) -> Around {
    let paced = |(name, stage)| match stage {
        &Stage::Paced(Paced {
            rate: Some(rate), ..
        }) => Some((rate, name)),
        _ => None,
    };
    let rates: Vec<(ByteRate, &str)> = pipeline.in_order().filter_map(paced).collect();
    let Some(rate) = rates.iter().map(|(rate, _)| *rate).min() else {
        return Around::NoBrake;
    };
    let slowest = rates.iter().filter(|(other, _)| *other == rate);
    let stages = slowest.map(|(_, name)| (*name).to_owned()).collect();
    Around::Brake { stages, rate }
}

fn slow_group(plan: &Plan, group: &SlowGroup) -> Vec<Slow> {
    let mut claims = Vec::new();
    let client = &group.client;
    let planned = plan.groups.iter().find(|one| one.name == group.name);
    let asks = planned.and_then(|planned| slow_to_ask(&planned.behavior));
    let silent = asks.is_some();
    let name = group.name.clone();
    if let Some(how) = asks {
        claims.push(Slow::Asks { group: name, how });
    } else {
        claims.extend(reads(plan, group, planned));
        claims.push(absorbed(plan, client.absorbed));
    }
    claims.push(holds(plan, group, silent));
    match client.cut {
        Some(cut) => claims.push(is_cut(plan, cut, silent)),
        None if client.main_thread >= LONG => {
            claims.push(Slow::MainThreadWaits(client.main_thread));
        }
        None => {}
    }
    if client.hold >= LONG {
        let of = plan.backend.slots();
        claims.push(Slow::AtOnce {
            held: of.map_or(group.at_once, |slots| group.at_once.min(slots)),
            of,
            place: place(plan),
        });
    }
    claims
}

fn slow_to_ask(behavior: &Behavior) -> Option<Asking> {
    Some(match behavior {
        Behavior::Idle(_) => Asking::Never,
        Behavior::SlowHeader(_) => Asking::Head(behavior.rate()?.quantile(0.5)),
        Behavior::SlowBody(_) => Asking::Body(behavior.rate()?.quantile(0.5)),
        _ => return None,
    })
}

/// What it asks for, how it reads, and how far away it is.
fn reads(plan: &Plan, group: &SlowGroup, planned: Option<&GroupPlan>) -> Vec<Slow> {
    let client = &group.client;
    let how = match (client.rate, planned.map(|planned| &planned.behavior)) {
        (Some(rate), _) => Reading::Slowly(ByteRate(rate)),
        (None, Some(Behavior::Stall(stall))) => Reading::Stalls {
            after: stall.after,
            pause: stall.duration,
        },
        (None, _) => Reading::KeepsOpen,
    };
    let handler = planned.and_then(|planned| plan.backend.handler(&planned.path));
    let mut claims = vec![Slow::Reads {
        group: group.name.clone(),
        response: Response {
            size: Bytes(client.response),
            is_mean: handler
                .is_some_and(|handler| !matches!(handler.response, Distribution::Fixed(_))),
        },
        how,
    }];
    if let Some(link) = planned.and_then(|planned| planned.link) {
        let (rate, rtt) = (link.rate, link.rtt);
        claims.push(Slow::Line { rate, rtt });
    }
    claims
}

/// Where the bytes are while the client reads nothing.
fn absorbed(plan: &Plan, absorbed: Absorbed) -> Slow {
    let mut hops = vec![(Bytes(absorbed.client_path), Hop::ClientSocket)];
    if plan.proxy.is_some() {
        let both = plan.edge.is_some();
        hops.push((Bytes(absorbed.proxy_memory), Hop::Buffers { both }));
        if absorbed.temp_file > 0 {
            hops.push((Bytes(absorbed.temp_file), Hop::TempFile { both }));
        }
        if absorbed.between > 0 {
            hops.push((Bytes(absorbed.between), Hop::Between));
        }
        let socket = Hop::WorkerSocket(plan.backend.bind);
        hops.push((Bytes(absorbed.upstream), socket));
    }
    Slow::Absorbed(hops)
}

fn holds(plan: &Plan, group: &SlowGroup, silent: bool) -> Slow {
    let client = &group.client;
    let by = match client.response.checked_sub(client.absorbed.total()) {
        _ if silent => HeldBy::Waiting,
        None | Some(0) => HeldBy::AllFits {
            closes: plan.backend.class() == WorkerClass::Sync,
        },
        Some(over) => HeldBy::Excess {
            over: Bytes(over),
            rate: client.rate.map(ByteRate),
        },
    };
    Slow::Holds {
        hold: client.uncut,
        place: place(plan),
        is_cut: client.cut.is_some(),
        by,
    }
}

fn is_cut(plan: &Plan, cut: Cut, in_silence: bool) -> Slow {
    let proxy = plan.front();
    let limit = match cut {
        Cut::WorkerTimeout => plan.backend.timeout,
        Cut::SendTimeout => proxy.map_or(Span::ZERO, |proxy| proxy.send_timeout),
        Cut::WallClock => proxy.map_or(Span::ZERO, |proxy| proxy.proxy_read_timeout),
        Cut::ClientTimeout => Span::ZERO,
    };
    Slow::IsCut {
        cut,
        limit,
        in_silence,
    }
}

fn others(plan: &Plan, prediction: &Prediction) -> Vec<Others> {
    let load = prediction.healthy;
    if load.per_s <= 0.0 {
        return Vec::new();
    }
    let mut claims = vec![Others::Load {
        per_s: load.per_s,
        service_s: load.service_s,
        slots: prediction.slots,
        place: place(plan),
    }];
    match prediction.starved {
        Some(hold) => claims.extend(starvation(plan, prediction, hold)),
        None if prediction.slots.is_some()
            && (prediction.slow.iter()).any(|group| group.client.hold >= LONG) =>
        {
            claims.push(Others::Left {
                per_s: prediction.capacity_left(),
                used_ratio: prediction.utilization(),
            });
        }
        None => {}
    }
    if prediction.overflow > 0 {
        claims.push(Others::Overflow {
            room: u64::from(plan.backend.backlog) + 1,
            turned_away: prediction.overflow,
        });
        let proxy = plan.proxy.as_ref();
        claims.push(Others::TurnedAway {
            by: plan.backend.bind,
            connect_timeout: proxy.map(|proxy| proxy.proxy_connect_timeout),
        });
    }
    claims
}

fn place(plan: &Plan) -> Place {
    match plan.backend.slots_per_worker() {
        Some(1) => Place::Worker,
        _ => Place::Slot,
    }
}

fn starvation(
    plan: &Plan,
    prediction: &Prediction,
    (from, to): (Timestamp, Timestamp),
) -> [Others; 2] {
    let hold = to.since(from);
    let held = Others::Starved {
        place: place(plan),
        from,
        hold,
    };
    let Some(first) = plan.least_patient() else {
        return [held, Others::NoTimer];
    };
    let limit = first.config.proxy_read_timeout;
    let timer = Others::Timer {
        key: match plan.edge {
            None => "proxy_read_timeout".to_owned(),
            Some(_) => format!("{}.proxy_read_timeout", first.tier.name()),
        },
        limit,
        too_late: (hold > limit).then_some((from + limit, prediction.expected_504)),
    };
    [held, timer]
}
