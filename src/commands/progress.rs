//! Progress on standard error: one line that is rewritten on a terminal, a line now and then elsewhere.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use super::finish::talk;
use super::speech::Listener;
use super::watch::{self, Heading, Screen};
use crate::lab::{Phase, Status};
use crate::plan::Plan;
use crate::report::human;
use crate::report::words::Words;
use crate::sim::{SimStats, SimStatus};
use crate::time::{Clock, Span, Timestamp};

/// Without a terminal: a line this often.
const PLAIN_INTERVAL: Span = Span::from_secs(2);

/// On a terminal: how often the line of a simulated run is written, which looks far more often than anyone can read.
const REWRITE_INTERVAL: Span = Span::from_ms(100);

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

impl Style {
    fn of_this_process(quiet: bool) -> Style {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        match () {
            () if quiet => Style::Quiet,
            () if std::io::stderr().is_terminal() && !dumb && std::env::var_os("CI").is_none() => {
                Style::Terminal
            }
            () => Style::Plain,
        }
    }
}

/// The progress of many runs of which each is short: how many are done, and which was the last.
pub(super) struct Counter {
    style: Style,
    done: usize,
    all: usize,
    /// When a line is due without a terminal: thousands of points are not thousands of lines.
    clock: Clock,
    next_at: Timestamp,
}

impl Counter {
    /// None of `all` is done.
    pub(super) fn new(listener: Listener, all: usize) -> Counter {
        Counter {
            style: Style::of_this_process(listener.quiet),
            done: 0,
            all,
            clock: Clock::start(),
            next_at: Timestamp::ZERO,
        }
    }

    /// One more is done.
    pub(super) fn point(&mut self, what: &str) {
        self.done += 1;
        let line = format!("{}/{} {what}", self.done, self.all);
        match self.style {
            Style::Quiet => {}
            Style::Terminal => rewrite(&line),
            Style::Plain => {
                let now = self.clock.now();
                if now >= self.next_at || self.done == self.all {
                    talk(&line);
                    self.next_at = now + PLAIN_INTERVAL;
                }
            }
        }
    }

    /// Nothing more to show.
    pub(super) fn done(&mut self) {
        if self.style == Style::Terminal && self.done > 0 {
            let _ = writeln!(std::io::stderr());
        }
    }
}

/// Writes over the line that the cursor is in.
fn rewrite(line: &str) {
    let width = rustix::termios::tcgetwinsize(std::io::stderr())
        .map_or(80, |size| usize::from(size.ws_col));
    let text = within(line, width.saturating_sub(1));
    let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
    let _ = std::io::stderr().flush();
}

/// As much of a line as fits into so many columns.
fn within(line: &str, width: usize) -> String {
    let mut text = line.to_owned();
    while human::columns(&text) > width {
        text.pop();
    }
    text
}

/// The progress of one run.
pub(super) struct Progress {
    style: Style,
    words: &'static Words,
    /// Shows more than a line, where a terminal was taken for it.
    screen: Option<Screen>,
    /// Whether each look is a line of JSON on standard output.
    live: bool,
    scenario: String,
    variants: usize,
    /// The variant's place and name, such as `2/5 buffered`.
    heading: String,
    /// Whether it has stages in place of workers, and ends when they do.
    is_pipeline: bool,
    /// The groups that are slow to nobody: their latency is what suffers.
    healthy: Vec<String>,
    last_phase: Option<Phase>,
    next_plain_at: Span,
    line_is_open: bool,
    /// Runs since the variant began.
    clock: Clock,
    /// When the line of a simulated run is due again.
    next_simulated_at: Timestamp,
    /// How long clients start requests in all variants that have not begun, where the caller has said so.
    later: Span,
}

impl Progress {
    /// Progress for a run of so many variants.
    pub(super) fn new(listener: Listener, scenario: &str, variants: usize) -> Progress {
        Progress {
            style: Style::of_this_process(listener.quiet),
            words: listener.words,
            screen: None,
            live: false,
            scenario: scenario.to_owned(),
            variants,
            heading: String::new(),
            is_pipeline: false,
            healthy: Vec::new(),
            last_phase: None,
            next_plain_at: Span::ZERO,
            line_is_open: false,
            clock: Clock::start(),
            next_simulated_at: Timestamp::ZERO,
            later: Span::ZERO,
        }
    }

    /// Shows it on a terminal that was taken.
    pub(super) fn on(&mut self, screen: Option<Screen>) {
        self.screen = screen;
    }

    /// Whether every look is told as a line of JSON.
    pub(super) fn told_live(&mut self, live: bool) {
        self.live = live;
    }

    /// What all variants together will take at least: from this the time that is left follows.
    pub(super) fn expects(&mut self, durations: impl Iterator<Item = Span>) {
        self.later = durations.fold(Span::ZERO, Span::saturating_add);
    }

    /// The next variant begins.
    pub(super) fn variant(&mut self, index: usize, plan: &Plan) {
        self.later = self.later.saturating_sub(plan.duration);
        self.close_line();
        self.heading = format!("{}/{} {}", index + 1, self.variants, plan.variant);
        if let Some(screen) = &self.screen {
            screen.begin(Heading::of(&self.scenario, &self.heading, plan));
        } else if index == 0 && self.style != Style::Quiet {
            let scenario = [("scenario", self.scenario.as_str().into())];
            talk(&self.words.say("progress-running", scenario));
        }
        self.is_pipeline = plan.pipeline.is_some();
        self.healthy = plan
            .groups
            .iter()
            .filter(|group| group.is_healthy())
            .map(|group| group.name.clone())
            .collect();
        self.last_phase = None;
        self.next_plain_at = Span::ZERO;
        self.clock = Clock::start();
        self.next_simulated_at = Timestamp::ZERO + self.simulated_interval();
    }

    /// Shows where the run stands, if it is time to.
    pub(super) fn show(&mut self, status: &Status) {
        if let Some(screen) = &self.screen {
            screen.look(status, self.later);
            return;
        }
        if self.live {
            // Who reads no more has gone, and that is noticed elsewhere.
            let _ = writeln!(std::io::stdout(), "{}", watch::line(status, self.later));
        }
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
                let line = line();
                self.rewrite(&line);
            }
        }
        self.last_phase = Some(status.phase);
    }

    fn rewrite(&mut self, line: &str) {
        rewrite(line);
        self.line_is_open = true;
    }

    /// Shows where a simulated run stands, if it is time to.
    pub(super) fn show_simulated(&mut self, plan: &Plan, status: &SimStatus) {
        let now = self.clock.now();
        if self.style == Style::Quiet || now < self.next_simulated_at {
            return;
        }
        self.next_simulated_at = now + self.simulated_interval();
        let line = self.simulated_line(plan.duration, status, now);
        match self.style {
            Style::Terminal => self.rewrite(&line),
            Style::Plain | Style::Quiet => talk(&line),
        }
    }

    /// `1/1 baseline: 34.1/60.0s virtual 12.1M events 1.31M/s held 1000 busy 4`
    fn simulated_line(&self, duration: Span, status: &SimStatus, now: Timestamp) -> String {
        let arguments = [
            ("heading", self.heading.as_str().into()),
            (
                "elapsed",
                format!("{:.1}", status.elapsed.as_secs_f64()).into(),
            ),
            ("duration", format!("{:.1}", duration.as_secs_f64()).into()),
            ("pace", pace(status.events, now, self.words).into()),
            ("held", status.held_connections.to_string().into()),
            ("busy", status.busy_slots.to_string().into()),
        ];
        self.words.say("progress-simulating", arguments)
    }

    /// A simulated variant is over; it took so long.
    pub(super) fn simulated(&mut self, stats: &SimStats, wall: Span) {
        let now = Timestamp::ZERO + wall;
        let elapsed = format!("{:.1}", stats.virtual_time.as_secs_f64());
        let arguments = [
            ("heading", self.heading.as_str().into()),
            ("elapsed", elapsed.into()),
            ("wall", short(Some(wall)).into()),
            ("pace", pace(stats.events, now, self.words).into()),
        ];
        let line = self.words.say("progress-simulated", arguments);
        match self.style {
            Style::Terminal => {
                self.rewrite(&line);
                self.close_line();
            }
            Style::Plain => talk(&line),
            Style::Quiet => {}
        }
    }

    fn simulated_interval(&self) -> Span {
        match self.style {
            Style::Terminal => REWRITE_INTERVAL,
            Style::Plain | Style::Quiet => PLAIN_INTERVAL,
        }
    }

    /// Nothing more to show.
    pub(super) fn done(&mut self) {
        self.screen = None;
        self.close_line();
    }

    fn close_line(&mut self) {
        if self.line_is_open {
            let _ = writeln!(std::io::stderr());
            self.line_is_open = false;
        }
    }

    /// `2/5 buffered: run 2.1/4.6s ETA 17s busy 4/4 queue 37 failed 12 | p99 3.02s`: eighty columns and no more.
    fn line(&self, status: &Status) -> String {
        let seconds = |span: Span| format!("{:.1}", span.as_secs_f64());
        if self.is_pipeline {
            let arguments = [
                ("heading", self.heading.as_str().into()),
                ("elapsed", seconds(status.elapsed).into()),
                ("most", seconds(status.duration).into()),
            ];
            return self.words.say("progress-pipeline", arguments);
        }
        let phase = match status.phase {
            Phase::Starting => "starting",
            Phase::WarmingUp => "warm-up",
            Phase::Running => "running",
            Phase::Draining => "draining",
            Phase::Settling => "settling",
        };
        let gauges = &status.gauges;
        let left = status.duration.saturating_sub(status.elapsed);
        let left = left.saturating_add(self.later).as_secs_f64();
        let slots = |slots| format!("/{slots}");
        let slots = status.slots.map_or_else(String::new, slots);
        let phase = self.words.say("progress-phase", [("phase", phase.into())]);
        let arguments = [
            ("heading", self.heading.as_str().into()),
            ("phase", phase.into()),
            ("elapsed", seconds(status.elapsed).into()),
            ("duration", seconds(status.duration).into()),
            ("left", format!("{left:.0}").into()),
            ("busy", format!("{}{slots}", gauges.busy_slots.get()).into()),
            ("queue", gauges.accept_queue.get().to_string().into()),
        ];
        let mut line = self.words.say("progress-line", arguments);
        let groups = status.live.groups();
        let failed: u64 = groups.iter().map(|group| group.failed).sum();
        if failed > 0 {
            let failed = [("failed", failed.to_string().into())];
            let _ = write!(line, " {}", self.words.say("progress-failed", failed));
        }
        for group in groups {
            if group.finished > 0 && self.healthy.contains(&group.group) {
                // A lone group needs no name, and the line has no room for it.
                let name = match self.healthy.len() {
                    1 => String::new(),
                    _ => format!(" {}", group.group),
                };
                let _ = write!(line, " |{name} p99 {}", short(group.p99));
            }
        }
        line
    }
}

/// `12.1M events 1.31M/s`.
fn pace(events: u64, now: Timestamp, words: &Words) -> String {
    let wall_s = now.as_secs_f64().max(1e-9);
    let rate = short_count(events as f64 / wall_s);
    let events = short_count(events as f64);
    words.say(
        "progress-pace",
        [("events", events.into()), ("rate", rate.into())],
    )
}

/// `999`, `12.1k`, `1.31M`: three digits, as they fit into a line.
fn short_count(n: f64) -> String {
    match n {
        n if n < 999.5 => format!("{n:.0}"),
        n if n < 999_500.0 => format!("{}k", three_digits(n / 1e3)),
        n => format!("{}M", three_digits(n / 1e6)),
    }
}

fn three_digits(n: f64) -> String {
    match n {
        n if n < 9.995 => format!("{n:.2}"),
        n if n < 99.95 => format!("{n:.1}"),
        n => format!("{n:.0}"),
    }
}

/// `1.01s`: no space, so that the line fits into 80 columns.
fn short(span: Option<Span>) -> String {
    span.map_or_else(
        || "-".to_owned(),
        |span| human::micros(span.as_us()).replace(' ', ""),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::record::collect::Live;
    use crate::report::words::Language;

    #[test]
    fn counts_have_three_digits() {
        for (n, text) in [
            (7.0, "7"),
            (999.0, "999"),
            (999.9, "1.00k"),
            (12_140.0, "12.1k"),
            (999_600.0, "1.00M"),
            (120_924_624.0, "121M"),
        ] {
            assert_eq!(short_count(n), text);
        }
        assert_eq!(
            pace(
                3_000_000,
                Timestamp::from_us(2_000_000),
                Words::of(Language::English)
            ),
            "3.00M events 1.50M/s"
        );
    }

    #[test]
    fn the_line_of_a_run_fits_eighty_columns_and_says_how_long() {
        let mut progress = Progress::new(Listener::nobody(), "worker-starvation", 5);
        progress.expects([Span::from_ms(4_600); 5].into_iter());
        progress.heading = "2/5 buffered".to_owned();
        progress.later = Span::from_ms(13_800);
        progress.healthy = vec!["visitors".to_owned()];
        let status = Status {
            phase: Phase::Running,
            elapsed: Span::from_ms(2_100),
            duration: Span::from_ms(4_600),
            slots: Some(4),
            gauges: Arc::default(),
            live: Arc::new(Live::new(Span::ZERO)),
        };
        status.gauges.busy_slots.set(4);
        status.gauges.accept_queue.set(37);
        let line = progress.line(&status);
        assert_eq!(line, "2/5 buffered: run 2.1/4.6s ETA 16s busy 4/4 queue 37");
        let rest = " failed 115 | p99 3.02s";
        assert!(line.len() + rest.len() < 80);
        progress.is_pipeline = true;
        let line = progress.line(&status);
        assert_eq!(
            line, "2/5 buffered: 2.1s, at most 4.6s",
            "it has no workers, and its end is its own"
        );
        progress.is_pipeline = false;
        progress.words = Words::of(Language::Korean);
        let line = progress.line(&status);
        assert!(line.contains("바쁨 4/4 큐 37"), "{line}");
        assert!(human::columns(&line) + human::columns(" 실패 115 | p99 3.02s") < 80);
    }

    #[test]
    fn a_line_is_cut_by_columns_not_by_letters() {
        assert_eq!(within("바쁨 4", 5), "바쁨 ");
        assert_eq!(within("busy 4", 80), "busy 4");
    }

    #[test]
    fn the_line_of_a_simulated_run_fits_eighty_columns() {
        let mut progress = Progress::new(Listener::nobody(), "s", 1);
        progress.heading = "1/1 baseline".to_owned();
        let status = SimStatus {
            elapsed: Span::from_secs(3600),
            events: 120_924_624,
            held_connections: 1_000_000,
            busy_slots: 512,
        };
        let now = Timestamp::from_us(52_010_000);
        let line = progress.simulated_line(Span::from_secs(3600), &status, now);
        let wanted =
            "1/1 baseline: 3600.0/3600.0s virtual 121M events 2.33M/s held 1000000 busy 512";
        assert_eq!(line, wanted);
        assert!(line.len() < 80);
    }
}
