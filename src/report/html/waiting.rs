//! Where bytes of responses wait, hop by hop: the series of the chart `bytes_waiting`, with the classes and words of the page.

use serde::Serialize;

use crate::record::{BytePlace, Direction, Holder};
use crate::report::chart::{self, Series, Spot, theme};
use crate::report::data::VariantData;
use crate::report::words::Words;

/// A place on the way.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub(super) struct Band {
    pub(super) class: &'static str,
    pub(super) name: String,
}

/// The places of a variant and how much waited in each, from whoever waits for the bytes to whoever has sent them.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Waiting {
    pub(super) bands: Vec<Band>,
    /// By instant, in microseconds.
    pub(super) looks: Vec<(u64, Vec<u64>)>,
}

impl Waiting {
    /// Of responses; `None` where nothing to speak of ever waited.
    pub(super) fn of(variant: &VariantData, words: &Words) -> Option<Waiting> {
        Waiting::on_the_way(variant, Direction::Response, words)
    }

    /// Of what goes one way.
    pub(super) fn on_the_way(
        variant: &VariantData,
        way: Direction,
        words: &Words,
    ) -> Option<Waiting> {
        let series = Series::of(variant, way)?;
        let band = |spot: &Spot| Band {
            class: theme::BANDS[chart::band(*spot)].0,
            name: name(*spot, series.unix == Some(*spot), words),
        };
        Some(Waiting {
            bands: series.spots.iter().map(band).collect(),
            looks: (series.looks.into_iter())
                .map(|(at_s, bytes)| ((at_s * 1e6).round() as u64, bytes))
                .collect(),
        })
    }

    /// The most that waited at once.
    pub(super) fn most(&self) -> u64 {
        let sums = self.looks.iter().map(|(_, bytes)| bytes.iter().sum());
        sums.max().unwrap_or(0)
    }
}

fn name((holder, place): Spot, unix: bool, words: &Words) -> String {
    let holder = match holder {
        Holder::Client => "client",
        Holder::Edge => "edge",
        Holder::Proxy => "proxy",
        Holder::Backend => "worker",
    };
    let place = match place {
        _ if unix => "unix",
        BytePlace::Line => return words.say("page-spot-line", []),
        BytePlace::Memory => "memory",
        BytePlace::TempFile => "file",
        BytePlace::SendQueue => "send",
        BytePlace::ReceiveQueue | BytePlace::Delivered => "receive",
    };
    let arguments = [("holder", holder.into()), ("place", place.into())];
    words.say("page-spot", arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn what_waits_is_named_and_summed_up() {
        let run = fixture::run();
        for (language, memory) in [(Language::English, "memory"), (Language::Korean, "메모리")] {
            let waiting = Waiting::of(&run.variants[1], Words::of(language)).unwrap();
            let classes: Vec<&str> = waiting.bands.iter().map(|band| band.class).collect();
            assert_eq!(classes, ["b-file", "b-memory"]);
            assert!(waiting.bands[1].name.contains(memory), "{waiting:?}");
            assert!(waiting.most() > 8 << 20);
        }
        assert_eq!(
            Waiting::of(&run.variants[0], Words::of(Language::English)),
            None
        );
    }
}
