//! What travels between the parent, the master and the workers: JSON lines, and what workers do in [`report_words`]; each less than `PIPE_BUF`, so that
//! writers do not mix.

use std::io::{self, BufRead};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::report_words;
use crate::machine::backend_config::BackendConfig;
use crate::net::Address;
use crate::record::{Event, EventKind, Loss, Source, WorkerReport};
use crate::seed::Seed;
use crate::time::Timestamp;

/// Longest line: `PIPE_BUF`. Longer ones would not be written in one piece.
const LINE_LIMIT: usize = 4096;
/// Longest line of a log in an event, so that the event's own stays below the limit even if every byte is escaped as `\u00xx`.
const LINE_OF_LOG_LIMIT: usize = 512;

/// What the master needs to know: one line on its standard input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct MasterSpec {
    pub config: BackendConfig,
    /// Whether workers outlive a master that is killed.
    #[serde(default)]
    pub leaves_orphans: bool,
    /// Whether master and workers let any process trace them.
    #[serde(default)]
    pub may_be_traced: bool,
    pub seed: Seed,
    /// Where to listen; port 0 lets the kernel choose.
    pub listen: Address,
    #[serde(with = "crate::files::path")]
    pub runtime_dir: PathBuf,
    #[serde(default)]
    pub worker_tmp_dir: Option<PathBuf>,
    #[serde(with = "crate::files::path")]
    pub log: PathBuf,
    pub clock_origin_ns: u64,
    /// How many masters there were before this one: another if it takes the place of one that has ended.
    #[serde(default)]
    pub ordinal: u32,
}

/// One line of the report pipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line<M = Message> {
    /// The master that says it or whose worker does: 0 is the first.
    pub from: u32,
    pub said: M,
}

/// What a line says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Message {
    /// The listener is bound.
    Listening(Address),
    /// The master gave up before it listened.
    Failed { message: String, hint: String },
    /// The master has started another one.
    Reexecuted { ordinal: u32, pid: u32 },
    /// The master ends by itself, with this code.
    Exits(i32),
    /// A worker changed its state: said in [`report_words`].
    #[serde(skip)]
    Worker(WorkerReport),
    /// Something happened.
    Event(Event),
}

/// Reads what comes next: `None` at the end, and what is wrong with a line that means nothing. `line` is room for one.
pub(super) fn next(
    pipe: &mut impl BufRead,
    line: &mut Vec<u8>,
) -> io::Result<Option<Result<Line, String>>> {
    if pipe.fill_buf()?.first() == Some(&report_words::MARK) {
        let mut bytes = [0; report_words::LEN];
        pipe.read_exact(&mut bytes)?;
        let report = report_words::read(&bytes).map(|(from, report)| Line {
            from,
            said: Message::Worker(report),
        });
        return Ok(Some(
            report.ok_or_else(|| "no report of a worker".to_owned()),
        ));
    }
    line.clear();
    Ok(match pipe.read_until(b'\n', line)? {
        0 => None,
        _ => Some(serde_json::from_slice(line).map_err(|error| error.to_string())),
    })
}

/// The write end of the report pipe: never waited for. What does not fit is dropped, counted and told later.
#[derive(Debug)]
pub(super) struct Reports {
    pipe: OwnedFd,
    /// Whose.
    from: u32,
    dropped: AtomicU64,
}

impl Reports {
    /// Those of the first master.
    pub(super) fn new(pipe: OwnedFd) -> Reports {
        Reports {
            pipe,
            from: 0,
            dropped: AtomicU64::new(0),
        }
    }

    /// The same of a later one.
    pub(super) fn of_master(self, ordinal: u32) -> Reports {
        Reports {
            from: ordinal,
            ..self
        }
    }

    /// Sends a message, after word of those lost before it.
    pub(super) fn send(&self, at: Timestamp, message: &Message) {
        let lost = self.dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let kind = EventKind::ReportsDropped {
                count: lost,
                place: Loss::ReportPipe {},
            };
            let event = Event::new(at, Source::Worker, kind);
            if !self.write(&Message::Event(event)) {
                self.dropped.fetch_add(lost + 1, Ordering::Relaxed);
                return;
            }
        }
        if !self.write(message) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Sends an event; a line of a log in it is cut to fit.
    pub(super) fn event(&self, mut event: Event) {
        event.kind.cut_line(LINE_OF_LOG_LIMIT);
        self.send(event.at, &Message::Event(event));
    }

    /// Whether the pipe took the message.
    fn write(&self, message: &Message) -> bool {
        if let Message::Worker(report) = message {
            return self.put(&report_words::written(self.from, report));
        }
        let line = Line {
            from: self.from,
            said: message,
        };
        let Ok(mut line) = serde_json::to_vec(&line) else {
            return false;
        };
        line.push(b'\n');
        line.len() <= LINE_LIMIT && self.put(&line)
    }

    /// Whether the pipe took the bytes, all of them. A reader that is gone needs none, so that counts as taken.
    fn put(&self, bytes: &[u8]) -> bool {
        let written = rustix::io::retry_on_intr(|| rustix::io::write(&self.pipe, bytes));
        matches!(written, Ok(_) | Err(rustix::io::Errno::PIPE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::WorkerState;
    use crate::time::Span;
    use std::io::Read;

    fn event(line: String) -> Event {
        Event::new(
            Timestamp::ZERO,
            Source::Worker,
            EventKind::WorkerLog { line },
        )
    }

    /// What waits in the pipe.
    fn drain(read: &mut std::fs::File) -> Vec<Line> {
        let mut bytes = Vec::new();
        let _ = read.read_to_end(&mut bytes);
        let (mut bytes, mut line) = (bytes.as_slice(), Vec::new());
        std::iter::from_fn(|| next(&mut bytes, &mut line).unwrap().map(Result::unwrap)).collect()
    }

    #[test]
    fn a_full_pipe_drops_whole_lines_and_says_how_many() {
        let flags = rustix::pipe::PipeFlags::NONBLOCK;
        let (read, write) = rustix::pipe::pipe_with(flags).unwrap();
        let mut read = std::fs::File::from(read);
        let reports = Reports::new(write);
        let total = 2_000;
        for number in 0..total {
            reports.event(event(format!("event {number}")));
        }
        let arrived = drain(&mut read).len();
        assert!(arrived > 100 && arrived < total, "{arrived}");
        reports.event(event("after".to_owned()));
        let texts: Vec<String> = drain(&mut read)
            .into_iter()
            .map(|line| match line.said {
                Message::Event(event) => event.kind.text(),
                other => panic!("{other:?}"),
            })
            .collect();
        let lost = format!("{} reports", total - arrived);
        assert!(texts[0].starts_with(&lost), "{texts:?}");
        assert_eq!(texts[1], "after");
    }

    #[test]
    fn a_workers_report_arrives_as_it_was_sent() {
        let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).unwrap();
        let reports = Reports::new(write);
        let at = Timestamp::from_us(3);
        let sent = WorkerReport {
            accepted_at: Some(Timestamp::from_us(2)),
            request_id: Some(7),
            sent_bytes: 11,
            recv_blocked: Span::from_us(13),
            send_blocked: Span::from_us(17),
            buffered_bytes: 19,
            ..WorkerReport::bare(1, 100, Some(5), at, WorkerState::Send)
        };
        reports.send(at, &Message::Worker(sent.clone()));
        drop(reports);
        let said = drain(&mut std::fs::File::from(read)).remove(0).said;
        assert!(matches!(said, Message::Worker(heard) if heard == sent));
    }

    #[test]
    fn the_longest_text_fits_into_a_line() {
        let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).unwrap();
        let reports = Reports::new(write);
        reports.event(event("\u{1}".repeat(100_000)));
        drop(reports);
        assert_eq!(drain(&mut std::fs::File::from(read)).len(), 1);
    }
}
