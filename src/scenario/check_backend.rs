//! Checks of `[backend]`: counts that no machine carries, settings that the worker class ignores.

use super::check::{Checker, LONGEST_RUN, steps};
use super::file::{ActDecl, File};
use super::set;
use super::tree::Node;
use crate::machine::backend_config::{
    BackendConfig, Bind, MOST_CONNECTIONS, MOST_THREADS, MOST_WORKERS, WorkerClass,
};
use crate::machine::worker_class_settings::ignored_by;
use crate::time::Span;

/// Ours: so many masters with workers of their own on one machine.
const MOST_BACKENDS: u32 = 16;
/// Ours: a worker that is told to end waits for its beat.
const SLOWEST_BEAT: Span = Span::from_secs(10);
/// Ours: a run waits for its first workers.
const LONGEST_BOOT: Span = Span::from_secs(60);

impl Checker<'_> {
    pub(super) fn boot(&mut self, file: &File) {
        let time = file.backend.boot.time;
        if time > LONGEST_BOOT {
            self.wrong(
                "backend.boot.time",
                format!("an application is not imported for {time}"),
                format!("use at most {LONGEST_BOOT}"),
            );
        }
    }

    pub(super) fn backend(&mut self, file: &File) {
        let backend = &file.backend;
        for (key, count, most) in [
            ("workers", backend.workers, MOST_WORKERS),
            ("threads", backend.threads, MOST_THREADS),
            (
                "worker_connections",
                backend.worker_connections,
                MOST_CONNECTIONS,
            ),
        ] {
            if !(1..=most).contains(&count) {
                self.wrong(
                    &format!("backend.{key}"),
                    format!("{count} {} cannot be had", key.replace('_', " ")),
                    format!("use 1 to {most}"),
                );
            }
        }
        self.instances(file);
        if backend.keepalive > LONGEST_RUN {
            self.wrong(
                "backend.keepalive",
                "an idle connection cannot be kept for more than a day",
                "gunicorn's default is `2s`",
            );
        }
        self.backlog("backend.backlog", backend.backlog);
        self.buffer("backend.socket.sndbuf", backend.socket.sndbuf);
        self.buffer("backend.socket.rcvbuf", backend.socket.rcvbuf);
        self.socket_modes(file);
        if backend
            .worker_tmp_dir
            .is_some_and(|disk| disk.utime > SLOWEST_BEAT)
        {
            self.wrong(
                "backend.worker_tmp_dir.utime",
                "no disk takes so long for the times of a file",
                format!("use at most {SLOWEST_BEAT}"),
            );
        }
        if backend.bind == Bind::Unix && backend.socket.rcvbuf.is_some() {
            self.doubtful(
                "backend.socket.rcvbuf",
                "`rcvbuf` does nothing on a Unix socket",
                "a Unix stream has no receive buffer; only the sender's `sndbuf` counts",
            );
        }
        if backend.max_requests == 0 && backend.max_requests_jitter > 0 {
            self.doubtful(
                "backend.max_requests_jitter",
                "`max_requests_jitter` does nothing without `max_requests`",
                "set `max_requests` too, or leave both out",
            );
        }
        if !self.class_varies() {
            self.settings_of_class(backend);
        }
    }

    /// Several backends are peers of a proxy, and an act would not say which of them it means.
    fn instances(&mut self, file: &File) {
        let instances = file.backend.instances;
        if !(1..=MOST_BACKENDS).contains(&instances) {
            self.wrong(
                "backend.instances",
                format!("{instances} backends cannot be had"),
                format!("use 1 to {MOST_BACKENDS}"),
            );
        }
        if instances <= 1 {
            return;
        }
        if !file.has_proxy() {
            self.wrong(
                "backend.instances",
                "nobody chooses between several backends",
                "they are the peers of a proxy; add `[proxy]`",
            );
        }
        if file.probe.iter().any(|probe| probe.kill_after.is_some()) {
            self.wrong(
                "probe",
                "a probe does not say which of several backends it restarts",
                "leave `kill_after` or `backend.instances` out",
            );
        }
        let of_backend = |act: &ActDecl| act.signal.as_ref().is_none_or(|to| to.to != "proxy");
        if file.act.iter().any(of_backend) {
            self.wrong(
                "act",
                "an act does not say which of several backends it is for",
                "acts are played on one backend; leave `backend.instances` out",
            );
        }
    }

    /// What the file says and the worker class does not read.
    fn settings_of_class(&mut self, backend: &BackendConfig) {
        let class = backend.class();
        for ignored in ignored_by(class) {
            let path = format!("backend.{}", ignored.key);
            if self.says(&path) {
                let title = format!("`{}` does nothing here", ignored.key);
                self.doubtful(&path, &title, &format!("{} {}", class.name(), ignored.why));
            }
        }
        if class != backend.worker_class && self.says("backend.worker_class") {
            self.doubtful(
                "backend.worker_class",
                "`sync` workers with several threads become gthread",
                "gunicorn changes the class without a word; write `gthread`, or leave `threads` out",
            );
        }
        if class == WorkerClass::Gthread && backend.threads > backend.worker_connections {
            self.doubtful(
                "backend.worker_connections",
                "`worker_connections` leaves threads without work",
                "a gthread worker accepts so many connections at most, however many threads it has",
            );
        }
    }

    /// Whether some variant has workers of another class: then a setting may be meant for that one.
    pub(super) fn class_varies(&self) -> bool {
        let variants = self.tree.get("variant").map(Node::items);
        variants.unwrap_or_default().iter().any(|variant| {
            let keys = ["backend.worker_class", "backend.threads"];
            set::of_variant(variant)
                .iter()
                .any(|setting| keys.contains(&setting.key.as_str()))
        })
    }

    /// Whether the file itself says something at a dotted path.
    fn says(&self, path: &str) -> bool {
        self.tree.has(&steps(path))
    }
}
