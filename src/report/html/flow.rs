//! What has come to the clients by when. With what waits on the way it says how much goes through each pipe between two places.

use std::collections::BTreeMap;

use crate::record::{BytePlace, Direction};
use crate::report::data::VariantData;

/// Instant, bytes of responses that all clients have read by then; rows are in the order of time.
pub(super) fn delivered(variant: &VariantData) -> Vec<(u64, u64)> {
    let mut by_group: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    let mut looks: Vec<(u64, u64)> = Vec::new();
    let rows = variant.bytes.iter();
    let rows = rows
        .filter(|row| row.direction == Direction::Response && row.place == BytePlace::Delivered);
    for row in rows {
        // A group without a row at an instant has what it had before.
        by_group.insert(row.group.as_deref(), row.bytes);
        let look = (row.at.as_us(), by_group.values().sum());
        match looks.last_mut() {
            Some(last) if last.0 == look.0 => *last = look,
            _ => looks.push(look),
        }
    }
    looks
}
