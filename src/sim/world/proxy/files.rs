//! Temp files of an exchange and the disk that they fill, and what a relay tells of itself.

use super::super::ctx::Ctx;
use super::connection::House;
use super::relay::Relay;
use crate::machine::exchange::{Exchange, Note, OsError};
use crate::machine::pipe::Spill;
use crate::machine::temp_disk::{self, TempFile};
use crate::record::EventKind;
use crate::sim::kernel::Errno;

/// Whose bytes a temp file has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Of {
    Request,
    Response,
}

impl Of {
    fn folder(self) -> &'static str {
        match self {
            Of::Request => temp_disk::BODIES,
            Of::Response => temp_disk::RESPONSES,
        }
    }
}

/// Those that an exchange has open.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Files {
    request: Option<TempFile>,
    response: Option<TempFile>,
}

impl Files {
    fn of(&mut self, of: Of) -> &mut Option<TempFile> {
        match of {
            Of::Request => &mut self.request,
            Of::Response => &mut self.response,
        }
    }

    fn open(self) -> impl Iterator<Item = TempFile> {
        [self.request, self.response].into_iter().flatten()
    }

    /// How many.
    pub(super) fn count(self) -> u32 {
        self.open().count() as u32
    }

    /// Pages that they have on their disk.
    pub(super) fn pages(self) -> u64 {
        self.open().map(TempFile::pages).sum()
    }
}

impl Relay {
    pub(super) fn note(
        &mut self,
        house: &House,
        exchange: &mut Exchange,
        (ctx, note): (&mut Ctx<'_>, Note),
    ) {
        let (of, kind) = match note {
            Note::BodySpillStarted => {
                let path = Some(house.disk.borrow_mut().name_body());
                (Of::Request, EventKind::BodySpillStarted { path })
            }
            Note::SpillStarted => {
                let path = Some(house.disk.borrow_mut().name_response());
                (Of::Response, EventKind::SpillStarted { path })
            }
            Note::UpstreamBlocked => {
                let request_id = self.request_id(ctx);
                return ctx.proxy_event(house.tier, EventKind::UpstreamBlocked {}, request_id);
            }
        };
        let table = house.upstreams.table(self.seat.at);
        if ctx.fails() || !{ table }.descriptors.take() {
            return self.temp_file_failed(house, exchange, (ctx, of, Errno::NoFiles));
        }
        *self.files.of(of) = Some(TempFile::default());
        let request_id = self.request_id(ctx);
        ctx.proxy_event(house.tier, kind, request_id);
    }

    /// Writes a temp file on; whether all of it found room on the disk.
    pub(super) fn writes(
        &mut self,
        house: &House,
        exchange: &mut Exchange,
        (ctx, of, spill): (&mut Ctx<'_>, Of, Spill),
    ) -> bool {
        let file = self.files.of(of).as_mut();
        let file = file.expect("the temp file was opened before");
        let written = house.disk.borrow_mut().write(file, spill.at + spill.bytes);
        let fits = written.is_ok() && !ctx.fails();
        if !fits {
            self.temp_file_failed(house, exchange, (ctx, of, Errno::NoSpace));
        }
        fits
    }

    /// The machine has no use for a temp file any more, if there was one.
    pub(super) fn close_file(&mut self, house: &House, of: Of) {
        if let Some(file) = self.files.of(of).take() {
            house.disk.borrow_mut().close(file);
            let mut table = house.upstreams.table(self.seat.at);
            table.descriptors.give_back(1);
        }
    }

    /// A temp file cannot be opened or written, for this reason.
    fn temp_file_failed(
        &mut self,
        house: &House,
        exchange: &mut Exchange,
        (ctx, of, errno): (&mut Ctx<'_>, Of, Errno),
    ) {
        let OsError { code, name } = errno.as_os_error();
        let kind = EventKind::TempFileFailed {
            dir: of.folder().to_owned(),
            error: format!("{name} (os error {code})"),
            errno: Some(code),
        };
        let request_id = self.request_id(ctx);
        ctx.proxy_event(house.tier, kind, request_id);
        exchange.on_spill_failed(ctx.now());
    }
}
