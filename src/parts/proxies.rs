//! The tiers of proxies of a run, started from the inside out.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::Signal;

use super::{PartError, Place, REFERENCE_DIR, Real};
use crate::backend::EXECUTABLE;
use crate::machine::act::SignalName;
use crate::machine::log_target::ACCESS_PIPE;
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::sickness::Sickness;
use crate::net::Address;
use crate::plan::{Plan, ProxyTier};
use crate::process::is_stopped;
use crate::proxy::{Proxy, ProxySpec};
use crate::record::{Event, Gauges, Source};
use crate::reference::{Lost, Nginx, NginxSpec};
use crate::small_disk::SmallDisk;
use crate::tier::{ProxyId, Tier};
use crate::time::Timestamp;

/// The running proxies of one tier: one, or as many as its `instances` says.
pub(crate) struct ProxyPart {
    tier: Tier,
    proxies: Proxies,
    /// The access logs of ours.
    logs: Vec<PathBuf>,
    /// The disk of their temp files, if they have one of their own: until they are gone.
    _disk: Option<SmallDisk>,
}

enum Proxies {
    /// Ours, each with the gauges that it keeps.
    Ours(Vec<(Proxy, Arc<Gauges>)>),
    /// The real ones.
    Nginx(Vec<Nginx>),
}

/// Starts the tiers of proxies from the inside out, each before the addresses of the one behind it; the result is from the outside in.
fn inside_out<T>(
    plan: &Plan,
    upstreams: &[Address],
    mut start: impl FnMut(ProxyTier<'_>, &[Address]) -> Result<T, PartError>,
    addresses: impl Fn(&T) -> Vec<SocketAddr>,
) -> Result<Vec<T>, PartError> {
    let mut behind = upstreams.to_vec();
    let mut started = Vec::new();
    for tier in plan.tiers().into_iter().rev() {
        let part = start(tier, &behind)?;
        behind = addresses(&part).into_iter().map(Address::Tcp).collect();
        started.push(part);
    }
    started.reverse();
    Ok(started)
}

/// What the files of a tier are called by, beside those of `[proxy]`, which are there in any stack with a proxy.
fn prefix(tier: Tier) -> &'static str {
    match tier {
        Tier::Edge => "edge-",
        Tier::Proxy | Tier::Backend => "",
    }
}

impl ProxyPart {
    /// Starts real proxies before a backend that listens, tier by tier. That takes a while, so it is done before time counts.
    pub(crate) fn prepare(
        plan: &Plan,
        real: &Real,
        place: &Place,
        upstreams: &[Address],
    ) -> Result<Option<Vec<Vec<Nginx>>>, PartError> {
        let Some(program) = &real.nginx else {
            return Ok(None);
        };
        let reference = place.logs.join(REFERENCE_DIR);
        let start = |of: ProxyTier<'_>, upstreams: &[Address]| {
            let start = |instance: u32| {
                // The only one of `[proxy]` has its files where gunicorn's are; all others keep them apart.
                let (folder, runtime_dir) = match (of.tier, of.config.instances) {
                    (Tier::Proxy, 0 | 1) => (reference.clone(), place.runtime_dir.clone()),
                    (tier, _) => {
                        let name = format!("{}nginx-{instance}", prefix(tier));
                        (reference.join(&name), place.runtime_dir.join(name))
                    }
                };
                Ok(Nginx::start(&NginxSpec {
                    plan,
                    id: ProxyId {
                        tier: of.tier,
                        instance,
                    },
                    program,
                    folder: &folder,
                    runtime_dir: &runtime_dir,
                    is_nobody: place.proxy_is_nobody && of.tier == Tier::Proxy,
                    upstreams,
                    executable: Path::new(EXECUTABLE),
                    leave: &place.leave,
                })?)
            };
            (0..of.config.instances.max(1)).map(start).collect()
        };
        let addresses = |nginx: &Vec<Nginx>| nginx.iter().map(Nginx::address).collect();
        inside_out(plan, upstreams, start, addresses).map(Some)
    }

    /// Starts the plan's tiers of proxies, or listens to those that were prepared; from the outside in.
    pub(crate) fn start_all(
        plan: &Plan,
        prepared: Option<Vec<Vec<Nginx>>>,
        place: &Place,
        upstreams: &[Address],
    ) -> Result<Vec<ProxyPart>, PartError> {
        let Some(prepared) = prepared else {
            let start = |of: ProxyTier<'_>, upstreams: &[Address]| ours(of, place, upstreams);
            return inside_out(plan, upstreams, start, ProxyPart::addresses);
        };
        let tiers = plan.tiers().into_iter().map(|of| of.tier);
        let follow = |(tier, mut nginx): (Tier, Vec<Nginx>)| {
            for one in &mut nginx {
                one.follow(place.clock, place.sink.clone())?;
            }
            Ok(ProxyPart {
                tier,
                proxies: Proxies::Nginx(nginx),
                logs: Vec::new(),
                _disk: None,
            })
        };
        tiers.zip(prepared).map(follow).collect()
    }

    /// Its name.
    pub(crate) fn tier(&self) -> Tier {
        self.tier
    }

    /// What the configuration says from now on.
    pub(crate) fn says(&mut self, config: &ProxyConfig) -> io::Result<()> {
        match &mut self.proxies {
            Proxies::Ours(proxies) => {
                for (proxy, _) in proxies {
                    proxy.says(config)?;
                }
                Ok(())
            }
            Proxies::Nginx(nginx) => nginx.iter_mut().try_for_each(|one| one.says(config)),
        }
    }

    /// Sends a signal to all of them.
    pub(crate) fn signal(&mut self, name: SignalName, signal: Signal) -> io::Result<()> {
        match &mut self.proxies {
            Proxies::Ours(proxies) => {
                let mut each = proxies.iter_mut();
                each.try_for_each(|(proxy, _)| proxy.signal(name, signal).map_err(io::Error::other))
            }
            Proxies::Nginx(nginx) => nginx.iter_mut().try_for_each(|one| one.signal(signal)),
        }
    }

    /// SIGSTOP to all of them: they are there, and do nothing.
    pub(crate) fn stop_processes(&mut self) -> io::Result<()> {
        match &mut self.proxies {
            Proxies::Ours(proxies) => {
                let mut each = proxies.iter_mut();
                each.try_for_each(|(proxy, _)| proxy.freeze().map_err(io::Error::other))
            }
            Proxies::Nginx(nginx) => nginx.iter_mut().try_for_each(Nginx::freeze),
        }
    }

    /// SIGKILL to all of ours, whose end nobody notices. The zombies of an nginx would be its workers, with the listener still open in a master.
    pub(crate) fn kill_and_leave(&mut self) -> io::Result<()> {
        match &mut self.proxies {
            Proxies::Ours(proxies) => {
                let mut each = proxies.iter_mut();
                each.try_for_each(|(proxy, _)| proxy.kill_and_leave().map_err(io::Error::other))
            }
            Proxies::Nginx(_) => Err(io::Error::other("nginx waits for its workers itself")),
        }
    }

    /// Has all of ours fall sick; a real one cannot be told to.
    pub(crate) fn sicken(&mut self, sickness: Sickness) -> io::Result<()> {
        match &mut self.proxies {
            Proxies::Ours(proxies) => {
                let mut each = proxies.iter_mut();
                each.try_for_each(|(proxy, _)| proxy.sicken(sickness).map_err(io::Error::other))
            }
            Proxies::Nginx(_) => Err(io::Error::other("nginx cannot be told to fall sick")),
        }
    }

    /// The access log that is rotated, of the first of several.
    pub(crate) fn access_log(&self) -> Option<PathBuf> {
        match &self.proxies {
            Proxies::Ours(_) => self.logs.first().cloned(),
            Proxies::Nginx(nginx) => nginx.first()?.rotated_log(),
        }
    }

    /// The processes that are proxies and nothing else, each with its log.
    pub(crate) fn processes(&self) -> Vec<(u32, PathBuf)> {
        match &self.proxies {
            Proxies::Ours(proxies) => (proxies.iter().zip(&self.logs))
                .filter_map(|((proxy, _), log)| Some((proxy.pid()?, log.clone())))
                .collect(),
            Proxies::Nginx(nginx) => (nginx.iter())
                .flat_map(|one| {
                    let log = one.rotated_log().unwrap_or_else(|| one.log().to_owned());
                    let pids = one.worker_pids().into_iter();
                    pids.map(move |pid| (pid, log.clone()))
                })
                .collect(),
        }
    }

    /// Where whoever is before it goes: one address for each proxy.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        match &self.proxies {
            Proxies::Ours(proxies) => proxies.iter().map(|(proxy, _)| proxy.address()).collect(),
            Proxies::Nginx(nginx) => nginx.iter().map(Nginx::address).collect(),
        }
    }

    /// By proxy: where it listens, and the gauges that it keeps; real ones keep none.
    pub(crate) fn observed(&self) -> Vec<(SocketAddr, Option<Arc<Gauges>>)> {
        match &self.proxies {
            Proxies::Ours(proxies) => proxies
                .iter()
                .map(|(proxy, gauges)| (proxy.address(), Some(Arc::clone(gauges))))
                .collect(),
            Proxies::Nginx(nginx) => nginx.iter().map(|one| (one.address(), None)).collect(),
        }
    }

    /// The tier and process id of one that somebody has stopped (SIGSTOP): it serves nobody until it goes on.
    pub(crate) fn stopped(&self) -> Option<(&'static str, u32)> {
        let mut pids = self.processes().into_iter().map(|(pid, _)| pid);
        Some((self.tier.name(), pids.find(|pid| is_stopped(*pid))?))
    }

    /// Which real program has lost its guard, and how.
    pub(crate) fn lost(&self) -> Option<(&'static str, Lost)> {
        match &self.proxies {
            Proxies::Ours(_) => None,
            Proxies::Nginx(nginx) => Some(("nginx", nginx.iter().find_map(Nginx::lost)?)),
        }
    }

    /// The log of a real proxy that has ended although nobody asked it to.
    pub(crate) fn died(&self) -> Option<&Path> {
        match &self.proxies {
            Proxies::Ours(_) => None,
            Proxies::Nginx(nginx) => nginx
                .iter()
                .find(|nginx| !nginx.is_alive() && !nginx.is_to_end())
                .map(Nginx::log),
        }
    }

    /// Those whose process has ended since this was last asked: ours in whatever way, real ones because of an act.
    pub(crate) fn ended(&mut self, now: Timestamp) -> Vec<Event> {
        match &mut self.proxies {
            Proxies::Ours(proxies) => {
                let each = proxies.iter_mut();
                each.filter_map(|(proxy, _)| proxy.ended()).collect()
            }
            Proxies::Nginx(nginx) => {
                let tell = |kind| Event::new(now, Source::Lab, kind).in_tier(self.tier);
                nginx
                    .iter_mut()
                    .filter_map(Nginx::ended)
                    .map(tell)
                    .collect()
            }
        }
    }

    /// Ends them.
    pub(crate) fn stop(self) {
        match self.proxies {
            Proxies::Ours(proxies) => proxies.into_iter().for_each(|(proxy, _)| proxy.stop()),
            Proxies::Nginx(nginx) => nginx.into_iter().for_each(Nginx::stop),
        }
    }
}

/// Starts a tier of ours. Several of a tier have logs, temp files and source addresses of their own: as many machines would have as many
/// addresses, and with each address comes a range of ports.
fn ours(of: ProxyTier<'_>, place: &Place, upstreams: &[Address]) -> Result<ProxyPart, PartError> {
    let (tier, several) = (of.tier, of.config.instances > 1);
    let (prefix, network) = match tier {
        Tier::Edge => (prefix(tier), 2),
        Tier::Proxy | Tier::Backend => (prefix(tier), 1),
    };
    let suffix = |instance: u32| match several {
        true => format!("-{instance}"),
        false => String::new(),
    };
    let access_log = |instance| match of.config.access_log.is_file() {
        true => (place.logs).join(format!("{prefix}access{}.log", suffix(instance))),
        false => place.runtime_dir.join(ACCESS_PIPE),
    };
    let disk = of.config.temp_disk.map(|size| {
        let at = place.runtime_dir.join(format!("{prefix}disk"));
        SmallDisk::start(size, &at, Path::new(EXECUTABLE))
    });
    let disk = disk.transpose().map_err(PartError::Disk)?;
    let start = |instance: u32| {
        let gauges = Arc::new(Gauges::default());
        let suffix = suffix(instance);
        let temp_dir = match (&disk, tier, several) {
            (Some(disk), ..) => disk.path().join(format!("proxy{suffix}")),
            (None, Tier::Proxy, false) if !place.proxy_is_nobody => place.runtime_dir.clone(),
            (None, ..) => place.runtime_dir.join(format!("{prefix}proxy{suffix}")),
        };
        let last = u8::try_from(instance + 1).unwrap_or(u8::MAX);
        let proxy = Proxy::start(ProxySpec {
            config: of.config.clone(),
            upstreams: upstreams.to_vec(),
            temp_dir,
            access_log: access_log(instance),
            error_log: place.logs.join(format!("{prefix}error{suffix}.log")),
            clock: place.clock,
            sink: place.sink.clone(),
            leave: place.leave.clone(),
            gauges: Arc::clone(&gauges),
            listen: SocketAddr::from((place.address, 0)),
            id: ProxyId { tier, instance },
            source: several.then(|| IpAddr::from([127, 0, network, last])),
            is_nobody: place.proxy_is_nobody && tier == Tier::Proxy,
            held_file: place.held_file.clone(),
            may_be_traced: false,
            executable: PathBuf::from(EXECUTABLE),
        })?;
        Ok((proxy, gauges))
    };
    let instances = 0..of.config.instances.max(1);
    let proxies = instances.clone().map(start);
    let proxies = proxies.collect::<Result<_, PartError>>()?;
    Ok(ProxyPart {
        tier,
        proxies: Proxies::Ours(proxies),
        logs: instances.map(access_log).collect(),
        _disk: disk,
    })
}
