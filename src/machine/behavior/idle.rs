//! `idle`: connects and says nothing, as a browser's spare connection does; or falls silent after some requests, as a kept one does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `behavior.idle`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Idle {
    /// Requests on one connection before it falls silent; zero never asks. More needs a kept connection.
    #[serde(default)]
    pub after: u32,
}

impl Idle {
    /// Whether the client asks once more on a connection on which it has asked so often.
    pub(super) const fn asks(&self, asked: u32) -> bool {
        asked < self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_asks_so_often_and_no_more() {
        assert!(!Idle::default().asks(0));
        let asks: Vec<bool> = (0..4).map(|asked| Idle { after: 2 }.asks(asked)).collect();
        assert_eq!(asks, [true, true, false, false]);
    }
}
