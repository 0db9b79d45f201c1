//! Temp files, which only fail or do not, and what a relay tells of itself.

use super::super::ctx::Ctx;
use super::connection::House;
use super::relay::Relay;
use crate::machine::exchange::{Exchange, Note, OsError};
use crate::record::EventKind;
use crate::sim::kernel::Errno;

impl Relay {
    pub(super) fn note(
        &mut self,
        house: &House,
        exchange: &mut Exchange,
        (ctx, note): (&mut Ctx<'_>, Note),
    ) {
        let opens = matches!(note, Note::BodySpillStarted | Note::SpillStarted);
        let table = house.upstreams.table(self.seat.at);
        let fails = opens && (ctx.fails() || !{ table }.descriptors.take());
        self.files += u32::from(opens && !fails);
        if fails {
            exchange.on_spill_failed(ctx.now());
        }
        let kind = match note {
            _ if fails => no_temp_file(Errno::NoFiles),
            Note::BodySpillStarted => EventKind::BodySpillStarted { path: None },
            Note::SpillStarted => EventKind::SpillStarted { path: None },
            Note::UpstreamBlocked => EventKind::UpstreamBlocked {},
        };
        let request_id = self.request_id(ctx);
        ctx.proxy_event(house.tier, kind, request_id);
    }

    pub(super) fn disk_is_full(
        &mut self,
        house: &House,
        exchange: &mut Exchange,
        ctx: &mut Ctx<'_>,
    ) {
        let request_id = self.request_id(ctx);
        let kind = no_temp_file(Errno::NoSpace);
        ctx.proxy_event(house.tier, kind, request_id);
        exchange.on_spill_failed(ctx.now());
    }
}

/// A temp file cannot be opened or written, for this reason.
fn no_temp_file(errno: Errno) -> EventKind {
    let OsError { code, name } = errno.as_os_error();
    EventKind::TempFileFailed {
        dir: "virtual time".to_owned(),
        error: format!("{name} (os error {code})"),
        errno: Some(code),
    }
}
