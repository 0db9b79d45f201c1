//! The live view as cells of a terminal: from what was seen to a buffer, and nothing else.

use fluent_bundle::FluentValue;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Modifier, Style};

use super::glance::{Glance, Heading};
use super::lines::Lines;
use super::strip::{Cell, Row};
use super::view::View;
use crate::lab::Phase;
use crate::record::{BytePlace, Holder, WorkerState};
use crate::report::human;
use crate::time::Span;
use crate::units::human_bytes;

/// Width of what is said at the right.
const VALUES: u16 = 26;
/// A bar has at least so much room.
const SHORTEST_BAR: u16 = 6;
/// Parts of a cell from the bottom.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Colours of groups that are slow on purpose, and of all others: lighter and darker ones, told apart by eyes that lack a cone.
const SLOW: [Color; 3] = [Color::Yellow, Color::Magenta, Color::LightYellow];
const HEALTHY: [Color; 3] = [Color::Cyan, Color::Blue, Color::LightGreen];

/// A buffer, and where its columns are.
pub(super) struct Sheet<'a> {
    pub(super) view: &'a View,
    buffer: &'a mut Buffer,
    pub(super) area: Rect,
    /// Where bars begin.
    pub(super) bars: u16,
    /// Where values begin.
    pub(super) values: u16,
    pub(super) y: u16,
}

/// Draws the view.
pub(super) fn paint(view: &View, area: Rect, buffer: &mut Buffer) {
    let labels = if area.width < 70 { 14 } else { 25 };
    let values = area.width.saturating_sub(VALUES);
    let mut sheet = Sheet {
        view,
        buffer,
        area,
        bars: labels.min(values),
        values,
        y: 0,
    };
    if let (Some(heading), Some(glance)) = (&view.heading, &view.now) {
        match view.is_pipeline() {
            true => sheet.pipeline(heading, glance),
            false => sheet.all(heading, glance),
        }
    }
}

impl Sheet<'_> {
    fn all(&mut self, heading: &Heading, glance: &Glance) {
        let view = self.view;
        let (rows, places) = (&view.strip.rows, view.most_bytes.len());
        let lines = Lines::share(self.area.height, rows.len(), places, heading.groups.len());
        self.title(heading, glance);
        self.y += 2;
        self.workers(glance);
        self.y += 1;
        self.lanes(heading, lines.lanes);
        self.queue(glance, lines.queue);
        self.y += 1;
        self.bytes(heading, glance, lines.bytes);
        self.y += 1;
        self.groups(heading, glance, lines.groups);
        self.how_to_end();
    }

    /// The last line.
    pub(super) fn how_to_end(&mut self) {
        self.y = self.area.height.saturating_sub(1);
        self.left(0, &self.view.say("watch-end"), self.faint());
    }

    pub(super) fn faint(&self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn bold(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn bad(&self) -> Style {
        self.colored(Color::Red).add_modifier(Modifier::BOLD)
    }

    fn colored(&self, color: Color) -> Style {
        match self.view.color {
            true => Style::new().fg(color),
            false => Style::new(),
        }
    }

    pub(super) fn of_group(&self, group: Option<usize>) -> Style {
        let groups = self.view.heading.iter().flat_map(|heading| &heading.groups);
        let groups: Vec<bool> = groups.map(|group| group.healthy).collect();
        let Some(healthy) = group.and_then(|group| groups.get(group)) else {
            return Style::new();
        };
        let before = &groups[..group.unwrap_or_default()];
        let place = before.iter().filter(|one| *one == healthy).count();
        let colors = if *healthy { HEALTHY } else { SLOW };
        self.colored(colors[place % colors.len()])
    }

    /// Text from a column on, up to the right edge; the column behind it.
    pub(super) fn left(&mut self, x: u16, text: &str, style: Style) -> u16 {
        self.within(x, self.area.width, text, style)
    }

    /// Text from a column on, cut before another.
    pub(super) fn within(&mut self, x: u16, to: u16, text: &str, style: Style) -> u16 {
        if self.y >= self.area.height || x >= to {
            return x;
        }
        let (left, top) = (self.area.x + x, self.area.y + self.y);
        let room = usize::from(to - x);
        let end = self.buffer.set_stringn(left, top, text, room, style).0;
        end - self.area.x
    }

    /// Text that ends before a column.
    pub(super) fn right(&mut self, to: u16, text: &str, style: Style) {
        let wide = u16::try_from(human::columns(text)).unwrap_or(u16::MAX);
        self.within(to.saturating_sub(wide), to, text, style);
    }

    pub(super) fn title(&mut self, heading: &Heading, glance: &Glance) {
        let phase = match glance.phase {
            Phase::Starting => "starting",
            Phase::WarmingUp => "warm-up",
            Phase::Running => "running",
            Phase::Draining => "draining",
            Phase::Settling => "settling",
        };
        let view = self.view;
        let phase = view.words.say("watch-phase", [("phase", phase.into())]);
        let left = format!("{:.0} s", glance.left.as_secs_f64());
        let message = match view.is_pipeline() {
            true => "watch-left-at-most",
            false => "watch-left",
        };
        let left = view.words.say(message, [("left", left.into())]);
        let elapsed = format!("{phase} {:.1}", glance.elapsed.as_secs_f64());
        // Beyond the time in which requests begin there is no end that is known.
        let of = match glance.elapsed > glance.duration || view.is_pipeline() {
            true => String::new(),
            false => format!(" / {:.1}", glance.duration.as_secs_f64()),
        };
        let time = format!("{elapsed}{of} s, {left}");
        let to = self.area.width.saturating_sub(columns(&time) + 2);
        let end = self.within(0, to, &heading.scenario, self.bold());
        self.within(end + 2, to, &heading.variant, Style::new());
        self.right(self.area.width, &time, Style::new());
    }

    fn workers(&mut self, glance: &Glance) {
        let view = self.view;
        self.left(0, &view.say("watch-workers"), self.bold());
        self.key([
            ("█", "watch-key-handler"),
            ("▒", "watch-key-client"),
            ("·", "watch-key-idle"),
        ]);
        let slots = glance.slots.map_or("none".into(), count);
        let busy = [("busy", count(glance.busy)), ("slots", slots)];
        let busy = view.words.say("watch-busy", busy);
        let style = match glance.slots {
            Some(slots) if glance.busy >= slots => self.bad(),
            _ => Style::new(),
        };
        self.left(self.values, &busy, style);
    }

    /// What signs mean; one that has no room is left out, and none is cut.
    pub(super) fn key(&mut self, signs: [(&str, &str); 3]) {
        let to = self.values.saturating_sub(1);
        let mut x = self.bars;
        for (sign, message) in signs {
            let text = format!("{sign} {}", self.view.say(message));
            if x + columns(&text) <= to {
                x = self.within(x, to, &text, self.faint()) + 2;
            }
        }
    }

    pub(super) fn lanes(&mut self, heading: &Heading, lines: u16) {
        let view = self.view;
        let rows = &view.strip.rows;
        if rows.is_empty() {
            self.left(2, &view.say("watch-no-lanes"), self.faint());
            self.y += 1;
        }
        let all_fit = rows.len() <= usize::from(lines);
        let shown = if all_fit { lines } else { lines - 1 };
        for row in rows.iter().take(usize::from(shown)) {
            self.lane(heading, row);
            self.y += 1;
        }
        if !all_fit {
            let rest = &rows[usize::from(shown)..];
            let holds = |row: &&Row| row.now.is_some_and(|lane| lane.state.holds());
            let busy = rest.iter().filter(holds).count() as u64;
            let told = [("lanes", count(rest.len() as u64)), ("busy", count(busy))];
            self.left(2, &view.words.say("watch-more", told), self.faint());
            self.y += 1;
        }
    }

    fn lane(&mut self, heading: &Heading, row: &Row) {
        let view = self.view;
        let name = self.name(heading, row);
        self.within(2, self.bars.saturating_sub(1), &name, Style::new());
        let wide = self.values.saturating_sub(self.bars + 1);
        let cells = view.strip.lane(row, usize::from(wide), view.end());
        for (x, cell) in (self.bars..).zip(cells) {
            let (sign, style) = match cell {
                Cell::Nothing => continue,
                Cell::Booting => ("~", self.faint()),
                Cell::Idle => ("·", self.faint()),
                Cell::Handler(group) => ("█", self.of_group(group)),
                Cell::Client(group) => ("▒", self.of_group(group)),
            };
            self.left(x, sign, style);
        }
        let Some(lane) = row.now else { return };
        if view.is_pipeline() {
            self.stage(&lane);
            return;
        }
        let state = match lane.state {
            WorkerState::Booting => "booting",
            WorkerState::Idle => "idle",
            WorkerState::Reading => "reading",
            WorkerState::Body => "body",
            WorkerState::App => "app",
            WorkerState::Send => "send",
            WorkerState::Linger => "linger",
            WorkerState::Dead => "gone",
        };
        let state = view.words.say("watch-state", [("state", state.into())]);
        let style = match lane.state.holds() {
            true => self.of_group(lane.group),
            false => self.faint(),
        };
        let lasts = short(lane.lasts);
        let room = self.area.width.saturating_sub(columns(&lasts) + 1);
        let group = lane.group.and_then(|group| heading.groups.get(group));
        let whom = group.map_or(state.clone(), |group| format!("{state}: {}", group.name));
        self.within(self.values, room, &whom, style);
        self.right(self.area.width, &lasts, style);
    }

    fn name(&self, heading: &Heading, row: &Row) -> String {
        let (worker, slot) = row.place;
        if let Some(stage) = heading.stages.get((worker as usize).wrapping_sub(1)) {
            return stage.clone();
        }
        let worker = match heading.has_slots {
            true => format!("{worker}.{slot}"),
            false => worker.to_string(),
        };
        self.view
            .words
            .say("watch-worker", [("worker", worker.into())])
    }

    fn queue(&mut self, glance: &Glance, lines: u16) {
        let view = self.view;
        self.left(0, &view.say("watch-queue"), self.bold());
        let deepest = view.strip.deepest();
        let told = now_most(view, &count(glance.queue), &count(deepest));
        self.left(self.values, &told, Style::new());
        let wide = self.values.saturating_sub(self.bars + 1);
        let depths = view.strip.queue(usize::from(wide), view.end());
        let style = self.colored(Color::Magenta);
        let eighths = u64::from(lines) * 8;
        for line in (0..u64::from(lines)).rev() {
            for (x, depth) in (self.bars..).zip(&depths) {
                let Some(depth) = depth else { continue };
                // Whatever waits is seen.
                let high = (depth * eighths).div_ceil(deepest.max(1));
                let part = high.saturating_sub(line * 8).min(8);
                self.left(x, EIGHTHS[part as usize], style);
            }
            self.y += 1;
        }
    }

    fn bytes(&mut self, heading: &Heading, glance: &Glance, lines: u16) {
        let view = self.view;
        self.left(0, &view.say("watch-bytes"), self.bold());
        if view.most_bytes.is_empty() {
            self.left(self.bars, &view.say("watch-no-bytes"), self.faint());
        }
        let open = [("connections", count(glance.connections))];
        let open = view.words.say("watch-open", open);
        self.left(self.values, &open, Style::new());
        self.y += 1;
        let top = view.most_bytes.values().max().copied().unwrap_or(1).max(1);
        // Where there is no room for all, those that once held the least are left out.
        let mut places: Vec<_> = view.most_bytes.iter().collect();
        places.sort_by_key(|(_, most)| std::cmp::Reverse(**most));
        places.truncate(usize::from(lines));
        places.sort_by_key(|(place, _)| **place);
        let named = places.into_iter().map(|(place, most)| {
            let name = spot(view, heading.unix, *place);
            (name, view.bytes(*place), *most)
        });
        let places: Vec<(String, u64, u64)> = named.collect();
        let bars = self.behind(places.iter().map(|(name, ..)| name.as_str()));
        let wide = u64::from(self.values.saturating_sub(bars + 1));
        for (name, now, most) in places {
            self.within(2, bars.saturating_sub(1), &name, Style::new());
            let long = (now * wide).div_ceil(top);
            let bar = "▇".repeat(usize::try_from(long).unwrap_or(0));
            self.within(bars, self.values, &bar, self.colored(Color::Green));
            let told = now_most(view, &human_bytes(now).into(), &human_bytes(most).into());
            self.left(self.values, &told, Style::new());
            self.y += 1;
        }
    }

    /// Where bars begin behind these names: no name is cut as long as a bar has some room.
    fn behind<'a>(&self, names: impl Iterator<Item = &'a str>) -> u16 {
        let longest = names.map(columns).max().unwrap_or(0);
        let most = self.values.saturating_sub(SHORTEST_BAR + 1);
        (longest + 3).min(most).max(self.bars)
    }
}

/// A place's name, as the report has it.
fn spot(view: &View, unix: bool, (holder, place): (Holder, BytePlace)) -> String {
    let place = match (holder, place) {
        // The receiver's queue of a Unix link is the only one that it has.
        (Holder::Proxy, BytePlace::ReceiveQueue) if unix => return view.say("watch-unix"),
        (_, BytePlace::Line) => return view.words.say("page-spot-line", []),
        (_, BytePlace::Memory) => "memory",
        (_, BytePlace::TempFile) => "file",
        (_, BytePlace::SendQueue) => "send",
        (_, BytePlace::ReceiveQueue | BytePlace::Delivered) => "receive",
    };
    let holder = match holder {
        Holder::Backend => "worker",
        holder => holder.name(),
    };
    let arguments = [("holder", holder.into()), ("place", place.into())];
    view.words.say("page-spot", arguments)
}

fn now_most(view: &View, now: &FluentValue<'static>, most: &FluentValue<'static>) -> String {
    let arguments = [("now", now.clone()), ("most", most.clone())];
    view.words.say("watch-now-most", arguments)
}

/// A number as text, so that no language groups its digits anew.
fn count(n: u64) -> FluentValue<'static> {
    human::count(n).into()
}

pub(super) fn short(span: Span) -> String {
    human::micros(span.as_us())
}

fn columns(text: &str) -> u16 {
    u16::try_from(human::columns(text)).unwrap_or(u16::MAX)
}
