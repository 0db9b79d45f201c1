//! Reads the access log in the format that `export` writes. Pure.

use crate::record::{Attempt, EndedBy, ProxyHalf};
use crate::tier::ProxyId;
use crate::time::{Span, Timestamp};

use super::wall::{WallClock, decimal_ns};

/// One request, as nginx saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Access {
    /// nginx's number of the connection, by which error-log lines name it.
    pub(super) connection: u64,
    /// From the `X-Slowlab-Request` header.
    pub(super) request_id: Option<u64>,
    status: u16,
    sent_bytes: u64,
    read_bytes: Option<u64>,
    complete: bool,
    ended_at: Timestamp,
    request_time: Span,
    /// The last attempt, if any was made.
    last: Tried,
    earlier: Vec<Tried>,
}

/// What `$upstream_addr` and its sisters say of one attempt; times count from its beginning.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Tried {
    addr: String,
    status: Option<u16>,
    connect_time: Option<Span>,
    header_time: Option<Span>,
    response_time: Option<Span>,
}

/// Reads a line; `None` for one in another format.
pub(super) fn parse(line: &str, wall: &WallClock) -> Option<Access> {
    // The combined part: the request stands in quotes and may hold blanks, so status and bytes come after its closing quote.
    let (_, after) = line.split_once("] \"")?;
    let (_, after) = after.split_once("\" ")?;
    let mut words = after.split(' ');
    let status = words.next()?.parse().ok()?;
    let sent_bytes = words.next()?.parse().ok()?;
    let rest = &line[line.find(" request_time=")?..];
    let mut earlier = attempts(rest);
    let last = earlier.pop().unwrap_or_default();
    Some(Access {
        connection: value(rest, "connection")?.parse().ok()?,
        request_id: value(rest, "slowlab_request").and_then(|id| id.parse().ok()),
        status,
        sent_bytes,
        read_bytes: value(rest, "upstream_response_length").and_then(last_number),
        complete: value(rest, "request_completion") == Some("OK"),
        ended_at: wall.at(value(rest, "msec")?)?,
        request_time: span(rest, "request_time").unwrap_or(Span::ZERO),
        last,
        earlier,
    })
}

impl Access {
    /// The request as the proxy's half, if a client of ours made it. `blamed` is what the error log said of the connection,
    /// `spilled` the size of its temp file.
    ///
    /// `$request_time` begins with the request's first byte. A request without a body goes upstream at once, so the upstream's times
    /// are counted from there too.
    ///
    /// `id` is the proxy whose log it is, `peers` are the addresses of the instances of the tier behind it.
    pub(super) fn half(
        &self,
        blamed: Option<EndedBy>,
        spilled: Option<u64>,
        (id, peers): (ProxyId, &[String]),
    ) -> Option<ProxyHalf> {
        let began_at = self.ended_at - self.request_time;
        let mut attempt_at = began_at;
        let mut earlier = Vec::with_capacity(self.earlier.len());
        for tried in &self.earlier {
            earlier.push(tried.as_attempt(attempt_at, peers));
            attempt_at = attempt_at + tried.response_time.unwrap_or(Span::ZERO);
        }
        let last = &self.last;
        let after = |span: Option<Span>| span.map(|span| attempt_at + span);
        Some(ProxyHalf {
            request_id: self.request_id?,
            tier: id.tier,
            instance: id.instance,
            peer: last.peer(peers),
            reused: None,
            accepted_at: began_at,
            upstream_connected_at: after(last.connect_time),
            upstream_header_at: after(last.header_time),
            upstream_released_at: after(last.response_time),
            status: self.status,
            ended_by: self.ended_by(blamed),
            sent_bytes: self.sent_bytes,
            read_bytes: self.read_bytes,
            spilled_bytes: spilled,
            peak_buffered_bytes: None,
            longest_silence: None,
            request_bytes: None,
            request_spilled_bytes: None,
            done_at: Some(self.ended_at),
            earlier,
        })
    }

    fn ended_by(&self, blamed: Option<EndedBy>) -> EndedBy {
        match (blamed, self.status) {
            (Some(blamed), _) => blamed,
            (None, 499) => EndedBy::Client,
            // A head that never came has no id, so this one's body did not.
            (None, 408) => EndedBy::ClientBodyTimeout,
            // A request that had no answer when its event loop broke it off.
            (None, 0) => EndedBy::WorkerShutdownTimeout,
            (None, 400 | 413 | 500 | 502 | 504) => EndedBy::Proxy,
            // Cut short without a word at level info: the client left while its response was on the way.
            (None, _) if !self.complete => EndedBy::Client,
            (None, _) => EndedBy::Completion,
        }
    }
}

impl Tried {
    fn peer(&self, peers: &[String]) -> Option<u32> {
        let index = peers.iter().position(|peer| *peer == self.addr)?;
        u32::try_from(index).ok()
    }

    /// An attempt that was not the last one.
    fn as_attempt(&self, began_at: Timestamp, peers: &[String]) -> Attempt {
        let after = |span: Option<Span>| span.map(|span| began_at + span);
        let status = self.status.unwrap_or(502);
        Attempt {
            peer: self.peer(peers),
            reused: None,
            connected_at: after(self.connect_time),
            released_at: after(self.response_time),
            status,
            ended_by: match (status, self.connect_time) {
                (504, Some(_)) => EndedBy::ProxyReadTimeout,
                (504, None) => EndedBy::ProxyConnectTimeout,
                (_, Some(_)) => EndedBy::Upstream,
                (_, None) => EndedBy::Proxy,
            },
        }
    }
}

/// The attempts of a request: nginx separates what it says of each by `, ` (or ` : ` after an internal redirect).
fn attempts(rest: &str) -> Vec<Tried> {
    let list = |name| -> Vec<&str> {
        let value = value(rest, name).unwrap_or("-");
        value.split(", ").map(str::trim).collect()
    };
    let at = |list: &[&str], index: usize| {
        let word = list.get(index)?;
        decimal_ns(word).map(Span::from_ns)
    };
    let (addrs, statuses) = (list("upstream_addr"), list("upstream_status"));
    let connects = list("upstream_connect_time");
    let (headers, responses) = (list("upstream_header_time"), list("upstream_response_time"));
    let tried = |(index, addr): (usize, &&str)| Tried {
        addr: (*addr).to_owned(),
        status: statuses.get(index).and_then(|status| status.parse().ok()),
        connect_time: at(&connects, index),
        header_time: at(&headers, index),
        response_time: at(&responses, index),
    };
    addrs.iter().enumerate().map(tried).collect()
}

/// The value of `name=value` or `name="value"`.
fn value<'a>(rest: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = from + rest[from..].find(name)?;
        let after = &rest[at + name.len()..];
        let whole_word = rest[..at].ends_with(' ');
        match after.strip_prefix('=') {
            Some(value) if whole_word => {
                return match value.strip_prefix('"') {
                    Some(quoted) => quoted.split('"').next(),
                    None => value.split(' ').next(),
                };
            }
            _ => from = at + name.len(),
        }
    }
}

/// A number; of several tries (`0, 4096`) the last, and nothing for `-`.
fn last_number(value: &str) -> Option<u64> {
    value.rsplit([',', ':']).next()?.trim().parse().ok()
}

/// A time in seconds, and nothing for `-`.
fn span(rest: &str, name: &str) -> Option<Span> {
    decimal_ns(value(rest, name)?).map(Span::from_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Clock;

    /// nginx 1.22.1 wrote these.
    const COMPLETE: &str = r#"127.0.0.1 - - [22/Nov/2026:21:58:59 +0000] "GET / HTTP/1.1" 200 2048 "-" "curl/7.88.1" request_time=0.008 upstream_response_time="0.007" msec=1795384739.958 connection=1 request_completion="OK" upstream_addr="unix:run/gunicorn.sock" upstream_status="200" upstream_connect_time="0.000" upstream_header_time="0.006" upstream_response_length="2048" slowlab_request="7""#;
    const QUEUED: &str = r#"127.0.0.1 - - [22/Nov/2026:21:58:59 +0000] "GET /a b HTTP/1.1" 504 160 "-" "msec=1" request_time=3.001 upstream_response_time="3.001" msec=1795384739.958 connection=12 request_completion="OK" upstream_addr="127.0.0.1:8000" upstream_status="504" upstream_connect_time="0.001" upstream_header_time="-" upstream_response_length="0" slowlab_request="-""#;

    fn wall() -> WallClock {
        WallClock::compare(Clock::start())
    }

    #[test]
    fn a_line_becomes_the_proxys_half() {
        let access = parse(COMPLETE, &wall()).unwrap();
        assert_eq!(
            (
                access.connection,
                access.request_id,
                access.status,
                access.sent_bytes
            ),
            (1, Some(7), 200, 2048)
        );
        assert_eq!(access.last.response_time, Some(Span::from_ms(7)));
        let late = Access {
            ended_at: Timestamp::from_us(100_000),
            ..access
        };
        let half = late.half(None, Some(0), (ID, &peers())).unwrap();
        assert_eq!(half.accepted_at.as_us(), 92_000);
        assert_eq!(half.upstream_connected_at.unwrap().as_us(), 92_000);
        assert_eq!(half.upstream_header_at.unwrap().as_us(), 98_000);
        assert_eq!(half.upstream_released_at.unwrap().as_us(), 99_000);
        assert_eq!(half.ended_by, EndedBy::Completion);
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        let access = parse(QUEUED, &wall()).unwrap();
        assert_eq!(
            (access.status, access.request_id, access.last.header_time),
            (504, None, None)
        );
        assert!(
            access.half(None, Some(0), (ID, &peers())).is_none(),
            "nobody of ours made this request"
        );
        assert_eq!(
            access.ended_by(Some(EndedBy::ProxyReadTimeout)),
            EndedBy::ProxyReadTimeout
        );
        assert_eq!(access.ended_by(None), EndedBy::Proxy);
    }

    #[test]
    fn a_response_cut_short_without_a_word_was_left_by_its_client() {
        let cut = COMPLETE.replace("request_completion=\"OK\"", "request_completion=\"\"");
        assert_eq!(
            parse(&cut, &wall()).unwrap().ended_by(None),
            EndedBy::Client
        );
        let gone = COMPLETE.replace("\" 200 ", "\" 499 ");
        assert_eq!(
            parse(&gone, &wall()).unwrap().ended_by(None),
            EndedBy::Client
        );
    }

    const ID: ProxyId = ProxyId {
        tier: crate::tier::Tier::Proxy,
        instance: 0,
    };

    fn peers() -> Vec<String> {
        ["unix:run/gunicorn.sock", "127.0.0.1:8001"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn several_tries_are_told_one_by_one() {
        let mut twice = COMPLETE.to_owned();
        for (name, first) in [
            ("upstream_addr", "127.0.0.1:8001"),
            ("upstream_status", "504"),
            ("upstream_connect_time", "0.001"),
            ("upstream_header_time", "-"),
            ("upstream_response_time", "2.000"),
        ] {
            twice = twice.replace(&format!("{name}=\""), &format!("{name}=\"{first}, "));
        }
        twice = twice.replace("request_time=0.008", "request_time=2.008");
        let half = parse(&twice, &wall()).unwrap();
        let half = half.half(None, Some(0), (ID, &peers())).unwrap();
        let attempt = half.earlier[0];
        assert_eq!((half.earlier.len(), half.peer), (1, Some(0)));
        assert_eq!((attempt.peer, attempt.status), (Some(1), 504));
        assert_eq!(attempt.ended_by, EndedBy::ProxyReadTimeout);
        let second = half.upstream_connected_at.unwrap();
        assert_eq!(second.since(half.accepted_at), Span::from_ms(2_000));
    }

    #[test]
    fn no_live_upstreams_are_nobody() {
        let none = COMPLETE.replace("unix:run/gunicorn.sock", "backend");
        let half = parse(&none, &wall())
            .unwrap()
            .half(None, Some(0), (ID, &peers()))
            .unwrap();
        assert_eq!((half.peer, half.earlier.len()), (None, 0));
    }

    #[test]
    fn other_formats_are_not_guessed_at() {
        for line in [
            "",
            "127.0.0.1 - - [x] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
            "garbage",
        ] {
            assert_eq!(parse(line, &wall()), None, "{line}");
        }
    }
}
