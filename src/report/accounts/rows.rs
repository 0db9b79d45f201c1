//! `attribution.csv`: the accounts of single requests, one row each, beside the records that they are made from.

use std::path::Path;

use serde::Serialize;

use super::Books;
use super::blame::{blame, is_failure};
use super::holders::Holders;
use crate::record::folder::{FolderError, file_name, write_below};
use crate::record::{EndedBy, Stage};
use crate::report::data::{RunData, VariantData};

/// The file, in a variant's folder.
pub const ATTRIBUTION: &str = "attribution.csv";

/// One request.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    request_id: u64,
    group: &'a str,
    latency_us: u64,
    starting_us: u64,
    connecting_us: u64,
    accept_queue_us: u64,
    reading_us: u64,
    handler_us: u64,
    sending_us: u64,
    held_in_proxy_us: u64,
    draining_us: u64,
    failure: Option<String>,
    ended_by: Option<EndedBy>,
    log_blames: Option<&'static str>,
    slow: Option<&'static str>,
    slow_group: Option<String>,
    slow_doing: Option<&'static str>,
    held_ratio: Option<f64>,
}

/// Writes the file of each variant into the folder of a run; a variant without rows of requests has none.
///
/// # Errors
/// It cannot be written.
pub fn write(run: &RunData, folder: &Path) -> Result<(), FolderError> {
    for variant in run.variants.iter().filter(|of| !of.requests.is_empty()) {
        let inner = file_name(&variant.plan.variant);
        let text = render(variant).map_err(|source| FolderError::Write {
            path: folder.join(&inner).join(ATTRIBUTION),
            source,
        })?;
        write_below(folder, &[&inner, ATTRIBUTION], &text)?;
    }
    Ok(())
}

fn render(variant: &VariantData) -> std::io::Result<Vec<u8>> {
    let books = Books {
        variant,
        holders: Holders::of(variant),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows(&books) {
        writer.serialize(row).map_err(std::io::Error::other)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

/// The rows of all requests of which it is known where their time went.
pub(super) fn rows<'a>(books: &'a Books<'a>) -> impl Iterator<Item = Row<'a>> {
    books.variant.requests.iter().filter_map(|row| {
        let split = books.split(row)?;
        let us = |stage| split.of(stage).as_us();
        let blame = is_failure(row).then(|| blame(books, row)).flatten();
        let slow = blame.as_ref().map(|blame| blame.slow.told());
        Some(Row {
            request_id: row.request_id,
            group: &row.group,
            latency_us: split.total().as_us(),
            starting_us: us(Stage::Starting),
            connecting_us: us(Stage::Connecting),
            accept_queue_us: us(Stage::AcceptQueue),
            reading_us: us(Stage::Reading),
            handler_us: us(Stage::Handler),
            sending_us: us(Stage::Sending),
            held_in_proxy_us: us(Stage::HeldInProxy),
            draining_us: us(Stage::Draining),
            failure: blame.as_ref().map(|blame| blame.how.clone()),
            ended_by: blame.as_ref().map(|blame| blame.ended_by),
            log_blames: blame.as_ref().map(|blame| blame.log_blames),
            slow: slow.map(|(who, ..)| who),
            slow_group: slow.and_then(|(_, group, _)| Some(group?.to_owned())),
            slow_doing: slow.and_then(|(.., doing)| Some(doing?.name())),
            held_ratio: blame.and_then(|blame| blame.held_ratio),
        })
    })
}
