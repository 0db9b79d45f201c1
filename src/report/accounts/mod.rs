//! What a run's time and bytes come to, and what theory says of it: one account per fact, of the same shape as a finding.
//!
//! A finding says that something happened; an account says how much of what there was, whether anything happened or not: where each group's
//! time went (`time`), whom each kind of failure is blamed on and who was slow (`blame`), what held connections back (`limits`),
//! how large socket buffers were (`buffers`), what queueing theory makes of the plan's numbers (`theory`), and what it
//! cost to look (`observer`). All of it is made from the records, whichever engine wrote them; where they do not carry it, nothing is said.

mod blame;
mod buffers;
mod holders;
mod limits;
mod observer;
mod rows;
mod theory;
mod time;

#[cfg(test)]
pub(in crate::report) mod tests;

pub use rows::{ATTRIBUTION, write};

use super::data::{RunData, VariantData};
use super::findings::Seen;
use super::words::Words;
use crate::record::summary::Finding;
use crate::record::{RequestRecord, Split};
use crate::time::Span;
use holders::Holders;

/// One variant, and what is asked of it more than once.
struct Books<'a> {
    variant: &'a VariantData,
    holders: Holders<'a>,
}

impl Books<'_> {
    /// Where a request's time went, as far away as its client is.
    fn split(&self, row: &RequestRecord) -> Option<Split> {
        let mut groups = self.variant.plan.groups.iter();
        let group = groups.find(|group| group.name == row.group);
        let link = group.and_then(|group| group.link);
        row.split(link.map_or(Span::ZERO, |link| link.one_way()))
    }
}

/// One kind of account.
type Account = fn(&Books<'_>) -> Vec<Seen>;

/// In the order in which they are told.
const ACCOUNTS: [Account; 6] = [
    time::time,
    blame::failures,
    limits::limits,
    buffers::buffers,
    theory::theory,
    observer::observer,
];

/// Every account of a run, variant by variant, in these words.
pub fn accounts(run: &RunData, words: &Words) -> Vec<Finding> {
    let variants = run.variants.iter();
    variants
        .flat_map(|variant| accounts_of(variant, words))
        .collect()
}

fn accounts_of(variant: &VariantData, words: &Words) -> Vec<Finding> {
    let books = Books {
        variant,
        holders: Holders::of(variant),
    };
    let told = ACCOUNTS.iter().flat_map(|account| account(&books));
    told.map(|seen| {
        let mut account = Finding {
            kind: seen.kind.to_owned(),
            variant: variant.plan.variant.clone(),
            at_s: seen.at.as_secs_f64(),
            text: String::new(),
            fields: seen.fields,
            requests: seen.requests,
        };
        account.text = words.account(&account);
        account
    })
    .collect()
}
