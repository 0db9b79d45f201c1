//! Progress on standard error: one line that is rewritten on a terminal, a line now and then elsewhere.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use super::finish::talk;
use crate::lab::{Phase, Status};
use crate::plan::Plan;
use crate::report::human;
use crate::time::Span;

/// Without a terminal: a line this often.
const PLAIN_INTERVAL: Span = Span::from_secs(2);

/// How progress is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    /// Not at all.
    Quiet,
    /// Lines that stay.
    Plain,
    /// One line, rewritten.
    Terminal,
}

/// The progress of one run.
pub(super) struct Progress {
    style: Style,
    scenario: String,
    variants: usize,
    /// The variant's place and name, such as `2/5 buffered`.
    heading: String,
    /// The groups that are slow to nobody: their latency is what suffers.
    healthy: Vec<String>,
    last_phase: Option<Phase>,
    next_plain_at: Span,
    line_is_open: bool,
}

impl Progress {
    /// Progress for a run of so many variants.
    pub(super) fn new(quiet: bool, scenario: &str, variants: usize) -> Progress {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let style = match () {
            () if quiet => Style::Quiet,
            () if std::io::stderr().is_terminal() && !dumb && std::env::var_os("CI").is_none() => {
                Style::Terminal
            }
            () => Style::Plain,
        };
        Progress {
            style,
            scenario: scenario.to_owned(),
            variants,
            heading: String::new(),
            healthy: Vec::new(),
            last_phase: None,
            next_plain_at: Span::ZERO,
            line_is_open: false,
        }
    }

    /// The next variant begins.
    pub(super) fn variant(&mut self, index: usize, plan: &Plan) {
        self.close_line();
        if index == 0 && self.style != Style::Quiet {
            talk(&format!("running {}", self.scenario));
        }
        self.heading = format!("{}/{} {}", index + 1, self.variants, plan.variant);
        self.healthy = plan
            .groups
            .iter()
            .filter(|group| group.is_healthy())
            .map(|group| group.name.clone())
            .collect();
        self.last_phase = None;
        self.next_plain_at = Span::ZERO;
    }

    /// Shows where the run stands, if it is time to.
    pub(super) fn show(&mut self, status: &Status) {
        let due = self.last_phase != Some(status.phase) || status.elapsed >= self.next_plain_at;
        let line = || self.line(status);
        match self.style {
            Style::Quiet => {}
            Style::Plain if due => {
                let _ = writeln!(std::io::stderr(), "{}", line());
                self.next_plain_at = status.elapsed.saturating_add(PLAIN_INTERVAL);
            }
            Style::Plain => {}
            Style::Terminal => {
                let width = rustix::termios::tcgetwinsize(std::io::stderr())
                    .map_or(80, |size| usize::from(size.ws_col));
                let text: String = line().chars().take(width.saturating_sub(1)).collect();
                let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
                let _ = std::io::stderr().flush();
                self.line_is_open = true;
            }
        }
        self.last_phase = Some(status.phase);
    }

    /// Nothing more to show.
    pub(super) fn done(&mut self) {
        self.close_line();
    }

    fn close_line(&mut self) {
        if self.line_is_open {
            let _ = writeln!(std::io::stderr());
            self.line_is_open = false;
        }
    }

    /// `2/5 buffered: run 2.1/4.6s held 44 busy 4/4 queue 37 | p50 5.21ms p99 3.02s`
    fn line(&self, status: &Status) -> String {
        let phase = match status.phase {
            Phase::Starting => "start",
            Phase::WarmingUp => "warm-up",
            Phase::Running => "run",
            Phase::Draining => "drain",
            Phase::Settling => "settle",
        };
        let gauges = &status.gauges;
        let mut line = format!(
            "{}: {phase} {:.1}/{:.1}s held {} busy {}/{} queue {}",
            self.heading,
            status.elapsed.as_secs_f64(),
            status.duration.as_secs_f64(),
            gauges.held_connections.get(),
            gauges.busy_workers.get(),
            status.workers,
            gauges.accept_queue.get(),
        );
        for group in status.live.groups() {
            if group.finished > 0 && self.healthy.contains(&group.group) {
                // A lone group needs no name, and the line has no room for it.
                let name = match self.healthy.len() {
                    1 => String::new(),
                    _ => format!(" {}", group.group),
                };
                let _ = write!(
                    line,
                    " |{name} p50 {} p99 {}",
                    short(group.p50),
                    short(group.p99)
                );
            }
        }
        line
    }
}

/// `1.01s`: no space, so that the line fits into 80 columns.
fn short(span: Option<Span>) -> String {
    span.map_or_else(
        || "-".to_owned(),
        |span| human::micros(span.as_us()).replace(' ', ""),
    )
}
