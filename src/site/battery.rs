//! The battery: what is tried on a site, how much of it is counted, and its healthy twin.

use super::crowd::{
    body, fast_readers, fast_uploads, idle, slow_headers, slow_readers, slow_uploads,
    stalled_readers,
};
use super::outage;
use super::threat::{Threat, burst, bursts, connections, load, loads, prompt, readers};
use crate::units::human_bytes;

/// In the order in which they are told.
pub(super) static ALL: [Threat; 11] = [
    Threat {
        name: "slow-readers",
        facts: |stack| stack.download(),
        applies: |_| Ok(()),
        clients: slow_readers,
        control: Some(("site-control-downloads", fast_readers)),
        fine: 64,
        guesses: readers,
        known: None,
    },
    Threat {
        name: "stalled-readers",
        facts: |stack| vec![("size", stack.largest.to_string())],
        applies: |_| Ok(()),
        clients: stalled_readers,
        control: Some(("site-control-downloads", fast_readers)),
        fine: 64,
        guesses: readers,
        known: None,
    },
    Threat {
        name: "slow-uploads",
        facts: |stack| {
            let size = human_bytes(body(stack));
            vec![("size", size), ("rate", stack.slow.to_string())]
        },
        applies: |_| Ok(()),
        clients: slow_uploads,
        control: Some(("site-control-uploads", fast_uploads)),
        fine: 64,
        guesses: readers,
        known: None,
    },
    Threat {
        name: "slow-headers",
        facts: |_| Vec::new(),
        applies: |_| Ok(()),
        clients: slow_headers,
        control: None,
        fine: 64,
        guesses: connections,
        known: None,
    },
    Threat {
        name: "idle-connections",
        facts: |_| Vec::new(),
        applies: |_| Ok(()),
        clients: idle,
        control: None,
        fine: 64,
        guesses: connections,
        known: None,
    },
    Threat {
        name: "burst",
        facts: |_| Vec::new(),
        applies: |_| Ok(()),
        clients: burst,
        control: None,
        fine: 16,
        guesses: bursts,
        known: None,
    },
    Threat {
        name: "plain-load",
        facts: |stack| vec![("within", prompt(stack).to_string())],
        applies: |_| Ok(()),
        clients: load,
        control: None,
        fine: 16,
        guesses: loads,
        known: None,
    },
    Threat {
        name: "outage",
        facts: outage::pages_meanwhile,
        applies: |_| Ok(()),
        clients: outage::outage,
        control: None,
        fine: 16,
        guesses: outage::lengths,
        known: None,
    },
    Threat {
        name: "retries",
        facts: outage::pages_and_patience,
        applies: outage::can_stand_still,
        clients: outage::with_retries,
        control: Some(("site-control-patient", outage::without_retries)),
        fine: 16,
        guesses: outage::lengths_with_retries,
        known: None,
    },
    Threat {
        name: "vanished-backend",
        facts: |_| Vec::new(),
        applies: outage::can_be_killed,
        clients: outage::vanished,
        control: None,
        fine: 1,
        guesses: outage::yes_or_no,
        known: Some(outage::nobody_listens),
    },
    Threat {
        name: "reload",
        facts: |stack| stack.download(),
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
