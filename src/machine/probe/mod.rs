//! Probes: what a load balancer or an orchestrator sees of the stack, and what the latter makes of it.
//!
//! A [`Prober`] asks on a grid of its own, whatever clients do, and judges each answer; a [`Restart`] is the orchestrator's hand, once a probe
//! with `kill_after` has failed so often in a row. Both are after Kubernetes' kubelet (`prober/worker.go`, `kuberuntime_container.go`): TERM to
//! the main process, its grace period, SIGKILL for all that is left, and a new container on the same address.
//!
//! Not here: the pauses of CrashLoopBackOff (10 s, 20 s, ... from the second restart on), readiness that takes a peer out of the balance,
//! `preStop` hooks, `initialDelaySeconds` (the grid goes on over a restart, so that a backend that boots for long is probed while it boots).

mod config;
mod prober;
mod restart;
#[cfg(test)]
mod tests;

pub use config::{ProbeConfig, ProbeKind};
pub use prober::{Attempt, BODY_LIMIT, Outcome, Prober, Response, Step};
pub use restart::{Order, Restart, Restarted};
