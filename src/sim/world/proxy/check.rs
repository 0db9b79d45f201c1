//! What a tier's proxies must be able to account for: every slot, descriptor and count is somebody's, and every timer is still to come.

use super::super::ctx::{Ctx, Station};
use super::connection::{Connection, House};
use super::life::Process;
use super::party::Proxy;

/// What connections of one event loop hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Holds {
    pub(super) clients: u32,
    pub(super) upstreams: u32,
    pub(super) files: u32,
}

impl Proxy {
    /// After any event.
    pub(in crate::sim::world) fn check(&self, ctx: &Ctx<'_>) {
        for connection in &self.connections {
            let deadline = connection.alarm.deadline();
            let overdue = connection.house().is_some() && deadline.is_some_and(|at| at < ctx.now());
            let is_stuck = connection
                .house()
                .is_some_and(|id| usize::from(id) < self.stuck);
            let excused = self.health.is_stopped() || is_stuck || self.thawed_at == Some(ctx.now());
            assert!(
                excused || !overdue,
                "a timer was due at {deadline:?}, and it is {}",
                ctx.now()
            );
        }
        for (house, id) in self.houses.iter().zip(0..) {
            for (instance, process) in (0..).zip(&self.processes) {
                if *process == Process::Ended {
                    continue;
                }
                for event_loop in 0..house.config.worker_processes.max(1) {
                    let at = house.station(instance, event_loop as u8);
                    house.upstreams.check(at, self.held_at(at, id));
                }
                self.check_limit(house, instance);
            }
        }
        self.check_disk();
    }

    /// A disk is full of files that are open, unless the kernel has closed them with their process.
    fn check_disk(&self) {
        if self.processes.iter().all(|one| *one != Process::Ended) {
            let open: u64 = self.connections.iter().map(Connection::pages).sum();
            assert_eq!(self.houses[0].disk.borrow().used_pages(), open, "pages");
        }
    }

    fn held_at(&self, at: Station, house: u8) -> Holds {
        let of_it = |connection: &&Connection| connection.sits_at(at, house);
        let connections = self.connections.iter().filter(of_it);
        connections.fold(Holds::default(), |sum, connection| {
            let holds = connection.holds();
            Holds {
                clients: sum.clients + holds.clients,
                upstreams: sum.upstreams + holds.upstreams,
                files: sum.files + holds.files,
            }
        })
    }

    /// `limit_conn` counts the requests that are under way, of all generations.
    fn check_limit(&self, house: &House, instance: u8) {
        let counted = self
            .connections
            .iter()
            .filter(|one| one.is_of(instance) && one.counts());
        let under_way = house.limits[usize::from(instance)].borrow().under_way();
        assert_eq!(under_way, counted.count() as u32, "requests of limit_conn");
    }

    /// When all is over.
    pub(in crate::sim::world) fn check_end(&self) {
        let open = self.connections.iter().filter(|one| one.house().is_some());
        assert_eq!(open.count(), 0, "connections are left");
    }
}
