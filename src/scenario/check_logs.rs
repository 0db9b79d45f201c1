//! Checks of where logs and temp files go.

use super::check::Checker;
use super::file::File;
use crate::machine::backend_config::WorkerClass;
use crate::machine::log_target::{LogTarget, PAGE};
use crate::machine::proxy_config::Process;
use crate::units::Bytes;

/// The kernel's default of `/proc/sys/fs/pipe-max-size`.
const LARGEST_PIPE: Bytes = Bytes::mib(1);
/// Ours: a disk is memory here.
const LARGEST_DISK: Bytes = Bytes::mib(1024);
const SMALLEST_DISK: Bytes = Bytes::kib(64);

impl Checker<'_> {
    /// Disks of their own.
    pub(super) fn disks(&mut self, file: &File) {
        let tiers = [("edge", &file.edge), ("proxy", &file.proxy)];
        for (tier, proxy) in tiers {
            let size = proxy.as_ref().and_then(|proxy| proxy.temp_disk);
            if size.is_some_and(|size| size < SMALLEST_DISK || size > LARGEST_DISK) {
                self.wrong(
                    &format!("{tier}.temp_disk"),
                    format!("a disk of memory has {SMALLEST_DISK} to {LARGEST_DISK}"),
                    "try 8MiB",
                );
            }
        }
    }

    /// Logs that go into pipes.
    pub(super) fn logs(&mut self, file: &File) {
        self.pipe("backend.accesslog", file.backend.accesslog);
        self.pipe("backend.errorlog", file.backend.errorlog);
        let proxy = file.proxy.as_ref();
        let told = [
            ("backend.errorlog.append", !file.backend.errorlog.append),
            (
                "proxy.access_log.append",
                proxy.is_some_and(|proxy| !proxy.access_log.append),
            ),
        ];
        for (key, _) in told.iter().filter(|(_, without)| *without) {
            let title = "this log is always opened for appending";
            self.wrong(key, title, "say it of `backend.accesslog`");
        }
        let in_pipes = !file.backend.accesslog.is_file() || !file.backend.errorlog.is_file();
        if in_pipes && file.backend.instances > 1 {
            self.wrong(
                "backend.instances",
                "the logs of several backends do not go into pipes here",
                "use one instance, or leave `pipe` out",
            );
        }
        if !file.backend.accesslog.is_file() && file.backend.class() != WorkerClass::Sync {
            self.wrong(
                "backend.accesslog.pipe",
                "only the access log of sync workers goes into a pipe here",
                "threads block one by one as each has something to log, which is not played",
            );
        }
        if let Some(edge) = &file.edge
            && !edge.access_log.is_file()
        {
            self.wrong(
                "edge.access_log.pipe",
                "the access log of the edge does not go into a pipe here",
                "say it of `proxy`",
            );
        }
        let Some(proxy) = file
            .proxy
            .as_ref()
            .filter(|proxy| !proxy.access_log.is_file())
        else {
            return;
        };
        self.pipe("proxy.access_log", proxy.access_log);
        if proxy.process == Process::In {
            self.wrong(
                "proxy.access_log.pipe",
                "an event loop that stands within slowlab's own process is not seen as a process",
                "set `proxy.process = \"own\"`",
            );
        }
        if proxy.instances > 1 {
            self.wrong(
                "proxy.instances",
                "the access logs of several proxies do not go into pipes here",
                "use one instance, or leave `pipe` out",
            );
        }
    }

    fn pipe(&mut self, log: &str, target: LogTarget) {
        let Some(pipe) = target.pipe else { return };
        let size = pipe.size.0;
        if !size.is_power_of_two() || size < PAGE || pipe.size > LARGEST_PIPE {
            self.wrong(
                &format!("{log}.pipe.size"),
                format!("a pipe does not hold {}", pipe.size),
                "a power of two from 4KiB to 1MiB; 64KiB is usual",
            );
        }
    }
}
