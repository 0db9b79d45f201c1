//! `.hlog`: one histogram per second, as an HdrHistogram interval log (V2, deflate), tagged with the group.
//!
//! Intervals are seconds since the variant's origin by the *end* of a request. `BaseTime` is the wall clock's
//! time at which the run began, where it is known; the variants of one run share it.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};

use super::hgrm;
use crate::time::{Span, Timestamp};

/// The latencies of one group, by second. Histograms are made of them when they are written, each as large as its highest value asks for: one that could hold
/// [`hgrm::HIGH_US`] takes 190 KiB, of which a second fills little, and a run has as many of them as seconds.
#[derive(Debug, Default)]
pub struct IntervalLog {
    /// In microseconds, [`hgrm::HIGH_US`] at most.
    seconds: BTreeMap<u64, Vec<u32>>,
}

impl IntervalLog {
    /// Records a latency that was known at `ended_at`.
    pub fn record(&mut self, ended_at: Timestamp, latency: Span) {
        let second = ended_at.as_ns() / Span::from_secs(1).as_ns();
        let latency_us = latency.as_us().min(hgrm::HIGH_US);
        self.seconds
            .entry(second)
            .or_default()
            .push(latency_us as u32);
    }

    /// The log as the bytes of a file.
    ///
    /// # Errors
    /// Those of the serialiser, which our bounds do not provoke.
    pub fn render(&self, group: &str, started: Option<SystemTime>) -> io::Result<Vec<u8>> {
        let tag = tag(group);
        let mut bytes = Vec::new();
        let mut serializer = V2DeflateSerializer::new();
        let mut builder = IntervalLogWriterBuilder::new();
        builder.add_comment("[Histogram log format version 1.2]");
        builder.add_comment("[slowlab: latency from the intended start, microseconds, by the second in which requests ended]");
        if let Some(started) = started {
            builder.with_start_time(started).with_base_time(started);
        }
        // The maximum column is in milliseconds, as Java's writer has it; values inside are microseconds.
        builder.with_max_value_divisor(1000.0);
        let mut writer = builder.begin_log_with(&mut bytes, &mut serializer)?;
        for (second, latencies_us) in &self.seconds {
            let most_us = latencies_us.iter().max().copied();
            let mut histogram = hgrm::histogram_to(u64::from(most_us.unwrap_or_default()));
            for latency_us in latencies_us {
                hgrm::record(&mut histogram, Span::from_us(u64::from(*latency_us)));
            }
            writer
                .write_histogram(
                    &histogram,
                    Duration::from_secs(*second),
                    Duration::from_secs(1),
                    Tag::new(&tag),
                )
                .map_err(|error| match error {
                    IntervalLogWriterError::IoError(error) => error,
                    IntervalLogWriterError::SerializeError(error) => {
                        io::Error::other(format!("{error:?}"))
                    }
                })?;
        }
        drop(writer);
        Ok(bytes)
    }
}

/// The format forbids commas, spaces and line ends in a tag.
fn tag(group: &str) -> String {
    group.replace([',', ' ', '\r', '\n'], "_")
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;

    #[test]
    fn the_crates_own_reader_finds_every_value_again() {
        let mut log = IntervalLog::default();
        let mut count = 0;
        for ms in [5, 900, 1500, 1501, 1999, 7000] {
            log.record(Timestamp::from_us(ms * 1000), Span::from_ms(ms % 100 + 1));
            count += 1;
        }
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let bytes = log.render("my visitors", Some(started)).unwrap();
        let mut seen = Vec::new();
        let mut base = None;
        for entry in IntervalLogIterator::new(&bytes) {
            match entry.unwrap() {
                LogEntry::BaseTime(at) => base = Some(at),
                LogEntry::StartTime(_) => {}
                LogEntry::Interval(interval) => {
                    assert_eq!(interval.tag().unwrap().as_str(), "my_visitors");
                    let raw = base64_decode(interval.encoded_histogram());
                    let histogram: Histogram<u64> =
                        Deserializer::new().deserialize(&mut &raw[..]).unwrap();
                    seen.push((interval.start_timestamp().as_secs(), histogram.len()));
                }
            }
        }
        assert_eq!(base, Some(Duration::from_secs(1_790_000_000)));
        assert_eq!(seen, [(0, 2), (1, 3), (7, 1)]);
        assert_eq!(seen.iter().map(|(_, n)| n).sum::<u64>(), count);
    }

    #[test]
    fn a_latency_beyond_the_bound_counts_as_the_bound() {
        let log_of = |latency| {
            let mut log = IntervalLog::default();
            log.record(Timestamp::ZERO, latency);
            log.render("all", None).unwrap()
        };
        let bound = Span::from_us(hgrm::HIGH_US);
        assert!(log_of(Span::from_secs(100_000)) == log_of(bound));
        assert!(log_of(Span::from_ms(1)) != log_of(bound));
    }

    fn base64_decode(text: &str) -> Vec<u8> {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
        for c in text.bytes().filter(|c| *c != b'=') {
            let value = ALPHABET.iter().position(|a| *a == c).unwrap();
            bits = (bits << 6) | u32::try_from(value).unwrap();
            held += 6;
            if held >= 8 {
                held -= 8;
                bytes.push((bits >> held) as u8);
                bits &= (1 << held) - 1;
            }
        }
        bytes
    }
}
