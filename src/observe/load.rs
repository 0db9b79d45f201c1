//! The machine as `/proc` adds it up: the load average, and what it is made of.

use std::fs;

use crate::record::MachineSample;
use crate::time::Timestamp;

use super::proc::in_us;

/// What the machine does; `None` where `/proc` does not say.
pub(super) fn sample(at: Timestamp) -> Option<MachineSample> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let pressure = fs::read_to_string("/proc/pressure/io").ok();
    let cores = cores(&stat)?;
    Some(MachineSample {
        at,
        load_1m_hundredths: hundredths(&load)?,
        running_tasks: count(&stat, "procs_running")?,
        blocked_tasks: count(&stat, "procs_blocked")?,
        busy_us: in_us(cores.busy),
        idle_us: in_us(cores.idle + cores.iowait),
        iowait_us: in_us(cores.iowait),
        psi_io_us: pressure.and_then(|text| some_total(&text)),
    })
}

/// Times of all cores, in ticks.
pub(super) struct Cores {
    /// What is stolen is busy, too.
    busy: u64,
    idle: u64,
    iowait: u64,
    /// For how long the hypervisor ran others.
    pub(super) stolen: u64,
}

/// The first line: user, nice, system, idle, iowait, irq, softirq, steal.
pub(super) fn cores(stat: &str) -> Option<Cores> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let times: Vec<u64> = (line.split_ascii_whitespace())
        .map_while(|word| word.parse().ok())
        .collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal] = *times.first_chunk()?;
    Some(Cores {
        busy: user + nice + system + irq + softirq + steal,
        idle,
        iowait,
        stolen: steal,
    })
}

fn count(stat: &str, name: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}

/// `2.31 ...` is 231.
fn hundredths(loadavg: &str) -> Option<u64> {
    let (whole, part) = loadavg.split_ascii_whitespace().next()?.split_once('.')?;
    Some(whole.parse::<u64>().ok()? * 100 + part.parse::<u64>().ok()?)
}

/// `total=` of the line that begins with `some`, in microseconds.
fn some_total(pressure: &str) -> Option<u64> {
    let line = pressure
        .lines()
        .find_map(|line| line.strip_prefix("some "))?;
    let total = line
        .split_ascii_whitespace()
        .find_map(|word| word.strip_prefix("total="))?;
    total.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        assert_eq!(hundredths("17.51 3.02 1.00 3/200 4711\n"), Some(1_751));
        let stat = "cpu  10 1 5 80 4 1 1 2 0 0\ncpu0 10 1 5 80 4 1 1 2 0 0\nprocs_running 3\nprocs_blocked 1\n";
        let read = cores(stat).unwrap();
        assert_eq!((read.busy, read.idle, read.iowait), (20, 80, 4));
        assert_eq!(read.stolen, 2);
        assert_eq!(count(stat, "procs_running"), Some(3));
        let pressure =
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=4711\nfull avg10=0.00 total=12\n";
        assert_eq!(some_total(pressure), Some(4_711));
        let here = sample(Timestamp::ZERO).unwrap();
        assert!(here.busy_us > 0 && here.running_tasks >= 1, "{here:?}");
    }
}
