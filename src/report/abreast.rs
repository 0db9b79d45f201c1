//! Independent pieces of work on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What `work` makes of each item, in their order; every core takes the next one as soon as it is done with its last.
///
/// # Panics
/// If `work` does.
pub(crate) fn abreast<T: Sync, U: Send>(items: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let take = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        items.get(index).map(|item| (index, work(item)))
    };
    let hand = || std::iter::from_fn(take).collect::<Vec<_>>();
    let mut made = std::thread::scope(|scope| {
        let others = cores.min(items.len()).saturating_sub(1);
        // A thread that this machine cannot have is one hand less.
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, hand).ok();
        let others: Vec<_> = (0..others).filter_map(start).collect();
        let mut made = hand();
        for other in others {
            made.extend(
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        made
    });
    made.sort_unstable_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_done_once_and_comes_in_order() {
        let items: Vec<usize> = (0..1000).collect();
        let done = AtomicUsize::new(0);
        let made = abreast(&items, |item| {
            done.fetch_add(1, Ordering::Relaxed);
            2 * item
        });
        assert_eq!(made, (0..1000).map(|item| 2 * item).collect::<Vec<_>>());
        assert_eq!(done.into_inner(), 1000);
        assert!(abreast(&[], |item: &usize| *item).is_empty());
    }
}
