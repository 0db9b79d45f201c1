//! Whether and when a client asks again for what it did not get.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::end::End;
use crate::time::Span;

/// Ours: the longest pause, unless the file says another.
const MOST: Span = Span::from_secs(60);

/// `clients.retry`. A retry is a request of its own, with an id and a row of its own; its `attempt` says which it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// How often one request is made again at most.
    pub max: u32,
    /// What is a reason to.
    pub on: Vec<Trouble>,
    /// The pause before the first retry. Zero asks at once, as somebody does who presses reload.
    #[serde(default)]
    pub backoff: Span,
    /// By what each further pause is longer than the one before: 1 for fixed pauses, 2 to double them.
    #[serde(default = "fixed")]
    pub growth: f64,
    /// The longest pause.
    #[serde(default = "most")]
    pub most: Span,
    /// Draws each pause evenly from none to all of it, so that clients that failed together do not come back together.
    #[serde(default)]
    pub jitter: bool,
}

/// A reason to ask again. In files `"503"`, `"timeout"`, `"reset"`, `"refused"`, `"truncated"`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub enum Trouble {
    /// A response with this status.
    Status(u16),
    /// The client's own patience ran out.
    Timeout,
    /// The connection broke, or closed before a response.
    Reset,
    /// The connection could not be made.
    Refused,
    /// The response ended in the middle.
    Truncated,
}

const fn fixed() -> f64 {
    1.0
}

const fn most() -> Span {
    MOST
}

impl Retry {
    /// Whether a request that ended so is made again, `made` retries of it having been made before.
    pub fn applies(&self, end: End, status: Option<u16>, made: u32) -> bool {
        let is = |trouble: &Trouble| match (trouble, end) {
            (Trouble::Status(wanted), End::Complete) => status == Some(*wanted),
            (Trouble::Timeout, End::TimedOut)
            | (Trouble::Reset, End::Reset)
            | (Trouble::Refused, End::Refused { .. })
            | (Trouble::Truncated, End::Truncated) => true,
            _ => false,
        };
        made < self.max && self.on.iter().any(is)
    }

    /// The pause before it, `made` retries having been made before. `chance` is uniform in `[0, 1)`.
    pub fn pause(&self, made: u32, chance: f64) -> Span {
        let exponent = i32::try_from(made).unwrap_or(i32::MAX);
        let whole = self.backoff.as_secs_f64() * self.growth.powi(exponent);
        let whole = whole.min(self.most.as_secs_f64());
        Span::from_secs_f64(if self.jitter { whole * chance } else { whole })
    }
}

impl TryFrom<String> for Trouble {
    type Error = String;

    fn try_from(text: String) -> Result<Trouble, String> {
        let named = [
            Trouble::Timeout,
            Trouble::Reset,
            Trouble::Refused,
            Trouble::Truncated,
        ];
        if let Some(trouble) = named.into_iter().find(|one| one.to_string() == text) {
            return Ok(trouble);
        }
        match text.parse() {
            Ok(status) if (100..600).contains(&status) => Ok(Trouble::Status(status)),
            _ => Err(format!(
                "`{text}` is no reason to ask again: use a status such as \"502\", or \"timeout\", \"reset\", \"refused\", \"truncated\""
            )),
        }
    }
}

impl From<Trouble> for String {
    fn from(trouble: Trouble) -> String {
        trouble.to_string()
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Status(status) => write!(f, "{status}"),
            Trouble::Timeout => f.write_str("timeout"),
            Trouble::Reset => f.write_str("reset"),
            Trouble::Refused => f.write_str("refused"),
            Trouble::Truncated => f.write_str("truncated"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn retry(text: &str) -> Retry {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn reasons_are_read_and_told_apart() {
        let retry = retry("max = 2\non = [\"502\", \"timeout\", \"refused\"]");
        let cases = [
            (End::Complete, Some(502), true),
            (End::Complete, Some(200), false),
            (End::Truncated, Some(502), false),
            (End::TimedOut, None, true),
            (End::Reset, None, false),
            (End::Refused { own_lack: false }, None, true),
            (End::Unfinished, None, false),
        ];
        for (end, status, expected) in cases {
            assert_eq!(
                retry.applies(end, status, 1),
                expected,
                "{end:?} {status:?}"
            );
            assert!(!retry.applies(end, status, 2), "two are the most");
        }
        let wrong = toml::from_str::<Retry>("max = 1\non = [\"5o2\"]").unwrap_err();
        assert!(wrong.to_string().contains("`5o2` is no reason"), "{wrong}");
    }

    #[test]
    fn pauses_are_fixed_or_grow_to_a_limit() {
        let fixed = retry("max = 9\non = []\nbackoff = \"500ms\"");
        let pauses = [0, 1, 7].map(|made| fixed.pause(made, 0.3));
        assert_eq!(pauses, [Span::from_ms(500); 3]);
        let grows = retry("max = 9\non = []\nbackoff = \"100ms\"\ngrowth = 2.0\nmost = \"1s\"");
        let pauses =
            [0, 1, 2, 3, 4, 4_000_000_000].map(|made| grows.pause(made, 0.9).as_ns() / 1_000_000);
        assert_eq!(pauses, [100, 200, 400, 800, 1000, 1000]);
        let reload = retry("max = 9\non = [\"timeout\"]");
        assert_eq!(reload.pause(3, 0.5), Span::ZERO);
    }

    proptest! {
        #[test]
        fn jitter_shortens_and_never_lengthens(made in 0..40_u32, chance in 0.0..1.0_f64) {
            let plain = retry("max = 9\non = []\nbackoff = \"50ms\"\ngrowth = 1.5");
            let jitter = Retry { jitter: true, ..plain.clone() };
            let (whole, drawn) = (plain.pause(made, chance), jitter.pause(made, chance));
            prop_assert!(drawn <= whole && whole <= MOST);
            let off = (drawn.as_secs_f64() - whole.as_secs_f64() * chance).abs();
            prop_assert!(off < 1e-6, "{drawn} of {whole}");
        }
    }
}
