//! What all requests share: whose scenarios there are, whose turn it is, and what the server was started with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::bounds::{AT_ONCE, MOST_GHOSTS, MOST_PAGES, MOST_WAITING};
use super::confirm::Lab;
use super::lessons::Pages;
use super::simulate::{Ask, Before};
use crate::leave::Leave;
use crate::lessons::Folder;
use crate::report::words::Language;
use crate::scenario;
use crate::time::{Clock, Span, Timestamp};

/// What `slowlab serve` is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The first port that is tried.
    pub port: Option<u16>,
    /// The pages' language, where an address asks for none.
    pub language: Language,
    /// Scenario files beside the bundled ones.
    pub files: Vec<PathBuf>,
    /// Folders of past runs.
    pub runs: Vec<PathBuf>,
    /// Where confirmed runs go, and recorded ones are looked for.
    pub out: PathBuf,
    /// The workshop's lessons.
    pub lessons: Vec<Folder>,
    /// The page that is opened first.
    pub first: &'static str,
    /// Whether a browser is started.
    pub open: bool,
}

/// Shared by all requests.
pub(super) struct App {
    pub(super) options: Options,
    /// Known to our own pages only.
    pub(super) token: String,
    pub(super) leave: Leave,
    pub(super) turns: Turns,
    pub(super) lab: Lab,
    pub(super) lesson_pages: Pages,
    ghosts: Mutex<Vec<(Ask, Arc<Before>)>>,
}

/// Who may simulate now.
#[derive(Debug)]
pub(super) struct Turns {
    at_once: Arc<Semaphore>,
    waiting: AtomicUsize,
    latest: Mutex<BTreeMap<String, Latest>>,
}

/// The newest question of a page.
#[derive(Clone, Debug)]
struct Latest {
    serial: u64,
    superseded: Arc<AtomicBool>,
}

/// Why somebody does not get a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoTurn {
    /// So many wait already.
    Full,
    /// The page has asked something newer.
    Superseded,
}

/// Whether the answer is still wanted; nobody wants one whose asker has gone.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    superseded: Arc<AtomicBool>,
    leave: Leave,
    clock: Clock,
    patience: Span,
}

/// Withdraws a question when its request is dropped.
struct Withdrawn(Arc<AtomicBool>);

impl Drop for Withdrawn {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Wanted {
    /// As a simulation asks it.
    pub(super) fn is_over(&self) -> bool {
        let late = self.clock.now() > Timestamp::ZERO + self.patience;
        late || self.superseded.load(Ordering::SeqCst) || self.leave.is_asked()
    }
}

impl App {
    /// For a server that begins.
    pub(super) fn new(options: Options, token: String, leave: Leave) -> App {
        App {
            options,
            token,
            leave,
            turns: Turns {
                at_once: Arc::new(Semaphore::new(AT_ONCE)),
                waiting: AtomicUsize::new(0),
                latest: Mutex::default(),
            },
            lab: Lab::default(),
            lesson_pages: Pages::default(),
            ghosts: Mutex::default(),
        }
    }

    /// The text of a scenario that pages may name: a bundled one, or a file from the command line as it is now.
    pub(super) fn toml(&self, name: &str) -> Option<String> {
        let bundled = scenario::embedded()
            .iter()
            .find(|(known, _)| *known == name);
        if let Some((_, text)) = bundled {
            return Some((*text).to_owned());
        }
        let mut files = self.options.files.iter();
        let file = files.find(|path| file_name(path) == name)?;
        crate::files::read_text(file, crate::files::MOST_WRITTEN).ok()
    }

    /// The same scenario as the command line names it: a bundled one by its name, a file by its path.
    pub(super) fn named(&self, name: &str) -> PathBuf {
        let of_name = |path: &&PathBuf| file_name(path).trim_end_matches(".toml") == name;
        let is_bundled = scenario::embedded().iter().any(|(known, _)| *known == name);
        let file = self
            .options
            .files
            .iter()
            .find(of_name)
            .filter(|_| !is_bundled);
        match file {
            // A path without a slash would be taken for a name.
            Some(path) if path.components().count() == 1 => PathBuf::from(".").join(path),
            Some(path) => path.clone(),
            None => PathBuf::from(name),
        }
    }

    /// Does a piece of work in its turn, on a thread where it may take its time. `page` is who asks, and the how-manieth question it is: an older
    /// one of the same page is no longer wanted.
    ///
    /// # Errors
    /// No turn.
    pub(super) async fn in_turn<T: Send + 'static>(
        &self,
        (page, patience): (Option<(&str, u64)>, Span),
        work: impl FnOnce(&Wanted) -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        let superseded = self.turns.newest(page)?;
        let _withdrawn = Withdrawn(Arc::clone(&superseded));
        let wanted = Wanted {
            superseded,
            leave: self.leave.clone(),
            clock: Clock::start(),
            patience,
        };
        let permit = self.turns.wait().await?;
        if wanted.superseded.load(Ordering::SeqCst) {
            return Err(NoTurn::Superseded);
        }
        let worked = tokio::task::spawn_blocking(move || {
            let done = work(&wanted);
            drop(permit);
            done
        });
        worked.await.map_err(|_| NoTurn::Superseded)
    }

    /// What was played before, if it is still kept.
    pub(super) fn ghost(&self, ask: &Ask) -> Option<Arc<Before>> {
        let ghosts = self.ghosts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = ghosts.iter().find(|(known, _)| known == ask);
        known.map(|(_, before)| Arc::clone(before))
    }

    /// Keeps it, in place of the oldest.
    pub(super) fn keep_ghost(&self, ask: Ask, before: Arc<Before>) {
        let mut ghosts = self.ghosts.lock().unwrap_or_else(PoisonError::into_inner);
        ghosts.retain(|(known, _)| *known != ask);
        if ghosts.len() >= MOST_GHOSTS {
            ghosts.remove(0);
        }
        ghosts.push((ask, before));
    }
}

impl Turns {
    /// Notes a page's question; older ones of it are no longer wanted.
    fn newest(&self, page: Option<(&str, u64)>) -> Result<Arc<AtomicBool>, NoTurn> {
        let own = Arc::new(AtomicBool::new(false));
        let Some((page, serial)) = page else {
            return Ok(own);
        };
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = latest.get(page) {
            if known.serial > serial {
                return Err(NoTurn::Superseded);
            }
            known.superseded.store(true, Ordering::SeqCst);
        }
        if latest.len() >= MOST_PAGES && !latest.contains_key(page) {
            latest.pop_first();
        }
        let newest = Latest {
            serial,
            superseded: Arc::clone(&own),
        };
        latest.insert(page.to_owned(), newest);
        Ok(own)
    }

    async fn wait(&self) -> Result<tokio::sync::OwnedSemaphorePermit, NoTurn> {
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= MOST_WAITING {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(NoTurn::Full);
        }
        let _leaves = Leaves(&self.waiting);
        let permit = Arc::clone(&self.at_once).acquire_owned().await;
        permit.map_err(|_| NoTurn::Superseded)
    }
}

/// Counts somebody out who waits no more, or whose request is gone.
struct Leaves<'a>(&'a AtomicUsize);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a file from the command line is called on pages: its name without the folder.
pub(super) fn file_name(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Wanted {
        /// For a test that waits as long as it takes.
        pub(crate) fn by_a_test() -> Wanted {
            Wanted {
                superseded: Arc::default(),
                leave: Leave::default(),
                clock: Clock::start(),
                patience: Span::from_secs(600),
            }
        }
    }

    #[test]
    fn the_newest_question_of_a_page_is_the_one_that_counts() {
        let turns = Turns {
            at_once: Arc::new(Semaphore::new(1)),
            waiting: AtomicUsize::new(0),
            latest: Mutex::default(),
        };
        let first = turns.newest(Some(("a", 1))).unwrap();
        let other = turns.newest(Some(("b", 1))).unwrap();
        let second = turns.newest(Some(("a", 2))).unwrap();
        let is_over = |one: &Arc<AtomicBool>| one.load(Ordering::SeqCst);
        assert!(is_over(&first) && !is_over(&second) && !is_over(&other));
        // What was sent first and comes last.
        assert!(matches!(
            turns.newest(Some(("a", 1))),
            Err(NoTurn::Superseded)
        ));
        for page in 0..2 * MOST_PAGES {
            turns.newest(Some((&page.to_string(), 1))).unwrap();
        }
        assert!(turns.latest.lock().unwrap().len() <= MOST_PAGES);
    }
}
