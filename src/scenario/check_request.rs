//! Checks of `clients.request` and `clients.retry`: requests that nobody answers, bodies that do not go, retries that never come.

use super::check::{Checker, good_path};
use super::diagnostics::{did_you_mean, listed};
use super::file::{ClientGroup, File};
use crate::machine::arrival::Arrival;
use crate::machine::backend_config::WorkerClass;
use crate::machine::visit::Trouble;
use crate::time::Span;
use crate::units::Bytes;

/// Ours: a body is made up on its way, but its receiver must take it.
const LARGEST_BODY: Bytes = Bytes::mib(16 * 1024);
/// Ours: who asks more often is a load of its own; that is `arrival`'s.
const MOST_RETRIES: u32 = 1000;
/// Ours: pauses that grow by more are over after two.
const MOST_GROWTH: f64 = 100.0;

impl Checker<'_> {
    pub(super) fn request(&mut self, file: &File, index: usize, group: &ClientGroup) {
        let at = format!("clients.{index}.request");
        let request = &group.request;
        self.asked_path(file, &format!("{at}.path"), (&request.path, "/report"));
        if request.timeout == Some(Span::ZERO) {
            self.wrong(
                &format!("{at}.timeout"),
                "a client without any patience asks nothing",
                "leave `timeout` out for a client that waits for ever",
            );
        }
        self.body(&at, group);
        self.keepalive(file, &at, group);
        self.retry(index, group);
    }

    /// A path that somebody asks for: a good one, and one with a handler.
    pub(super) fn asked_path(&mut self, file: &File, at: &str, (path, example): (&str, &str)) {
        if let Err(why) = good_path(path) {
            let title = format!("`{path}` {why}");
            self.wrong(at, title, format!("write for example `{example}`"));
        } else if file.backend.handler(path).is_none() && !file.backend.app.is_empty() {
            let known = || file.backend.app.keys().map(String::as_str);
            self.wrong(
                at,
                format!("the application has no handler for `{path}`"),
                did_you_mean(path, known())
                    .unwrap_or_else(|| format!("handlers: {}", listed(known()))),
            );
        }
    }

    fn body(&mut self, at: &str, group: &ClientGroup) {
        let request = &group.request;
        if request.body > Bytes(0) && !request.method.has_body() {
            self.wrong(
                &format!("{at}.body"),
                format!("a {} has no body", request.method),
                "set `method = \"POST\"`, or leave `body` out",
            );
        }
        if request.body > LARGEST_BODY {
            self.wrong(
                &format!("{at}.body"),
                format!("a body of {} is more than a run can carry", request.body),
                format!("use at most {LARGEST_BODY}"),
            );
        }
        if request.chunked && request.body == Bytes(0) {
            self.wrong(
                &format!("{at}.chunked"),
                "`chunked` needs a body to cut",
                "add for example `body = \"1MiB\"`, or leave `chunked` out",
            );
        }
    }

    fn keepalive(&mut self, file: &File, at: &str, group: &ClientGroup) {
        if !group.request.keepalive {
            return;
        }
        let key = format!("{at}.keepalive");
        if !matches!(group.arrival, Arrival::Closed(_)) && group.retry.is_none() {
            self.wrong(
                &key,
                "`keepalive` needs a next request on the same connection",
                "only `arrival.closed` clients, or those with a `retry`, make one; leave `keepalive` out",
            );
        } else if !file.has_proxy()
            && (file.backend.class() == WorkerClass::Sync || file.backend.keepalive.is_zero())
        {
            self.doubtful(
                &key,
                "`keepalive` does nothing here: a sync worker closes after each response",
                "only a proxy, or workers of another class with a `keepalive`, keep client connections",
            );
        }
    }

    fn retry(&mut self, index: usize, group: &ClientGroup) {
        let Some(retry) = &group.retry else {
            return;
        };
        let at = format!("clients.{index}.retry");
        if !(1..=MOST_RETRIES).contains(&retry.max) {
            self.wrong(
                &format!("{at}.max"),
                format!("{} retries cannot be played", retry.max),
                format!("use 1 to {MOST_RETRIES}, or leave `retry` out"),
            );
        }
        if retry.on.is_empty() {
            self.wrong(
                &format!("{at}.on"),
                "without a reason nobody asks again",
                "name some: statuses such as \"502\", or \"timeout\", \"reset\", \"refused\", \"truncated\"",
            );
        }
        // Not-a-number is outside as well.
        if !(1.0..=MOST_GROWTH).contains(&retry.growth) {
            self.wrong(
                &format!("{at}.growth"),
                format!("pauses cannot grow by a factor of {}", retry.growth),
                format!("use 1 for fixed pauses, 2 to double them, at most {MOST_GROWTH}"),
            );
        } else if retry.growth > 1.0 && retry.backoff.is_zero() {
            self.doubtful(
                &format!("{at}.growth"),
                "`growth` does nothing: no pause grows from none",
                "set a `backoff`",
            );
        }
        if retry.most < retry.backoff {
            self.wrong(
                &format!("{at}.most"),
                format!(
                    "the longest pause ({}) is shorter than the first ({})",
                    retry.most, retry.backoff
                ),
                "`most` is at least `backoff`",
            );
        }
        if retry.jitter && retry.backoff.is_zero() {
            self.doubtful(
                &format!("{at}.jitter"),
                "`jitter` does nothing: there is no pause to shorten",
                "set a `backoff`",
            );
        }
        if retry.on.contains(&Trouble::Timeout) && group.request.timeout.is_none() {
            self.doubtful(
                &format!("{at}.on"),
                "nothing times out: these clients wait for ever",
                "set `request.timeout`",
            );
        }
    }
}
