//! Reads gunicorn's error log in the format of an export: `1795384738.129 [date] [pid] [LEVEL] text`. Pure.

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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
    },
    /// A worker ended before it was in its loop, and the server with it.
    NeverBooted {
        /// The worker.
        pid: u32,
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
    let news = match text {
        _ if text.starts_with("WORKER TIMEOUT (pid:") => {
            number_after(text, "(pid:").map(|pid| News::Timeout { pid })
        }
        _ if text.ends_with("exited with code 3.") || text.ends_with("exited with code 4.") => {
            number_after(text, "(pid:").map(|pid| News::NeverBooted { pid })
        }
        _ if text.starts_with("Worker (pid:") => {
            number_after(text, "(pid:").map(|pid| News::Ended { pid })
        }
        _ => None,
    };
    Some(LogLine {
        seconds,
        pid: pid.parse().ok()?,
        text,
        news: news.unwrap_or(News::Other),
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
        for (text, news) in [
            ("WORKER TIMEOUT (pid:77)", News::Timeout { pid: 77 }),
            (
                "Worker (pid:77) was sent SIGKILL! Perhaps out of memory?",
                News::Ended { pid: 77 },
            ),
            (
                "Worker (pid:77) exited with code 1.",
                News::Ended { pid: 77 },
            ),
            (
                "Worker (pid:77) exited with code 3.",
                News::NeverBooted { pid: 77 },
            ),
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
