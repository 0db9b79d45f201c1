//! How much may be asked for at a time. Whoever asks for more is told so; nothing is cut down silently.

use crate::scenario::{Configuration, Scenario};
use crate::time::Span;

/// A request's body: the largest scenario, and room for what is around it.
pub(super) const MOST_BODY: usize = (1 << 20) + (64 << 10);
/// Simulations at a time: what two cores do at once.
pub(super) const AT_ONCE: usize = 2;
/// Simulations that wait for their turn.
pub(super) const MOST_WAITING: usize = 24;
/// Pages whose latest question is remembered.
pub(super) const MOST_PAGES: usize = 64;
/// Configurations of files that are kept, to stand behind what is asked.
pub(super) const MOST_GHOSTS: usize = 8;
/// What any question may take.
pub(super) const PATIENCE: Span = Span::from_secs(20);
/// But for a site: a battery of threats, each with break-points by bisection, and their cures.
pub(super) const SITE_PATIENCE: Span = Span::from_secs(180);

/// Requests that a what-if may start, all groups together: more would not be seen in a picture either.
pub(super) const MOST_STARTS: u64 = 20_000;
/// Virtual time: an outage that needs longer is shown with shorter timeouts.
pub(super) const LONGEST: Span = Span::from_secs(1_800);
/// Events of one simulated variant.
pub(super) const MOST_EVENTS: u64 = 3_000_000;

/// What is too much about a question; its words are the message `browse-too-much-NAME`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TooMuch {
    /// The run would last so long.
    Long(Span),
    /// It would have so many requests.
    Many(u64),
}

/// Whether a scenario, or one of its variants, is small enough to be played while somebody waits: asked before anything of it is drawn.
pub(super) fn check(scenario: &Scenario, variant: &str) -> Result<(), TooMuch> {
    let mut all = scenario.variants.iter();
    let chosen = all.find(|one| one.name == variant);
    small(chosen.map_or(&scenario.baseline, |one| &one.configuration))
}

fn small(configuration: &Configuration) -> Result<(), TooMuch> {
    let lasts = configuration.duration.saturating_add(configuration.drain);
    if lasts > LONGEST {
        return Err(TooMuch::Long(lasts));
    }
    let groups = configuration.clients.iter();
    let starts = groups.map(|group| group.arrival.expected(configuration.duration));
    let starts = starts.fold(0, u64::saturating_add);
    match starts > MOST_STARTS {
        true => Err(TooMuch::Many(starts)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{embedded, load_embedded};

    #[test]
    fn every_scenario_of_ours_is_small_enough_and_an_hour_is_not() {
        for (name, _) in embedded() {
            let scenario = load_embedded(name, &[]).unwrap();
            assert_eq!(check(&scenario, "baseline"), Ok(()), "{name}");
        }
        let with = |set: &str| load_embedded("worker-starvation", &[set.to_owned()]).unwrap();
        let long = check(&with("duration=1h"), "baseline");
        assert!(matches!(long, Err(TooMuch::Long(_))), "{long:?}");
        let many = check(&with("clients.visitors.rate=100000/s"), "baseline");
        assert!(
            matches!(many, Err(TooMuch::Many(459_000..462_000))),
            "{many:?}"
        );
    }
}
