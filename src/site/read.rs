//! What was read, in lines for people: where requests go, what gunicorn is, what nginx does; and what is not sure.

use super::answer::{Answer, Asked, SCHEMA};
use super::stack::{Given, Stack};
use crate::machine::backend_config::WorkerClass;
use crate::report::human::percent;
use crate::understand::{Known, Match, Understood};

/// So many caveats are told; the rest is counted.
const MOST_CAVEATS: usize = 12;

/// What was seen of the real gunicorn 27 (docs/site.md has more of it).
const GTHREAD: &str = "gthread: break-points are means, and single runs differ much. Which worker the next connection goes to changes within seconds: at \
     18 slow readers of 9 workers with 4 threads each, between 8 and 25 of 30 visitors failed behind the real nginx and gunicorn";

/// Everything but numbers.
pub(super) fn read(understood: &Understood, given: &Given) -> Answer {
    let mut answer = Answer {
        schema: SCHEMA,
        read: Vec::new(),
        slots: None,
        questions: Vec::new(),
        findings: Vec::new(),
        cures: Vec::new(),
        unsure: Vec::new(),
    };
    location(understood, &mut answer);
    gunicorn(understood, &mut answer);
    nginx(understood, &mut answer);
    questions(understood, given, &mut answer);
    unsure(understood, given, &mut answer);
    answer
}

fn location(understood: &Understood, answer: &mut Answer) {
    let Some(site) = &understood.site else {
        answer
            .unsure
            .push("no nginx was named: its defaults stand in (--nginx FILE)".to_owned());
        return;
    };
    let way = site
        .by_way_of
        .as_ref()
        .map(|way| format!(" by {way}"))
        .unwrap_or_default();
    let matched = match &site.matched {
        Match::Reaches(bind) => format!("gunicorn listens there ({bind})"),
        Match::Conflict(bind) => {
            format!("CONFLICT: gunicorn listens on {bind}; that this location is meant is assumed")
        }
        Match::Untold(why, _) => format!("that gunicorn listens there is assumed: {why}"),
    };
    answer.read.push(format!(
        "{} `{}`{way} -> {} ({}): {matched}",
        site.server, site.location, site.passes_to, site.at
    ));
    if let Match::Untold(why, hint) = &site.matched {
        answer.unsure.push(format!(
            "whether `{}` is gunicorn's: {why} ({hint})",
            site.location
        ));
    }
    let differing: Vec<String> = site
        .others
        .iter()
        .filter(|other| !other.differs.is_empty())
        .take(4)
        .map(|other| {
            format!(
                "`{}` ({}): {}",
                other.name,
                other.at,
                other.differs.join(", ")
            )
        })
        .collect();
    if !differing.is_empty() {
        answer.read.push(format!(
            "other locations, not these numbers: {}",
            differing.join("; ")
        ));
    }
}

fn gunicorn(understood: &Understood, answer: &mut Answer) {
    let Some(gunicorn) = &understood.gunicorn else {
        return;
    };
    let count = |name: &str| {
        let known = gunicorn.number(name, 1);
        let value = known.value().map_or("?".to_owned(), u64::to_string);
        (value, known.how())
    };
    let class = gunicorn.class();
    let name = class.value().map_or("?", |class| class.name());
    let (workers, how) = count("workers");
    let plural = |count: &str, thing: &str| match count {
        "1" => format!("1 {thing}"),
        count => format!("{count} {thing}s"),
    };
    let mut line = format!(
        "gunicorn {name} ({}) · {} ({how})",
        class.how(),
        plural(&workers, "worker")
    );
    let is_threaded = gunicorn.settings.contains_key("threads");
    if is_threaded
        && matches!(
            class.value(),
            Some(WorkerClass::Sync | WorkerClass::Gthread)
        )
    {
        let (threads, how) = count("threads");
        line.push_str(&format!(" x {} ({how})", plural(&threads, "thread")));
        if class.value() == Some(&WorkerClass::Sync) && threads != "1" {
            line.push_str(", which makes it gthread");
        }
    }
    for name in ["timeout", "worker_connections", "keepalive", "backlog"] {
        if let Some(setting) = understood.told.backend(name) {
            let value = setting.value.value().map_or("", String::as_str);
            line.push_str(&format!(
                " · {name} {} ({})",
                value.trim_matches('"'),
                setting.value.how()
            ));
        }
    }
    if gunicorn.start.is_none() {
        answer.unsure.push(
            "no start command was named: its options would win over the file (--gunicorn 'gunicorn …')"
                .to_owned(),
        );
    }
    answer.read.push(line);
}

fn nginx(understood: &Understood, answer: &mut Answer) {
    let mut line = Vec::new();
    for key in [
        "proxy_buffering",
        "proxy_request_buffering",
        "proxy_max_temp_file_size",
        "proxy_buffers",
        "proxy_read_timeout",
        "send_timeout",
        "client_max_body_size",
        "limit_conn",
        "limit_rate",
        "worker_processes",
        "worker_connections",
    ] {
        let Some(setting) = understood.told.proxy(key) else {
            continue;
        };
        let shown = match setting.shown.as_str() {
            "" => format!("{key} {}", setting.value.value().map_or("", String::as_str)),
            shown => shown.to_owned(),
        };
        line.push(format!("{shown} ({})", setting.value.how()));
    }
    if understood.told.proxy("proxy_buffering").is_none() && understood.site.is_some() {
        line.insert(0, "proxy_buffering on (default)".to_owned());
    }
    if !line.is_empty() {
        answer.read.push(format!("nginx {}", line.join(" · ")));
    }
}

fn questions(understood: &Understood, given: &Given, answer: &mut Answer) {
    let is_set = |about: &str| {
        let about = about.split(',').next().unwrap_or(about).trim();
        let start = format!("backend.{about}=");
        given.set.iter().any(|set| set.starts_with(&start))
    };
    for question in &understood.questions {
        if !is_set(&question.about) {
            answer.questions.push(Asked {
                about: question.about.clone(),
                why: question.why.clone(),
                hint: question.hint.clone(),
            });
        }
    }
}

fn unsure(understood: &Understood, given: &Given, answer: &mut Answer) {
    match given.largest {
        Some(largest) => answer
            .unsure
            .push(format!("the largest response ({largest}, given by you)")),
        None => answer.unsure.push(
            "the largest response: a page of 8 KiB stands in, which hides slow readers (--largest SIZE)"
                .to_owned(),
        ),
    }
    if given.page.is_none() {
        answer
            .unsure
            .push("a page: 10 ms of waiting, 8 KiB (--access-log FILE knows better)".to_owned());
    }
    let told = &understood.told;
    for setting in told.proxy.iter().chain(&told.backend) {
        if let Known::Assumed { value, why } = &setting.value {
            answer
                .unsure
                .push(format!("{} {value}: assumed, {why}", setting.key));
        }
    }
    answer.unsure.extend(told.notes.iter().cloned());
    let more = told.unmapped.len().saturating_sub(MOST_CAVEATS);
    let caveats = told.unmapped.iter().take(MOST_CAVEATS);
    answer
        .unsure
        .extend(caveats.map(|line| format!("not played: {line}")));
    if more > 0 {
        answer.unsure.push(format!(
            "and {more} more directives that are not played (`slowlab import` lists them)"
        ));
    }
}

/// What the stack comes to.
pub(super) fn of_stack(stack: &Stack, answer: &mut Answer) {
    answer.slots = stack.slots();
    for set in stack.set() {
        answer.read.push(format!("{set} (--set)"));
    }
    if stack.class == WorkerClass::Gthread {
        answer.unsure.push(GTHREAD.to_owned());
    }
    if stack.largest.0 < 512 * 1024 && !stack.buffering {
        answer.unsure.push(
            "responses this small vanish into socket buffers: a slow reader holds nobody"
                .to_owned(),
        );
    }
}

/// How much of what plain load takes the busiest hour of the log is.
pub(super) fn busiest(stack: &Stack, answer: &mut Answer) {
    let load = answer
        .findings
        .iter()
        .find(|one| one.threat == "plain-load");
    let (Some(rate), Some(at)) = (stack.rate, load.and_then(|load| load.first_at())) else {
        return;
    };
    let share = percent(rate / at.max(1) as f64);
    answer.read.push(format!(
        "the busiest hour is {share} of the plain load that breaks it"
    ));
}
