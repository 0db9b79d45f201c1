//! Bodies of requests as they are read: by length, or by chunks as each parser takes them.

use super::names::{is_chunk_extension, is_forbidden_in_trailers};
use super::python::quoted_bytes;
use super::wsgi::{bad_field, has_bare_line_feed, read_fields, too_large};
use super::{Dialect, Refused, asgi, find, h11, trim_end};
use crate::machine::http::Framing;
use crate::machine::worker::{LIMIT_REQUEST_FIELD_SIZE, LIMIT_REQUEST_FIELDS, MAX_HEAD_BUFFER};

/// What is left of a request's body.
#[derive(Debug)]
pub(in crate::machine::worker) enum BodyLeft {
    Nothing {
        /// What came behind it: of the next request.
        beyond: Vec<u8>,
    },
    Bytes(u64),
    Chunks(Box<Chunks>),
}

/// What the end of the client's sending means within a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::machine::worker) enum Broken {
    /// The application gets what there is.
    Short,
    /// The request is dropped (`NoMoreData`).
    Dropped,
    /// It gets an error page.
    Refused(Refused),
}

/// A chunked body in the middle.
#[derive(Debug)]
pub(in crate::machine::worker) struct Chunks {
    dialect: Dialect,
    place: At,
    /// What waits for the end of its line, or of the trailers.
    held: Vec<u8>,
    /// Fields of head and trailers so far, for asgi.
    fields: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    Size,
    Data(u64),
    DataEnd,
    Trailers,
    Over,
}

impl BodyLeft {
    pub(in crate::machine::worker) fn of(
        framing: Framing,
        (dialect, fields): (Dialect, usize),
    ) -> BodyLeft {
        match framing {
            Framing::Length(bytes) if bytes > 0 => BodyLeft::Bytes(bytes),
            Framing::Chunked => BodyLeft::Chunks(Box::new(Chunks {
                dialect,
                place: At::Size,
                held: Vec::new(),
                fields,
            })),
            _ => BodyLeft::Nothing { beyond: Vec::new() },
        }
    }

    /// Takes input; what remains afterwards.
    ///
    /// # Errors
    /// Why it is no body.
    pub(in crate::machine::worker) fn feed(self, input: &[u8]) -> Result<BodyLeft, Refused> {
        match self {
            BodyLeft::Nothing { mut beyond } => {
                beyond.extend_from_slice(input);
                Ok(BodyLeft::Nothing { beyond })
            }
            BodyLeft::Bytes(left) => {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                Ok(match left - taken as u64 {
                    0 => BodyLeft::Nothing {
                        beyond: input[taken..].to_vec(),
                    },
                    left => BodyLeft::Bytes(left),
                })
            }
            BodyLeft::Chunks(mut chunks) => {
                chunks.feed(input)?;
                Ok(match chunks.place {
                    At::Over => BodyLeft::Nothing {
                        beyond: std::mem::take(&mut chunks.held),
                    },
                    _ => BodyLeft::Chunks(chunks),
                })
            }
        }
    }

    /// The client sends no more.
    pub(in crate::machine::worker) fn ended(&self) -> Broken {
        match self {
            BodyLeft::Nothing { .. } | BodyLeft::Bytes(_) => Broken::Short,
            BodyLeft::Chunks(chunks) => chunks.ended(),
        }
    }
}

impl Chunks {
    fn feed(&mut self, input: &[u8]) -> Result<(), Refused> {
        if let At::Data(left) = self.place
            && left > input.len() as u64
        {
            // Most of a body is this, and it is held by nobody here.
            self.place = At::Data(left - input.len() as u64);
            return Ok(());
        }
        self.held.extend_from_slice(input);
        while self.place != At::Over {
            let taken = match self.place {
                At::Size => self.size_line()?,
                At::Data(left) => self.data(left),
                At::DataEnd => self.data_end()?,
                At::Trailers => self.trailers()?,
                At::Over => None,
            };
            match taken {
                Some(taken) => drop(self.held.drain(..taken)),
                None => break,
            }
        }
        Ok(())
    }

    fn data(&mut self, left: u64) -> Option<usize> {
        let taken = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(self.held.len());
        let left = left - taken as u64;
        self.place = if left > 0 {
            At::Data(left)
        } else {
            At::DataEnd
        };
        (left == 0 || taken > 0).then_some(taken)
    }

    /// `parse_chunk_size`, `_parse_chunked_body`, `ChunkedReader`.
    fn size_line(&mut self) -> Result<Option<usize>, Refused> {
        let size = match self.dialect {
            Dialect::Wsgi => self.wsgi_size()?,
            Dialect::Asgi => self.asgi_size()?,
            Dialect::H11 => self.h11_size()?,
        };
        let Some((size, len)) = size else {
            return Ok(None);
        };
        self.place = match size {
            0 => At::Trailers,
            size => At::Data(size),
        };
        Ok(Some(len + 2))
    }

    fn wsgi_size(&self) -> Result<Option<(u64, usize)>, Refused> {
        let Some(len) = find(&self.held, b"\r\n") else {
            if self.held.len() > LIMIT_REQUEST_FIELD_SIZE {
                let what = format!("line over {LIMIT_REQUEST_FIELD_SIZE} bytes with no terminator");
                return Err(bad_size(what.as_bytes()));
            }
            return Ok(None);
        };
        let line = &self.held[..len];
        let (size, extension) =
            split_extension(line, "Invalid chunk extension: bare CR not allowed")?;
        let size = size_of(size).ok_or_else(|| bad_size(size))?;
        match extension.is_empty() || is_chunk_extension(extension) {
            true => Ok(Some((size, len))),
            false => Err(Refused::bad(
                "Invalid chunk extension: invalid chunk extension",
            )),
        }
    }

    fn asgi_size(&self) -> Result<Option<(u64, usize)>, Refused> {
        let unended = || Refused::bad("chunk size line has no terminator");
        let Some(line) = asgi::line_of(&self.held, LIMIT_REQUEST_FIELD_SIZE, unended)? else {
            return Ok(None);
        };
        let (size, extension) = split_extension(line, "bare CR not allowed")?;
        let wrong = match size {
            [] => "Empty chunk size",
            _ if size != size.trim_ascii() => "Whitespace in chunk size",
            _ => "Invalid character in chunk size",
        };
        let size = size_of(size).ok_or_else(|| Refused::bad(wrong))?;
        match extension.is_empty() || is_chunk_extension(extension) {
            true => Ok(Some((size, line.len()))),
            false => Err(Refused::bad("invalid chunk extension")),
        }
    }

    fn h11_size(&self) -> Result<Option<(u64, usize)>, Refused> {
        let Some(len) = find(&self.held, b"\r\n") else {
            return self.h11_waits();
        };
        let line = &self.held[..len];
        let digits = line.iter().position(|byte| !byte.is_ascii_hexdigit());
        let (size, rest) = line.split_at(digits.unwrap_or(len));
        let is_rest = match rest.first() {
            Some(b';') => !rest.contains(&b'\n'),
            _ => trim_end(rest).is_empty(),
        };
        let size = size_of(size).filter(|_| size.len() <= 20 && is_rest);
        size.map(|size| Some((size, len))).ok_or_else(h11::invalid)
    }

    /// More is to come, unless too much waits already.
    fn h11_waits<T>(&self) -> Result<Option<T>, Refused> {
        match self.held.len() > h11::MOST_INCOMPLETE {
            true => Err(h11::invalid()),
            false => Ok(None),
        }
    }

    fn data_end(&mut self) -> Result<Option<usize>, Refused> {
        let came = &self.held[..self.held.len().min(2)];
        match (self.dialect, came) {
            (_, b"\r\n") => {
                self.place = At::Size;
                Ok(Some(2))
            }
            (Dialect::H11, [] | [b'\r']) | (Dialect::Wsgi | Dialect::Asgi, [] | [_]) => Ok(None),
            (Dialect::Wsgi, came) => Err(no_end(came)),
            (Dialect::Asgi, _) => Err(Refused::bad("chunk data not terminated by CRLF")),
            (Dialect::H11, _) => Err(h11::invalid()),
        }
    }

    fn trailers(&mut self) -> Result<Option<usize>, Refused> {
        match self.dialect {
            Dialect::Wsgi => self.wsgi_trailers(),
            Dialect::Asgi => self.asgi_trailer(),
            Dialect::H11 => self.h11_trailers(),
        }
    }

    /// `parse_trailers`.
    fn wsgi_trailers(&mut self) -> Result<Option<usize>, Refused> {
        if self.held.starts_with(b"\r\n") {
            self.place = At::Over;
            return Ok(Some(2));
        }
        let Some(end) = find(&self.held, b"\r\n\r\n") else {
            if self.held.len() > MAX_HEAD_BUFFER {
                return Err(too_large("limit request trailer section size"));
            }
            return match has_bare_line_feed(&self.held) {
                true => Err(bad_field(b"bare LF as line terminator")),
                false => Ok(None),
            };
        };
        read_fields(&self.held[..end], None)?;
        self.place = At::Over;
        Ok(Some(end + 4))
    }

    fn asgi_trailer(&mut self) -> Result<Option<usize>, Refused> {
        let too_long = || Refused::new(431, "Request trailer field is too large");
        let Some(line) = asgi::line_of(&self.held, LIMIT_REQUEST_FIELD_SIZE, too_long)? else {
            return Ok(None);
        };
        let len = line.len() + 2;
        if line.is_empty() {
            self.place = At::Over;
            return Ok(Some(len));
        }
        self.fields += 1;
        if self.fields > LIMIT_REQUEST_FIELDS {
            return Err(Refused::new(431, "Too many trailer fields"));
        }
        let name = line.iter().position(|byte| *byte == b':');
        let name = super::trim(&line[..name.unwrap_or(0)]);
        match is_forbidden_in_trailers(name) {
            true => Err(Refused::bad(String::from_utf8_lossy(name).to_lowercase())),
            false => Ok(Some(len)),
        }
    }

    fn h11_trailers(&mut self) -> Result<Option<usize>, Refused> {
        let Some((lines, len)) = h11::lines_of(&self.held) else {
            return self.h11_waits();
        };
        h11::read_fields(&lines).ok_or_else(h11::invalid)?;
        self.place = At::Over;
        Ok(Some(len))
    }

    fn ended(&self) -> Broken {
        match (self.dialect, self.place) {
            (Dialect::Wsgi, At::Trailers) => Broken::Refused(no_end(b"")),
            (Dialect::Wsgi, At::DataEnd) => Broken::Refused(no_end(&self.held)),
            _ => Broken::Dropped,
        }
    }
}

/// The size of a chunk, and all that is behind it from the semicolon on, where no CR may stand, for which `refusal`
/// are the words; blanks before that belong to neither.
fn split_extension<'a>(line: &'a [u8], refusal: &str) -> Result<(&'a [u8], &'a [u8]), Refused> {
    let Some(at) = line.iter().position(|byte| *byte == b';') else {
        return Ok((line, b""));
    };
    match line[at..].contains(&b'\r') {
        true => Err(Refused::bad(refusal)),
        false => Ok((trim_end(&line[..at]), &line[at..])),
    }
}

/// Hexadecimal digits; what no machine could send counts as more than any.
fn size_of(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let add = |size: u64, digit: &u8| {
        let digit = char::from(*digit).to_digit(16).unwrap_or(0);
        size.saturating_mul(16).saturating_add(u64::from(digit))
    };
    is_number.then(|| digits.iter().fold(0, add))
}

/// `InvalidChunkSize`.
fn bad_size(what: &[u8]) -> Refused {
    Refused::bad(format!("Invalid chunk size: {}", quoted_bytes(what)))
}

/// `ChunkMissingTerminator`.
fn no_end(came: &[u8]) -> Refused {
    let came = quoted_bytes(came);
    Refused::bad(format!("Invalid chunk terminator is not '\\r\\n': {came}"))
}
