//! `slowlab backend`, `proxy` and `clients`: each role alone in the foreground, for strace, ss, lsof, curl and wrk beside it.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use anyhow::Context as _;

use super::engine::{Unplayable, unplayable_of};
use super::finish::talk;
use super::{interrupt, limits, load, remains, speech};
use crate::backend::{Backend, BackendSpec, EXECUTABLE};
use crate::cli::{ClientsArgs, Engine, RoleArgs};
use crate::clients::{Fleet, FleetSpec};
use crate::error::{Exit, Refusal};
use crate::machine::http::CLIENTS_HOST;
use crate::net::Address;
use crate::plan::Plan;
use crate::private::{Private, adopt_orphans};
use crate::proxy::{Proxy, ProxySpec};
use crate::record::{Gauges, Report, Sink};
use crate::tier::ProxyId;
use crate::time::{Clock, Span};

/// The backend alone.
///
/// # Errors
/// A bad scenario, or a backend that does not start.
pub(super) fn backend(args: &RoleArgs) -> anyhow::Result<Exit> {
    let plan = plan(args)?;
    let stack = Stack::start(&plan, &unheard(), false)?;
    announce(&format!("{}", stack.backend.address()), &stack)?;
    let waited = wait(&stack);
    stack.end();
    waited
}

/// The backend behind the proxy, and that behind the edge where there is one.
///
/// # Errors
/// A bad scenario, or a part that does not start.
pub(super) fn proxy(args: &RoleArgs) -> anyhow::Result<Exit> {
    let plan = plan(args)?;
    if plan.proxy.is_none() {
        return Err(Refusal::usage(format!(
            "variant `{}` of `{}` has no proxy\nhint: name another with --variant, or run `slowlab backend`",
            plan.variant, plan.scenario
        ))
        .into());
    }
    let sink = unheard();
    let stack = Stack::start(&plan, &sink, false)?;
    let (front, proxies) = stack.proxies(&plan, &sink)?;
    announce(&format!("http://{front}"), &stack)?;
    for (of, proxy) in plan.tiers().into_iter().zip(proxies.iter().rev()) {
        if let Some(pid) = proxy.pid() {
            talk(&format!("{} pid {pid}", of.tier.name()));
        }
        if of.config.instances > 1 {
            let (instances, tier) = (of.config.instances, of.tier.name());
            talk(&format!(
                "this is one of the {instances} that the plan has of `{tier}`"
            ));
        }
    }
    let waited = wait(&stack);
    proxies.into_iter().rev().for_each(Proxy::stop);
    stack.end();
    waited
}

/// The clients alone, against an address of this machine.
///
/// # Errors
/// A bad scenario, a target that is no address of this machine, or clients that cannot start.
pub(super) fn clients(args: &ClientsArgs) -> anyhow::Result<Exit> {
    let plan = only(plan(&args.role)?, &args.only)?;
    let plan = if args.hold { plan.held() } else { plan };
    if let Some(Unplayable { key, why, .. }) = unplayable_of(Engine::Lab, &plan) {
        return Err(Refusal::usage(format!(
            "`{key}` cannot be played on real sockets: {why}\nhint: `slowlab run --engine sim` plays it"
        ))
        .into());
    }
    let target = parse_target(&args.target)?;
    limits::check_clients(&plan)?;
    interrupt::listen().context("cannot listen for signals")?;
    let (sink, reports) = Sink::new();
    let fleet = fleet(&plan, target, Clock::start(), sink)?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "request_id,group,status,outcome,received_bytes,latency_us,latency_from_start_us,latency_from_connected_us"
    )?;
    while !fleet.is_finished() && interrupt::asked().is_none() {
        print_clients(&reports, &mut out)?;
    }
    fleet.stop();
    fleet.wait();
    print_clients(&reports, &mut out)?;
    Ok(interrupt::asked().unwrap_or(Exit::Held))
}

/// The plan with these groups of clients and no others; all of them where none is named.
///
/// # Errors
/// A group that there is not.
pub(super) fn only(mut plan: Plan, names: &[String]) -> Result<Plan, Refusal> {
    let known: Vec<String> = plan.groups.iter().map(|group| group.name.clone()).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        let known = known.join("`, `");
        return Err(Refusal::usage(format!(
            "there is no client group `{name}`\nhint: groups: `{known}`"
        )));
    }
    if !names.is_empty() {
        plan.groups.retain(|group| names.contains(&group.name));
    }
    Ok(plan)
}

/// A plan's clients against one address.
///
/// # Errors
/// They cannot start, or would come through a line.
pub(super) fn fleet(
    plan: &Plan,
    target: Address,
    clock: Clock,
    sink: Sink,
) -> Result<Fleet, Refusal> {
    if plan.has_lines() {
        return Err(Refusal::usage(
            "`link` is for a stack in the same run: these clients and what they connect to would be in networks that nothing joins\n\
             hint: `slowlab run` plays it",
        ));
    }
    Fleet::start(FleetSpec {
        groups: plan.groups.clone(),
        targets: vec![target],
        through_proxy: true,
        start_at: clock.now(),
        duration: plan.duration,
        drain: plan.drain,
        clock,
        sink,
        gauges: Arc::new(Gauges::default()),
        host: CLIENTS_HOST.to_owned(),
        ear: None,
    })
    .map_err(Refusal::unfit)
}

/// Prints what clients report until there has been nothing for a moment.
fn print_clients(reports: &Receiver<Report>, out: &mut impl std::io::Write) -> std::io::Result<()> {
    while let Ok(report) = reports.recv_timeout(Span::from_ms(100).to_duration()) {
        let Report::Client(half) = report else {
            continue;
        };
        let status = half
            .status
            .map_or_else(String::new, |status| status.to_string());
        let ended_at = half.last_byte_at.unwrap_or(half.closed_at);
        let from_connected = half.connected_at.map_or_else(String::new, |connected_at| {
            ended_at.since(connected_at).as_us().to_string()
        });
        writeln!(
            out,
            "{},{},{status},{},{},{},{},{from_connected}",
            half.request_id,
            half.group,
            serde_json::to_string(&half.outcome)
                .unwrap_or_default()
                .trim_matches('"'),
            half.received_bytes,
            half.closed_at.since(half.intended_at).as_us(),
            ended_at.since(half.started_at).as_us(),
        )?;
    }
    Ok(())
}

/// The part that both server roles need.
pub(super) struct Stack {
    /// Its backend.
    pub(super) backend: Backend,
    /// Its private folder.
    pub(super) dir: Private,
    /// Its clock.
    pub(super) clock: Clock,
    may_be_traced: bool,
}

impl Stack {
    /// Starts the backend; anybody may trace it where that is wished for.
    pub(super) fn start(plan: &Plan, sink: &Sink, may_be_traced: bool) -> anyhow::Result<Stack> {
        interrupt::listen().context("cannot listen for signals")?;
        remains::before_a_run(speech::of_environment());
        adopt_orphans();
        let dir = Private::create().map_err(|error| {
            Refusal::unfit(format!(
                "cannot make a private folder: {error}\nhint: set TMPDIR to a writable folder"
            ))
        })?;
        let clock = Clock::start();
        let backend = Backend::start(BackendSpec {
            config: plan.backend.clone(),
            leaves_orphans: false,
            may_be_traced,
            seed: plan.seed,
            listen: None,
            runtime_dir: dir.path().to_owned(),
            worker_tmp_dir: None,
            held_file: None,
            log: dir.path().join("backend.log"),
            clock,
            sink: sink.clone(),
            leave: interrupt::leave(),
            executable: PathBuf::from(EXECUTABLE),
        })
        .map_err(|error| match interrupt::asked() {
            Some(exit) => Refusal::with_exit(exit, error),
            None => Refusal::unfit(error),
        })?;
        Ok(Stack {
            backend,
            dir,
            clock,
            may_be_traced,
        })
    }

    /// The proxies of a plan before it, from the inside out, and the address of the foremost; without any that of the backend.
    ///
    /// # Errors
    /// One that does not start.
    pub(super) fn proxies(
        &self,
        plan: &Plan,
        sink: &Sink,
    ) -> Result<(Address, Vec<Proxy>), Refusal> {
        let mut front = self.backend.address().clone();
        let mut proxies = Vec::new();
        for of in plan.tiers().into_iter().rev() {
            let dir = self.dir.path().join(of.tier.name());
            // A process of its own finds it, and its configuration in it.
            std::fs::create_dir_all(&dir).map_err(Refusal::unfit)?;
            let proxy = Proxy::start(ProxySpec {
                config: of.config.clone(),
                upstreams: vec![front],
                temp_dir: dir.clone(),
                access_log: dir.join("access.log"),
                error_log: dir.join("error.log"),
                clock: self.clock,
                sink: sink.clone(),
                leave: interrupt::leave(),
                gauges: Arc::new(Gauges::default()),
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                id: ProxyId {
                    tier: of.tier,
                    instance: 0,
                },
                source: None,
                is_nobody: false,
                held_file: None,
                may_be_traced: self.may_be_traced,
                executable: EXECUTABLE.into(),
            })
            .map_err(Refusal::unfit)?;
            front = Address::Tcp(proxy.address());
            proxies.push(proxy);
        }
        Ok((front, proxies))
    }

    /// At INT workers drop what they do, at TERM they finish their request first, as gunicorn's do. A second signal ends either at once.
    pub(super) fn end(mut self) {
        match interrupt::asked() {
            Some(Exit::Interrupted) => self.backend.quit(),
            _ => {
                self.backend.is_waited_for();
                self.backend.stop();
            }
        }
    }
}

/// The address on standard output, for scripts; the rest is talk.
fn announce(address: &str, stack: &Stack) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{address}")?;
    let workers: Vec<String> = stack
        .backend
        .worker_pids()
        .iter()
        .map(u32::to_string)
        .collect();
    talk(&format!(
        "master pid {}, workers {}",
        stack.backend.master_pid(),
        workers.join(" ")
    ));
    talk(&format!(
        "logs and temp files in {}",
        stack.dir.path().display()
    ));
    talk("Ctrl-C stops it");
    Ok(())
}

/// Where reports go that nobody reads.
pub(super) fn unheard() -> Sink {
    Sink::new().0
}

/// Until a signal comes, which is how a server ends, or until the master is gone.
pub(super) fn wait(stack: &Stack) -> anyhow::Result<Exit> {
    while interrupt::asked().is_none() {
        if let Some(pid) = stack.backend.stopped_master() {
            let text = format!("the backend's master (pid {pid}) was stopped");
            return Err(Refusal::undecided(text).into());
        }
        if stack.backend.ended_within(Span::from_ms(100)) {
            let pid = stack.backend.master_pid();
            let text = format!("the backend's master (pid {pid}) died");
            return Err(Refusal::undecided(text).into());
        }
    }
    Ok(Exit::Held)
}

pub(super) fn plan(args: &RoleArgs) -> anyhow::Result<Plan> {
    let run = load::run_plan(
        &args.scenario,
        &args.set,
        None,
        std::slice::from_ref(&args.variant),
        speech::of_environment(),
    )?;
    run.variants
        .into_iter()
        .next()
        .map(|variant| variant.plan)
        .ok_or_else(|| {
            Refusal::usage(format!(
                "`{}` has no variant `{}`",
                args.scenario, args.variant
            ))
            .into()
        })
}

fn parse_target(text: &str) -> anyhow::Result<Address> {
    let bad = |why: &str| {
        Refusal::usage(format!(
            "`{text}` {why}\nhint: write 127.0.0.1:PORT or unix:PATH"
        ))
    };
    if let Some(path) = text.strip_prefix("unix:") {
        return match path {
            "" => Err(bad("names no path").into()),
            path => Ok(Address::Unix(PathBuf::from(path))),
        };
    }
    let text = text
        .strip_prefix("http://")
        .unwrap_or(text)
        .trim_end_matches('/');
    match text.parse::<SocketAddr>() {
        Ok(address) if address.port() == 0 => {
            Err(bad("has port 0, on which nobody listens").into())
        }
        Ok(address) if address.ip().is_loopback() => Ok(Address::Tcp(address)),
        Ok(_) => {
            Err(bad("is not a loopback address: slowlab sends load to this machine only").into())
        }
        Err(_) => Err(bad("is not an address").into()),
    }
}
