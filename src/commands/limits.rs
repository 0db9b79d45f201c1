//! Whether this process may open as many files as a plan can need: asked before anything is started.

use crate::error::Refusal;
use crate::plan::{Plan, RunPlan, VariantPlan};
use crate::{clients, observe};

/// Refuses a run that the limit of open files cannot hold.
///
/// # Errors
/// A limit too low, or one that cannot be read.
pub(super) fn check(run: &RunPlan) -> anyhow::Result<()> {
    let (limit, _) = observe::limits::raise_nofile().map_err(|error| {
        Refusal::unfit(format!("cannot raise the limit of open files: {error}"))
    })?;
    for VariantPlan { plan, .. } in &run.variants {
        let need = files_needed(plan);
        if need > limit {
            return Err(Refusal::unfit(format!(
                "scenario `{}`, variant `{}` can hold {} connections at once and so needs about {need} open files, \
                 but this process may open {limit}\nhint: raise the hard limit (`ulimit -Hn`), or lower the clients' count or rate",
                run.scenario,
                plan.variant,
                clients::fd_need(&plan.groups),
            ))
            .into());
        }
    }
    Ok(())
}

/// The clients' sockets, and on the side of each tier of proxies the downstream socket, the upstream socket and the temp file.
fn files_needed(plan: &Plan) -> u64 {
    /// Standard streams, CSVs, pipes, the clients' event loop.
    const OVERHEAD: u64 = 48;
    /// Of a proxy: a listener and two logs.
    const PROXY: u64 = 4;
    /// Of each of its event loops: a copy of the listener, and what the loop itself opens.
    const EVENT_LOOP: u64 = 6;
    let clients = clients::fd_need(&plan.groups) as u64;
    let (mut per_client, mut proxies) = (1, 0);
    for of in plan.tiers() {
        let proxy = of.config;
        let spills = proxy.proxy_buffering && proxy.proxy_max_temp_file_size.0 > 0;
        per_client += if spills { 3 } else { 2 };
        let loops = EVENT_LOOP * u64::from(proxy.worker_processes);
        proxies += u64::from(proxy.instances) * (PROXY + loops);
    }
    clients * per_client + proxies + OVERHEAD
}
