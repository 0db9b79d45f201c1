//! Facts about this machine that belong into a run's manifest.

use std::collections::BTreeMap;
use std::fs;

use super::limits;
use crate::record::Manifest;
use crate::time::{Clock, Span};

/// The sysctls that decide how sockets behave.
const SYSCTLS: [&str; 13] = [
    "net.core.rmem_default",
    "net.core.rmem_max",
    "net.core.somaxconn",
    "net.core.wmem_default",
    "net.core.wmem_max",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_congestion_control",
    "net.ipv4.tcp_mem",
    "net.ipv4.tcp_moderate_rcvbuf",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syn_retries",
    "net.ipv4.tcp_tw_reuse",
    "net.ipv4.tcp_wmem",
];

/// Ticks of the measurement: 20 of 5 ms are 100 ms.
const TICKS: usize = 20;
const TICK: Span = Span::from_ms(5);

/// What can be said of this machine without measuring.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MachineFacts {
    /// Kernel release.
    pub kernel: String,
    /// Sysctls by name; those that cannot be read are left out.
    pub sysctls: BTreeMap<String, String>,
    /// Soft and hard limit of open files.
    pub nofile: (u64, u64),
    /// CPU model and count, such as `4 x Some CPU`.
    pub cpu: Option<String>,
}

/// Collects the facts.
pub fn facts() -> MachineFacts {
    let sysctls = SYSCTLS
        .iter()
        .filter_map(|name| {
            let path = format!("/proc/sys/{}", name.replace('.', "/"));
            let value = fs::read_to_string(path).ok()?;
            let words: Vec<&str> = value.split_ascii_whitespace().collect();
            Some(((*name).to_owned(), words.join(" ")))
        })
        .collect();
    MachineFacts {
        kernel: rustix::system::uname()
            .release()
            .to_string_lossy()
            .into_owned(),
        sysctls,
        nofile: limits::nofile(),
        cpu: fs::read_to_string("/proc/cpuinfo")
            .ok()
            .and_then(|text| cpu(&text)),
    }
}

/// Median and largest lateness of tokio's timer, in microseconds, over 100 ms of 5 ms sleeps: the grain of every paced read
/// and every sleeping handler. Takes 100 ms. `None` if no runtime can be made.
pub fn tick_error() -> Option<(u64, u64)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .ok()?;
    let clock = Clock::start();
    let mut late_us = runtime.block_on(async {
        let mut late_us = Vec::with_capacity(TICKS);
        for _ in 0..TICKS {
            let due_at = clock.now() + TICK;
            tokio::time::sleep(TICK.to_duration()).await;
            late_us.push(clock.now().since(due_at).as_us());
        }
        late_us
    });
    late_us.sort_unstable();
    Some((late_us[TICKS / 2], late_us[TICKS - 1]))
}

/// Writes the facts into a manifest.
pub fn describe(manifest: &mut Manifest) {
    let facts = facts();
    manifest.kernel = Some(facts.kernel);
    manifest.sysctls = facts.sysctls;
    manifest.nofile = Some(facts.nofile);
    manifest.cpu = facts.cpu;
}

fn cpu(cpuinfo: &str) -> Option<String> {
    let count = cpuinfo
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'))
        .map_or("unknown model", |(_, model)| model.trim());
    (count > 0).then(|| format!("{count} x {model}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_described() {
        let mut manifest = Manifest::default();
        describe(&mut manifest);
        assert!(manifest.kernel.is_some_and(|kernel| kernel.contains('.')));
        assert_eq!(manifest.sysctls["net.ipv4.tcp_rmem"].split(' ').count(), 3);
        assert!(
            manifest
                .nofile
                .is_some_and(|(soft, hard)| 0 < soft && soft <= hard)
        );
        assert!(tick_error().is_some_and(|(median, max)| median <= max));
    }

    #[test]
    fn cpus_are_counted_and_named() {
        let text =
            "processor\t: 0\nmodel name\t: Some CPU\n\nprocessor\t: 1\nmodel name\t: Some CPU\n";
        assert_eq!(cpu(text).as_deref(), Some("2 x Some CPU"));
        assert_eq!(cpu("processor : 0\n").as_deref(), Some("1 x unknown model"));
        assert_eq!(cpu(""), None);
    }
}
