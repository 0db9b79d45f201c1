//! `slowlab site`: what takes a user's own site down, and which setting saves it.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use super::finish::{deliver, talk};
use super::gate::write_to;
use super::import::sources;
use super::{confirm, interrupt};
use crate::cli::{SiteArgs, SourceArgs};
use crate::error::{Exit, Refusal};
use crate::report::words::Words;
use crate::site::{self, AccessLog, Answer, Given, Moved, Pictures, Question, Stack, StackError};
use crate::understand::{UnderstandError, Understood, understand};
use crate::units::{ByteRate, Bytes};

/// Where no terminal says how wide it is.
const WIDTH: usize = 100;

/// A site and what is asked about it.
pub(super) struct Case {
    pub(super) understood: Understood,
    pub(super) question: Question,
    pub(super) answer: Answer,
}

/// Answers on standard output.
///
/// # Errors
/// A configuration that cannot be read or played; a log; an interruption.
pub(super) fn run(args: &SiteArgs) -> anyhow::Result<Exit> {
    let gates = gates(args)?;
    interrupt::listen()?;
    let log = match &args.access_log {
        Some(path) => Some(AccessLog::read(path).map_err(Refusal::usage)?),
        None => None,
    };
    let Some(mut case) = ask(&args.sources, args, log.as_ref())? else {
        return Ok(Exit::Undecided);
    };
    let words = args.words();
    if let Some(log) = &log {
        case.answer.read.extend(log.told(words));
        if !log.by_upstream {
            let line = words.say("site-unsure-no-upstream-times", []);
            case.answer.unsure.push(line);
        }
    }
    let moved = against(args, &case, log.as_ref())?;
    deliver(tell(args, &case.answer, &moved))?;
    if let Some(path) = &args.html {
        let html = site::to_html(&case.answer, &moved, drawn(&case, words)?.as_ref(), words)?;
        keep(path, &html, words)?;
    }
    if let Some(path) = &args.markdown {
        keep(path, &site::to_markdown(&case.answer, &moved, words), words)?;
    }
    if !case.answer.questions.is_empty() {
        return Ok(Exit::Undecided);
    }
    let exit = judge(&gates, &case.answer, words);
    match args.confirm {
        Some(engine) => Ok(worse(exit, confirm::run(args, &case, engine)?)),
        None => Ok(exit),
    }
}

impl SiteArgs {
    /// In JSON, which programs read, English, unless a language was asked for; otherwise the reader's.
    pub(super) fn words(&self) -> &'static Words {
        match self.json {
            true => self.speech.kept(),
            false => self.speech.shown(),
        }
    }
}

fn worse(first: Exit, second: Exit) -> Exit {
    match first {
        Exit::Held => second,
        first => first,
    }
}

/// The pictures of a page: where something breaks and something helps.
fn drawn(case: &Case, words: &Words) -> anyhow::Result<Option<Pictures>> {
    if case.answer.cures.is_empty() {
        return Ok(None);
    }
    let stop = || interrupt::asked().is_some();
    let stack = Stack::new(&case.understood, &case.question.given).map_err(refused)?;
    Ok(site::pictures(&stack, &case.answer, words, &stop).map_err(refused)?)
}

fn refused(error: StackError) -> Refusal {
    match error {
        StackError::Interrupted => Refusal::undecided(error),
        error => Refusal::usage(error),
    }
}

/// Understands and answers; `None` if nothing passes requests on, which has been said.
fn ask(
    named: &SourceArgs,
    args: &SiteArgs,
    log: Option<&AccessLog>,
) -> anyhow::Result<Option<Case>> {
    let understood = match understand(&sources(named)?) {
        Ok(understood) => understood,
        Err(error @ UnderstandError::NoLocation { .. }) => {
            let why = error.to_string();
            talk(&args.words().tell("site-no-numbers", &[("why", &why)]));
            return Ok(None);
        }
        Err(error) => return Err(Refusal::usage(error).into()),
    };
    let largest: Option<Bytes> = parsed(args.largest.as_deref(), "--largest")?;
    let slow: Option<ByteRate> = parsed(args.slow.as_deref(), "--slow")?;
    let question = Question {
        given: Given {
            largest: largest.or_else(|| log.map(AccessLog::largest)),
            slow,
            cpus: named.cpus,
            set: args.set.clone(),
            page: log.map(AccessLog::page),
            rate: log.and_then(|log| log.peak().map(|(_, rate)| rate)),
            language: args.words().language(),
        },
        only: args.only.clone(),
        no_cures: args.no_cures,
    };
    let stop = || interrupt::asked().is_some();
    let answer = site::answer(&understood, &question, &stop).map_err(refused)?;
    Ok(Some(Case {
        understood,
        question,
        answer,
    }))
}

/// A quantity of a flag.
fn parsed<T: std::str::FromStr>(text: Option<&str>, flag: &str) -> anyhow::Result<Option<T>>
where
    T::Err: std::fmt::Display,
{
    let Some(text) = text else { return Ok(None) };
    let value = text
        .parse()
        .map_err(|error| Refusal::usage(format!("`{flag} {text}`: {error}")))?;
    Ok(Some(value))
}

/// What the configuration before did, if one was named.
fn against(args: &SiteArgs, case: &Case, log: Option<&AccessLog>) -> anyhow::Result<Vec<Moved>> {
    let [nginx, gunicorn @ ..] = args.against.as_slice() else {
        return Ok(Vec::new());
    };
    let mut named = args.sources.clone();
    named.nginx = Some(nginx.into());
    if !gunicorn.is_empty() {
        named.gunicorn = gunicorn.to_vec();
    }
    let plain = SiteArgs {
        no_cures: true,
        ..args.clone()
    };
    let Some(before) = ask(&named, &plain, log)? else {
        return Ok(Vec::new());
    };
    let moved = site::moved(&before.answer, &case.answer, args.words());
    if moved.is_empty() {
        talk(&args.words().say("site-moves-nothing", []));
    }
    Ok(moved)
}

fn tell(args: &SiteArgs, answer: &Answer, moved: &[Moved]) -> std::io::Result<()> {
    let mut out = anstream::stdout();
    if args.json {
        let text = serde_json::to_string_pretty(answer)?;
        writeln!(out, "{text}")?;
    } else {
        for one in moved {
            let sentence = one.sentence(args.words());
            writeln!(out, "{sentence}: {}\n", one.because.join("; "))?;
        }
        write!(out, "{}", site::render(answer, width(), args.words()))?;
    }
    Ok(())
}

fn keep(path: &Path, text: &str, words: &Words) -> Result<(), Refusal> {
    write_to(path, text)?;
    let path = path.display().to_string();
    talk(&words.tell("site-written", &[("path", &path)]));
    Ok(())
}

fn width() -> usize {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return WIDTH;
    }
    let size = rustix::termios::tcgetwinsize(&stdout);
    size.map_or(WIDTH, |size| usize::from(size.ws_col))
        .clamp(60, 140)
}

/// `--fail-under THREAT=N`.
fn gates(args: &SiteArgs) -> anyhow::Result<Vec<(String, u64)>> {
    let known = site::threats();
    for only in &args.only {
        if !known.contains(&only.as_str()) {
            return Err(Refusal::usage(format!(
                "there is no threat `{only}`\nhint: {}",
                known.join(", ")
            ))
            .into());
        }
    }
    let mut gates = Vec::new();
    for text in &args.fail_under {
        let pair = text.split_once('=');
        let gate = pair.and_then(|(name, count)| Some((name, count.parse::<u64>().ok()?)));
        match gate {
            Some((name, count)) if known.contains(&name) => gates.push((name.to_owned(), count)),
            _ => {
                return Err(Refusal::usage(format!(
                    "`--fail-under {text}` is no limit\nhint: THREAT=N, as in slow-readers=50; threats: {}",
                    known.join(", ")
                ))
                .into());
            }
        }
    }
    Ok(gates)
}

/// Whether every limit holds: exit 1 if one does not, 3 if one cannot be told.
fn judge(gates: &[(String, u64)], answer: &Answer, words: &Words) -> Exit {
    let mut exit = Exit::Held;
    for (name, least) in gates {
        let Some(finding) = answer.findings.iter().find(|one| one.threat == *name) else {
            continue;
        };
        let tell = |message: &str, facts: &[(&str, u64)]| {
            let facts: Vec<(&str, String)> = (facts.iter())
                .map(|(name, count)| (*name, count.to_string()))
                .collect();
            let facts = facts.iter().map(|(name, count)| (*name, &**count));
            let all: Vec<(&str, &str)> = [("threat", &**name)].into_iter().chain(facts).collect();
            words.tell(message, &all)
        };
        let said = match (finding.verdict, finding.first_at()) {
            (site::Verdict::Breaks, Some(at)) if at < *least => {
                exit = Exit::Failed;
                tell("site-gate-failed", &[("at", at), ("least", *least)])
            }
            (site::Verdict::Holds, _) if finding.tried_up_to < *least => {
                exit = worse(exit, Exit::Undecided);
                tell("site-gate-tried", &[("most", finding.tried_up_to)])
            }
            (site::Verdict::Inconclusive, _) => {
                exit = worse(exit, Exit::Undecided);
                tell("site-gate-inconclusive", &[])
            }
            _ => tell("site-gate-held", &[("least", *least)]),
        };
        talk(&said);
    }
    exit
}
