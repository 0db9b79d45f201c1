//! What the slow ones leave to those who read at once.

use super::{NONE, Said, instant, lasting, or_none, placed};
use crate::machine::backend_config::Bind;
use crate::plan::Others;
use crate::report::words::Words;
use crate::time::Span;

/// One claim.
pub(super) fn told(claim: &Others, words: &Words) -> Said {
    let text = match claim {
        Others::Load {
            per_s,
            service_s,
            slots,
            place,
        } => {
            let load = [
                ("rate", format!("{per_s:.0}").into()),
                ("service", format!("{:.1} ms", service_s * 1e3).into()),
                ("busy", format!("{:.2}", per_s * service_s).into()),
                ("slots", or_none(*slots)),
                ("place", placed(*place)),
            ];
            return Said::head(words.say("predicted-others", load));
        }
        Others::Left { per_s, used_ratio } => {
            let (rate, used) = (
                format!("{per_s:.0}"),
                format!("{:.0} %", used_ratio * 100.0),
            );
            words.tell("predicted-left", &[("rate", &rate), ("used", &used)])
        }
        Others::Starved { place, from, hold } => {
            let (place, from) = (placed(*place), instant(*from));
            let facts = [
                ("place", place),
                ("from", from),
                ("hold", lasting(*hold, words)),
            ];
            words.say("predicted-starved", facts)
        }
        Others::NoTimer => words.say("predicted-no-timer", []),
        Others::Timer {
            key,
            limit,
            too_late,
        } => {
            let facts = [
                ("key", key.as_str().into()),
                ("limit", limit.to_string().into()),
                (
                    "from",
                    too_late.map_or_else(|| NONE.into(), |(from, _)| instant(from)),
                ),
                ("count", or_none(too_late.map(|(_, count)| count))),
            ];
            words.say("predicted-timer", facts)
        }
        Others::Overflow { room, turned_away } => {
            let facts = [("room", (*room).into()), ("count", (*turned_away).into())];
            words.say("predicted-overflow", facts)
        }
        Others::TurnedAway {
            by,
            connect_timeout,
        } => turned_away(*by, *connect_timeout, words),
    };
    Said::detail(text)
}

fn turned_away(by: Bind, connect_timeout: Option<Span>, words: &Words) -> String {
    let socket = match by {
        Bind::Tcp => "tcp",
        Bind::Unix => "unix",
    };
    let limit = or_none(connect_timeout.map(|limit| limit.to_string()));
    words.say(
        "predicted-turned-away",
        [("socket", socket.into()), ("limit", limit)],
    )
}
