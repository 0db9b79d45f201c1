//! `slowlab stage`: a stack with its slow clients in place, and the commands with which to look at it: for a teacher's terminal.

use std::io::Write as _;
use std::path::Path;

use super::engine::{Unplayable, unplayable_of};
use super::finish::talk;
use super::limits;
use super::roles::{self, Stack};
use crate::cli::{Engine, StageArgs};
use crate::error::{Exit, Refusal};
use crate::net::Address;
use crate::plan::Plan;
use crate::proxy::Proxy;
use crate::report::words::Words;

/// Starts it, says what to look at, and waits for a signal.
///
/// # Errors
/// A bad scenario, a group that there is not, a part that does not start.
pub(super) fn run(args: &StageArgs) -> anyhow::Result<Exit> {
    let words = args.speech.shown();
    let plan = plan(args)?;
    if let Some(Unplayable { key, why, .. }) = unplayable_of(Engine::Lab, &plan) {
        let text = format!("`{key}` cannot be staged on real sockets: {why}");
        return Err(Refusal::usage(text).into());
    }
    limits::check_clients(&plan)?;
    let sink = roles::unheard();
    let stack = Stack::start(&plan, &sink, true)?;
    let (front, proxies) = stack.proxies(&plan, &sink)?;
    let fleet = roles::fleet(&plan, front.clone(), stack.clock, roles::unheard())?;
    let scene = Scene {
        plan: &plan,
        stack: &stack,
        front: &front,
        proxies: &proxies,
        is_held: args.hold,
    };
    scene.tell(words)?;
    let waited = roles::wait(&stack);
    fleet.stop();
    fleet.wait();
    proxies.into_iter().rev().for_each(Proxy::stop);
    stack.end();
    waited
}

/// The plan of the stage: its slow groups, or those that are named, held where that is asked for.
fn plan(args: &StageArgs) -> anyhow::Result<Plan> {
    let plain = roles::plan(&args.role)?;
    let mut role = args.role.clone();
    // Each proxy as nginx would be seen: a process with sockets and files of its own.
    let own = (plain.tiers().into_iter()).map(|of| format!("{}.process=own", of.tier.name()));
    role.set.extend(own);
    let mut plan = roles::plan(&role)?;
    if args.only.is_empty() {
        plan.groups.retain(|group| !group.is_healthy());
    } else {
        plan = roles::only(plan, &args.only)?;
    }
    if plan.groups.is_empty() {
        let text = format!(
            "no client of `{}` is slow on purpose\nhint: name a group with --only",
            plan.scenario
        );
        return Err(Refusal::usage(text).into());
    }
    Ok(if args.hold { plan.held() } else { plan })
}

/// What there is to see.
struct Scene<'a> {
    plan: &'a Plan,
    stack: &'a Stack,
    front: &'a Address,
    proxies: &'a [Proxy],
    is_held: bool,
}

impl Scene<'_> {
    /// The address on standard output, for scripts; the rest is talk.
    fn tell(&self, words: &Words) -> anyhow::Result<()> {
        writeln!(std::io::stdout(), "http://{}", self.front)?;
        let groups: Vec<&str> = (self.plan.groups.iter())
            .map(|group| group.name.as_str())
            .collect();
        let clients: usize = (self.plan.groups.iter())
            .map(|group| group.schedule.most_connections())
            .sum();
        let (clients, groups) = (clients.to_string(), groups.join(", "));
        let held = if self.is_held { "yes" } else { "no" };
        let arguments = [("clients", &*clients), ("groups", &*groups), ("held", held)];
        talk(&words.tell("stage-clients", &arguments));
        let pids = self.pids();
        for (who, pid) in &pids {
            talk(&format!("{pid:>8}  {}", words.say(who, [])));
        }
        talk(&format!(
            "{:>8}  {}",
            "",
            words.say("stage-clients-are", [])
        ));
        talk(&format!("\n{}\n", words.say("stage-try", [])));
        for (command, meaning) in self.commands(&pids) {
            talk(&format!("  {command}\n      {}", words.say(meaning, [])));
        }
        let dir = self.stack.dir.path().display().to_string();
        talk(&format!("\n  {}: {dir}", words.say("stage-logs", [])));
        talk(&words.say("stage-ends", []));
        Ok(())
    }

    /// Who is there, and under which number.
    fn pids(&self) -> Vec<(&'static str, u32)> {
        let backend = &self.stack.backend;
        let mut pids = vec![("stage-master", backend.master_pid())];
        let workers = backend.worker_pids();
        pids.extend(workers.iter().map(|pid| ("stage-worker", *pid)));
        let proxies = self.proxies.iter().filter_map(Proxy::pid);
        pids.extend(proxies.map(|pid| ("stage-proxy", pid)));
        pids
    }

    /// Commands that can be copied as they are, and what each shows.
    fn commands(&self, pids: &[(&'static str, u32)]) -> Vec<(String, &'static str)> {
        let first = |who: &str| {
            pids.iter()
                .find(|(one, _)| *one == who)
                .map(|(_, pid)| *pid)
        };
        let mut commands = Vec::new();
        if let Some(worker) = first("stage-worker") {
            commands.extend([
                (format!("strace -f -p {worker}"), "stage-strace-worker"),
                (format!("cat /proc/{worker}/wchan; echo"), "stage-wchan"),
                (format!("lsof -p {worker}"), "stage-lsof"),
            ]);
        }
        if let Address::Tcp(address) = self.front {
            let port = address.port();
            let command = format!("ss -tmi state established '( sport = :{port} )'");
            commands.push((command, "stage-ss-proxy"));
        }
        let listener = match self.stack.backend.address() {
            Address::Tcp(address) => format!("ss -ltn '( sport = :{} )'", address.port()),
            Address::Unix(path) => format!("ss -lx src {}", quoted(path)),
        };
        commands.push((listener, "stage-ss-backend"));
        if let Some(proxy) = first("stage-proxy") {
            commands.push((format!("strace -f -p {proxy}"), "stage-strace-proxy"));
        }
        commands.push((format!("curl -m 3 http://{}/", self.front), "stage-curl"));
        commands
    }
}

/// As a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}
