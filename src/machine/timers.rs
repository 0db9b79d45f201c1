//! nginx's idle timers.
//!
//! A timer is a deadline that a phase arms, re-arms and cancels; the owner asks for the earliest one and sleeps until then. What
//! is special is the lazy re-arm of `ngx_event_add_timer`: a new deadline less than 300 ms from the old one is not
//! worth nginx a tree operation, so the old one stays and an idle timer may fire up to 300 ms early.

use crate::time::{Span, Timestamp};

/// `NGX_TIMER_LAZY_DELAY`: deadlines closer than this to the armed one leave it as it is.
pub const LAZY_DELAY: Span = Span::from_ms(300);

/// One timer, armed or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timer {
    deadline: Option<Timestamp>,
}

impl Timer {
    /// Arms as `ngx_event_add_timer` does: an armed timer keeps its deadline if the new one is within [`LAZY_DELAY`] of it.
    pub fn arm(&mut self, now: Timestamp, timeout: Span) {
        let wanted = now + timeout;
        let keeps = self.deadline.is_some_and(|armed| {
            let distance = wanted.since(armed).max(armed.since(wanted));
            distance < LAZY_DELAY
        });
        if !keeps {
            self.deadline = Some(wanted);
        }
    }

    /// Arms without laziness, for timers that nginx does not have.
    pub fn arm_exactly(&mut self, now: Timestamp, timeout: Span) {
        self.deadline = Some(now + timeout);
    }

    /// `ngx_event_del_timer`.
    pub fn cancel(&mut self) {
        self.deadline = None;
    }

    /// `ngx_add_timer` if `wanted`, otherwise `ngx_del_timer`: how nginx ends every pump.
    pub fn arm_if(&mut self, wanted: bool, now: Timestamp, timeout: Span) {
        if wanted {
            self.arm(now, timeout);
        } else {
            self.cancel();
        }
    }

    /// When it fires; `None` if it is not armed.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// Whether it is due; a timer that is due disarms itself, as nginx's does before the handler runs.
    pub fn fires(&mut self, now: Timestamp) -> bool {
        let due = self.deadline.is_some_and(|deadline| deadline <= now);
        if due {
            self.deadline = None;
        }
        due
    }
}

/// The directive that set a timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Directive {
    /// `proxy_connect_timeout`.
    ProxyConnectTimeout,
    /// `proxy_send_timeout`.
    ProxySendTimeout,
    /// `proxy_read_timeout`.
    ProxyReadTimeout,
    /// `send_timeout`.
    SendTimeout,
    /// `client_header_timeout`.
    ClientHeaderTimeout,
    /// `client_body_timeout`.
    ClientBodyTimeout,
}

impl Directive {
    /// Every one.
    pub const ALL: [Directive; 6] = [
        Directive::ProxyConnectTimeout,
        Directive::ProxySendTimeout,
        Directive::ProxyReadTimeout,
        Directive::SendTimeout,
        Directive::ClientHeaderTimeout,
        Directive::ClientBodyTimeout,
    ];

    /// The name in nginx's configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Directive::ProxyConnectTimeout => "proxy_connect_timeout",
            Directive::ProxySendTimeout => "proxy_send_timeout",
            Directive::ProxyReadTimeout => "proxy_read_timeout",
            Directive::SendTimeout => "send_timeout",
            Directive::ClientHeaderTimeout => "client_header_timeout",
            Directive::ClientBodyTimeout => "client_body_timeout",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn ms(at: u64) -> Timestamp {
        Timestamp::from_us(at * 1000)
    }

    #[test]
    fn a_close_deadline_keeps_the_old_one() {
        let mut timer = Timer::default();
        timer.arm(ms(0), Span::from_secs(2));
        timer.arm(ms(299), Span::from_secs(2));
        assert_eq!(timer.deadline(), Some(ms(2000)));
        timer.arm(ms(300), Span::from_secs(2));
        assert_eq!(timer.deadline(), Some(ms(2300)));
        timer.arm(ms(310), Span::from_ms(1700));
        assert_eq!(timer.deadline(), Some(ms(2300)), "lazy in both directions");
    }

    #[test]
    fn a_timer_fires_once() {
        let mut timer = Timer::default();
        assert!(!timer.fires(ms(5000)));
        timer.arm(ms(0), Span::from_secs(2));
        assert!(!timer.fires(ms(1999)));
        assert!(timer.fires(ms(2000)));
        assert!(!timer.fires(ms(2001)));
        timer.arm_if(true, ms(2001), Span::from_secs(1));
        timer.arm_if(false, ms(2001), Span::from_secs(1));
        assert_eq!(timer.deadline(), None);
    }

    proptest! {
        #[test]
        fn never_more_than_300_ms_early_and_never_late(gaps in prop::collection::vec(0..3000u64, 1..40)) {
            let (mut timer, mut now) = (Timer::default(), 0);
            for gap in gaps {
                now += gap;
                timer.arm(ms(now), Span::from_secs(2));
                let deadline = timer.deadline().unwrap();
                prop_assert!(deadline <= ms(now + 2000 + 299));
                prop_assert!(deadline > ms(now + 2000 - 300));
            }
        }
    }
}
