//! Checks of `clients.behavior`: kinds that ask for the impossible, and socket options without a socket.

use super::check::{Checker, steps};
use super::check_handlers::quantity;
use super::diagnostics::Diagnostic;
use super::file::{ClientGroup, File};
use crate::machine::behavior::{Abort, Behavior, Ending};
use crate::machine::handler::Distribution;
use crate::time::Span;
use crate::units::{ByteRate, Bytes};

/// Kernel: TCP_MAXSEG accepts 88 (`TCP_MIN_MSS`) to 32767 (`MAX_TCP_WINDOW`).
const MSS: std::ops::RangeInclusive<u32> = 88..=32_767;
/// Ours: more than memory moves.
const FASTEST: ByteRate = ByteRate(1 << 40);

/// What is wrong, and what to do: the key below the behaviour, a title, a hint.
type Mistake = (&'static str, &'static str, &'static str);

impl Checker<'_> {
    pub(super) fn behavior(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let at = format!("clients.{index}.behavior.{}", group.behavior.name());
        if let Some((key, title, hint)) = mistake(group) {
            let key = if key.is_empty() {
                at.clone()
            } else {
                format!("{at}.{key}")
            };
            self.wrong(&key, title, hint);
        }
        if let Some(rate) = group.behavior.rate() {
            self.drawn_rate(&at, rate);
        }
        if group.behavior.ending() != Ending::Closes && group.request.keepalive {
            self.wrong(
                &format!("clients.{index}.request.keepalive"),
                format!(
                    "a `{}` client asks nothing more on its connection",
                    group.behavior.name()
                ),
                "leave `keepalive` out",
            );
        }
        self.socket(file, &at, group);
        if group.behavior.vanishes() && file.is_unix_for_clients() {
            self.wrong(
                &at,
                "`vanish` needs TCP, but these clients meet only a Unix socket",
                "use `bind = \"tcp\"` or a proxy: on one machine nobody vanishes unseen",
            );
        }
        if group.behavior.tunnel().is_some() && group.link.is_none() {
            self.wrong(
                &format!("{at}.for"),
                "a client without a `link` vanishes for good",
                "say how far away it is, as in `link = { preset = \"4g\" }`, or leave `for` out",
            );
        }
    }

    fn drawn_rate(&mut self, at: &str, rate: &Distribution<ByteRate>) {
        let mut found = Vec::new();
        quantity("rate", rate, FASTEST, &mut found);
        for (keys, title, hint) in found {
            let place = self
                .tree
                .place_of(&steps(&format!("{at}.{}", keys.join("."))));
            self.push(Diagnostic::error(place, title).hint(hint));
        }
    }

    fn socket(&mut self, file: &File, at: &str, group: &ClientGroup) {
        let knobs = group.behavior.socket();
        self.buffer(&format!("{at}.rcvbuf"), knobs.rcvbuf);
        if let Some(mss) = knobs.mss
            && !MSS.contains(&mss)
        {
            self.wrong(
                &format!("{at}.mss"),
                format!("the kernel refuses an `mss` of {mss}"),
                format!("use {} to {}", MSS.start(), MSS.end()),
            );
        }
        if !file.is_unix_for_clients() {
            return;
        }
        if knobs.mss.is_some() {
            self.wrong(
                &format!("{at}.mss"),
                "`mss` needs TCP, but these clients meet only a Unix socket",
                "use `bind = \"tcp\"`, a proxy, or leave `mss` out",
            );
        }
        if knobs.rcvbuf.is_some() {
            self.doubtful(
                &format!("{at}.rcvbuf"),
                "`rcvbuf` does nothing: these clients meet only a Unix socket",
                "use `bind = \"tcp\"` or a proxy for it to count",
            );
        }
    }
}

/// The first thing about a kind that cannot be.
fn mistake(group: &ClientGroup) -> Option<Mistake> {
    let stands_still = group
        .behavior
        .rate()
        .is_some_and(|rate| matches!(rate, Distribution::Fixed(ByteRate(0))));
    let no_body = group.request.body == Bytes(0);
    match &group.behavior {
        Behavior::Idle(idle) if idle.after > 0 && !group.request.keepalive => Some((
            "after",
            "`after` needs a kept connection to fall silent on",
            "set `request.keepalive`, with `arrival.closed`; or leave `after` out for a client that never asks",
        )),
        Behavior::SlowRead(_) if stands_still => Some((
            "rate",
            "a rate of zero is not slow, it is a stall",
            "write `behavior.stall = {}` instead",
        )),
        Behavior::SlowHeader(_) if stands_still => Some((
            "rate",
            "a rate of zero is not slow, it is silence",
            "write `behavior.idle = {}` instead",
        )),
        Behavior::SlowBody(_) if stands_still => Some((
            "rate",
            "a body at a rate of zero never comes",
            "use more than zero; `1B/s` is as good as nothing",
        )),
        Behavior::SlowBody(_) if no_body => Some((
            "",
            "`slow-body` has no body to send slowly",
            "set `request.method = \"POST\"` and for example `request.body = \"1MiB\"`",
        )),
        Behavior::Stall(stall) if stall.duration == Some(Span::ZERO) => Some((
            "for",
            "a stall of no time is none",
            "leave `for` out to stall for good",
        )),
        Behavior::Burst(burst) if burst.on.is_zero() => Some((
            "on",
            "a burst of no time reads nothing",
            "write `behavior.stall = {}` instead",
        )),
        Behavior::Burst(burst) if burst.off.is_zero() => Some((
            "off",
            "without a rest there are no bursts",
            "write `behavior.healthy = {}` instead",
        )),
        Behavior::Abort(abort) => of_abort(abort),
        _ => None,
    }
}

fn of_abort(abort: &Abort) -> Option<Mistake> {
    let said = [
        abort.after.is_some(),
        abort.sent.is_some(),
        abort.at.is_some(),
    ];
    match said.into_iter().filter(|said| *said).count() {
        0 => Some((
            "",
            "`abort` does not say when",
            "say `after` (bytes of the response), `sent` (bytes of the request) or `at` (a time)",
        )),
        1 if abort.sent == Some(Bytes(0)) => Some((
            "sent",
            "a client that sends nothing asks nothing",
            "write `behavior.idle = {}` with a `request.timeout` instead",
        )),
        1 => None,
        _ => Some((
            "",
            "`abort` says more than once when",
            "keep one of `after`, `sent` and `at`",
        )),
    }
}
