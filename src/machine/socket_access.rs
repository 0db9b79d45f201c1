//! Who may connect to a Unix socket: the mode of its file and of the folder that it is in, and which class of both counts for whoever asks.
//!
//! The kernel asks for write permission on the socket's file and for search permission on the way there, and for nothing else (`unix_find_bsd` in
//! `net/unix/af_unix.c`): measured with nginx 1.22.1, 0620 and 0602 let in, 0640 does not (13), nor does 0666 in a folder with mode 0700. Only one class
//! counts: the owner's for who has made the socket, even where another one would let him in (0022 refuses him). Root passes every mode.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::net::BufferSizes;
use crate::units::Bytes;

/// What a mode of three digits can be at most.
const ALL: u16 = 0o777;
/// Ours: whoever is let into the folder of a socket may search it, and not list it, unless the scenario says otherwise.
const SEARCHABLE: Mode = Mode(0o711);
const WRITE: u16 = 0o2;
const SEARCH: u16 = 0o1;

/// `[backend] socket`: buffers of accepted connections, and who may connect to a Unix socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendSocket {
    /// SO_SNDBUF in bytes, before the kernel doubles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sndbuf: Option<Bytes>,
    /// SO_RCVBUF in bytes, before the kernel doubles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcvbuf: Option<Bytes>,
    /// Mode of a Unix socket's file, in octal digits: gunicorn's `umask` makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Mode of the folder that it is in; 0711 where only `mode` is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Mode>,
    /// Whose group it is given to. Unset leaves its maker's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<SocketGroup>,
}

/// A group that a socket is given to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SocketGroup {
    /// That of the proxy's user, as with `chgrp www-data`.
    Proxy,
}

/// Which digit of a mode counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Who has made it.
    Owner,
    /// Who is in its group.
    Group,
    /// Everybody else.
    Other,
}

/// What keeps a class out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bar {
    /// The folder may not be searched: whether there is a socket in it is not known either.
    Folder,
    /// The socket may not be written to.
    Socket,
}

/// A mode of three octal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Mode(#[schemars(with = "String")] u16);

impl BackendSocket {
    /// The buffers.
    pub const fn buffers(&self) -> BufferSizes {
        BufferSizes {
            sndbuf: self.sndbuf,
            rcvbuf: self.rcvbuf,
        }
    }

    /// Whether anything is said about who may connect.
    pub const fn has_modes(&self) -> bool {
        self.mode.is_some() || self.directory.is_some() || self.group.is_some()
    }

    /// The mode of the folder that the socket is in.
    pub fn folder(&self) -> Mode {
        self.directory.unwrap_or(SEARCHABLE)
    }

    /// What keeps this class out, if anything does.
    pub fn bars(&self, class: Class) -> Option<Bar> {
        if !self.folder().grants(class, SEARCH) {
            return Some(Bar::Folder);
        }
        let writable = self.mode.is_none_or(|mode| mode.grants(class, WRITE));
        (!writable).then_some(Bar::Socket)
    }

    /// The class of a proxy that has a user of its own, as nginx's workers have one.
    pub const fn class_of_proxy(&self) -> Class {
        match self.group {
            Some(SocketGroup::Proxy) => Class::Group,
            None => Class::Other,
        }
    }

    /// Whether a proxy of the socket's owner meets something else than a proxy with a user of its own.
    pub fn needs_second_user(&self) -> bool {
        self.has_modes() && self.bars(Class::Owner) != self.bars(self.class_of_proxy())
    }
}

impl Mode {
    /// As the kernel takes it.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// What a process masks at creation for a file to get this mode.
    pub const fn umask(self) -> u16 {
        ALL & !self.0
    }

    fn grants(self, class: Class, bit: u16) -> bool {
        let digit = match class {
            Class::Owner => self.0 >> 6,
            Class::Group => self.0 >> 3,
            Class::Other => self.0,
        };
        digit & bit != 0
    }
}

impl TryFrom<String> for Mode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Mode, &'static str> {
        let is_octal = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        let mode = u16::from_str_radix(&text, 8).ok().filter(|_| is_octal);
        let wrong = "a mode has three octal digits, as in \"0660\"";
        mode.filter(|mode| *mode <= ALL && text.len() >= 3)
            .map(Mode)
            .ok_or(wrong)
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> String {
        mode.to_string()
    }
}

impl fmt::Display for Mode {
    /// `0660`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> Mode {
        text.to_owned().try_into().unwrap()
    }

    fn socket(text: &str, directory: Option<&str>, group: Option<SocketGroup>) -> BackendSocket {
        BackendSocket {
            mode: Some(mode(text)),
            directory: directory.map(mode),
            group,
            ..BackendSocket::default()
        }
    }

    #[test]
    fn a_mode_is_read_as_it_is_written() {
        for text in ["0660", "0777", "0000", "0007"] {
            assert_eq!(mode(text).to_string(), text);
        }
        assert_eq!(mode("660"), mode("0660"));
        assert_eq!(mode("0660").umask(), 0o117);
        for wrong in ["", "66", "0668", "1777", "rw-rw----", "+660", "0o660"] {
            assert!(Mode::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn writing_decides_and_searching_the_folder() {
        use Class::{Group, Other, Owner};
        // As nginx met them: a worker with another uid, before a socket of root's.
        for (text, directory, class, bar) in [
            ("0600", None, Other, Some(Bar::Socket)),
            ("0666", None, Other, None),
            ("0660", None, Other, Some(Bar::Socket)),
            ("0660", None, Group, None),
            ("0620", None, Group, None),
            ("0640", None, Group, Some(Bar::Socket)),
            ("0602", None, Other, None),
            ("0666", Some("0700"), Other, Some(Bar::Folder)),
            ("0666", Some("0701"), Other, None),
            ("0666", Some("0706"), Other, Some(Bar::Folder)),
            // As their owner met them.
            ("0200", None, Owner, None),
            ("0400", None, Owner, Some(Bar::Socket)),
            ("0022", None, Owner, Some(Bar::Socket)),
        ] {
            let bars = socket(text, directory, None).bars(class);
            assert_eq!(bars, bar, "{text} in {directory:?} for {class:?}");
        }
    }

    #[test]
    fn a_second_user_is_needed_where_the_digits_differ() {
        assert!(socket("0600", None, None).needs_second_user());
        assert!(socket("0640", None, Some(SocketGroup::Proxy)).needs_second_user());
        for (text, directory) in [("0222", None), ("0444", None), ("0666", Some("0666"))] {
            assert!(!socket(text, directory, None).needs_second_user(), "{text}");
        }
        assert!(!socket("0660", None, Some(SocketGroup::Proxy)).needs_second_user());
        assert!(!BackendSocket::default().needs_second_user());
    }
}
