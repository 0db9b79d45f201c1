//! What was read, in lines for people: where requests go, what gunicorn is, what nginx does; and what is not sure.

use super::answer::{Answer, Asked, SCHEMA};
use super::stack::{Given, Stack};
use crate::machine::backend_config::WorkerClass;
use crate::report::human::percent;
use crate::report::words::Words;
use crate::understand::{Known, Match, Said, Understood};

/// So many caveats are told; the rest is counted.
const MOST_CAVEATS: usize = 12;

/// Everything but numbers.
pub(super) fn read(understood: &Understood, given: &Given) -> Answer {
    let words = Words::of(given.language);
    let mut answer = Answer {
        schema: SCHEMA,
        read: Vec::new(),
        slots: None,
        questions: Vec::new(),
        findings: Vec::new(),
        cures: Vec::new(),
        unsure: Vec::new(),
    };
    location(understood, words, &mut answer);
    gunicorn(understood, words, &mut answer);
    nginx(understood, words, &mut answer);
    questions(understood, given, &mut answer);
    unsure(understood, given, &mut answer);
    answer
}

fn told(said: &Said, words: &Words) -> String {
    said.tell(&words.speech())
}

fn location(understood: &Understood, words: &Words, answer: &mut Answer) {
    let Some(site) = &understood.site else {
        answer.unsure.push(words.say("site-read-no-nginx", []));
        return;
    };
    let matched = match &site.matched {
        Match::Reaches(bind) => words.tell("site-read-reaches", &[("bind", bind)]),
        Match::Conflict(bind) => words.tell("site-read-conflict", &[("bind", bind)]),
        Match::Untold(why, _) => words.tell("site-read-untold", &[("why", &told(why, words))]),
    };
    let at = site.at.to_string();
    let mut facts = vec![
        ("server", &site.server[..]),
        ("location", &site.location),
        ("to", &site.passes_to),
        ("at", &at),
        ("matched", &matched),
    ];
    let way = site.by_way_of.as_ref().map(|way| told(way, words));
    let message = match &way {
        Some(way) => {
            facts.push(("way", way));
            "site-read-location-by"
        }
        None => "site-read-location",
    };
    answer.read.push(words.tell(message, &facts));
    if let Match::Untold(why, hint) = &site.matched {
        let facts = [
            ("location", &site.location[..]),
            ("why", &told(why, words)),
            ("hint", &told(hint, words)),
        ];
        answer
            .unsure
            .push(words.tell("site-unsure-location", &facts));
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
                told(&Said::Row(other.differs.clone(), ", "), words)
            )
        })
        .collect();
    if !differing.is_empty() {
        let others = differing.join("; ");
        answer
            .read
            .push(words.tell("site-read-others", &[("others", &others)]));
    }
}

fn gunicorn(understood: &Understood, words: &Words, answer: &mut Answer) {
    let Some(gunicorn) = &understood.gunicorn else {
        return;
    };
    let count = |name: &str| {
        let known = gunicorn.number(name, 1);
        let value = known.value().map_or("?".to_owned(), u64::to_string);
        (value, told(&known.how(), words))
    };
    let many = |count: &str, one: &str, many: &str| match count {
        "1" => words.say(one, []),
        count => words.tell(many, &[("count", count)]),
    };
    let class = gunicorn.class();
    let name = class.value().map_or("?", |class| class.name());
    let (workers, how) = count("workers");
    let mut line = format!(
        "{} · {} ({how})",
        words.tell(
            "site-read-gunicorn",
            &[("class", name), ("how", &told(&class.how(), words))]
        ),
        many(&workers, "site-read-worker", "site-read-workers")
    );
    let is_threaded = gunicorn.settings.contains_key("threads");
    if is_threaded
        && matches!(
            class.value(),
            Some(WorkerClass::Sync | WorkerClass::Gthread)
        )
    {
        let (threads, how) = count("threads");
        let told = many(&threads, "site-read-thread", "site-read-threads");
        line.push_str(&format!(" x {told} ({how})"));
        if class.value() == Some(&WorkerClass::Sync) && threads != "1" {
            line.push_str(&words.say("site-read-makes-gthread", []));
        }
    }
    for name in ["timeout", "worker_connections", "keepalive", "backlog"] {
        if let Some(setting) = understood.told.backend(name) {
            let value = setting.value.value().map_or("", String::as_str);
            line.push_str(&format!(
                " · {name} {} ({})",
                value.trim_matches('"'),
                told(&setting.value.how(), words)
            ));
        }
    }
    if gunicorn.start.is_none() {
        answer.unsure.push(words.say("site-unsure-no-start", []));
    }
    answer.read.push(line);
}

fn nginx(understood: &Understood, words: &Words, answer: &mut Answer) {
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
        line.push(format!("{shown} ({})", told(&setting.value.how(), words)));
    }
    if understood.told.proxy("proxy_buffering").is_none() && understood.site.is_some() {
        line.insert(0, words.say("site-read-buffering-default", []));
    }
    if !line.is_empty() {
        answer.read.push(format!("nginx {}", line.join(" · ")));
    }
}

fn questions(understood: &Understood, given: &Given, answer: &mut Answer) {
    let words = Words::of(given.language);
    let is_set = |about: &str| {
        let about = about.split(',').next().unwrap_or(about).trim();
        let start = format!("backend.{about}=");
        given.set.iter().any(|set| set.starts_with(&start))
    };
    for question in &understood.questions {
        if !is_set(&question.about) {
            answer.questions.push(Asked {
                about: question.about.clone(),
                why: told(&question.why, words),
                hint: told(&question.hint, words),
            });
        }
    }
}

fn unsure(understood: &Understood, given: &Given, answer: &mut Answer) {
    let words = Words::of(given.language);
    let unsure = &mut answer.unsure;
    unsure.push(match given.largest {
        Some(largest) => words.tell(
            "site-unsure-largest-given",
            &[("size", &largest.to_string())],
        ),
        None => words.say("site-unsure-largest", []),
    });
    if given.page.is_none() {
        unsure.push(words.say("site-unsure-page", []));
    }
    let told = &understood.told;
    for setting in told.proxy.iter().chain(&told.backend) {
        if let Known::Assumed { value, why } = &setting.value {
            let why = self::told(why, words);
            let facts = [("key", &setting.key[..]), ("value", value), ("why", &why)];
            unsure.push(words.tell("site-unsure-assumed", &facts));
        }
    }
    unsure.extend(told.notes.iter().map(|note| self::told(note, words)));
    let more = told.unmapped.len().saturating_sub(MOST_CAVEATS);
    for line in told.unmapped.iter().take(MOST_CAVEATS) {
        let line = self::told(line, words);
        unsure.push(words.tell("site-unsure-not-played", &[("line", &line)]));
    }
    if more > 0 {
        unsure.push(words.say("site-unsure-more", [("count", more.into())]));
    }
}

/// What the stack comes to.
pub(super) fn of_stack(stack: &Stack, answer: &mut Answer) {
    answer.slots = stack.slots();
    for set in stack.set() {
        answer.read.push(format!("{set} (--set)"));
    }
    if stack.class == WorkerClass::Gthread {
        answer.unsure.push(stack.tell("site-unsure-gthread", &[]));
    }
    if stack.largest.0 < 512 * 1024 && !stack.buffering {
        answer.unsure.push(stack.tell("site-unsure-small", &[]));
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
    let line = stack.tell("site-read-busiest-share", &[("share", share)]);
    answer.read.push(line);
}
