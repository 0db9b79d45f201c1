//! `bytes_waiting`: where bytes wait hop by hop, a band for each place on the way: the picture of back-pressure. Responses, and where clients
//! upload much, requests in a picture of their own (`bytes_uploading`).
//!
//! What has reached the client is no longer waiting. A place that never holds anything has no band, and a picture in which nothing ever
//! waits, or always the same in the same place, is not drawn. The page has those, too: there another variant stands beside them.

use plotters::style::RGBAColor;

use super::frame::{self, Frame, Scale, round_ticks};
use super::picture::{Align, Picture, text_width};
use super::subject::{file_name, last_second, place};
use super::{Chart, theme};
use crate::machine::backend_config::Bind;
use crate::record::{BytePlace, Direction, Holder};
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::words::Words;
use crate::tier::Tier;
use crate::time::Timestamp;
use crate::units::human_bytes;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 430;
/// Ours: less than this is the traffic of any run, and nobody's back-pressure.
const LEAST: u64 = 64 * 1024;

/// Ours: where one place never holds less than all but one part in so many of the most that ever waited, the picture is one flat area, and what it
/// says is a number.
const FLAT: u64 = 20;

/// A place on the way: who has the bytes, and where.
pub(in crate::report) type Spot = (Holder, BytePlace);

/// What is drawn.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::report) struct Series {
    /// The places that ever held anything, from whoever waits for the bytes to whoever has sent them.
    pub(in crate::report) spots: Vec<Spot>,
    /// By instant, in seconds: how much each of them held.
    pub(in crate::report) looks: Vec<(f64, Vec<u64>)>,
    /// The only queue between worker and proxy, if there is but one.
    pub(in crate::report) unix: Option<Spot>,
}

/// The places on the way, from the end of it to its beginning.
fn way(direction: Direction) -> Vec<Spot> {
    use BytePlace::{Line, Memory, ReceiveQueue, SendQueue, TempFile};
    use Holder::{Backend, Client, Edge, Proxy};
    let through = |tier| [SendQueue, TempFile, Memory, ReceiveQueue].map(|place| (tier, place));
    let (to, from) = match direction {
        Direction::Response => (Client, Backend),
        Direction::Request => (Backend, Client),
    };
    let tiers = match direction {
        Direction::Response => [Edge, Proxy],
        Direction::Request => [Proxy, Edge],
    };
    // The line is between the clients and what they connect to.
    let mut way = vec![(to, ReceiveQueue)];
    way.extend((to == Client).then_some((Client, Line)));
    way.extend(tiers.into_iter().flat_map(through));
    way.extend((from == Client).then_some((Client, Line)));
    way.extend([(from, SendQueue), (from, Memory)]);
    way
}

impl Series {
    /// Those of a variant; `None` if there is nothing to see.
    pub(in crate::report) fn of(variant: &VariantData, direction: Direction) -> Option<Series> {
        let way = way(direction);
        let mut all = Looks::new(way.len());
        each_look(variant, direction, &mut |at, spot, bytes| {
            if let Some(place) = way.iter().position(|one| *one == spot) {
                let held = &mut all.at(at)[place];
                *held = held.saturating_add(bytes);
            }
        });
        let held = |place: &usize| all.iter().any(|(_, look)| look[*place] > 0);
        let shown: Vec<usize> = (0..way.len()).filter(held).collect();
        let looks = all.iter().map(|(at, look)| {
            let bytes = shown.iter().map(|place| look[*place]);
            (at.as_secs_f64(), bytes.collect())
        });
        let plan = &variant.plan;
        let unix = plan.backend.bind == Bind::Unix && plan.proxy.is_some();
        let series = Series {
            unix: unix.then_some(match direction {
                Direction::Response => (Holder::Proxy, BytePlace::ReceiveQueue),
                Direction::Request => (Holder::Backend, BytePlace::ReceiveQueue),
            }),
            looks: looks.collect(),
            spots: shown.iter().map(|place| way[*place]).collect(),
        };
        let most = series.totals().map(|(_, total)| total).max();
        most.is_some_and(|most| most >= LEAST).then_some(series)
    }

    /// Whether it would be one flat area from end to end, or always the same.
    fn is_flat(&self) -> bool {
        let peak = self.totals().map(|(_, total)| total).max().unwrap_or(0);
        let nearly_all = peak - peak / FLAT;
        let same = self.totals().all(|(_, total)| total == peak);
        let mut spots = 0..self.spots.len();
        same || spots.any(|spot| {
            self.looks
                .iter()
                .all(|(_, bytes)| bytes[spot] >= nearly_all)
        })
    }

    /// By instant: how much all places held.
    pub(super) fn totals(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let looks = self.looks.iter();
        looks.map(|(at, bytes)| {
            (
                *at,
                bytes
                    .iter()
                    .fold(0, |sum: u64, one| sum.saturating_add(*one)),
            )
        })
    }
}

/// How much each place held, instant by instant: many rows of few places, in one piece of memory.
struct Looks {
    places: usize,
    instants: Vec<Timestamp>,
    held: Vec<u64>,
}

impl Looks {
    fn new(places: usize) -> Looks {
        Looks {
            places,
            instants: Vec::new(),
            held: Vec::new(),
        }
    }

    /// What is held at an instant; nothing yet where it is new. Rows come nearly always in the order of time.
    fn at(&mut self, at: Timestamp) -> &mut [u64] {
        let after = self.instants.last().is_none_or(|last| *last < at);
        let look = match after {
            true => Err(self.instants.len()),
            false => self.instants.binary_search(&at),
        };
        let look = look.unwrap_or_else(|new| {
            self.instants.insert(new, at);
            let from = new * self.places;
            let nothing = std::iter::repeat_n(0, self.places);
            self.held.splice(from..from, nothing);
            new
        });
        &mut self.held[look * self.places..][..self.places]
    }

    fn iter(&self) -> impl Iterator<Item = (&Timestamp, &[u64])> {
        self.instants.iter().zip(self.held.chunks(self.places))
    }
}

/// The most that all places of a way held at once; 0 where that is nothing to speak of.
pub(in crate::report) fn most_waiting(variant: &VariantData, direction: Direction) -> u64 {
    let way = way(direction);
    let mut all = Looks::new(1);
    each_look(variant, direction, &mut |at, spot, bytes| {
        if way.contains(&spot) {
            let held = &mut all.at(at)[0];
            *held = held.saturating_add(bytes);
        }
    });
    let most = all.held.into_iter().max();
    most.filter(|most| *most >= LEAST).unwrap_or(0)
}

/// Tells what was where, of what goes one way.
fn each_look(
    variant: &VariantData,
    direction: Direction,
    add: &mut impl FnMut(Timestamp, Spot, u64),
) {
    let rows = variant.bytes.iter();
    for row in rows.filter(|row| row.direction == direction) {
        add(row.at, (row.tier, row.place), row.bytes);
    }
    if variant.bytes.is_empty() && direction == Direction::Response {
        of_gauges(variant, add);
    }
}

/// What folders without a ledger know: the gauges of the proxies.
fn of_gauges(variant: &VariantData, add: &mut impl FnMut(Timestamp, Spot, u64)) {
    for sample in &variant.queues {
        for tier in [Tier::Edge, Tier::Proxy] {
            if sample.is_whole(tier) {
                let memory = sample.buffered_bytes.unwrap_or(0);
                let file = sample.spilled_bytes.unwrap_or(0);
                add(sample.at, (tier.into(), BytePlace::Memory), memory);
                add(sample.at, (tier.into(), BytePlace::TempFile), file);
            }
        }
    }
}

/// A place in words. What one queue of a Unix link holds is charged to its sender, and lies with its receiver.
fn spot_words((holder, place): Spot, unix: Option<Spot>, words: &Words) -> String {
    if unix == Some((holder, place)) {
        return words.say("chart-bytes-unix", []);
    }
    let whose = match holder {
        Holder::Client => "client",
        Holder::Edge => "edge",
        Holder::Proxy => "proxy",
        Holder::Backend => "worker",
    };
    let place = match place {
        BytePlace::Line => return words.say("page-spot-line", []),
        BytePlace::Memory => "memory",
        BytePlace::TempFile => "temp-file",
        BytePlace::SendQueue => "send-queue",
        BytePlace::ReceiveQueue => "receive-queue",
        BytePlace::Delivered => "delivered",
    };
    words.say(
        "chart-bytes-spot",
        [("whose", whose.into()), ("spot", place.into())],
    )
}

/// Its place in [`theme::BANDS`].
pub(in crate::report) fn band((holder, place): Spot) -> usize {
    match (holder, place) {
        (_, BytePlace::Line) => 5,
        (Holder::Client, _) => 0,
        (Holder::Backend, BytePlace::Memory) => 8,
        (Holder::Backend, _) => 7,
        (_, BytePlace::ReceiveQueue) => 6,
        (_, BytePlace::TempFile) => 2,
        (Holder::Edge, BytePlace::Memory) => 3,
        (_, BytePlace::Memory) => 4,
        (_, BytePlace::SendQueue | BytePlace::Delivered) => 1,
    }
}

fn color(spot: Spot) -> RGBAColor {
    theme::BANDS[band(spot)].1
}

pub(super) fn draw(run: &RunData, variant: &VariantData, words: &Words) -> Vec<Chart> {
    [Direction::Response, Direction::Request]
        .into_iter()
        .filter_map(|direction| {
            let series = Series::of(variant, direction).filter(|series| !series.is_flat())?;
            Some(paint((run, variant), (direction, &series), words))
        })
        .collect()
}

fn paint(
    (run, variant): (&RunData, &VariantData),
    (direction, series): (Direction, &Series),
    words: &Words,
) -> Chart {
    let (at_s, peak) = series
        .totals()
        .max_by_key(|(_, total)| *total)
        .unwrap_or_default();
    let end_s = last_second(variant);
    let frame = Frame {
        left: 110.0,
        top: 110.0 + 24.0 * legend_rows(series) as f64 - 24.0,
        right: 1150.0,
        bottom: f64::from(HEIGHT) - 56.0,
        across: Scale::linear(0.0, end_s),
        up: Scale::linear(0.0, peak as f64 * 1.06),
    };
    let mut picture = Picture::sheet(WIDTH, HEIGHT);
    let (kind, what) = match direction {
        Direction::Response => ("bytes_waiting", "responses"),
        Direction::Request => ("bytes_uploading", "requests"),
    };
    let at = place(run, &variant.plan.variant);
    let title = words.say("chart-bytes", [("what", what.into()), ("place", at.into())]);
    let arguments = [
        ("peak", human_bytes(peak).into()),
        ("at", human::seconds(at_s).into()),
        ("count", human::count(series.looks.len() as u64).into()),
    ];
    let story = words.say("chart-bytes-story", arguments);
    frame::header(&mut picture, &title, &story);
    let unit = 1024_f64.powf((peak as f64).log(1024.0).floor());
    let ticks: Vec<(f64, String)> = round_ticks(0.0, peak as f64 / unit, 5)
        .into_iter()
        .map(|share| (share * unit, human_bytes((share * unit) as u64)))
        .collect();
    frame.rows(&mut picture, &ticks);
    frame.axis_up(&mut picture, &words.say("chart-axis-bytes", []));
    frame.seconds(&mut picture, end_s, words);
    bands(&mut picture, &frame, series);
    frame.edges(&mut picture);
    legend(&mut picture, &frame, series, words);
    let names: Vec<String> = (series.spots.iter())
        .map(|spot| spot_words(*spot, series.unix, words))
        .collect();
    let arguments = [("story", story.into()), ("spots", names.join(", ").into())];
    Chart {
        name: file_name(kind, &variant.plan.variant),
        title,
        caption: words.say("chart-bytes-caption", arguments),
        picture,
    }
}

/// Per pixel the look at which most was waiting.
fn columns(frame: &Frame, series: &Series) -> Vec<(f64, Vec<u64>)> {
    let mut columns: Vec<(f64, Vec<u64>)> = Vec::new();
    let total = |bytes: &[u64]| bytes.iter().sum::<u64>();
    for (at, bytes) in &series.looks {
        let x = frame.x(*at).floor();
        match columns.last_mut() {
            Some(last) if last.0 == x && total(&last.1) >= total(bytes) => {}
            Some(last) if last.0 == x => last.1.clone_from(bytes),
            _ => columns.push((x, bytes.clone())),
        }
    }
    columns
}

/// Stacked areas in steps: a look holds until the next one.
fn bands(picture: &mut Picture, frame: &Frame, series: &Series) {
    let columns = columns(frame, series);
    let edge_of = |below: usize| {
        let mut edge = Vec::with_capacity(2 * columns.len());
        for (index, (x, bytes)) in columns.iter().enumerate() {
            let next = columns.get(index + 1).map_or(x + 1.0, |next| next.0);
            let y = frame.y(bytes[..below].iter().sum::<u64>() as f64);
            edge.extend([(*x, y), (next.min(frame.right), y)]);
        }
        edge
    };
    for (index, spot) in series.spots.iter().enumerate() {
        let mut shape = edge_of(index + 1);
        shape.extend(edge_of(index).into_iter().rev());
        picture.shape(shape, color(*spot));
    }
    picture.line(edge_of(series.spots.len()), 1.5, theme::INK);
}

/// How many rows the legend takes.
fn legend_rows(series: &Series) -> usize {
    // An entry takes about 190 pixels of 1040.
    series.spots.len().div_ceil(5).max(1)
}

/// In the order of the bands, from the top one down, so that it reads as they lie.
fn legend(picture: &mut Picture, frame: &Frame, series: &Series, words: &Words) {
    let (mut x, mut y) = (frame.left, 80.0);
    for spot in series.spots.iter().rev() {
        let label = spot_words(*spot, series.unix, words);
        let width = 28.0 + text_width(&label, theme::LABEL) + 22.0;
        if x + width > frame.right {
            (x, y) = (frame.left, y + 24.0);
        }
        picture.fill((x, y - 7.0), (x + 22.0, y + 7.0), color(*spot));
        let at = (x + 28.0, y);
        picture.words(at, &label, (theme::LABEL, theme::INK), Align::Left);
        x += width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ByteSample;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    fn sample(ms: u64, tier: Holder, place: BytePlace, bytes: u64) -> ByteSample {
        ByteSample {
            at: Timestamp::from_us(ms * 1000),
            group: None,
            direction: Direction::Response,
            tier,
            place,
            bytes,
        }
    }

    #[test]
    fn bands_lie_in_the_order_of_the_way() {
        let mut variant = fixture::run().variants.remove(0);
        variant.bytes = vec![
            sample(100, Holder::Backend, BytePlace::SendQueue, 200_000),
            sample(200, Holder::Backend, BytePlace::SendQueue, 200_000),
            sample(200, Holder::Proxy, BytePlace::Memory, 70_000),
            sample(200, Holder::Client, BytePlace::ReceiveQueue, 8_000),
            sample(200, Holder::Client, BytePlace::Delivered, 9_000_000),
            sample(300, Holder::Proxy, BytePlace::TempFile, 0),
        ];
        let series = Series::of(&variant, Direction::Response).unwrap();
        assert_eq!(
            series.spots,
            [
                (Holder::Client, BytePlace::ReceiveQueue),
                (Holder::Proxy, BytePlace::Memory),
                (Holder::Backend, BytePlace::SendQueue),
            ]
        );
        assert_eq!(series.looks[1], (0.2, vec![8_000, 70_000, 200_000]));
        assert_eq!(series.looks[2], (0.3, vec![0, 0, 0]));
        assert_eq!(Series::of(&variant, Direction::Request), None);
    }

    #[test]
    fn what_is_blank_or_flat_is_not_drawn_but_the_page_knows_how_much_it_is() {
        let run = fixture::run();
        let mut variant = run.variants[0].clone();
        let flat = |bytes| {
            let place = BytePlace::SendQueue;
            [0, 100, 200].map(|ms| sample(ms, Holder::Backend, place, bytes))
        };
        for (bytes, told) in [(0, None), (200_000, Some(200_000))] {
            variant.bytes = flat(bytes).to_vec();
            let series = Series::of(&variant, Direction::Response);
            let most = series.and_then(|series| series.totals().map(|look| look.1).max());
            assert_eq!(most, told);
            assert!(draw(&run, &variant, Words::of(Language::English)).is_empty());
        }
    }

    #[test]
    fn what_is_nearly_flat_is_left_to_the_page() {
        let run = fixture::run();
        let mut variant = run.variants[0].clone();
        let mut drawn = |sent: [u64; 3], read: u64| {
            let (send, memory) = (BytePlace::SendQueue, BytePlace::Memory);
            let looks = sent.iter().zip([0, 100, 200]);
            let sent = looks.map(|(bytes, ms)| sample(ms, Holder::Backend, send, *bytes));
            let read = [0, 100, 200].map(|ms| sample(ms, Holder::Proxy, memory, read));
            variant.bytes = sent.chain(read).collect();
            assert!(Series::of(&variant, Direction::Response).is_some());
            draw(&run, &variant, Words::of(Language::English)).len()
        };
        assert_eq!(drawn([1_000_000, 980_000, 960_000], 0), 0);
        assert_eq!(drawn([1_000_000, 980_000, 940_000], 0), 1, "it moves");
        assert_eq!(drawn([900_000, 899_000, 900_000], 100_000), 1, "two places");
    }
}
