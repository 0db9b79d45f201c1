//! What a plan asks of an engine beside clients, proxies and workers: processes that fall sick, logs that go elsewhere, disks that are small.

use std::net::Ipv4Addr;

use super::{GroupPlan, Plan};
use crate::apart::STACK;
use crate::machine::act::{FaultKind, How, RotatedLog, Target};
use crate::machine::backend_config::{Bind, WorkerClass};
use crate::time::Span;

impl Plan {
    /// Whether the backend is given time at the end for requests that nobody waits for any more. One in which somebody is sick never gets through
    /// with them.
    pub fn settles(&self) -> bool {
        let mut faults = self.acts.iter().filter_map(|act| act.fault);
        !faults.any(|fault| fault.kind.is_for_good())
    }

    /// The keys of logs that go into pipes.
    fn piped_logs(&self) -> impl Iterator<Item = &'static str> {
        let proxy = self.proxy.as_ref();
        let piped = proxy.is_some_and(|proxy| !proxy.access_log.is_file());
        let logs = [
            (piped, "proxy.access_log.pipe"),
            (!self.backend.accesslog.is_file(), "backend.accesslog.pipe"),
            (!self.backend.errorlog.is_file(), "backend.errorlog.pipe"),
        ];
        logs.into_iter()
            .filter(|(piped, _)| *piped)
            .map(|(_, key)| key)
    }

    /// Whether any log goes into a pipe.
    pub fn has_logs_in_pipes(&self) -> bool {
        self.piped_logs().next().is_some()
    }

    /// Whether an act rotates a log.
    pub fn rotates_logs(&self) -> bool {
        self.acts.iter().any(|act| act.rotate.is_some())
    }

    /// Whether an act rotates this one.
    pub fn rotates(&self, log: RotatedLog) -> bool {
        let mut rotations = self.acts.iter().filter_map(|act| act.rotate);
        rotations.any(|rotation| rotation.log == log)
    }

    /// Whether temp files of some proxy go to a small disk of their own.
    pub fn wants_small_disk(&self) -> bool {
        self.tiers().iter().any(|of| of.config.temp_disk.is_some())
    }

    /// Whether an act has somebody open a file that does not let go of him.
    pub fn holds_processes(&self) -> bool {
        let mut faults = self.acts.iter().filter_map(|act| act.fault);
        faults.any(|fault| fault.kind == FaultKind::Unkillable)
    }

    /// Whether more may be killed together with somebody who is held: the other threads of a worker, or all of a container that a probe ends.
    fn holds_more_than_one_thread(&self) -> bool {
        self.backend.worker_class == WorkerClass::Gthread
            || self.probes.iter().any(|probe| probe.kill_after.is_some())
    }

    /// How long a heartbeat takes, if its file is on a disk of its own.
    pub fn slow_heartbeat(&self) -> Option<Span> {
        let disk = self.backend.worker_tmp_dir?;
        Some(disk.utime).filter(|utime| !utime.is_zero())
    }

    /// Whether it wants a disk that is slow, or does not answer.
    pub fn wants_slow_disk(&self) -> bool {
        self.holds_processes() || self.slow_heartbeat().is_some()
    }

    /// Whether some clients are far away.
    pub fn has_lines(&self) -> bool {
        self.groups.iter().any(|group| group.link.is_some())
    }

    /// Where the stack listens on TCP: on loopback, unless clients come from beyond a line.
    pub fn stack_address(&self) -> Ipv4Addr {
        match self.has_lines() {
            true => STACK,
            false => Ipv4Addr::LOCALHOST,
        }
    }

    /// How TCP shall avoid congestion, if that is said.
    pub fn congestion(&self) -> Option<&'static str> {
        let mut links = self.groups.iter().filter_map(|group| group.link);
        links.find_map(|link| Some(link.congestion?.name()))
    }

    /// Whether it says who may connect to the backend's socket. Then the proxy is somebody: as nginx's workers, and so far as this process may give it a user.
    pub fn has_socket_modes(&self) -> bool {
        self.backend.bind == Bind::Unix && self.backend.socket.has_modes()
    }

    /// Whether a proxy of the same user as the backend would meet something else than what it says.
    pub fn wants_second_user(&self) -> bool {
        self.has_socket_modes() && self.backend.socket.needs_second_user()
    }

    /// Whether an act befalls all workers: one that sleeps is a worker that is held, all of them are there for the load average.
    pub fn is_about_load(&self) -> bool {
        let mut faults = self.acts.iter().filter_map(|act| act.fault);
        faults.any(|fault| fault.to == Target::EveryWorker)
    }

    /// What the sim engine cannot play of it, if anything: the key, and what virtual time does not have.
    pub fn is_for_sockets_only(&self) -> Option<(&'static str, &'static str)> {
        // Of the pipes it has that of gunicorn's access log.
        let piped = self
            .piped_logs()
            .find(|key| *key != "backend.accesslog.pipe");
        let of_groups = self.groups.iter().find_map(GroupPlan::is_for_sockets_only);
        if of_groups.is_some() {
            return of_groups;
        }
        let lacking = [
            (
                self.pipeline.is_some().then_some("pipeline"),
                "its stages are real tools, and pipes between them that the kernel fills",
            ),
            (
                piped,
                "this log is not written in virtual time, so its pipe is never full",
            ),
            (
                self.rotates_logs().then_some("act.rotate"),
                "no log is written in virtual time, so none is rotated",
            ),
            (
                self.slow_heartbeat().map(|_| "backend.worker_tmp_dir"),
                "a heartbeat has no file in virtual time, and no disk",
            ),
            (
                (self.holds_processes() && self.holds_more_than_one_thread())
                    .then_some("act.fault.kind"),
                "SIGKILL would end everything but one thread in D, which virtual time does not take apart",
            ),
            (
                self.is_about_load().then_some("act.fault.to"),
                "there is no load average in virtual time, to which every worker could add",
            ),
        ];
        lacking.into_iter().find_map(|(key, why)| Some((key?, why)))
    }

    /// Whether an act has a worker fall sick by itself, which a real one has to be taught.
    pub fn makes_sick(&self) -> bool {
        let mut faults = self.acts.iter().filter_map(|act| act.fault);
        faults.any(|fault| matches!(fault.kind.how(), How::FallsSick(_)))
    }

    /// Whether an act has a proxy fall sick.
    pub fn sickens_a_proxy(&self) -> bool {
        let mut faults = self.acts.iter().filter_map(|act| act.fault);
        faults.any(|fault| fault.sickens_a_proxy())
    }
}
