//! A client's own line: rate, round trip, loss. The figures that follow from them, no packet.
//!
//! On real sockets [`super::relay`] plays it, packet by packet; the sim models what TCP makes of it. The sim's limits: the line carries one client's
//! one connection, the way towards the server is never the bottleneck, and the round trip does not vary by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Span;
use crate::units::{ByteRate, Bytes};

/// RFC 9293 over Ethernet: payload of a segment of 1500 bytes with timestamps.
pub const MSS: u64 = 1448;
/// IPv4 and TCP headers with timestamps: what a segment costs on the line beside its payload.
pub const HEADERS: u64 = 52;
/// RFC 6928: the congestion window at the beginning, in segments.
pub const INITIAL_CWND: u64 = 10;
/// Kernel: true size of a segment of 1448 bytes, by which autotuning sizes a send buffer (`tcp_sndbuf_expand`).
pub const SEGMENT_TRUESIZE: u64 = 2304;
/// Kernel: `TCP_RTO_MIN`, the least that a retransmission timer adds to the round trip.
const RTO_MIN: Span = Span::from_ms(200);

/// `clients.link`: the line between a client and what it connects to.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What the line carries towards the client, headers included.
    pub rate: ByteRate,
    /// Round trip of an empty line.
    pub rtt: Span,
    /// Share of segments that are lost, from 0 up to and without 1.
    #[serde(default)]
    pub loss: f64,
    /// What only real sockets have of a line.
    #[serde(default, skip_serializing_if = "is_steady")]
    pub nature: Nature,
    /// Bytes that may wait before the line; unset: see [`Link::queue`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Bytes>,
    /// TCP's rule of sending for all sockets of the run; unset leaves the host's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub congestion: Option<Congestion>,
    /// How often TCP sends again what nobody acknowledges, for all sockets of the run; unset leaves the host's (15: a quarter of an hour).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp_retries2: Option<u8>,
}

/// How a line treats packets beyond rate, delay and loss. The sim has none of it.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nature {
    /// A packet takes up to this much longer, drawn evenly; packets keep their order.
    pub jitter: Span,
    /// Share of packets that are held back, so that later ones overtake them.
    pub reorder: f64,
    /// Which packet goes when the queue is full.
    pub drop: DropPolicy,
    /// Whether its clients share one line, with those of other groups that say so.
    pub shared: bool,
}

/// As serde asks.
fn is_steady(nature: &Nature) -> bool {
    *nature == Nature::default()
}

/// Which packet a full queue drops.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DropPolicy {
    /// The one that comes.
    #[default]
    Tail,
    /// The one that has waited longest: the sender hears of it sooner.
    Head,
}

/// The kernel's names of ways to avoid congestion (`tcp_available_congestion_control`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Congestion {
    /// RFC 5681.
    Reno,
    /// RFC 9438, Linux's default.
    Cubic,
    /// By bandwidth and round trip: losses hardly slow it.
    Bbr,
}

impl Congestion {
    /// As the kernel is asked for it.
    pub const fn name(self) -> &'static str {
        match self {
            Congestion::Reno => "reno",
            Congestion::Cubic => "cubic",
            Congestion::Bbr => "bbr",
        }
    }
}

/// `clients.link` as a file writes it: a preset, figures, or a preset of which some figures are replaced.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSetting {
    /// A kind of line.
    #[serde(default)]
    pub preset: Option<Preset>,
    /// See [`Link::rate`].
    #[serde(default)]
    pub rate: Option<ByteRate>,
    /// See [`Link::rtt`].
    #[serde(default)]
    pub rtt: Option<Span>,
    /// See [`Link::loss`].
    #[serde(default)]
    pub loss: Option<f64>,
    /// See [`Nature::jitter`].
    #[serde(default)]
    pub jitter: Span,
    /// See [`Nature::reorder`].
    #[serde(default)]
    pub reorder: f64,
    /// See [`Link::queue`].
    #[serde(default)]
    pub queue: Option<Bytes>,
    /// See [`Nature::drop`].
    #[serde(default)]
    pub drop: DropPolicy,
    /// See [`Nature::shared`].
    #[serde(default)]
    pub shared: bool,
    /// See [`Link::congestion`].
    #[serde(default)]
    pub congestion: Option<Congestion>,
    /// See [`Link::tcp_retries2`].
    #[serde(default)]
    pub tcp_retries2: Option<u8>,
}

/// Kinds of lines. Rates and round trips are those of WebPageTest's profiles where there is one, losses are ours; nobody's network was measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Preset {
    /// 280 kbit/s, 800 ms, 1 % lost.
    #[serde(rename = "2g")]
    TwoG,
    /// 1.6 Mbit/s, 300 ms, 0.5 % lost.
    #[serde(rename = "3g")]
    ThreeG,
    /// 9 Mbit/s, 170 ms.
    #[serde(rename = "4g")]
    FourG,
    /// 1.5 Mbit/s, 50 ms.
    #[serde(rename = "dsl")]
    Dsl,
    /// A geostationary one (ours): 5 Mbit/s, 600 ms, 0.5 % lost.
    #[serde(rename = "satellite")]
    Satellite,
    /// The same building (ours): 100 Mbit/s, 1 ms.
    #[serde(rename = "lan")]
    Lan,
}

impl Preset {
    /// Its figures.
    pub const fn link(self) -> Link {
        let (kbit, rtt_ms, loss) = match self {
            Preset::TwoG => (280, 800, 0.01),
            Preset::ThreeG => (1600, 300, 0.005),
            Preset::FourG => (9000, 170, 0.0),
            Preset::Dsl => (1500, 50, 0.0),
            Preset::Satellite => (5000, 600, 0.005),
            Preset::Lan => (100_000, 1, 0.0),
        };
        Link::plain(ByteRate(kbit * 1000 / 8), Span::from_ms(rtt_ms), loss)
    }
}

impl LinkSetting {
    /// The line; `None` if a figure is missing that no preset gives.
    pub fn link(&self) -> Option<Link> {
        let preset = self.preset.map(Preset::link);
        let rate = self.rate.or(preset.map(|link| link.rate))?;
        let rtt = self.rtt.or(preset.map(|link| link.rtt))?;
        let loss = self.loss.or(preset.map(|link| link.loss)).unwrap_or(0.0);
        Some(Link {
            nature: Nature {
                jitter: self.jitter,
                reorder: self.reorder,
                drop: self.drop,
                shared: self.shared,
            },
            queue: self.queue,
            congestion: self.congestion,
            tcp_retries2: self.tcp_retries2,
            ..Link::plain(rate, rtt, loss)
        })
    }
}

impl Link {
    /// A line of which nothing else is said.
    pub const fn plain(rate: ByteRate, rtt: Span, loss: f64) -> Link {
        Link {
            rate,
            rtt,
            loss,
            nature: Nature {
                jitter: Span::ZERO,
                reorder: 0.0,
                drop: DropPolicy::Tail,
                shared: false,
            },
            queue: None,
            congestion: None,
            tcp_retries2: None,
        }
    }

    /// From one end to the other.
    pub fn one_way(&self) -> Span {
        Span::from_ns(self.rtt.as_ns() / 2)
    }

    /// How long so many bytes, headers included, keep the line busy.
    pub fn line_time(&self, bytes: u64) -> Span {
        let ns = u128::from(bytes) * 1_000_000_000 / u128::from(self.rate.0.max(1));
        Span::from_ns(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    /// Bandwidth-delay product: bytes that an unhurried line holds.
    pub fn bdp(&self) -> u64 {
        let bytes = u128::from(self.rate.0) * u128::from(self.rtt.as_ns()) / 1_000_000_000;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    /// Bytes that may wait before the line; unless a file says so (ours): what it holds itself, but at least a first flight, so that no
    /// connection loses segments by its own opening burst.
    pub fn queue(&self) -> u64 {
        match self.queue {
            Some(queue) => queue.0,
            None => self.bdp().max(INITIAL_CWND * (MSS + HEADERS)),
        }
    }

    /// SO_SNDBUF to which autotuning drives a sender once its congestion window is as wide as the line and its queue.
    pub fn auto_sndbuf(&self) -> u64 {
        let cwnd = (self.bdp() + self.queue()) / (MSS + HEADERS);
        self.sndbuf_for(cwnd.max(INITIAL_CWND))
    }

    /// SO_SNDBUF to which autotuning drives a sender whose congestion window is so many segments (`tcp_sndbuf_expand`): twice as many, and with bbr three
    /// times (`bbr_sndbuf_expand`), which is also what we take where the host decides.
    pub fn sndbuf_for(&self, cwnd: u64) -> u64 {
        let factor = match self.congestion {
            Some(Congestion::Reno | Congestion::Cubic) => 2,
            Some(Congestion::Bbr) | None => 3,
        };
        factor * cwnd * SEGMENT_TRUESIZE
    }

    /// The least time until the kernel sends again what nobody acknowledged.
    pub fn retransmission_timeout(&self) -> Span {
        self.rtt.saturating_add(RTO_MIN)
    }

    /// How long an exchange over a new connection takes when nothing else is on the line and nothing is lost: two round trips, those that the
    /// congestion window needs to open (RFC 5681, slow start), and the bytes' time on the line.
    pub fn exchange(&self, request_bytes: u64, response_bytes: u64) -> Span {
        let opening = |bytes: u64| {
            let flights = bytes.div_ceil(MSS).div_ceil(INITIAL_CWND).max(1);
            // Each round trip doubles what has been sent.
            u64::from((flights + 1).next_power_of_two().ilog2()) - 1
        };
        let whole = |bytes: u64| bytes + bytes.div_ceil(MSS) * HEADERS;
        let round_trips = 2 + opening(request_bytes) + opening(response_bytes);
        let bytes = whole(request_bytes) + whole(response_bytes);
        Span::from_ns(self.rtt.as_ns().saturating_mul(round_trips))
            .saturating_add(self.line_time(bytes))
    }

    /// Payload per second that arrives at most, with so much unacknowledged at once: the line's rate, or a window per round trip.
    pub fn goodput(&self, window: u64) -> u64 {
        let line = self.rate.0 * MSS / (MSS + HEADERS);
        if self.rtt.is_zero() {
            return line;
        }
        let segments = (window / MSS).max(1);
        let flight = window.min(segments * MSS);
        // The next segment may leave when the first of the flight has crossed the line and its acknowledgement is back.
        let round = self
            .rtt
            .saturating_add(self.line_time(flight / segments + HEADERS));
        line.min((flight as f64 / round.as_secs_f64()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(rate: &str, rtt_ms: u64) -> Link {
        Link::plain(rate.parse().unwrap(), Span::from_ms(rtt_ms), 0.0)
    }

    #[test]
    fn a_preset_gives_what_the_file_leaves_out() {
        let link = |text: &str| toml::from_str::<LinkSetting>(text).unwrap().link();
        assert_eq!(link("preset = \"3g\""), Some(Preset::ThreeG.link()));
        let own = link("preset = \"dsl\"\nrtt = \"20ms\"\nloss = 0.1").unwrap();
        let rate = ByteRate(187_500);
        assert_eq!(
            (own.rate, own.rtt, own.loss),
            (rate, Span::from_ms(20), 0.1)
        );
        assert_eq!(link("rtt = \"20ms\""), None);
    }

    #[test]
    fn a_line_has_the_figures_of_its_profile() {
        let slow = link("50kbit/s", 600);
        assert_eq!((slow.bdp(), slow.queue()), (3750, 15_000));
        assert_eq!(slow.line_time(1500), Span::from_ms(240));
        assert_eq!(slow.one_way(), Span::from_ms(300));
    }

    #[test]
    fn an_exchange_over_an_empty_line_takes_its_round_trips_and_its_bytes() {
        let fast = |response| link("1000Mbit/s", 100).exchange(0, response).as_ms();
        // Ten segments go at once, then twenty, then forty.
        assert_eq!(fast(10 * MSS), 200);
        assert_eq!(fast(11 * MSS), 300);
        assert_eq!(fast(30 * MSS), 300);
        assert_eq!(fast(31 * MSS), 400);
        // One and a half thousand bytes of 50 kbit/s are 240 ms.
        assert_eq!(link("50kbit/s", 600).exchange(0, MSS).as_ms(), 1440);
        assert_eq!(link("50kbit/s", 600).exchange(MSS, MSS).as_ms(), 1680);
    }

    #[test]
    fn a_wide_window_leaves_the_line_as_the_limit() {
        // Measured through a relay of packets: 6068 and 5828, 121 053, 1 207 053 B/s.
        assert_eq!(link("50kbit/s", 600).goodput(65_536), 6033);
        assert_eq!(link("1Mbit/s", 100).goodput(65_536), 120_666);
        assert_eq!(link("10Mbit/s", 40).goodput(65_536), 1_206_666);
    }

    #[test]
    fn a_window_per_round_trip_is_a_ceiling() {
        let far = link("10Mbit/s", 300);
        let ceiling = far.goodput(4096);
        assert!((9_400..9_700).contains(&ceiling), "{ceiling}");
        assert!(far.goodput(1 << 20) > 100 * ceiling);
    }
}
