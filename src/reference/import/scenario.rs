//! The scenario that is made of an import: the stack as it was found, and a question to begin with.
//!
//! What no configuration says (the application, the clients) is filled in with values that show the effect, and marked so.

use std::fmt::Write as _;

use crate::machine::backend_config::MOST_WORKERS;
use crate::understand::{Known, Match, Said, Setting, Speech, Understood, holding};

/// Ours, for a number that nobody can tell from here: a small machine's.
const SOME_WORKERS: u64 = 4;

/// The text of a scenario file.
pub fn to_toml(understood: &Understood, speech: &Speech<'_>) -> String {
    let told = &understood.told;
    let unix = of_backend(understood, "bind") == Some("\"unix\"");
    let mut text = "# Made by `slowlab import`. Values without ASSUMED were found in the configuration.\n\
         # Change what is marked ASSUMED to what your application and your clients do, then: slowlab check FILE; slowlab run FILE\n\
         schema = 1\n\
         question = \"How many slow clients take this site down, and which setting saves it?\"\n\
         duration = \"12s\"\n\
         warmup = \"1s\"\n\
         drain = \"5s\"\n\n"
        .to_owned();
    caveats(&mut text, understood, speech);
    table(&mut text, ("backend", &told.backend), speech);
    let workers = count(&mut text, (understood, "workers"), speech);
    let threads = count(&mut text, (understood, "threads"), speech);
    app(&mut text, unix);
    proxy(&mut text, understood, speech);
    clients(&mut text, (workers, threads), unix);
    variants(&mut text, understood, (workers, threads));
    text
}

fn of_backend<'a>(understood: &'a Understood, key: &str) -> Option<&'a str> {
    let setting = understood.told.backend(key)?;
    setting.value.value().map(String::as_str)
}

fn of_proxy<'a>(understood: &'a Understood, key: &str) -> Option<&'a str> {
    let setting = understood.told.proxy(key)?;
    setting.value.value().map(String::as_str)
}

/// A count that the load depends on: as found, gunicorn's default where nothing says otherwise, or ours where it cannot be told.
fn count(text: &mut String, (understood, key): (&Understood, &str), speech: &Speech<'_>) -> u64 {
    if let Some(found) = of_backend(understood, key).and_then(|count| count.parse().ok()) {
        return found;
    }
    let known = understood
        .gunicorn
        .as_ref()
        .map(|gunicorn| gunicorn.number(key, 1));
    match (key, known) {
        ("threads", Some(Known::Default(_)) | None) => 1,
        (_, Some(Known::Default(count))) => {
            let _ = writeln!(
                text,
                "{key} = {count}            # gunicorn's default: nothing that was read says otherwise"
            );
            count
        }
        ("threads", Some(_)) => 1,
        (_, Some(known)) => {
            let _ = writeln!(
                text,
                "{key} = {SOME_WORKERS}            # ASSUMED: {}",
                plain(&known.how().tell(speech))
            );
            SOME_WORKERS
        }
        (_, None) => {
            let _ = writeln!(
                text,
                "{key} = {SOME_WORKERS}            # ASSUMED: no gunicorn was named"
            );
            SOME_WORKERS
        }
    }
}

/// TOML's comments have no control characters.
fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// What was made of each directive: a heading and its lines.
pub fn lists(understood: &Understood, speech: &Speech<'_>) -> Vec<(&'static str, Vec<String>)> {
    let all = |all: &[Said]| all.iter().map(|one| one.tell(speech)).collect::<Vec<_>>();
    let told = &understood.told;
    let mut found = Vec::new();
    if let Some(site) = &understood.site {
        found.push(format!(
            "location `{}` of server `{}` ({}) -> {}",
            site.location, site.server, site.at, site.passes_to
        ));
        found.push(match &site.matched {
            Match::Reaches(bind) => format!("gunicorn listens there ({bind})"),
            Match::Conflict(bind) => {
                format!("CONFLICT: gunicorn listens on {bind}, and no location leads there")
            }
            Match::Untold(why, hint) => {
                let (why, hint) = (why.tell(speech), hint.tell(speech));
                format!("whether gunicorn listens there cannot be told: {why} (say {hint})")
            }
        });
    }
    for setting in told.proxy.iter().chain(&told.backend) {
        let value = setting.value.value().map_or("", String::as_str);
        found.push(format!(
            "{} = {value} ({})",
            setting.key,
            setting.value.how().tell(speech)
        ));
    }
    let mut others = Vec::new();
    for other in understood.site.iter().flat_map(|site| &site.others) {
        let differs = match other.differs.is_empty() {
            true => "the same".to_owned(),
            false => all(&other.differs).join(", "),
        };
        others.push(format!(
            "`{}` of server `{}` ({}): {differs}",
            other.name, other.server, other.at
        ));
    }
    let ignored: Vec<String> = told
        .ignored
        .iter()
        .map(|(name, count)| match count {
            1 => name.clone(),
            count => format!("{name} ({count} times)"),
        })
        .collect();
    let asked = understood.questions.iter();
    let asked = asked.map(|one| {
        let (why, hint) = (one.why.tell(speech), one.hint.tell(speech));
        format!("{}: {why} (answer with {hint})", one.about)
    });
    vec![
        ("understood", found),
        ("other locations that pass requests on", others),
        ("how it was read", all(&told.notes)),
        ("no effect on slow clients here", ignored),
        ("it matters, but could not be mapped", all(&told.unmapped)),
        ("it decides, and cannot be told from here", asked.collect()),
    ]
}

/// What the configuration says and the scenario does not: a redirected file has it, or it would be lost with the terminal.
fn caveats(text: &mut String, understood: &Understood, speech: &Speech<'_>) {
    for (heading, lines) in lists(understood, speech) {
        if lines.is_empty() || heading == "understood" {
            continue;
        }
        let mut chars = heading.chars();
        let first = chars.next().into_iter().flat_map(char::to_uppercase);
        let heading: String = first.chain(chars).collect();
        let _ = writeln!(text, "# {heading}:");
        for line in lines.iter().flat_map(|line| line.lines()) {
            let _ = writeln!(text, "#   {}", plain(line));
        }
        text.push('\n');
    }
}

fn table(text: &mut String, (name, settings): (&str, &[Setting]), speech: &Speech<'_>) {
    let _ = writeln!(text, "[{name}]");
    for (setting, value) in holding(settings) {
        let how = match &setting.value {
            Known::Assumed { why, .. } => format!("   # ASSUMED: {}", plain(&why.tell(speech))),
            Known::Derived { .. } => format!("   # {}", plain(&setting.value.how().tell(speech))),
            _ => String::new(),
        };
        let _ = writeln!(text, "{} = {value}{how}", setting.key);
    }
}

fn app(text: &mut String, unix: bool) {
    let (size, why) = if unix {
        (
            "1MiB",
            "a Unix socket takes in about 0.2 MB of it before the worker blocks",
        )
    } else {
        (
            "6MiB",
            "TCP on one machine takes in about 4 MB of it before the worker blocks",
        )
    };
    let _ = write!(
        text,
        "[backend.app.\"/\"]\n\
         wait = \"10ms\"          # ASSUMED: an ordinary page\n\
         response = \"8KiB\"      # ASSUMED\n\
         [backend.app.\"/large\"]\n\
         wait = \"20ms\"          # ASSUMED: your largest response\n\
         response = \"{size}\"      # ASSUMED; {why}\n\n"
    );
}

fn proxy(text: &mut String, understood: &Understood, speech: &Speech<'_>) {
    table(text, ("proxy", &understood.told.proxy), speech);
    if of_proxy(understood, "listen.sndbuf").is_none() {
        let _ = writeln!(
            text,
            "listen.sndbuf = \"64KiB\"   # ASSUMED: on loopback the kernel would grow this to 4 MiB, which no slow client's network does"
        );
    }
    text.push('\n');
}

fn clients(text: &mut String, (workers, threads): (u64, u64), unix: bool) {
    let (count, as_many) = match threads {
        1 => (workers, "workers"),
        _ => (workers * threads, "threads in all workers"),
    };
    let rate = if unix { "96KiB/s" } else { "512KiB/s" };
    let _ = write!(
        text,
        "[[clients]]\n\
         name = \"slow\"\n\
         arrival.closed = {{ count = {count}, start = \"2s\" }}   # ASSUMED: as many as there are {as_many}\n\
         request.path = \"/large\"\n\
         behavior.slow-read = {{ rate = \"{rate}\", rcvbuf = \"4KiB\" }}   # ASSUMED: a mobile line that lets a download end within the run\n\n\
         [[clients]]\n\
         name = \"visitors\"\n\
         arrival.open = {{ rate = \"20/s\" }}   # ASSUMED\n\
         request = {{ path = \"/\", timeout = \"10s\" }}\n\
         behavior.healthy = {{}}\n"
    );
}

fn variants(text: &mut String, understood: &Understood, (workers, threads): (u64, u64)) {
    let mut variant = |name: &str, why: &str, set: String| {
        let _ = write!(
            text,
            "\n[[variant]]\nname = \"{name}\"\nwhy = \"{why}\"\nset = {{ {set} }}\n"
        );
    };
    let slots = workers * threads;
    if slots > 1 {
        let set = format!("\"clients.slow.count\" = {}", slots - 1);
        let why = match threads {
            1 => "one worker is left for everybody else",
            _ => "one thread is left for everybody else",
        };
        variant("one-slow-client-fewer", why, set);
    }
    let buffered = of_proxy(understood, "proxy_buffering") != Some("false");
    let no_temp = of_proxy(understood, "proxy_max_temp_file_size") == Some("\"0B\"");
    if !buffered {
        variant(
            "buffered",
            "nginx takes the response off the worker's hands",
            "\"proxy.proxy_buffering\" = true".to_owned(),
        );
    } else {
        variant(
            "unbuffered",
            "what the buffering is worth",
            "\"proxy.proxy_buffering\" = false".to_owned(),
        );
    }
    if no_temp {
        variant(
            "temp-files",
            "a response that does not fit in memory goes to disk",
            "\"proxy.proxy_max_temp_file_size\" = \"1GiB\"".to_owned(),
        );
    }
    let most = u64::from(MOST_WORKERS);
    if workers < most {
        variant(
            "twice-the-workers",
            "more workers move the limit",
            format!("\"backend.workers\" = {}", most.min(workers * 2)),
        );
    }
}
