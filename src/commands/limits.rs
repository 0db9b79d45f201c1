//! Whether this machine can hold what a plan can need, asked before anything is started: open files, and a loopback interface that is up.

use std::net::{Ipv4Addr, TcpListener, TcpStream};

use crate::error::Refusal;
use crate::machine::proxy_config::Process;
use crate::plan::{Plan, ProxyTier, RunPlan, VariantPlan};
use crate::{clients, observe};

/// Open files of standard streams, CSVs, pipes, the clients' event loop.
const OVERHEAD: u64 = 48;

/// Refuses a run that this machine cannot hold.
///
/// # Errors
/// A limit too low, or one that cannot be read; a loopback interface that is down.
pub(super) fn check(run: &RunPlan) -> anyhow::Result<()> {
    loopback()?;
    for VariantPlan { plan, .. } in &run.variants {
        files(plan, files_needed(plan))?;
    }
    Ok(())
}

/// Refuses a plan of which only the clients are played.
///
/// # Errors
/// Those of [`check`].
pub(super) fn check_clients(plan: &Plan) -> anyhow::Result<()> {
    loopback()?;
    files(plan, clients::fd_need(&plan.groups) as u64 + OVERHEAD)
}

/// Everything here talks over it, and a fresh network namespace has it down.
fn loopback() -> anyhow::Result<()> {
    let tried = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .and_then(TcpStream::connect);
    match tried {
        // Nobody listens any more by then, and the interface has carried the answer.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(Refusal::unfit(format!(
            "the loopback interface does not work here: {error}\nhint: `ip link set lo up`; a fresh network namespace (`unshare -n`) has it down"
        ))
        .into()),
        Ok(_) => Ok(()),
    }
}

fn files(plan: &Plan, need: u64) -> anyhow::Result<()> {
    let (limit, _) = observe::limits::raise_nofile().map_err(|error| {
        Refusal::unfit(format!("cannot raise the limit of open files: {error}"))
    })?;
    if need > limit {
        return Err(Refusal::unfit(format!(
            "scenario `{}`, variant `{}` can hold {} connections at once and so needs about {need} open files, \
             but this process may open {limit}\nhint: raise the hard limit (`ulimit -Hn`), or lower the clients' count or rate",
            plan.scenario,
            plan.variant,
            clients::fd_need(&plan.groups),
        ))
        .into());
    }
    Ok(())
}

/// The clients' sockets, and on the side of each tier of proxies the downstream socket, the upstream socket and the temp file. A tier in a process of its
/// own has descriptors of its own, under a limit that the plan may want it to meet.
fn files_needed(plan: &Plan) -> u64 {
    /// Of a proxy: a listener and two logs.
    const PROXY: u64 = 4;
    /// Of each of its event loops: a copy of the listener, and what the loop itself opens.
    const EVENT_LOOP: u64 = 6;
    let clients = clients::fd_need(&plan.groups) as u64;
    let (mut per_client, mut proxies) = (1, 0);
    let here = |of: &ProxyTier<'_>| of.config.process == Process::In;
    for of in plan.tiers().into_iter().filter(here) {
        let proxy = of.config;
        let spills = proxy.proxy_buffering && proxy.proxy_max_temp_file_size.0 > 0;
        per_client += if spills { 3 } else { 2 };
        let loops = EVENT_LOOP * u64::from(proxy.worker_processes);
        proxies += u64::from(proxy.instances) * (PROXY + loops);
    }
    clients * per_client + proxies + OVERHEAD
}
