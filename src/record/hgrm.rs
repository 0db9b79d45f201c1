//! `.hgrm`: a percentile distribution as text, in the layout of Java's `outputPercentileDistribution`, which the
//! HdrHistogram plotter reads.
//!
//! Values are milliseconds, recorded as microseconds. The last row has no fourth column, as Java writes it; hdrhistogram-go
//! and wrk2 write `inf` there, and the Rust crate's own example prints another heading altogether.

use std::fmt::Write;

use hdrhistogram::Histogram;

use super::RequestRecord;
use crate::time::Span;

/// Smallest value told apart, in microseconds.
pub const LOW_US: u64 = 1;
/// Largest value recorded, in microseconds: one hour. Larger ones count as this.
pub const HIGH_US: u64 = 3_600_000_000;
/// Significant decimal digits.
pub const SIGFIG: u8 = 3;
/// Sub-buckets that three significant digits need: the power of two above 2 * 10^3.
const SUB_BUCKETS: u32 = 2048;
/// Rows per halving of the distance to 100 %, Java's default.
const TICKS_PER_HALF_DISTANCE: u32 = 5;
/// Microseconds per printed unit.
const SCALE: f64 = 1000.0;

/// An empty histogram of microseconds.
pub fn histogram() -> Histogram<u64> {
    histogram_to(HIGH_US)
}

/// An empty one that holds values up to this one, in microseconds.
///
/// # Panics
/// Never: the crate accepts every bound from twice the lowest on.
pub fn histogram_to(high_us: u64) -> Histogram<u64> {
    let high_us = high_us.max(2 * LOW_US);
    Histogram::new_with_bounds(LOW_US, high_us, SIGFIG).expect("the bounds are valid")
}

/// Records a span; one beyond [`HIGH_US`] counts as that. Returns whether it was beyond.
pub fn record(histogram: &mut Histogram<u64>, span: Span) -> bool {
    histogram.saturating_record(span.as_us());
    span.as_us() > HIGH_US
}

/// The largest value, in microseconds, that a histogram does not tell from this one; of a value that is not beyond [`HIGH_US`].
pub fn upper_edge(us: u64) -> u64 {
    let bucket = (us | u64::from(SUB_BUCKETS - 1)).ilog2() - (SUB_BUCKETS - 1).ilog2();
    us | ((1 << bucket) - 1)
}

/// Whether a request counts: those meant to start during the warm-up do not.
pub fn is_measured(request: &RequestRecord, warmup: Span) -> bool {
    request.intended_at.as_ns() >= warmup.as_ns()
}

/// The distribution as text.
pub fn render(histogram: &Histogram<u64>) -> String {
    let mut text = String::new();
    let header = ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"];
    line(
        &mut text,
        format_args!(
            "{:>12} {:>14} {:>10} {:>14}\n",
            header[0], header[1], header[2], header[3]
        ),
    );
    let mut total = 0;
    for row in histogram.iter_quantiles(TICKS_PER_HALF_DISTANCE) {
        total += row.count_since_last_iteration();
        let value = row.value_iterated_to() as f64 / SCALE;
        let quantile = row.quantile_iterated_to();
        if quantile < 1.0 {
            let inverse = 1.0 / (1.0 - quantile);
            line(
                &mut text,
                format_args!("{value:12.3} {quantile:2.12} {total:10} {inverse:14.2}"),
            );
        } else {
            line(
                &mut text,
                format_args!("{value:12.3} {quantile:2.12} {total:10}"),
            );
            break; // the iterator may say 1.0 twice (HdrHistogram_rust issue 66)
        }
    }
    line(
        &mut text,
        format_args!(
            "#[Mean    = {:12.3}, StdDeviation   = {:12.3}]",
            histogram.mean() / SCALE,
            histogram.stdev() / SCALE
        ),
    );
    line(
        &mut text,
        format_args!(
            "#[Max     = {:12.3}, Total count    = {:12}]",
            histogram.max() as f64 / SCALE,
            histogram.len()
        ),
    );
    line(
        &mut text,
        format_args!(
            "#[Buckets = {:12}, SubBuckets     = {:12}]",
            histogram.buckets(),
            SUB_BUCKETS
        ),
    );
    text
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("a String takes all that is written");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plotter splits a row on white space and takes four columns, or three for the last row.
    fn rows(text: &str) -> Vec<Vec<f64>> {
        text.lines()
            .skip(2)
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                line.split_whitespace()
                    .map(|n| n.parse().unwrap())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn the_layout_is_javas() {
        let mut histogram = histogram();
        for ms in 1..=1000 {
            record(&mut histogram, Span::from_ms(ms));
        }
        let text = render(&histogram);
        let mut lines = text.lines();
        assert_eq!(
            lines.next().unwrap(),
            "       Value     Percentile TotalCount 1/(1-Percentile)"
        );
        assert_eq!(lines.next().unwrap(), "");
        assert_eq!(
            lines.next().unwrap(),
            "       1.000 0.000000000000          1           1.00"
        );
        assert!(text.contains("#[Mean    =      500."), "{text}");
        assert!(text.contains("Total count    =         1000]"), "{text}");
        assert!(text.contains("SubBuckets     =         2048]"), "{text}");
        let rows = rows(&text);
        let last = rows.last().unwrap();
        assert_eq!((last.len(), last[1], last[2]), (3, 1.0, 1000.0));
        assert!(rows[..rows.len() - 1].iter().all(|row| row.len() == 4));
        assert!(rows.windows(2).all(|pair| pair[0][2] <= pair[1][2]));
        assert_eq!(rows.iter().filter(|row| row[1] == 1.0).count(), 1);
    }

    #[test]
    fn an_empty_distribution_is_header_and_footer() {
        let text = render(&histogram());
        assert!(rows(&text).is_empty());
        assert!(text.contains("Total count    =            0]"));
    }

    #[test]
    fn beyond_an_hour_saturates_and_says_so() {
        let mut histogram = histogram();
        assert!(!record(&mut histogram, Span::from_secs(3600)));
        assert!(record(&mut histogram, Span::from_secs(7200)));
        assert_eq!(histogram.len(), 2);
    }
}
