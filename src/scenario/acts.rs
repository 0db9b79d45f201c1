//! `[[act]]`: from the file to a timeline whose every configuration is resolved and checked.

use super::check::Checker;
use super::diagnostics::{Diagnostic, Diagnostics, did_you_mean, listed};
use super::file::{ActDecl, FaultDecl, File, SignalDecl};
use super::load::of_variant;
use super::read::read;
use super::set::{self, Setting};
use super::sources::Place;
use super::tree::{Node, keys};
use crate::machine::act::{Act, FaultTo, RotatedLog, Rotation, SignalName, SignalTo, Target};
use crate::machine::proxy_config::{Process, ProxyConfig};
use crate::tier::Tier;

/// What no reload of a backend changes, and why.
const FIXED_IN_BACKEND: [(&str, &str); 7] = [
    ("accesslog", PIPED),
    ("errorlog", PIPED),
    ("worker_tmp_dir", PIPED),
    ("bind", BOUND),
    ("backlog", BOUND),
    ("socket", BOUND),
    ("instances", COUNTED),
];
/// The same of a proxy.
const FIXED_IN_PROXY: [(&str, &str); 7] = [
    ("temp_disk", BOUND),
    ("access_log", PIPED),
    ("listen", BOUND),
    ("instances", COUNTED),
    ("enabled", COUNTED),
    ("process", COUNTED),
    ("worker_rlimit_nofile", LIMITED),
];
const BOUND: &str = "the listener stays as it was bound; a variant can have another";
const PIPED: &str = "where files go is so from the start; a variant can have another";
const LIMITED: &str = "the process has its limit from the start; a variant can have another";
const COUNTED: &str =
    "what is there at the start is there to the end; a variant can have more or fewer";

/// The acts of one configuration, in the order in which they happen; those of one instant in the order of the file.
pub(super) fn resolve(
    tree: &Node,
    file: &File,
    variant: Option<&str>,
    out: &mut Diagnostics,
) -> Vec<Act> {
    let mut order: Vec<usize> = (0..file.act.len()).collect();
    order.sort_by_key(|index| file.act[*index].at);
    let mut timeline = Timeline {
        file,
        variant,
        out,
        says: tree.clone(),
        unread: [None; 3],
        second: false,
    };
    let acts = order
        .into_iter()
        .filter_map(|index| timeline.act(tree, index))
        .collect();
    timeline.end();
    acts
}

/// What has happened so far.
struct Timeline<'a> {
    file: &'a File,
    variant: Option<&'a str>,
    out: &'a mut Diagnostics,
    /// The file as it stands after the acts so far.
    says: Node,
    /// The last change to each server that no reload has read.
    unread: [Option<Place>; 3],
    /// Whether there may be a second master by now.
    second: bool,
}

impl Timeline<'_> {
    fn act(&mut self, tree: &Node, index: usize) -> Option<Act> {
        let decl = &self.file.act[index];
        let node = tree.get("act")?.items().get(index)?;
        self.instant(node, decl);
        let settings = set::of_variant(node);
        let done = [
            decl.signal.is_some(),
            decl.fault.is_some(),
            decl.rotate.is_some(),
        ];
        let done = done.into_iter().filter(|is_done| *is_done).count();
        if done == 0 && settings.is_empty() {
            let nothing = Diagnostic::error(node.place, "this act does nothing")
                .hint("for example `signal = { to = \"backend\", name = \"HUP\" }`");
            self.push(nothing);
        }
        if done > 1 {
            let several =
                "this act does several things: of a signal, a fault and a rotation it can be one";
            let several = Diagnostic::error(node.place, several)
                .hint("write an act for each, which may be at the same instant");
            self.push(several);
        }
        let signal = match &decl.signal {
            Some(signal) => Some(self.signal(node, signal)?),
            None => None,
        };
        let fault = match &decl.fault {
            Some(fault) => Some(self.fault(node, fault)?),
            None => None,
        };
        let mut act = Act {
            at: decl.at,
            signal,
            fault,
            rotate: self.rotation(node, decl),
            knobs: Vec::new(),
            backend: None,
            proxy: None,
            edge: None,
        };
        for setting in &settings {
            self.unread[reader_of(&setting.key) as usize] = Some(setting.key_place);
        }
        if !settings.is_empty() {
            self.change(settings, &mut act);
        }
        if let Some(signal) = signal.filter(|signal| signal.name.has_configuration_read()) {
            let reader = signal.to.tier().unwrap_or(Tier::Backend);
            self.unread[reader as usize] = None;
        }
        Some(act)
    }

    fn instant(&mut self, node: &Node, decl: &ActDecl) {
        let end = self.file.duration.saturating_add(self.file.drain);
        if decl.at > end {
            let title = format!("the run is over after {end}, before this act");
            let late = Diagnostic::error(node.place_of(&keys(&["at"])), title)
                .hint("an act is at most `duration` and `drain` away from the start");
            self.push(late);
        }
    }

    fn signal(&mut self, node: &Node, decl: &SignalDecl) -> Option<SignalTo> {
        let place = |key| node.place_of(&keys(&["signal", key]));
        let target = self.target(place("to"), &decl.to, "gets no signals")?;
        if let Some((why, instead)) = decl.name.refused_by(target) {
            let title = format!("{} cannot be sent to `{target}`: {why}", decl.name);
            self.push(Diagnostic::error(place("name"), title).hint(instead));
            return None;
        }
        if let Some(tier) = target.tier()
            && let Some((key, why, hint)) = self.no_signal_to_proxy(tier, decl.name)
        {
            self.push(Diagnostic::error(place(key), why).hint(hint));
            return None;
        }
        if target == Target::NewBackend && !self.second {
            let nobody = Diagnostic::warning(place("to"), "no act before has started a second master")
                .hint("USR2 to `backend` does; the new one listens some 0.3 s later with gunicorn, at once here");
            self.push(nobody);
        }
        self.second |= decl.name == SignalName::Usr2;
        Some(SignalTo {
            to: target,
            name: decl.name,
        })
    }

    fn fault(&mut self, node: &Node, decl: &FaultDecl) -> Option<FaultTo> {
        let place = |key| node.place_of(&keys(&["fault", key]));
        let target = self.target(place("to"), &decl.to, "falls sick of nothing")?;
        let (kind, name) = (decl.kind, decl.kind.name());
        if let Some((why, instead)) = kind.refused_by(target) {
            let title = format!("`{name}` cannot befall `{target}`: {why}");
            self.push(Diagnostic::error(place("kind"), title).hint(instead));
            return None;
        }
        if let Some(tier) = target.tier() {
            let lacks = match self.proxy(tier) {
                None => Some((
                    format!(
                        "there is no {tier} that a fault could befall",
                        tier = tier.name()
                    ),
                    format!("a `[{}]` section makes one", tier.name()),
                )),
                Some(proxy) if proxy.process == Process::In => Some((
                    format!(
                        "`{name}` would befall clients and measurement too, which live in the same process"
                    ),
                    format!("set `{}.process = \"own\"`", tier.name()),
                )),
                Some(_) => None,
            };
            if let Some((title, hint)) = lacks {
                self.push(Diagnostic::error(place("to"), title).hint(hint));
                return None;
            }
        }
        Some(FaultTo { to: target, kind })
    }

    /// A rotation; the proxy's log only where that is a process that has it open.
    fn rotation(&mut self, node: &Node, decl: &ActDecl) -> Option<Rotation> {
        let rotation = decl.rotate?;
        let proxy = self.proxy(Tier::Proxy);
        let own = proxy.is_some_and(|proxy| proxy.process == Process::Own);
        let piped = match rotation.log {
            RotatedLog::Access => proxy.is_some_and(|proxy| !proxy.access_log.is_file()),
            RotatedLog::Backend => !self.file.backend.errorlog.is_file(),
        };
        let place = node.place_of(&keys(&["rotate", "log"]));
        if rotation.log == RotatedLog::Access && !own {
            let title = "only the log of a proxy in a process of its own is rotated";
            let hint =
                "set `proxy.process = \"own\"`, so that it is seen what that process has open";
            self.push(Diagnostic::error(place, title).hint(hint));
        } else if piped {
            let title = "a pipe is not rotated";
            self.push(Diagnostic::error(place, title).hint("leave `pipe` out"));
        }
        Some(rotation)
    }

    /// Whom an act is for, as its file says.
    fn target(&mut self, place: Place, to: &str, what: &str) -> Option<Target> {
        match to.parse() {
            Ok(target) => Some(target),
            Err(why) => {
                let why: &str = why;
                let title = format!("`{to}` {what}: {why}");
                let known = ["backend", "new-backend", "proxy", "edge", "worker 1"];
                let hint = did_you_mean(to, known)
                    .unwrap_or_else(|| format!("for example {}", listed(known)));
                self.push(Diagnostic::error(place, title).hint(hint));
                None
            }
        }
    }

    /// The section of a tier of proxies, if there is one and it is enabled.
    fn proxy(&self, tier: Tier) -> Option<&ProxyConfig> {
        let section = match tier {
            Tier::Edge => self.file.edge.as_ref(),
            Tier::Proxy | Tier::Backend => self.file.proxy.as_ref(),
        };
        section.filter(|proxy| proxy.enabled)
    }

    /// Why the proxy does not get this signal: the key to blame, the reason and what to do.
    fn no_signal_to_proxy(
        &self,
        tier: Tier,
        signal: SignalName,
    ) -> Option<(&'static str, String, String)> {
        let (section, tier) = (self.proxy(tier), tier.name());
        let Some(proxy) = section else {
            let why = format!("there is no {tier} that could get a signal");
            return Some(("to", why, format!("a `[{tier}]` section makes one")));
        };
        let lacks = signal.needs_own_process() && proxy.process == Process::In;
        lacks.then(|| {
            let why = format!(
                "{signal} to `{tier}` would meet clients and measurement too, which live in the same process"
            );
            let hint = format!("set `{tier}.process = \"own\"`; HUP is played without it");
            ("name", why, hint)
        })
    }

    /// Applies an act's settings to what the file says by then, and reads it again.
    fn change(&mut self, settings: Vec<Setting>, act: &mut Act) {
        let readers: Vec<Tier> = settings.iter().map(|one| reader_of(&one.key)).collect();
        for setting in settings {
            act.knobs
                .push(format!("{} = {}", setting.key, setting.value.to_toml()));
            if let Err(mistake) =
                changeable(&setting).and_then(|()| set::apply(&mut self.says, &setting))
            {
                self.push(mistake);
            }
        }
        let mut mistakes = Vec::new();
        let file: Option<File> = read(self.says.clone(), &mut |mistake| mistakes.push(mistake));
        for mistake in mistakes {
            self.push(mistake);
        }
        if let Some(file) = file {
            let mut checker = Checker::new(&self.says, self.variant, self.out);
            if readers.iter().any(|tier| *tier != Tier::Backend) {
                checker.proxies(&file);
            }
            let changed = |tier| readers.contains(&tier);
            act.proxy = file.proxy.clone().filter(|_| changed(Tier::Proxy));
            act.edge = file.edge.clone().filter(|_| changed(Tier::Edge));
            if changed(Tier::Backend) {
                checker.application_server(&file);
                act.backend = Some(file.backend);
            }
        }
    }

    fn end(&mut self) {
        if let Some(place) = self.unread[Tier::Backend as usize] {
            let title = "nobody reads this change: a master reads its configuration at HUP, and a new one at USR2";
            let warning = Diagnostic::warning(place, title)
                .hint("send HUP or USR2 to `backend` with it, or later");
            self.push(warning);
        }
        for tier in [Tier::Edge, Tier::Proxy] {
            if let Some(place) = self.unread[tier as usize] {
                let title = "nobody reads this change: a proxy reads its configuration at HUP";
                let hint = format!("send HUP to `{}` with it, or later", tier.name());
                self.push(Diagnostic::warning(place, title).hint(hint));
            }
        }
    }

    fn push(&mut self, mistake: Diagnostic) {
        self.out.push(of_variant(mistake, self.variant));
    }
}

/// Who reads a key.
fn reader_of(key: &str) -> Tier {
    match key.split_once('.') {
        Some(("edge", _)) => Tier::Edge,
        Some(("proxy", _)) => Tier::Proxy,
        _ => Tier::Backend,
    }
}

/// Whether a reload takes a key up.
fn changeable(setting: &Setting) -> Result<(), Diagnostic> {
    let key = setting.key.as_str();
    let fixed: &[(&str, &str)] = match key.split_once('.') {
        Some(("backend", _)) => &FIXED_IN_BACKEND,
        Some(("proxy" | "edge", _)) => &FIXED_IN_PROXY,
        _ => {
            let title = format!("an act cannot set `{key}`");
            return Err(Diagnostic::error(setting.key_place, title).hint(
                "only keys below `backend.`, which a master reads at HUP, and a new one at USR2, and below `proxy.` and `edge.`, read at HUP",
            ));
        }
    };
    let mut words = key.split('.');
    let (section, word) = (words.next().unwrap_or_default(), words.next());
    let Some((word, why)) = fixed.iter().find(|(fixed, _)| Some(*fixed) == word) else {
        return Ok(());
    };
    let title = format!("a reload does not change `{section}.{word}`");
    Err(Diagnostic::error(setting.key_place, title).hint(*why))
}

#[cfg(test)]
mod tests {
    use crate::machine::act::{SignalName, Target};
    use crate::machine::handler::Distribution;
    use crate::scenario::tests::said;
    use crate::scenario::{Diagnostics, Scenario, load_text};
    use crate::tier::Tier;
    use crate::time::Span;

    const STACK: &str = r#"schema = 1
question = "?"
duration = "5s"
drain = "2s"
[backend]
workers = 2
timeout = "3s"
[backend.app."/"]
[[clients]]
name = "visitors"
arrival.open = { rate = "4/s" }
request.path = "/"
behavior.healthy = {}
"#;

    fn load(more: &str) -> Result<Scenario, Diagnostics> {
        load_text("test", "test.toml", &format!("{STACK}{more}"), &[])
    }

    fn mistakes(more: &str) -> String {
        said(&format!("{STACK}{more}"))
    }

    #[test]
    fn acts_happen_in_order_and_each_knows_the_configuration_of_its_time() {
        let scenario = load(
            r#"
[[act]]
at = "3s"
signal = { to = "backend", name = "HUP" }
set = { "backend.timeout" = "9s" }
[[act]]
at = "1s"
signal = { to = "worker 2", name = "KILL" }
[[act]]
at = "2s"
signal = { to = "backend", name = "HUP" }
set = { "backend.workers" = 8, "backend.app.\"/\".wait" = "50ms" }
[[variant]]
name = "later"
set = { "act.2.at" = "4s", "backend.timeout" = "4s" }
[[variant]]
name = "calm"
set = { act = [] }
"#,
        )
        .unwrap_or_else(|wrong| panic!("{wrong}"));
        assert!(scenario.diagnostics.is_empty(), "{}", scenario.diagnostics);
        let acts = &scenario.baseline.acts;
        let told: Vec<String> = acts.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "KILL to worker 2",
                "HUP to backend, with backend.app.\"/\".wait = \"50ms\", backend.workers = 8",
                "HUP to backend, with backend.timeout = \"9s\"",
            ]
        );
        assert_eq!(acts[0].backend, None);
        let (second, third) = (acts[1].backend.as_ref(), acts[2].backend.as_ref());
        let (second, third) = (second.unwrap(), third.unwrap());
        assert_eq!((second.workers, second.timeout), (8, Span::from_secs(3)));
        assert_eq!((third.workers, third.timeout), (8, Span::from_secs(9)));
        assert_eq!(third.app["/"].wait, Distribution::Fixed(Span::from_ms(50)));
        assert_eq!(scenario.baseline.backend.workers, 2, "until the first HUP");

        let later = &scenario.variants[0].configuration.acts;
        let signal = later[2].signal.unwrap();
        assert_eq!(
            (signal.to, signal.name),
            (Target::Worker(2), SignalName::Kill)
        );
        assert_eq!(
            later[0].backend.as_ref().unwrap().timeout,
            Span::from_secs(4)
        );
        assert!(scenario.variants[1].configuration.acts.is_empty());
    }

    #[test]
    fn a_second_master_reads_what_the_configuration_says_by_then() {
        let usr2 = act(
            "to = \"backend\", name = \"USR2\"",
            "set = { \"backend.workers\" = 3 }",
        );
        let term = act("to = \"new-backend\", name = \"TERM\"", "").replace("2s", "3s");
        let scenario = load(&format!("{usr2}{term}")).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert!(scenario.diagnostics.is_empty(), "{}", scenario.diagnostics);
        let acts = &scenario.baseline.acts;
        assert_eq!(acts[0].backend.as_ref().unwrap().workers, 3);
        assert_eq!(acts[1].signal.unwrap().to, Target::NewBackend);
    }

    const HUP: &str = "to = \"backend\", name = \"HUP\"";

    fn act(signal: &str, rest: &str) -> String {
        format!("[[act]]\nat = \"2s\"\nsignal = {{ {signal} }}\n{rest}\n")
    }

    #[test]
    fn signals_that_make_no_sense_are_refused_where_they_stand() {
        for (signal, wanted) in [
            ("to = \"bakend\", name = \"HUP\"", "did you mean `backend`?"),
            (
                "to = \"proxy\", name = \"HUP\"",
                "there is no proxy that could get a signal",
            ),
            (
                "to = \"edge\", name = \"HUP\"",
                "there is no edge that could get a signal",
            ),
            (
                "to = \"worker 0\", name = \"TERM\"",
                "workers are counted from 1",
            ),
            ("to = \"backend\", name = \"HPU\"", "did you mean `HUP`?"),
            ("to = \"worker 1\", name = \"HUP\"", "only a master"),
        ] {
            let said = mistakes(&act(signal, ""));
            assert!(said.contains(wanted), "{signal}\n{said}");
        }
    }

    #[test]
    fn settings_that_no_reload_takes_up_are_refused_where_they_stand() {
        for (set, wanted) in [
            (
                "\"backend.bind\" = \"unix\"",
                "a reload does not change `backend.bind`",
            ),
            (
                "\"backend.socket.sndbuf\" = \"8KiB\"",
                "does not change `backend.socket`",
            ),
            (
                "\"clients.visitors.request.path\" = \"/a\"",
                "an act cannot set `clients.visitors.request.path`",
            ),
            ("\"backend.wokers\" = 8", "did you mean `workers`?"),
            ("\"backend.workers\" = 0", "0 workers cannot be had"),
            (
                "\"backend.boot.fault\" = \"imports\"",
                "did you mean `import`?",
            ),
            ("\"backend.boot.time\" = \"1h\"", "is not imported for"),
        ] {
            let said = mistakes(&act(HUP, &format!("set = {{ {set} }}")));
            assert!(said.contains(wanted), "{set}\n{said}");
        }
    }

    const OWN_EDGE: &str = "[proxy]\n[edge]\nprocess = \"own\"\n";

    #[test]
    fn only_a_proxy_in_its_own_process_is_sent_more_than_hup() {
        for (signal, wanted) in [
            ("to = \"proxy\", name = \"HUP\"", ""),
            (
                "to = \"proxy\", name = \"QUIT\"",
                "QUIT to `proxy` would meet clients and measurement too",
            ),
            (
                "to = \"proxy\", name = \"KILL\"",
                "set `proxy.process = \"own\"`",
            ),
            ("to = \"edge\", name = \"KILL\"", ""),
            (
                "to = \"edge\", name = \"WINCH\"",
                "QUIT, TERM, INT, USR1 and KILL are",
            ),
        ] {
            let said = mistakes(&format!("{OWN_EDGE}{}", act(signal, "")));
            let right = match wanted {
                "" => said.is_empty(),
                wanted => said.contains(wanted),
            };
            assert!(right, "{signal}\n{said}");
        }
    }

    #[test]
    fn each_tier_of_proxies_reads_its_own_section() {
        let hup = act(
            "to = \"edge\", name = \"HUP\"",
            "set = { \"edge.proxy_read_timeout\" = \"9s\" }",
        );
        let scenario = load(&format!("{OWN_EDGE}{hup}")).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert!(scenario.diagnostics.is_empty(), "{}", scenario.diagnostics);
        let act_of_edge = &scenario.baseline.acts[0];
        let says = act_of_edge.says(Tier::Edge).unwrap();
        assert_eq!(says.proxy_read_timeout, Span::from_secs(9));
        assert_eq!(act_of_edge.says(Tier::Proxy), None);
        for (signal, set, wanted) in [
            (
                "proxy",
                "edge.proxy_read_timeout\" = \"9s",
                "send HUP to `edge`",
            ),
            (
                "edge",
                "edge.process\" = \"in",
                "a reload does not change `edge.process`",
            ),
            (
                "proxy",
                "proxy.worker_rlimit_nofile\" = 99",
                "a reload does not change `proxy.worker_rlimit_nofile`",
            ),
        ] {
            let set = match set.ends_with(|last: char| last.is_ascii_digit()) {
                true => format!("set = {{ \"{set} }}"),
                false => format!("set = {{ \"{set}\" }}"),
            };
            let hup = act(&format!("to = \"{signal}\", name = \"HUP\""), &set);
            let said = mistakes(&format!("{OWN_EDGE}{hup}"));
            assert!(said.contains(wanted), "{set}\n{said}");
        }
    }

    #[test]
    fn acts_that_do_nothing_or_come_too_late_are_told() {
        let term = "to = \"backend\", name = \"TERM\"";
        let variant = "[[variant]]\nname = \"v\"\nset = { \"act.2.at\" = \"1s\" }";
        for (text, wanted) in [
            (
                act(term, "set = { \"backend.workers\" = 8 }"),
                "nobody reads this change",
            ),
            ("[[act]]\nat = \"1s\"\n".to_owned(), "this act does nothing"),
            (
                act(term, "fault = { to = \"worker 1\", kind = \"spin\" }"),
                "this act does several things",
            ),
            (
                act(term, "rotate = { log = \"backend\", how = \"rename\" }"),
                "this act does several things",
            ),
            (
                act("to = \"new-backend\", name = \"TERM\"", ""),
                "no act before has started a second master",
            ),
            (act(HUP, "").replace("2s", "8s"), "the run is over after 7s"),
            (act(HUP, variant), "there is no act `2`"),
        ] {
            let said = mistakes(&text);
            assert!(said.contains(wanted), "{text}\n{said}");
        }
    }
}
