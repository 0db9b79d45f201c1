//! The battery: what is tried on a site, how much of it is counted, and its healthy twin.

use super::outage;
use super::threat::{
    Threat, body, burst, bursts, connections, fast_readers, fast_uploads, idle, load, loads,
    prompt, readers, slow_headers, slow_readers, slow_uploads, stalled_readers,
};
use crate::units::human_bytes;

/// In the order in which they are told.
pub(super) static ALL: [Threat; 11] = [
    Threat {
        name: "slow-readers",
        unit: "slow readers",
        what: |stack| format!("{} at {}", stack.largest, stack.slow),
        applies: |_| Ok(()),
        clients: slow_readers,
        control: Some(("as many fast downloads", fast_readers)),
        fine: 64,
        guesses: readers,
        known: None,
    },
    Threat {
        name: "stalled-readers",
        unit: "stalled readers",
        what: |stack| format!("{}, and never a byte read", stack.largest),
        applies: |_| Ok(()),
        clients: stalled_readers,
        control: Some(("as many fast downloads", fast_readers)),
        fine: 64,
        guesses: readers,
        known: None,
    },
    Threat {
        name: "slow-uploads",
        unit: "slow uploads",
        what: |stack| format!("{} at {}", human_bytes(body(stack)), stack.slow),
        applies: |_| Ok(()),
        clients: slow_uploads,
        control: Some(("as many fast uploads", fast_uploads)),
        fine: 64,
        guesses: readers,
        known: None,
    },
    Threat {
        name: "slow-headers",
        unit: "slow headers",
        what: |_| "a request head at 1 B/s".to_owned(),
        applies: |_| Ok(()),
        clients: slow_headers,
        control: None,
        fine: 64,
        guesses: connections,
        known: None,
    },
    Threat {
        name: "idle-connections",
        unit: "idle connections",
        what: |_| "a connection that never asks".to_owned(),
        applies: |_| Ok(()),
        clients: idle,
        control: None,
        fine: 64,
        guesses: connections,
        known: None,
    },
    Threat {
        name: "burst",
        unit: "requests at once",
        what: |_| "a page, all in the same 100 ms".to_owned(),
        applies: |_| Ok(()),
        clients: burst,
        control: None,
        fine: 16,
        guesses: bursts,
        known: None,
    },
    Threat {
        name: "plain-load",
        unit: "requests/s",
        what: |stack| format!("a page each, within {} or not", prompt(stack)),
        applies: |_| Ok(()),
        clients: load,
        control: None,
        fine: 16,
        guesses: loads,
        known: None,
    },
    Threat {
        name: "outage",
        unit: outage::SECONDS,
        what: outage::what_is_away,
        applies: |_| Ok(()),
        clients: outage::outage,
        control: None,
        fine: 16,
        guesses: outage::lengths,
        known: None,
    },
    Threat {
        name: "retries",
        unit: outage::SECONDS,
        what: outage::what_retries_are,
        applies: outage::can_stand_still,
        clients: outage::with_retries,
        control: Some(("as long, and nobody asks again", outage::without_retries)),
        fine: 16,
        guesses: outage::lengths_with_retries,
        known: None,
    },
    Threat {
        name: "vanished-backend",
        unit: "backends",
        what: |_| "gunicorn and its workers are killed, and nobody starts them again".to_owned(),
        applies: outage::one_backend,
        clients: outage::vanished,
        control: None,
        fine: 1,
        guesses: outage::yes_or_no,
        known: Some(outage::nobody_listens),
    },
    Threat {
        name: "reload",
        unit: "readers on old workers",
        what: |stack| {
            format!(
                "{} at {}, gunicorn and then nginx are told to reload",
                stack.largest, stack.slow
            )
        },
        applies: outage::outlasts_a_reload,
        clients: outage::reload,
        control: None,
        fine: 16,
        guesses: outage::old_readers,
        known: Some(outage::told_to_end),
    },
];

/// The one that a finding is about.
///
/// # Panics
/// On a name that no threat has: findings have theirs from here.
pub(super) fn named(name: &str) -> &'static Threat {
    let found = ALL.iter().find(|one| one.name == name);
    found.expect("findings are about threats of the battery")
}
