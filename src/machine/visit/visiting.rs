//! The visit itself: what comes next, and what follows from what has come.

use super::action::{Action, Wait};
use super::end::{AtEof, End, Heard};
use super::request::{Milestones, Phase, Request};
use super::sending::{Sending, Urge};
use super::terms::Terms;
use crate::machine::arrival::pause_after;
use crate::machine::behavior::{Appetite, By, Ending, Exit, Reader, When};
use crate::time::{Span, Timestamp};

/// One client: a request in flight, or a pause between two.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// Requests that went over the connection.
    asked: u32,
    /// A connection was kept from the request before.
    connected: bool,
    /// Retries of the present request, and of all.
    again: u32,
    retries: u32,
    request: Option<Request>,
}

/// What follows a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Next {
    /// What becomes of the connection, now.
    pub parting: Parting,
    /// When the client starts its next request; `None` if it was the last one.
    pub at: Option<Timestamp>,
}

/// What a client does with its connection when a request is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parting {
    /// Keeps it for the next request.
    Keeps,
    /// Closes it.
    Closes,
    /// Resets it.
    Resets,
    /// Forgets it without a word.
    Vanishes,
}

impl Visit {
    /// A request that was meant for `intended_at` begins; its head has so many bytes. Ask for its [`deadline`](Visit::deadline) now.
    pub fn begin(
        &mut self,
        terms: &Terms<'_>,
        now: Timestamp,
        (intended_at, head): (Timestamp, u32),
    ) {
        assert!(self.request.is_none(), "one request at a time");
        self.request = Some(Request {
            milestones: Milestones {
                intended_at,
                started_at: now,
                ..Milestones::default()
            },
            phase: Phase::ToDial,
            head,
            kept: self.connected,
            shuts: false,
            dry: false,
            tunnelled: false,
            read: 0,
            sending: None,
        });
        if self.connected {
            self.ask(terms, now);
        }
    }

    /// When the request is given up, whatever it waits for: call [`on_deadline`](Visit::on_deadline) then.
    pub fn deadline(&self, terms: &Terms<'_>) -> Option<Timestamp> {
        let request = self.request.as_ref()?;
        let after = [terms.patience, leaves_at(terms)].into_iter().flatten();
        Some(request.milestones.intended_at + after.min()?)
    }

    /// What to do now.
    pub fn next(&mut self, terms: &Terms<'_>, now: Timestamp) -> Action {
        let Some(request) = &mut self.request else {
            return Action::Wait(Wait::default());
        };
        let reader = match &mut request.phase {
            Phase::ToDial => {
                request.phase = Phase::Dialling;
                return Action::Dial;
            }
            Phase::Dialling | Phase::KeptOpen => return Action::Wait(Wait::default()),
            Phase::Over(end) => return Action::Over(*end),
            Phase::Talking { reader, .. } => reader,
        };
        let mut wait = Wait::default();
        match request.sending.as_deref_mut().map(|one| one.urge(now)) {
            Some(Urge::Send { from, most }) => return Action::Send { from, most },
            Some(Urge::AwaitRoom) => wait.writable = true,
            Some(Urge::Wait(until)) => wait.until = Some(until),
            Some(Urge::Nothing) => {}
            None if std::mem::take(&mut request.shuts) => return Action::ShutdownWrite,
            None if leaves_after(terms).is_some_and(|limit| request.read >= limit) => {
                request.phase = Phase::Over(End::Left);
                return Action::Over(End::Left);
            }
            None => {}
        }
        match reader.appetite(now, request.read) {
            Appetite::Read(limit) if !request.dry => return Action::Receive(limit),
            Appetite::Read(_) => wait.readable = true,
            Appetite::Wait(until) => {
                wait.until = Some(wait.until.map_or(until, |earlier| earlier.min(until)));
            }
            Appetite::Never => {}
        }
        Action::Wait(wait)
    }

    /// The connection stands.
    pub fn on_connected(&mut self, terms: &Terms<'_>, now: Timestamp) {
        self.asked = 0;
        self.ask(terms, now);
    }

    fn ask(&mut self, terms: &Terms<'_>, now: Timestamp) {
        let asks = terms.behavior.asks(self.asked);
        let Some(request) = &mut self.request else {
            return;
        };
        request.milestones.connected_at = Some(now);
        request.dry = false;
        request.shuts = asks && terms.behavior.ending() == Ending::HalfCloses;
        request.sending = asks.then(|| Box::new(Sending::new(terms, request.head, now)));
        request.phase = Phase::Talking {
            reader: terms.behavior.reader(now, terms.rate),
            silent: !asks,
        };
    }

    /// No connection was made; `own_lack` if that is for lack of something at this end.
    pub fn on_refused(&mut self, own_lack: bool) {
        self.end(End::Refused { own_lack });
    }

    /// The socket took `n` bytes of the `most` that were to be sent.
    pub fn on_sent(&mut self, n: u64, most: u64) {
        let Some(request) = &mut self.request else {
            return;
        };
        let Some(sending) = &mut request.sending else {
            return;
        };
        sending.on_sent(n, most);
        if sending.is_cut() {
            self.end(End::Left);
        } else if sending.is_done() {
            request.sending = None;
            self.asked += 1;
        }
    }

    /// The connection is broken. If some of the request has left, the answer to that may have come all the same.
    pub fn on_send_failed(&mut self, terms: &Terms<'_>) {
        let Some(request) = &mut self.request else {
            return;
        };
        let sending = request.sending.take();
        if !sending.is_some_and(|sending| sending.has_begun()) {
            self.lose(terms);
        }
    }

    /// So many bytes of the response were read at `now`; `whole` if they are the last.
    pub fn on_received(&mut self, terms: &Terms<'_>, now: Timestamp, (n, whole): (u64, bool)) {
        let Some(request) = &mut self.request else {
            return;
        };
        request.read += n;
        request.milestones.first_byte_at.get_or_insert(now);
        request.milestones.last_byte_at = Some(now);
        if !whole {
            return;
        }
        if terms.behavior.keeps_open() {
            request.phase = Phase::KeptOpen;
        } else {
            self.end(End::Complete);
        }
    }

    /// What was read is not HTTP.
    pub fn on_nonsense(&mut self) {
        self.end(End::NotHttp);
    }

    /// Nothing is there to be read.
    pub fn on_empty(&mut self) {
        if let Some(request) = &mut self.request {
            request.dry = true;
        }
    }

    /// The other side has closed.
    pub fn on_eof(&mut self, terms: &Terms<'_>, at: AtEof) {
        match at {
            AtEof::NoHead => self.lose(terms),
            AtEof::Cut => self.end(End::Truncated),
            AtEof::Whole => self.end(End::Complete),
        }
    }

    /// The other side has reset the connection.
    pub fn on_reset(&mut self, terms: &Terms<'_>) {
        self.lose(terms);
    }

    /// Something of what was waited for has come.
    pub fn on_awake(&mut self) {
        let Some(request) = &mut self.request else {
            return;
        };
        request.dry = false;
        if let Some(sending) = &mut request.sending {
            sending.on_awake();
        }
    }

    /// The [`deadline`](Visit::deadline) is here.
    pub fn on_deadline(&mut self, terms: &Terms<'_>) {
        let leaves =
            leaves_at(terms).is_some_and(|at| terms.patience.is_none_or(|limit| at <= limit));
        self.give_up(if leaves { End::Left } else { End::TimedOut });
    }

    /// The run is over.
    pub fn on_stop(&mut self) {
        self.give_up(End::Unfinished);
    }

    /// What is complete stays so, whatever ends the connection.
    fn give_up(&mut self, end: End) {
        match self.request.as_ref().map(|request| &request.phase) {
            Some(Phase::KeptOpen) => self.end(End::Complete),
            Some(Phase::Over(_)) | None => {}
            Some(_) => self.end(end),
        }
    }

    /// A connection was lost. Over a kept one, before any byte came, every client would quietly connect again (RFC 9110, 9.2.2), unless
    /// it had nothing to say anyway.
    fn lose(&mut self, terms: &Terms<'_>) {
        let Some(request) = &mut self.request else {
            return;
        };
        let asked = matches!(request.phase, Phase::Talking { silent: false, .. });
        if request.kept && asked && request.read == 0 && terms.idempotent {
            request.kept = false;
            request.sending = None;
            request.phase = Phase::ToDial;
        } else {
            self.end(End::Reset);
        }
    }

    fn end(&mut self, end: End) {
        if let Some(request) = &mut self.request {
            request.phase = Phase::Over(end);
        }
    }

    /// The instants of the request in flight.
    pub fn milestones(&self) -> Milestones {
        self.request
            .as_ref()
            .map_or_else(Milestones::default, |request| request.milestones)
    }

    /// Response bytes that were read so far, head included.
    pub fn read(&self) -> u64 {
        self.request.as_ref().map_or(0, |request| request.read)
    }

    /// For how long nothing reaches the client from now on, nor comes from it, if this is the byte at which that begins. Told once.
    pub fn enters_tunnel(&mut self, terms: &Terms<'_>) -> Option<Span> {
        let (after, length) = terms.behavior.tunnel()?;
        let request = self.request.as_mut()?;
        let begins = request.sending.is_none()
            && request.milestones.connected_at.is_some()
            && request.read >= after.0
            && !request.tunnelled;
        request.tunnelled |= begins;
        begins.then_some(length)
    }

    /// Whether a request is in flight.
    pub fn is_at_work(&self) -> bool {
        self.request.is_some()
    }

    /// The request is over and reported. What follows.
    pub fn leave(&mut self, terms: &Terms<'_>, now: Timestamp, heard: Heard) -> Next {
        let request = self.request.take();
        let Some(Phase::Over(end)) = request.as_ref().map(|request| &request.phase) else {
            panic!("only a request that is over is left");
        };
        let sent = request.as_ref().is_some_and(|one| one.sending.is_none());
        let at = self.comes_again(terms, now, (*end, heard.status));
        let whole = *end == End::Complete && sent && terms.behavior.ending() == Ending::Closes;
        self.connected = whole && heard.usable && terms.keepalive && at.is_some();
        let parting = match terms.behavior.ending() {
            _ if self.connected => Parting::Keeps,
            Ending::Leaves { how, .. } if *end == End::Left => match how {
                Exit::By(By::Fin) => Parting::Closes,
                Exit::By(By::Rst) => Parting::Resets,
                Exit::Vanishes => Parting::Vanishes,
            },
            _ => Parting::Closes,
        };
        Next { parting, at }
    }

    /// When the client asks again, for the same or for the next thing.
    fn comes_again(
        &mut self,
        terms: &Terms<'_>,
        now: Timestamp,
        (end, status): (End, Option<u16>),
    ) -> Option<Timestamp> {
        let refused = matches!(end, End::Refused { .. });
        let retry = terms
            .retry
            .filter(|retry| retry.applies(end, status, self.again));
        let Some(retry) = retry else {
            self.again = 0;
            return terms.schedule.next(now, refused, terms.ends_at);
        };
        // By client and count, not by time or id: the same in every engine, whoever else comes back meanwhile.
        let name = format!("{}/{}", terms.client, self.retries);
        let chance = terms.chance.stream(&name).uniform();
        let pause = retry.pause(self.again, chance);
        (self.again, self.retries) = (self.again + 1, self.retries.wrapping_add(1));
        Some(now + pause_after(refused, pause)).filter(|at| *at < terms.ends_at)
    }

    /// Which attempt at what it wants the request in flight is, from 1 on.
    pub fn attempt(&self) -> u32 {
        self.again + 1
    }
}

/// So long after its intended start a client leaves, if it leaves at a time.
fn leaves_at(terms: &Terms<'_>) -> Option<Span> {
    match terms.behavior.ending() {
        Ending::Leaves {
            when: When::At(at), ..
        } => Some(at),
        _ => None,
    }
}

/// Of the response a client reads so many bytes and leaves, if it leaves at a byte of it.
fn leaves_after(terms: &Terms<'_>) -> Option<u64> {
    match terms.behavior.ending() {
        Ending::Leaves {
            when: When::Read(after),
            ..
        } => Some(after.0),
        _ => None,
    }
}
