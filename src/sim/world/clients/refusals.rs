//! Connections that were refused: the first of a kind is told at once, the rest as a number in the end.

use super::super::ctx::Ctx;
use crate::record::Source;
use crate::sim::kernel::Errno;

/// How often each error was met.
#[derive(Debug, Default)]
pub(super) struct Refusals(Vec<(Errno, u64)>);

impl Refusals {
    pub(super) fn count(&mut self, ctx: &mut Ctx<'_>, errno: Errno, request_id: u64) {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| *known == errno) {
            *count += 1;
            return;
        }
        self.0.push((errno, 1));
        let what = (Source::Client, errno.as_problem(1));
        ctx.event(what, Some(request_id), None);
    }

    /// The run is over.
    pub(super) fn tell(&mut self, ctx: &mut Ctx<'_>) {
        for (errno, count) in std::mem::take(&mut self.0) {
            if count > 1 {
                ctx.event((Source::Client, errno.as_problem(count)), None, None);
            }
        }
    }
}
