//! Checks of `[[probe]]`.

use super::check::{Checker, LONGEST_RUN};
use super::file::File;
use crate::machine::probe::{ProbeConfig, ProbeKind};
use crate::tier::Tier;
use crate::time::Span;

/// Ours: a grid that is finer measures this machine.
const SHORTEST: Span = Span::from_ms(10);

impl Checker<'_> {
    pub(super) fn probe(&mut self, file: &File, index: usize, probe: &ProbeConfig) {
        let at = |key: &str| format!("probe.{index}.{key}");
        if probe.every < SHORTEST || probe.every > LONGEST_RUN {
            self.wrong(
                &at("every"),
                format!("nobody probes every {}", probe.every),
                format!("use {SHORTEST} or more; Kubernetes' `periodSeconds` is 10s"),
            );
        }
        if probe.timeout.is_zero() {
            self.wrong(
                &at("timeout"),
                "a probe without any patience always fails",
                "Kubernetes' `timeoutSeconds` is 1s",
            );
        }
        if probe.kill_after == Some(0) {
            self.wrong(
                &at("kill_after"),
                "a restart follows a failure: not before the first",
                "use 1 or more; leave `kill_after` out for a probe that only watches",
            );
        }
        let there = match probe.to {
            Tier::Edge => file.has_edge(),
            Tier::Proxy => file.has_proxy(),
            Tier::Backend => true,
        };
        if !there {
            let tier = probe.to.name();
            self.wrong(
                &at("to"),
                format!("there is no {tier} to probe"),
                format!("add the section `[{tier}]`, or probe the `backend`"),
            );
        }
        // A path without a handler is a 404: a probe that always fails.
        if probe.kind == ProbeKind::Http {
            self.asked_path(file, &at("path"), (&probe.path, "/healthz"));
        }
    }
}
