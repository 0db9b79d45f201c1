//! Clients that take their time to ask: what one that says nothing, or sends its request slowly, holds.

use super::absorb::{Absorbed, Cut, SlowClient, patience_of_arbiter, seconds};
use crate::machine::backend_config::WorkerClass;
use crate::machine::behavior::Behavior;
use crate::machine::http::CLIENTS_HOST;
use crate::machine::worker::gthread;
use crate::plan::{GroupPlan, Plan};
use crate::time::Span;

/// The slot that reads from such a client is held until it has asked; `None` where a proxy or a hub reads instead of a slot, or the client asks
/// first.
pub(super) fn slow_to_ask(plan: &Plan, group: &GroupPlan) -> Option<SlowClient> {
    let uncut = waits_for_request(plan, group)?;
    let mut limits = Vec::new();
    limits.extend(patience_of_arbiter(plan).map(|timeout| (Cut::WorkerTimeout, timeout)));
    limits.extend(group.timeout.map(|patience| (Cut::ClientTimeout, patience)));
    let cut = limits.into_iter().min_by_key(|(_, at)| *at);
    let cut = cut.filter(|(_, at)| *at < uncut);
    Some(SlowClient {
        response: 0,
        rate: None,
        absorbed: Absorbed::default(),
        hold: cut.map_or(uncut, |(_, at)| at),
        uncut,
        main_thread: Span::ZERO,
        cut: cut.map(|(cut, _)| cut),
        silence: None,
    })
}

/// For how long a slot waits for the request, and serves it then.
fn waits_for_request(plan: &Plan, group: &GroupPlan) -> Option<Span> {
    let class = plan.backend.class();
    if !matches!(class, WorkerClass::Sync | WorkerClass::Gthread) {
        return None;
    }
    let service = plan.backend.handler(&group.path)?.service();
    let sends = |bytes| {
        let rate = group.behavior.rate().map_or(1, |rate| rate.quantile(0.5).0);
        Some(seconds(bytes, rate).saturating_add(service))
    };
    match &group.behavior {
        Behavior::Idle(idle) if plan.proxy.is_some() || idle.after > 0 => None,
        Behavior::Idle(_) if class == WorkerClass::Gthread => Some(gthread::FIRST_BYTE),
        Behavior::Idle(_) => Some(Span::MAX),
        Behavior::SlowHeader(_) if plan.proxy.is_none() => {
            sends(group.request_text(CLIENTS_HOST, 1).len() as u64)
        }
        Behavior::SlowBody(_) => match &plan.proxy {
            Some(proxy) if proxy.proxy_request_buffering || group.chunked => None,
            _ => sends(group.body.0),
        },
        _ => None,
    }
}
