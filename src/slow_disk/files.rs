//! The file system itself: a folder with one file that never answers whoever reads it, and whatever others make in it. Decided without the kernel.

use std::collections::VecDeque;

use super::wire::{
    Attributes, Call, Change, ENOENT, ENOSYS, Request, answer, attr, entry, failure, init, open,
    statfs, written,
};
use crate::time::{Span, Timestamp};

/// The folder.
const ROOT: u64 = 1;
/// The file that holds whoever opens it while somebody reads it.
const HELD: u64 = 2;
/// Its name.
pub(super) const HELD_NAME: &str = "held";
/// Its size: a page.
const PAGE: u64 = 4096;
const FOLDER: u32 = 0o040_700;
const FILE: u32 = 0o100_600;

/// All that is in it.
#[derive(Debug)]
pub(super) struct Files {
    /// How long a change of times takes.
    delay: Span,
    /// By number from 3 on: files that were made, and their names while they have one.
    made: Vec<(Option<Vec<u8>>, Attributes)>,
    /// Changes that are not done yet, the next one first: until when, for whom, of which file.
    later: VecDeque<(Timestamp, u64, u64, Change)>,
    /// Whether somebody reads what is not answered.
    is_held: bool,
}

impl Files {
    pub(super) fn new(delay: Span) -> Files {
        Files {
            delay,
            made: Vec::new(),
            later: VecDeque::new(),
            is_held: false,
        }
    }

    /// Whether somebody reads what is not answered: from here on an `open` of the file hangs.
    pub(super) fn is_held(&self) -> bool {
        self.is_held
    }

    /// When the next change is done.
    pub(super) fn next(&self) -> Option<Timestamp> {
        Some(self.later.front()?.0)
    }

    /// The answers to changes that are done by now.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
        let mut answers = Vec::new();
        while self.next().is_some_and(|at| at <= now)
            && let Some((_, unique, node, change)) = self.later.pop_front()
        {
            answers.push(self.change(unique, node, change));
        }
        answers
    }

    /// The answer to a request, if it gets one now.
    pub(super) fn ask(&mut self, request: Request<'_>, now: Timestamp) -> Option<Vec<u8>> {
        let Request { unique, node, call } = request;
        let body = match call {
            Call::Init => init(),
            Call::Lookup(name) => return Some(or_none(unique, self.find(name).map(entry))),
            Call::GetAttr => return Some(or_none(unique, self.of(node).map(attr))),
            Call::SetAttr(change) if change == Change::default() => {
                return Some(or_none(unique, self.of(node).map(attr)));
            }
            Call::SetAttr(change) => {
                self.later
                    .push_back((now + self.delay, unique, node, change));
                return None;
            }
            Call::Open => open(),
            Call::Create { name, mode } => {
                let made = self.create(name, mode);
                [entry(made), open()].concat()
            }
            Call::Unlink(name) => {
                self.unlink(name);
                Vec::new()
            }
            Call::Read if node == HELD => {
                self.is_held = true;
                return None;
            }
            Call::Read | Call::Fine => Vec::new(),
            Call::Write(bytes) => written(bytes),
            Call::StatFs => statfs(),
            Call::Silent => return None,
            Call::Unknown => return Some(failure(unique, ENOSYS)),
        };
        Some(answer(unique, &body))
    }

    fn change(&mut self, unique: u64, node: u64, change: Change) -> Vec<u8> {
        if let Some(file) = self.made_mut(node) {
            file.accessed = change.accessed.unwrap_or(file.accessed);
            file.modified = change.modified.unwrap_or(file.modified);
        }
        or_none(unique, self.of(node).map(attr))
    }

    fn create(&mut self, name: &[u8], mode: u32) -> Attributes {
        let attributes = Attributes {
            node: HELD + 1 + self.made.len() as u64,
            mode: FILE & !0o777 | mode & 0o777,
            ..plain(0, FILE)
        };
        self.made.push((Some(name.to_vec()), attributes));
        attributes
    }

    fn unlink(&mut self, name: &[u8]) {
        let mut made = self.made.iter_mut();
        if let Some((known, file)) = made.find(|(known, _)| known.as_deref() == Some(name)) {
            *known = None;
            file.links = 0;
        }
    }

    fn find(&self, name: &[u8]) -> Option<Attributes> {
        if name == HELD_NAME.as_bytes() {
            return self.of(HELD);
        }
        let mut made = self.made.iter();
        let (_, file) = made.find(|(known, _)| known.as_deref() == Some(name))?;
        Some(*file)
    }

    fn of(&self, node: u64) -> Option<Attributes> {
        match node {
            ROOT => Some(plain(ROOT, FOLDER)),
            HELD => Some(Attributes {
                size: PAGE,
                ..plain(HELD, FILE)
            }),
            _ => Some(self.made.get(place(node)?)?.1),
        }
    }

    fn made_mut(&mut self, node: u64) -> Option<&mut Attributes> {
        Some(&mut self.made.get_mut(place(node)?)?.1)
    }
}

/// Where a file that was made is kept.
fn place(node: u64) -> Option<usize> {
    usize::try_from(node.checked_sub(HELD + 1)?).ok()
}

fn plain(node: u64, mode: u32) -> Attributes {
    Attributes {
        node,
        size: 0,
        mode,
        links: 1,
        accessed: super::wire::Time::default(),
        modified: super::wire::Time::default(),
    }
}

fn or_none(unique: u64, body: Option<Vec<u8>>) -> Vec<u8> {
    match body {
        Some(body) => answer(unique, &body),
        None => failure(unique, ENOENT),
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::Time;
    use super::*;

    const NOW: Timestamp = Timestamp::ZERO;

    fn ask(files: &mut Files, node: u64, call: Call<'_>, now: Timestamp) -> Option<Vec<u8>> {
        let request = Request {
            unique: 1,
            node,
            call,
        };
        files.ask(request, now)
    }

    #[test]
    fn a_change_of_times_is_done_when_its_delay_is_over() {
        let delay = Span::from_ms(300);
        let mut files = Files::new(delay);
        let create = Call::Create {
            name: b"beat",
            mode: 0o600,
        };
        assert!(ask(&mut files, ROOT, create, NOW).is_some());
        assert!(ask(&mut files, ROOT, Call::Unlink(b"beat"), NOW).is_some());
        assert_eq!(
            ask(&mut files, ROOT, Call::Lookup(b"beat"), NOW),
            Some(failure(1, ENOENT))
        );
        let beat = Change {
            accessed: None,
            modified: Some(Time(5, 6)),
        };
        assert_eq!(ask(&mut files, 3, Call::SetAttr(beat), NOW), None);
        assert_eq!(files.next(), Some(NOW + delay));
        assert!(files.due(NOW + Span::from_ms(299)).is_empty());
        assert_eq!(files.of(3).unwrap().modified, Time(0, 0));
        assert_eq!(files.due(NOW + delay).len(), 1);
        let file = files.of(3).unwrap();
        assert_eq!((file.modified, file.links), (Time(5, 6), 0));
        assert_eq!(files.next(), None);
    }

    #[test]
    fn who_reads_the_file_is_never_answered_and_everybody_else_is() {
        let mut files = Files::new(Span::ZERO);
        assert!(ask(&mut files, ROOT, Call::Lookup(b"held"), NOW).is_some());
        assert!(ask(&mut files, HELD, Call::Open, NOW).is_some());
        assert!(!files.is_held());
        assert_eq!(ask(&mut files, HELD, Call::Read, NOW), None);
        assert!(files.is_held());
        assert!(ask(&mut files, HELD, Call::GetAttr, NOW).is_some());
        assert_eq!(ask(&mut files, HELD, Call::Silent, NOW), None);
        assert_eq!(
            ask(&mut files, HELD, Call::Unknown, NOW),
            Some(failure(1, ENOSYS))
        );
    }
}
