//! Reads gunicorn's error log in the format of an export: `1795384738.129 [date] [pid] [LEVEL] text`. Pure.

use crate::record::ExitStatus;

/// One line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LogLine<'a> {
    /// Seconds since the epoch, a decimal.
    pub(super) seconds: &'a str,
    /// Who wrote it.
    pub(super) pid: u32,
    /// The text.
    pub(super) text: &'a str,
    /// What it means.
    pub(super) news: News,
}

/// What a line means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum News {
    /// The arbiter found a stale heartbeat.
    Timeout {
        /// The worker.
        pid: u32,
    },
    /// How a worker ended.
    Ended {
        /// The worker.
        pid: u32,
        /// How.
        status: ExitStatus,
    },
    /// A worker has noticed that its master is gone.
    Orphaned,
    /// A worker is about to end.
    Exiting,
    /// The master takes up a signal.
    Signal {
        /// gunicorn's name for it.
        name: String,
    },
    /// Something else.
    Other,
}

/// Reads a line; `None` for the further lines of a traceback.
pub(super) fn parse(line: &str) -> Option<LogLine<'_>> {
    let (seconds, rest) = line.split_once(" [")?;
    if seconds.is_empty() || !seconds.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let (_date, rest) = rest.split_once("] [")?;
    let (pid, rest) = rest.split_once("] [")?;
    let (_level, text) = rest.split_once("] ")?;
    Some(LogLine {
        seconds,
        pid: pid.parse().ok()?,
        text,
        news: news(text).unwrap_or(News::Other),
    })
}

fn news(text: &str) -> Option<News> {
    if let Some(name) = text.strip_prefix("Handling signal: ") {
        let name = name.to_owned();
        return Some(News::Signal { name });
    }
    if text.starts_with("Parent changed, shutting down") {
        return Some(News::Orphaned);
    }
    if text.starts_with("Worker exiting (pid:") {
        return Some(News::Exiting);
    }
    let pid = number_after(text, "(pid:")?;
    if text.starts_with("WORKER TIMEOUT") {
        return Some(News::Timeout { pid });
    }
    let status = match text.split_once(" was sent ") {
        Some((_, name)) => ExitStatus::Signal(signal_number(name.split('!').next()?)?),
        None => ExitStatus::Code(
            text.split_once(" exited with code ")?
                .1
                .trim_end_matches('.')
                .parse()
                .ok()?,
        ),
    };
    text.starts_with("Worker (pid:")
        .then_some(News::Ended { pid, status })
}

/// The number of a signal by the name that Python has for it.
fn signal_number(name: &str) -> Option<i32> {
    Some(match name {
        "SIGHUP" => libc::SIGHUP,
        "SIGINT" => libc::SIGINT,
        "SIGQUIT" => libc::SIGQUIT,
        "SIGILL" => libc::SIGILL,
        "SIGABRT" => libc::SIGABRT,
        "SIGBUS" => libc::SIGBUS,
        "SIGFPE" => libc::SIGFPE,
        "SIGKILL" => libc::SIGKILL,
        "SIGSEGV" => libc::SIGSEGV,
        "SIGPIPE" => libc::SIGPIPE,
        "SIGTERM" => libc::SIGTERM,
        "SIGUSR1" => libc::SIGUSR1,
        "SIGUSR2" => libc::SIGUSR2,
        _ => return None,
    })
}

fn number_after(text: &str, marker: &str) -> Option<u32> {
    let (_, rest) = text.split_once(marker)?;
    rest.split(')').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arbiters_words_are_understood() {
        let line = |text: &str| {
            format!("1795384738.129 [2026-11-22 21:58:58 +0000] [21645] [CRITICAL] {text}")
        };
        let ended = |status| News::Ended { pid: 77, status };
        for (text, news) in [
            ("WORKER TIMEOUT (pid:77)", News::Timeout { pid: 77 }),
            (
                "Worker (pid:77) was sent SIGKILL! Perhaps out of memory?",
                ended(ExitStatus::Signal(9)),
            ),
            (
                "Worker (pid:77) exited with code 1.",
                ended(ExitStatus::Code(1)),
            ),
            (
                "Handling signal: term",
                News::Signal {
                    name: "term".to_owned(),
                },
            ),
            ("Parent changed, shutting down: <Worker 77>", News::Orphaned),
            ("Worker exiting (pid: 77)", News::Exiting),
            ("Booting worker with pid: 77", News::Other),
        ] {
            let line = line(text);
            let read = parse(&line).unwrap();
            assert_eq!(
                (read.seconds, read.pid, read.text, read.news),
                ("1795384738.129", 21645, text, news)
            );
        }
    }

    #[test]
    fn tracebacks_and_foreign_lines_are_passed_over() {
        for line in [
            "",
            "Traceback (most recent call last):",
            "  File \"/x.py\", line [1] in y",
            "SystemExit: 1",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
