//! Where the bytes of one response wait, and how long that holds a worker: the arithmetic of a single slow client.

use super::asking;
use crate::machine::backend_config::{Bind, WorkerClass};
use crate::machine::behavior::{Behavior, SlowRead};
use crate::machine::farbuf;
use crate::machine::link::MSS;
use crate::machine::proxy_config::{ProxyConfig, ReadTimer};
use crate::machine::sockbuf::{self, KernelBuffers};
use crate::plan::{GroupPlan, Plan};
use crate::time::Span;

/// Ours: what the backend's response head comes to, give or take 30 bytes.
pub(super) const HEAD_BYTES: u64 = 160;

/// Bytes that each hop takes in while the client reads nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Absorbed {
    /// The kernel between the client and its peer.
    pub client_path: u64,
    /// The proxy's buffers, or those of both tiers.
    pub proxy_memory: u64,
    /// The proxy's temp file, or those of both tiers.
    pub temp_file: u64,
    /// The kernel between two tiers of proxies; zero where there is one or none.
    pub between: u64,
    /// The kernel between the proxy and the worker; zero without a proxy.
    pub upstream: u64,
}

/// What ends a slow request before its client has read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// gunicorn's `timeout`: the worker is killed while it sends.
    WorkerTimeout,
    /// nginx's `send_timeout`.
    SendTimeout,
    /// `proxy_read_timeout` under `read_timer = "wall-clock"`: the direct misfire.
    WallClock,
    /// The client's own `request.timeout`.
    ClientTimeout,
}

/// One slow client's effect.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SlowClient {
    /// Response head and body, in bytes.
    pub response: u64,
    /// Bytes per second that it reads; `None` for one that stalls.
    pub rate: Option<u64>,
    /// Where bytes wait.
    pub absorbed: Absorbed,
    /// How long one request holds a slot of a worker, cuts included; [`Span::MAX`] if nothing ends it but the run.
    pub hold: Span,
    /// How long it would hold the slot if nothing cut it short.
    pub uncut: Span,
    /// How long the worker's main thread then waits for the close and does nothing else: gthread only.
    pub main_thread: Span,
    /// What cuts it short.
    pub cut: Option<Cut>,
    /// The longest pause between two chances to write to the client; `None` if all fits at once.
    pub silence: Option<Span>,
}

impl Absorbed {
    /// All hops together.
    pub fn total(&self) -> u64 {
        self.ahead_of_upstream().saturating_add(self.upstream)
    }

    /// Everything that the proxies can read before the client does.
    fn ahead_of_upstream(&self) -> u64 {
        self.client_path
            .saturating_add(self.proxy_memory)
            .saturating_add(self.temp_file)
            .saturating_add(self.between)
    }
}

/// The effect of one client of a group; `None` if it reads as fast as bytes come or asks for what does not exist.
pub(super) fn slow_client(
    plan: &Plan,
    group: &GroupPlan,
    kernel: &KernelBuffers,
) -> Option<SlowClient> {
    let handler = plan.backend.handler(&group.path)?;
    let response = HEAD_BYTES + handler.response.mean().0;
    let absorbed = absorbed(plan, group, kernel, handler.write_size().0);
    let line = line_rate(group, kernel);
    let wanted = match &group.behavior {
        Behavior::SlowRead(slow) => middle_rate(slow),
        _ => u64::MAX,
    };
    let (rate, blocked, closes) = match &group.behavior {
        Behavior::Idle(_) | Behavior::SlowHeader(_) | Behavior::SlowBody(_) => {
            return asking::slow_to_ask(plan, group);
        }
        // What they hold depends on when they move and leave, not on what fits where: nothing is claimed.
        Behavior::Burst(_) | Behavior::Abort(_) | Behavior::HalfClose(_) | Behavior::Vanish(_) => {
            return None;
        }
        // Only a line makes it slow, and only by what does not fit before it.
        Behavior::Healthy(_) if line == u64::MAX || response <= absorbed.total() => return None,
        // Its peer, if that is a worker that waits, waits for a close that does not come.
        Behavior::KeepOpen(_) if plan.proxy.is_some() => return None,
        Behavior::KeepOpen(_) if lingers(plan, group, Span::MAX) == (Span::ZERO, Span::ZERO) => {
            return None;
        }
        Behavior::KeepOpen(_) => (None, Span::ZERO, Span::MAX),
        Behavior::Healthy(_) | Behavior::SlowRead(_) => {
            let rate = wanted.min(line);
            let refill = refill(plan, group, kernel, handler.write_size().0).max(1);
            let lumps = response.saturating_sub(absorbed.total()).div_ceil(refill);
            let read_when_sent = (lumps * refill).min(response);
            let read_when_closed = response.saturating_sub(held_back(plan, &absorbed));
            (
                Some(rate),
                seconds(read_when_sent, rate),
                seconds(read_when_closed, rate),
            )
        }
        Behavior::Stall(stall) => {
            let stall_time = stall.duration.unwrap_or(Span::MAX);
            let left = response.saturating_sub(stall.after.0);
            let wait = |fits: u64| if left > fits { stall_time } else { Span::ZERO };
            (
                None,
                wait(absorbed.total()),
                wait(held_back(plan, &absorbed)),
            )
        }
    };
    // While the handler pauses between pieces, its client goes on reading.
    let pacing = handler.pacing();
    let blocked = blocked.max(pacing);
    let after_last_send = closes.saturating_sub(blocked);
    let (lingers, main_thread) = lingers(plan, group, after_last_send);
    let answers_after = handler.service().saturating_sub(pacing);
    let hold = (blocked.saturating_add(lingers)).saturating_add(answers_after);
    let silence = silence(plan, group, kernel, response, &absorbed);
    let cut = cut(plan, group, hold, silence, response > absorbed.total());
    Some(SlowClient {
        response,
        rate,
        absorbed,
        hold: cut.map_or(hold, |(_, at)| at.min(hold)),
        uncut: hold,
        main_thread,
        cut: cut.map(|(cut, _)| cut),
        silence,
    })
}

/// For how long a slot, and a worker's main thread, wait for a peer that closes so long after the last send.
fn lingers(plan: &Plan, group: &GroupPlan, closes: Span) -> (Span, Span) {
    let waits = closes.min(plan.backend.linger);
    let kept = plan.proxy.is_none() && group.keepalive;
    match plan.backend.class() {
        WorkerClass::Sync => (waits, Span::ZERO),
        WorkerClass::Gthread if !kept => (Span::ZERO, waits),
        WorkerClass::Gthread | WorkerClass::Gevent | WorkerClass::Asgi | WorkerClass::Uvicorn => {
            (Span::ZERO, Span::ZERO)
        }
    }
}

/// For how long a client may hold a worker before the arbiter kills it: only a sync worker's heart stands still while it reads and sends.
pub(super) fn patience_of_arbiter(plan: &Plan) -> Option<Span> {
    let stands_still = plan.backend.class() == WorkerClass::Sync;
    (stands_still && !plan.backend.timeout.is_zero()).then_some(plan.backend.timeout)
}

/// At how many bytes per second it reads; of rates that are drawn, the one in the middle.
fn middle_rate(slow: &SlowRead) -> u64 {
    slow.rate.quantile(0.5).0.max(1)
}

pub(super) fn seconds(bytes: u64, rate: u64) -> Span {
    Span::from_secs_f64(bytes as f64 / rate.max(1) as f64)
}

/// What the client's line, or a window per round trip, lets through; no limit on loopback. Loss is left out.
fn line_rate(group: &GroupPlan, kernel: &KernelBuffers) -> u64 {
    let rcvbuf = group.behavior.socket().rcvbuf.map(|bytes| bytes.0);
    group.link.map_or(u64::MAX, |link| match rcvbuf {
        Some(_) => link.goodput(farbuf::learnt_window(kernel.tcp_rcvbuf(rcvbuf), MSS)),
        // Autotuning opens the window.
        None => link.goodput(u64::MAX),
    })
}

/// What the client's connection takes in.
fn client_path(
    group: &GroupPlan,
    kernel: &KernelBuffers,
    sndbuf: Option<u64>,
    rcvbuf: Option<u64>,
) -> u64 {
    let Some(link) = &group.link else {
        return kernel.tcp_absorbs(sndbuf, rcvbuf);
    };
    let granted = kernel.tcp_sndbuf(sndbuf);
    let sndbuf = match sndbuf {
        Some(_) => granted,
        None => granted.min(link.auto_sndbuf()),
    };
    farbuf::absorbs(sndbuf, kernel.tcp_rcvbuf(rcvbuf), MSS)
}

fn absorbed(plan: &Plan, group: &GroupPlan, kernel: &KernelBuffers, write_size: u64) -> Absorbed {
    let rcvbuf = group.behavior.socket().rcvbuf.map(|bytes| bytes.0);
    let sndbuf = plan.backend.socket.sndbuf.map(|bytes| bytes.0);
    let backend_path = |rcvbuf| match plan.backend.bind {
        Bind::Tcp => kernel.tcp_absorbs(sndbuf, rcvbuf),
        Bind::Unix => kernel.unix_absorbs(sndbuf, write_size),
    };
    match plan.front() {
        None => Absorbed {
            client_path: match plan.backend.bind {
                Bind::Tcp => client_path(group, kernel, sndbuf, rcvbuf),
                Bind::Unix => backend_path(rcvbuf),
            },
            ..Absorbed::default()
        },
        Some(front) => {
            let listens = |proxy: &ProxyConfig| proxy.listen.sndbuf.map(|bytes| bytes.0);
            let tiers = plan.tiers();
            let inner = tiers.iter().skip(1);
            Absorbed {
                client_path: client_path(group, kernel, listens(front), rcvbuf),
                proxy_memory: tiers.iter().map(|of| of.config.memory_limit().0).sum(),
                temp_file: tiers.iter().map(|of| temp_file(of.config)).sum(),
                between: inner
                    .map(|of| kernel.tcp_absorbs(listens(of.config), None))
                    .sum(),
                upstream: backend_path(None),
            }
        }
    }
}

fn temp_file(proxy: &ProxyConfig) -> u64 {
    match proxy.proxy_buffering {
        true => proxy.proxy_max_temp_file_size.0,
        false => 0,
    }
}

/// What must be read at the far end before a blocked worker gets to write again.
fn refill(plan: &Plan, group: &GroupPlan, kernel: &KernelBuffers, write_size: u64) -> u64 {
    let sndbuf = plan.backend.socket.sndbuf.map(|bytes| bytes.0);
    let rcvbuf = match plan.proxy {
        None => group.behavior.socket().rcvbuf.map(|bytes| bytes.0),
        Some(_) => None,
    };
    match plan.backend.bind {
        Bind::Unix => sockbuf::unix_refill(kernel.unix_sndbuf(sndbuf), write_size),
        Bind::Tcp => kernel
            .tcp
            .refill(kernel.tcp_sndbuf(sndbuf), kernel.tcp_rcvbuf(rcvbuf)),
    }
}

/// Bytes that may still be unread by the client when the worker's peer closes: none without a proxy (the client closes when
/// it has all), all that lies before the proxy without buffering, and all that the proxy can hold with it.
fn held_back(plan: &Plan, absorbed: &Absorbed) -> u64 {
    let ahead = absorbed.ahead_of_upstream();
    match &plan.proxy {
        None => 0,
        Some(proxy) if proxy.proxy_buffering => ahead,
        Some(proxy) => ahead.saturating_sub(proxy.memory_limit().0),
    }
}

/// How long the proxy that the client meets waits for its socket to become writable again.
fn silence(
    plan: &Plan,
    group: &GroupPlan,
    kernel: &KernelBuffers,
    response: u64,
    absorbed: &Absorbed,
) -> Option<Span> {
    let proxy = plan.front()?;
    match &group.behavior {
        _ if response <= absorbed.client_path => None,
        Behavior::Stall(stall) => Some(stall.duration.unwrap_or(Span::MAX)),
        Behavior::SlowRead(slow) => {
            let sndbuf = kernel.tcp_sndbuf(proxy.listen.sndbuf.map(|bytes| bytes.0));
            let rcvbuf = kernel.tcp_rcvbuf(slow.rcvbuf.map(|bytes| bytes.0));
            Some(seconds(
                kernel.tcp.refill(sndbuf, rcvbuf),
                middle_rate(slow),
            ))
        }
        _ => None,
    }
}

/// The first of the limits that the request meets, and when the worker is free of it.
fn cut(
    plan: &Plan,
    group: &GroupPlan,
    hold: Span,
    silence: Option<Span>,
    blocks: bool,
) -> Option<(Cut, Span)> {
    let mut cuts = Vec::new();
    let timeout = patience_of_arbiter(plan).filter(|timeout| hold > *timeout);
    cuts.extend(timeout.map(|timeout| (Cut::WorkerTimeout, timeout)));
    if let (Some(proxy), Some(silence)) = (plan.front(), silence) {
        if silence > proxy.send_timeout {
            cuts.push((Cut::SendTimeout, proxy.send_timeout));
        }
        let full = blocks || !proxy.proxy_buffering;
        if proxy.read_timer == ReadTimer::WallClock && full && silence > proxy.proxy_read_timeout {
            cuts.push((Cut::WallClock, proxy.proxy_read_timeout));
        }
    }
    if let Some(patience) = group.timeout
        && hold > patience
    {
        cuts.push((Cut::ClientTimeout, patience));
    }
    cuts.into_iter().min_by_key(|(_, at)| *at)
}
