//! The master's ear for its parent: lines on standard input after the specification, and that it ends when the parent is gone.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::poll::readable;
use crate::machine::backend_config::BackendConfig;
use crate::time::Span;

/// Bytes per read.
const READ_SIZE: usize = 4096;

/// Standard input, read without ever waiting for it.
#[derive(Debug)]
pub(super) struct Orders {
    stdin: Option<OwnedFd>,
    /// A line that has not ended yet.
    begun: Vec<u8>,
}

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// Nothing new.
    Nothing,
    /// What the configuration says from now on.
    Says(Box<BackendConfig>),
    /// The parent is gone.
    End,
}

impl Orders {
    pub(super) fn new(stdin: OwnedFd) -> Orders {
        Orders {
            stdin: Some(stdin),
            begun: Vec::new(),
        }
    }

    /// What becomes readable when there is something to hear; `None` after the end.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.stdin.as_ref().map(OwnedFd::as_fd)
    }

    /// Not this process's business any more.
    pub(super) fn close(&mut self) {
        self.stdin = None;
    }

    /// Takes in all that is there. Of several configurations the last one counts.
    pub(super) fn hear(&mut self) -> Heard {
        let mut heard = Heard::Nothing;
        let mut bytes = [0; READ_SIZE];
        loop {
            let Some(stdin) = &self.stdin else {
                return heard;
            };
            let [ready] = readable([stdin.as_fd()], Span::ZERO);
            if !ready {
                return heard;
            }
            match rustix::io::read(stdin, &mut bytes) {
                Ok(n) if n > 0 => self.begun.extend_from_slice(&bytes[..n]),
                _ => {
                    self.stdin = None;
                    return Heard::End;
                }
            }
            while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.begun.drain(..=end).collect();
                // A line of another kind would be a bug of the parent's; the master has nobody to tell.
                if let Ok(config) = serde_json::from_slice(&line) {
                    heard = Heard::Says(config);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn lines_are_put_together_and_the_end_is_heard_once() {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let mut write = std::fs::File::from(write);
        let mut orders = Orders::new(read);
        assert!(matches!(orders.hear(), Heard::Nothing));
        let config: BackendConfig = toml::from_str("workers = 7").unwrap();
        let line = format!("{}\n", serde_json::to_string(&config).unwrap());
        let (first, second) = line.split_at(20);
        write.write_all(first.as_bytes()).unwrap();
        assert!(matches!(orders.hear(), Heard::Nothing));
        write.write_all(second.as_bytes()).unwrap();
        match orders.hear() {
            Heard::Says(said) => assert_eq!(*said, config),
            other => panic!("{other:?}"),
        }
        drop(write);
        assert!(matches!(orders.hear(), Heard::End));
        assert!(matches!(orders.hear(), Heard::Nothing));
        assert!(orders.fd().is_none());
    }
}
