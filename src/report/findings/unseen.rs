//! Responses that ended short and looked whole: without a length, the end of the connection is the end of the body, whatever ended it.

use super::Seen;
use super::view::View;
use crate::record::{Outcome, RequestRecord};
use crate::report::data::VariantData;

/// Requests whose clients believe that they have everything, and the bytes that the application had for each: it draws them by the request's id,
/// so they are known.
pub(in crate::report) fn cut_unseen(
    variant: &VariantData,
) -> impl Iterator<Item = (&RequestRecord, u64)> {
    let plan = &variant.plan;
    variant.requests.iter().filter_map(|row| {
        let handler = plan.backend.handler(&row.path)?;
        let whole = row.outcome == Outcome::Complete && row.expected_bytes.is_none();
        if !whole || handler.content_length || row.status != Some(handler.status) {
            return None;
        }
        let had = handler.work(plan.seed, Some(row.request_id)).length;
        (row.received_bytes < had).then_some((row, had))
    })
}

/// Responses cut short of which neither client nor log knows.
pub(super) fn unseen_cut(view: &View<'_>) -> Vec<Seen> {
    let cut: Vec<(&RequestRecord, u64)> = cut_unseen(view.variant).collect();
    let Some(first) = cut.iter().filter_map(|(row, _)| row.closed_at).min() else {
        return Vec::new();
    };
    let received: u64 = cut.iter().map(|(row, _)| row.received_bytes).sum();
    let had: u64 = cut.iter().map(|(_, had)| had).sum();
    let seen = Seen::new("unseen_cut", first)
        .befell(cut.iter().map(|(row, _)| *row))
        .with("received_bytes", received)
        .with("expected_bytes", had);
    vec![seen]
}
