//! `worker_occupancy`: who held the workers, who waited, who was turned away. The picture that tells the story.
//!
//! One lane per slot of a worker, the accept queue underneath, and the other clients' requests below that, on one time axis.
//! More than [`MOST_LANES`] slots, or slots that nothing limits, are not drawn one by one but as areas: how many of them each group held. Limits: a stretch too short for a pixel is shown as a
//! tint as strong as its share of that pixel's time.

mod crowd;
pub(in crate::report) mod lanes;
pub(in crate::report) mod notes;
mod queue;
mod strip;

pub(in crate::report) use strip::{ending, ending_word};

use super::Chart;
use super::frame::{self, Frame};
use super::picture::Picture;
use super::subject::{file_name, last_second, place};
use super::theme::{self, Hue};
use crate::report::data::{RunData, VariantData};
use crate::report::words::Words;

/// Lanes that fit the sheet and can be told apart.
pub(in crate::report) const MOST_LANES: usize = 96;
const WIDTH: u32 = 1200;
/// Height of the areas that stand for more slots than that.
const CROWD_HEIGHT: f64 = 320.0;
/// Room for names at the left: at least, and where those of rows are longer at most.
const LEFT: f64 = 128.0;
const LEFT_MOST: f64 = 220.0;
const RIGHT: f64 = 1056.0;
const TOP: f64 = 122.0;

/// What every part of the picture needs.
struct Scene<'a> {
    variant: &'a VariantData,
    hues: Vec<(String, Hue)>,
    /// The whole height; x in seconds.
    frame: Frame,
    end_s: f64,
    words: &'a Words,
    /// How high the scale of the accept queue goes: the same in all variants, so that their pictures can be held side by side.
    queue_high: f64,
}

pub(super) fn draw(run: &RunData, variant: &VariantData, words: &Words) -> Chart {
    let lanes = lanes::assign(&variant.workers);
    let rows = strip::rows(variant);
    let crowded = lanes.len() > MOST_LANES || variant.plan.backend.slots().is_none();
    let lane_height = (560.0 / lanes.len().max(1) as f64).clamp(5.0, 34.0);
    let lanes_bottom = match crowded {
        true => TOP + CROWD_HEIGHT,
        false => TOP + lane_height * lanes.len().max(1) as f64,
    };
    let queue_bottom = lanes_bottom + 118.0;
    let strip_top = queue_bottom + 26.0;
    let bottom = strip_top + strip::ROW * rows.len() as f64 + 8.0;
    let end_s = last_second(variant);
    let left = strip::room(&rows, words).clamp(LEFT, LEFT_MOST);
    let scene = Scene {
        variant,
        hues: theme::hues(&variant.plan),
        frame: Frame::of_lanes((left, RIGHT), (TOP, bottom), end_s),
        end_s,
        words,
        queue_high: queue::scale_of(run),
    };
    let mut picture = Picture::sheet(WIDTH, (bottom + 56.0) as u32);
    let at = place(run, &variant.plan.variant);
    let title = words.say("chart-workers", [("place", at.into())]);
    let story = notes::story(variant, words);
    frame::header(&mut picture, &title, &story);
    notes::legend(&mut picture, &scene, crowded);
    scene.frame.seconds(&mut picture, end_s, words);
    if crowded {
        crowd::draw(&mut picture, &scene, lanes.len(), (TOP, lanes_bottom));
    } else {
        lanes::draw(&mut picture, &scene, &lanes, lane_height);
    }
    queue::draw(&mut picture, &scene, (lanes_bottom + 30.0, queue_bottom));
    strip::draw(&mut picture, &scene, &rows, strip_top);
    notes::phases(&mut picture, &scene);
    let key = key(variant, crowded);
    let arguments = [("story", story.into()), ("key", key.into())];
    Chart {
        name: file_name("worker_occupancy", &variant.plan.variant),
        title,
        caption: words.say("chart-workers-caption", arguments),
        picture,
    }
}

/// What the lanes or the areas are, which a reader must know to read them.
fn key(variant: &VariantData, crowded: bool) -> &'static str {
    let one_each = variant.plan.backend.slots_per_worker() == Some(1);
    match (crowded, one_each) {
        (true, true) => "workers",
        (true, false) => "slots",
        (false, true) => "lane-per-worker",
        (false, false) => "lane-per-slot",
    }
}
