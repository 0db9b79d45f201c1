//! The part of the view that counts requests, group by group.

use ratatui_core::style::Style;

use super::glance::{Glance, Heading};
use super::paint::{Sheet, short};
use crate::record::collect::LiveGroup;
use crate::report::human;
use crate::time::Span;

impl Sheet<'_> {
    /// Requests, group by group; columns of numbers end where their headings do.
    pub(super) fn groups(&mut self, heading: &Heading, glance: &Glance, lines: u16) {
        let view = self.view;
        let ends: [u16; 4] = std::array::from_fn(|place| self.bars + 6 + 9 * place as u16);
        self.left(0, &view.words.say("column-requests", []), self.bold());
        let heads = [view.say("watch-done"), view.say("watch-failed")];
        let heads = heads
            .into_iter()
            .chain(["p50".to_owned(), "p99".to_owned()]);
        for (end, head) in ends.into_iter().zip(heads) {
            self.right(end, &head, self.faint());
        }
        self.y += 1;
        for (place, group) in heading.groups.iter().enumerate().take(usize::from(lines)) {
            let style = self.of_group(Some(place));
            self.within(2, self.bars.saturating_sub(1), &group.name, style);
            let told = glance.groups.iter().find(|one| one.group == group.name);
            match told {
                Some(told) => self.group(told, ends),
                None => {
                    self.left(self.bars, &view.say("watch-no-requests"), self.faint());
                }
            }
            self.y += 1;
        }
    }

    fn group(&mut self, told: &LiveGroup, ends: [u16; 4]) {
        let failed = match told.failed {
            0 => Style::new(),
            _ => self.bad(),
        };
        self.right(ends[0], &human::count(told.finished), Style::new());
        self.right(ends[1], &human::count(told.failed), failed);
        let span = |span: Option<Span>| span.map_or("–".to_owned(), short);
        self.right(ends[2], &span(told.p50), Style::new());
        self.right(ends[3], &span(told.p99), Style::new());
        let mut kinds: Vec<(&String, &u64)> = told.kinds.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let word = |kind: &str| match kind.parse::<u16>() {
            Ok(status) => format!("× {status}"),
            Err(_) => self.view.words.say(&format!("outcome-{kind}"), []),
        };
        let kinds =
            (kinds.into_iter()).map(|(kind, n)| format!("{} {}", human::count(*n), word(kind)));
        let from = ends[3] + 2;
        let room = self.area.width.saturating_sub(from);
        let kinds = fitting(&kinds.collect::<Vec<String>>(), usize::from(room));
        self.left(from, &kinds, failed);
    }
}

/// As many of these, with commas between them, as have room; an ellipsis stands for the others, so that none is taken for a shorter one.
fn fitting(items: &[String], room: usize) -> String {
    let whole = items.join(", ");
    if human::columns(&whole) <= room {
        return whole;
    }
    let heads = (0..items.len()).rev().map(|count| {
        let mut head = items[..count].to_vec();
        head.push("…".to_owned());
        head.join(", ")
    });
    let mut heads = heads.filter(|head| human::columns(head) <= room);
    heads.next().unwrap_or_default()
}
