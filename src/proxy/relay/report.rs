//! What a relay tells the world: log lines, events, live counters, and its end.

use super::Relay;
use crate::machine::exchange::{Exchange, LogLine, Note};
use crate::record::{EventKind, Gauge};

impl Relay<'_> {
    pub(super) fn note(&mut self, exchange: &mut Exchange, note: Note) {
        let kind = match note {
            Note::BodySpillStarted => {
                let path = self.worker.temp_path();
                let name = path.display().to_string();
                self.write_log(&LogLine::body_spill_started(&name));
                if let Err(error) = self.body.open_file(&path) {
                    return self.temp_file_failed(exchange, &error);
                }
                EventKind::BodySpillStarted { path: Some(name) }
            }
            Note::SpillStarted => {
                let path = self.worker.temp_path();
                let name = path.display().to_string();
                self.write_log(&LogLine::spill_started(&name));
                if let Err(error) = self.store.open_file(&path) {
                    return self.temp_file_failed(exchange, &error);
                }
                EventKind::SpillStarted { path: Some(name) }
            }
            Note::UpstreamBlocked => EventKind::UpstreamBlocked {},
        };
        self.connection.event(self.worker, kind, self.info.id);
    }

    pub(super) fn write_log(&self, line: &LogLine) {
        let url = self.url();
        self.connection
            .log_only(self.worker, line, url.as_deref(), &self.info);
    }

    pub(in crate::proxy) fn log(&self, line: &LogLine) {
        let url = self.url();
        self.connection
            .log(self.worker, line, url.as_deref(), &self.info);
    }

    fn url(&self) -> Option<String> {
        self.contacted
            .then(|| self.worker.backends[self.peer].url(&self.info.target))
    }

    /// Brings the live counters up to date.
    pub(in crate::proxy) fn count(&self, exchange: &Exchange) {
        let ledger = exchange.ledger();
        let over = ledger.sent + ledger.dropped == ledger.read;
        let response = match over {
            true => (0, 0),
            false => (ledger.memory, ledger.file),
        };
        let request = exchange.request_ledger();
        self.hold(response, (request.memory, request.file));
    }

    /// What it holds now of the response and of the request, each in memory and in a temp file.
    fn hold(&self, response: (u64, u64), request: (u64, u64)) {
        let (gauges, pass) = (&self.worker.gauges, &self.connection.pass);
        let (memory, file) = (&gauges.proxy_buffered_bytes, &gauges.proxy_spilled_bytes);
        shift(memory, &pass.response.memory, response.0);
        shift(file, &pass.response.file, response.1);
        shift(memory, &pass.request.memory, request.0);
        shift(file, &pass.request.file, request.1);
    }
}

/// A part of `whole` changes.
fn shift(whole: &Gauge, part: &Gauge, to: u64) {
    let from = part.get();
    if to == from {
        return;
    }
    part.set(to);
    if to > from {
        whole.add(to - from);
    } else {
        whole.sub(from - to);
    }
}

impl Drop for Relay<'_> {
    fn drop(&mut self) {
        self.hold((0, 0), (0, 0));
        if self.upstream.is_some() {
            self.connection.pass.goes_on(None);
        }
    }
}
