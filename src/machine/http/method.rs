//! What a request asks to be done.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request's method. HEAD and CONNECT are not asked for: their responses are framed by other rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Has no body.
    #[default]
    Get,
    /// Not idempotent.
    Post,
    /// Idempotent.
    Put,
    /// Not idempotent.
    Patch,
    /// Idempotent.
    Delete,
}

impl Method {
    /// As the request line has it.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// Whether asking twice is as good as asking once (RFC 9110, 9.2.2).
    pub const fn is_idempotent(self) -> bool {
        match self {
            Method::Get | Method::Put | Method::Delete => true,
            Method::Post | Method::Patch => false,
        }
    }

    /// Whether a body is meant to go with it.
    pub const fn has_body(self) -> bool {
        !matches!(self, Method::Get)
    }

    /// For serde: whether it is what is asked for when nothing is said.
    pub fn is_get(&self) -> bool {
        matches!(self, Method::Get)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
