//! What a slow client does, where its bytes lie, and what it holds.

use fluent_bundle::FluentValue;

use super::{INDENT, Said, lasting, or_none, placed, truth};
use crate::machine::backend_config::Bind;
use crate::plan::{Asking, Cut, HeldBy, Hop, Place, Reading, Response, Slow};
use crate::report::human;
use crate::report::words::Words;
use crate::time::Span;
use crate::units::{Bytes, human_bits, human_bytes};

type Facts<'a> = Vec<(&'a str, FluentValue<'a>)>;

/// One claim. Of what is absorbed the lines are [`absorbed`]'s.
pub(super) fn told(claim: &Slow, words: &Words) -> Said {
    let (message, facts): (&str, Facts<'_>) = match claim {
        Slow::Asks { group, how } => {
            return Said::head(words.say("predicted-asks", asks(group, *how)));
        }
        Slow::Reads {
            group,
            response,
            how,
        } => return Said::head(words.say("predicted-reads", reads(group, *response, *how))),
        Slow::Absorbed(hops) => return Said::detail(absorbed(hops, words).join(" ")),
        Slow::Line { rate, rtt } => {
            let (rate, rtt) = (human_bits(*rate), rtt.to_string());
            (
                "predicted-line",
                vec![("rate", rate.into()), ("rtt", rtt.into())],
            )
        }
        Slow::Holds {
            hold,
            place,
            is_cut,
            by,
        } => (
            "predicted-holds",
            holds((*hold, *place), *is_cut, *by, words),
        ),
        Slow::IsCut {
            cut,
            limit,
            in_silence,
        } => ("predicted-cut", is_cut(*cut, *limit, *in_silence)),
        Slow::MainThreadWaits(wait) => (
            "predicted-main-thread",
            vec![("wait", lasting(*wait, words))],
        ),
        Slow::AtOnce { held, of, place } => {
            let (held, slots) = ((*held).into(), or_none(*of));
            let facts = vec![("held", held), ("slots", slots), ("place", placed(*place))];
            ("predicted-at-once", facts)
        }
    };
    Said::detail(words.say(message, facts))
}

fn asks(group: &str, how: Asking) -> Facts<'_> {
    let (what, rate) = match how {
        Asking::Never => ("nothing", None),
        Asking::Head(rate) => ("head", Some(rate)),
        Asking::Body(rate) => ("body", Some(rate)),
    };
    vec![
        ("group", group.into()),
        ("what", what.into()),
        ("rate", or_none(rate.map(|rate| rate.to_string()))),
    ]
}

fn reads(group: &str, response: Response, how: Reading) -> Facts<'_> {
    let (kind, rate) = match how {
        Reading::Slowly(rate) => ("slowly", Some(rate)),
        Reading::KeepsOpen => ("keeps-open", None),
        Reading::Stalls { pause: Some(_), .. } => ("stalls", None),
        Reading::Stalls { pause: None, .. } => ("stops", None),
    };
    let (after, pause) = match how {
        Reading::Stalls { after, pause } => (Some(after), pause),
        Reading::Slowly(_) | Reading::KeepsOpen => (None, None),
    };
    vec![
        ("group", group.into()),
        ("response", human_bytes(response.size.0).into()),
        ("is_mean", truth(response.is_mean)),
        ("how", kind.into()),
        ("rate", or_none(rate.map(|rate| human_bytes(rate.0)))),
        ("after", or_none(after.map(|after| human_bytes(after.0)))),
        ("pause", or_none(pause.map(|pause| pause.to_string()))),
    ]
}

fn holds<'a>((hold, place): (Span, Place), is_cut: bool, by: HeldBy, words: &Words) -> Facts<'a> {
    let (by, closes, over, rate) = match by {
        HeldBy::Waiting => ("waiting", false, None, None),
        HeldBy::AllFits { closes } => ("all-fits", closes, None, None),
        HeldBy::Excess { over, rate } => ("excess", false, Some(over), rate),
    };
    vec![
        ("hold", lasting(hold, words)),
        ("place", placed(place)),
        ("is_cut", truth(is_cut)),
        ("by", by.into()),
        ("closes", truth(closes)),
        ("over", or_none(over.map(|over| human_bytes(over.0)))),
        ("rate", or_none(rate.map(|rate| human_bytes(rate.0)))),
    ]
}

fn is_cut<'a>(cut: Cut, limit: Span, in_silence: bool) -> Facts<'a> {
    let cut = match cut {
        Cut::WorkerTimeout => "worker-timeout",
        Cut::SendTimeout => "send-timeout",
        Cut::WallClock => "wall-clock",
        Cut::ClientTimeout => "client-timeout",
    };
    vec![
        ("cut", cut.into()),
        ("limit", limit.to_string().into()),
        ("in_silence", truth(in_silence)),
    ]
}

/// A line a hop, from the client to the worker, and pluses under each other.
pub(super) fn absorbed(hops: &[(Bytes, Hop)], words: &Words) -> Vec<String> {
    let lead = words.say("predicted-absorbed", []);
    let plus = format!("{:>1$}", "+", human::columns(&lead));
    let leads = std::iter::once(&lead).chain(std::iter::repeat(&plus));
    let line = |(lead, (bytes, hop)): (&String, &(Bytes, Hop))| {
        let hop = match hop {
            Hop::ClientSocket => "client-socket",
            Hop::Buffers { both: false } => "buffers",
            Hop::Buffers { both: true } => "both-buffers",
            Hop::TempFile { both: false } => "temp-file",
            Hop::TempFile { both: true } => "both-temp-files",
            Hop::Between => "between",
            Hop::WorkerSocket(Bind::Tcp) => "tcp-socket",
            Hop::WorkerSocket(Bind::Unix) => "unix-socket",
        };
        let said = [("bytes", human_bytes(bytes.0).into()), ("hop", hop.into())];
        format!("{INDENT}{lead} {}", words.say("predicted-hop", said))
    };
    leads.zip(hops).map(line).collect()
}
