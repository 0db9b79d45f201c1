//! What the kernel wakes, as events.

use super::WAKE_UP;
use super::ctx::Ctx;
use super::event::{Event, Wakeup};
use crate::sim::kernel::Wake;

impl Ctx<'_> {
    /// The kernel's wake-ups become events.
    pub(super) fn pass_on_wakes(&mut self) {
        if !self.kernel.has_wakes() {
            return;
        }
        let mut wakes = std::mem::take(&mut self.wakes);
        self.kernel.take_wakes(&mut wakes);
        for wake in &wakes {
            self.pass_on(wake);
        }
        wakes.clear();
        self.wakes = wakes;
    }

    #[inline]
    fn pass_on(&mut self, wake: &Wake) {
        let (socket, wakeup): (_, fn(u16) -> Wakeup) = match *wake {
            Wake::Readable(socket) => (socket, Wakeup::Readable),
            Wake::Writable(socket) => (socket, Wakeup::Writable),
            Wake::Connected(socket) => (socket, Wakeup::Connected),
            Wake::ConnectFailed(socket) => (socket, Wakeup::ConnectFailed),
            Wake::Acceptable(listener) => {
                return self.push(self.now() + WAKE_UP, Event::Acceptable(listener));
            }
            Wake::SynTimer {
                at,
                socket,
                generation,
            } => return self.push(at, Event::SynTimer { socket, generation }),
            Wake::LineTimer {
                at,
                socket,
                generation,
            } => return self.push(at, Event::Line { socket, generation }),
        };
        let what = wakeup(self.kernel.generation(socket) as u16);
        self.push(self.now() + WAKE_UP, Event::Wake { socket, what });
    }
}
