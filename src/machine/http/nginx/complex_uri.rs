//! `ngx_http_parse_complex_uri`.

/// Whether a path that has to be looked at as a whole is well encoded, has no NUL, and stays below its root. Its arguments do not matter.
///
/// nginx goes on with the path that it makes on the way, for what it finds in its own configuration; the upstream gets the path as it came.
pub fn is_sane(path: &[u8]) -> bool {
    let mut made = Made::default();
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        let (byte, quoted) = match byte {
            b'?' | b'#' => break,
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let Some(byte) = digit().and_then(|high| Some(high * 16 + digit()?)) else {
                    return false;
                };
                (byte as u8, true)
            }
            byte => (byte, false),
        };
        // These three are characters like others once they are decoded; a slash and a dot mean what they mean.
        let taken = match byte {
            0 if quoted => false,
            b'%' | b'#' | b'?' if quoted => made.plain(byte),
            byte => made.take(byte),
        };
        if !taken {
            return false;
        }
    }
    // Two dots at its end climb too.
    made.state != State::DotDot || made.climb()
}

/// The path without its detours.
#[derive(Debug, Default)]
struct Made {
    bytes: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Usual,
    Slash,
    Dot,
    DotDot,
}

impl Made {
    fn plain(&mut self, byte: u8) -> bool {
        self.state = State::Usual;
        self.bytes.push(byte);
        true
    }

    fn take(&mut self, byte: u8) -> bool {
        match (self.state, byte) {
            (State::Usual, b'/') => {
                self.state = State::Slash;
                self.bytes.push(byte);
            }
            // `merge_slashes` is on.
            (State::Slash, b'/') => {}
            (State::Dot, b'/') => {
                self.state = State::Slash;
                self.bytes.pop();
            }
            (State::DotDot, b'/') => return self.climb(),
            (State::Slash, b'.') => {
                self.state = State::Dot;
                self.bytes.push(byte);
            }
            (State::Dot, b'.') => {
                self.state = State::DotDot;
                self.bytes.push(byte);
            }
            _ => return self.plain(byte),
        }
        true
    }

    /// `/x/..` becomes `/`; whether there was an `x`.
    fn climb(&mut self) -> bool {
        // nginx steps back over the two dots and their slash, and over what is before that up to the next one.
        let Some(before) = self.bytes.len().checked_sub(3) else {
            return false;
        };
        let Some(slash) = self.bytes[..before].iter().rposition(|byte| *byte == b'/') else {
            return false;
        };
        self.bytes.truncate(slash + 1);
        self.state = State::Slash;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_their_root() {
        for (path, sane) in [
            ("/..", false),
            ("/../", false),
            ("/../../etc/passwd", false),
            ("/%2e%2e/x", false),
            ("/%2e.", false),
            ("/..?x", false),
            ("/..#x", false),
            ("/a/..", true),
            ("/a/../..", false),
            ("/a/b/../../c", true),
            ("/a/./..", true),
            ("/./..", false),
            ("/a//..", true),
            ("/a%2f..", true),
            ("/...", true),
            ("/..a", true),
            ("/%00", false),
            ("/%zz", false),
            ("/%2", false),
            ("/%", false),
            ("/%2?", false),
            ("/%25zz", true),
            ("/%3f/../..", false),
            ("/%23", true),
            ("/#%zz", true),
            ("/?%zz", true),
            ("//", true),
        ] {
            assert_eq!(is_sane(path.as_bytes()), sane, "{path}");
        }
    }
}
