//! Sorted values against their ranks: the lines of latency by percentile, without paint.

use super::frame::Frame;
use super::picture::Point;

/// Points per line: more than enough for its pixels.
const MOST_POINTS: usize = 240;

/// The sorted values as steps of the picture: the k-th of n holds from the share of the ranks below it to its own, so that at 99 % the line is as high as
/// the 99th percentile of the tables.
pub(super) fn steps(frame: &Frame, sorted: &[u64]) -> Vec<Point> {
    let n = sorted.len();
    let gap = frame.width() / MOST_POINTS as f64;
    let mut steps: Vec<Point> = Vec::new();
    for (index, us) in sorted.iter().enumerate() {
        let (x, y) = (rank(frame, index as f64, n), frame.y(*us as f64));
        match steps.last().copied() {
            None => steps.push((x, y)),
            Some(last) if x - last.0 >= gap || last.1 - y >= 3.0 || index + 1 == n => {
                steps.extend([(x, last.1), (x, y)]);
            }
            Some(_) => {}
        }
    }
    if let Some((_, y)) = steps.last().copied() {
        steps.push((rank(frame, n as f64 - 0.5, n), y));
    }
    steps
}

/// A few values as points, each in the middle of its share of the ranks.
pub(super) fn points(frame: &Frame, sorted: &[u64]) -> Vec<Point> {
    let values = sorted.iter().enumerate();
    let point = |(index, us): (usize, &u64)| {
        let x = rank(frame, index as f64 + 0.5, sorted.len());
        (x, frame.y(*us as f64))
    };
    values.map(point).collect()
}

/// Where a rank of so many stands.
fn rank(frame: &Frame, rank: f64, of: usize) -> f64 {
    frame.x(1.0 / (1.0 - rank / of as f64))
}

/// Where a line that goes to the right is at `x`.
pub(super) fn height_at(line: &[Point], x: f64) -> Option<f64> {
    let after = line.iter().position(|point| point.0 >= x)?;
    let to = line[after];
    let Some(from) = after.checked_sub(1).map(|before| line[before]) else {
        return (to.0 - x < 1.0).then_some(to.1);
    };
    let share = (x - from.0) / (to.0 - from.0).max(f64::MIN_POSITIVE);
    Some(from.1 + (to.1 - from.1) * share.min(1.0))
}
