//! Who may ask: a page of ours, in a browser of this machine. Pure: what a request says goes in, whether it is served comes out.
//!
//! Any page of the web can make a browser send requests to 127.0.0.1, and a name that somebody points there (DNS rebinding) makes them look like the
//! page's own. So the host must be called what it is (any port: `ssh -L` changes it), an origin, where one is sent, must be that host, and
//! what runs something needs an origin and the token that only our own pages were given.

/// What a request does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    /// It looks at something.
    Look,
    /// It has something run.
    Run,
    /// Nothing that there is here.
    Other,
}

/// What a request says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Asked<'a> {
    pub(super) act: Act,
    pub(super) host: Option<&'a str>,
    pub(super) origin: Option<&'a str>,
    pub(super) token: Option<&'a str>,
}

/// Why a request is not served; its words are the message `browse-refused-NAME`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    Method,
    Host,
    Origin,
    Token,
}

impl Refused {
    /// The end of its message's name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Refused::Method => "method",
            Refused::Host => "host",
            Refused::Origin => "origin",
            Refused::Token => "token",
        }
    }

    /// As HTTP says it.
    pub(super) const fn status(self) -> u16 {
        match self {
            Refused::Method => 405,
            Refused::Host => 421,
            Refused::Origin | Refused::Token => 403,
        }
    }
}

/// Whether a request is served by a server with this token.
pub(super) fn judge(asked: &Asked<'_>, token: &str) -> Result<(), Refused> {
    let host = asked.host.filter(|host| is_ours(host));
    let host = host.ok_or(Refused::Host)?;
    if let Some(origin) = asked.origin {
        let of = origin.strip_prefix("http://").ok_or(Refused::Origin)?;
        if !of.eq_ignore_ascii_case(host) {
            return Err(Refused::Origin);
        }
    }
    match asked.act {
        Act::Look => Ok(()),
        Act::Other => Err(Refused::Method),
        Act::Run if asked.origin.is_none() => Err(Refused::Origin),
        Act::Run if !asked.token.is_some_and(|said| is_same(said, token)) => Err(Refused::Token),
        Act::Run => Ok(()),
    }
}

/// Loopback by its address or its name, with any port.
fn is_ours(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    let is_port = !port.is_empty() && port.len() <= 5 && port.bytes().all(|c| c.is_ascii_digit());
    is_port && (name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
}

/// Compared in a time that does not tell how much of it is right.
fn is_same(said: &str, token: &str) -> bool {
    let differs = said.bytes().zip(token.bytes());
    let differs = differs.fold(0, |differs, (a, b)| differs | (a ^ b));
    said.len() == token.len() && differs == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_served() {
        use Act::{Look, Other, Run};
        let ours = Some("127.0.0.1:7500");
        let origin = Some("http://127.0.0.1:7500");
        let token = Some("secret");
        #[rustfmt::skip]
        let cases = [
            (Look, ours, None, None, Ok(())),
            (Look, Some("localhost:9000"), None, None, Ok(())),
            (Look, Some("LOCALHOST"), None, None, Ok(())),
            (Look, ours, origin, None, Ok(())),
            (Look, Some("localhost:9000"), Some("http://localhost:9000"), None, Ok(())),
            (Look, None, None, None, Err(Refused::Host)),
            (Look, Some(""), None, None, Err(Refused::Host)),
            (Look, Some("evil.example:7500"), None, None, Err(Refused::Host)),
            (Look, Some("127.0.0.1.evil.example:7500"), None, None, Err(Refused::Host)),
            (Look, Some("127.0.0.1:7500.evil.example"), None, None, Err(Refused::Host)),
            (Look, Some("localhost:"), None, None, Err(Refused::Host)),
            (Look, Some("10.0.0.1:7500"), None, None, Err(Refused::Host)),
            (Look, ours, Some("http://evil.example"), None, Err(Refused::Origin)),
            (Look, ours, Some("https://127.0.0.1:7500"), None, Err(Refused::Origin)),
            (Look, ours, Some("http://127.0.0.1:7501"), None, Err(Refused::Origin)),
            (Look, ours, Some("http://localhost:7500"), None, Err(Refused::Origin)),
            (Look, ours, Some("null"), None, Err(Refused::Origin)),
            (Run, ours, origin, token, Ok(())),
            (Run, ours, None, token, Err(Refused::Origin)),
            (Run, ours, origin, None, Err(Refused::Token)),
            (Run, ours, origin, Some(""), Err(Refused::Token)),
            (Run, ours, origin, Some("secre"), Err(Refused::Token)),
            (Run, ours, origin, Some("secreT"), Err(Refused::Token)),
            (Run, ours, Some("http://evil.example"), token, Err(Refused::Origin)),
            (Run, Some("evil.example"), Some("http://evil.example"), token, Err(Refused::Host)),
            (Other, ours, origin, token, Err(Refused::Method)),
        ];
        for (act, host, origin, said, expected) in cases {
            let asked = Asked {
                act,
                host,
                origin,
                token: said,
            };
            assert_eq!(judge(&asked, "secret"), expected, "{asked:?}");
        }
    }
}
