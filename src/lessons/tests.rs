//! Every lesson: its form, both its languages, and everything that it claims, played. And what is said of a lesson that is wrong.

use super::*;
use crate::report::abreast::abreast;
use crate::report::words::{Language, Words};

fn lesson(folder: &Folder, language: Language) -> Lesson {
    folder
        .lesson(language)
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The lesson that the tests change.
fn four_slow_readers() -> Folder {
    let mut folders = embedded().into_iter();
    folders
        .find(|folder| folder.number() == 2)
        .expect("there is a second lesson")
}

/// With something in its English text replaced.
fn changed(from: &str, to: &str) -> Folder {
    let mut folder = four_slow_readers();
    let text = folder.files.get_mut("en.md").unwrap();
    assert!(text.contains(from), "there is no {from}");
    *text = text.replacen(from, to, 1);
    folder
}

fn english(folder: &Folder) -> Result<(), Mistakes> {
    let lesson = folder.lesson(Language::English)?;
    check(&lesson, folder)?;
    prove(&lesson, folder)
}

#[test]
fn every_lesson_is_right_in_every_language() {
    let folders = embedded();
    assert!(!folders.is_empty());
    let wrong = abreast(&folders, |folder| {
        let wrong = Language::ALL.map(|language| {
            let lesson = lesson(folder, language);
            assert_eq!(lesson.language, language, "{}", folder.name);
            // What is proved are facts, and these are the same in both.
            let proved = match language {
                Language::English => prove(&lesson, folder),
                Language::Korean => Ok(()),
            };
            check(&lesson, folder).and(proved).err()
        });
        let wrong = wrong.into_iter().flatten();
        wrong.map(|one| one.to_string()).collect::<Vec<_>>()
    });
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_that_keeps_rows_says_what_a_terminal_counts() {
    let folder = four_slow_readers();
    let lesson = lesson(&folder, Language::English);
    let plan = plan(&lesson.run, &lesson.run.variants, &folder, &[]).unwrap();
    let (counted, kept) = (play(&plan).unwrap(), Played::of(&rows(&plan).unwrap()));
    assert_eq!(counted.series, kept.series);
    for row in &lesson.reveal.row {
        let texts = [&counted, &kept].map(|one| value(&one.summary, &row.of).unwrap().text);
        assert_eq!(texts[0], texts[1], "{}", row.of);
    }
}

#[test]
fn both_languages_have_the_same_facts_and_different_words() {
    for folder in embedded() {
        let [english, korean] = Language::ALL.map(|language| lesson(&folder, language));
        assert_eq!(english.facts(), korean.facts(), "{}", folder.name);
        for (one, other) in english.steps.iter().zip(&korean.steps) {
            assert_ne!(one.heading, other.heading, "{}", folder.name);
        }
        assert_eq!(english.quiz.question.len(), 3, "{}", folder.name);
    }
}

#[test]
fn lessons_are_numbered_and_courses_add_up() {
    let folders = embedded();
    let numbers: Vec<u32> = folders.iter().map(Folder::number).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    let paths = paths();
    let course = paths.iter().find(|path| path.name == "fifty-minutes");
    let course = course.expect("the course of fifty minutes");
    assert_eq!(course.lessons.len(), 5);
    for language in Language::ALL {
        assert_ne!(course.title(language), course.name);
        let minutes: Vec<u32> = (course.lessons.iter())
            .map(|name| {
                let mut named = folders.iter().filter(|folder| folder.name == *name);
                lesson(named.next().expect("a lesson of ours"), language).minutes()
            })
            .collect();
        assert!(minutes.iter().all(|each| *each <= MOST_MINUTES));
        let all: u32 = minutes.iter().sum();
        assert!(
            all <= course.minutes && all + 3 > course.minutes,
            "{minutes:?}"
        );
    }
}

/// What is replaced by what in a lesson, and what is said of it then.
const SLIPS: [[&str; 3]; 9] = [
    [
        "most = 1",
        "most = 1\nmots = 2",
        "`fix.mots`: unknown field",
    ],
    [
        "look_at = \"accept-queue\"",
        "look_at = \"accept-cue\"",
        "`reveal.look_at`: unknown variant",
    ],
    [
        "now = \"4\"",
        "now = \"5\"",
        "`fix.knob.2.now`: `5` is not what the scenario has",
    ],
    [
        "\"4\", \"5\", \"6\"",
        "\"4\", \"5\", \"six\"",
        "`fix.knob.2.values.3`",
    ],
    [
        "set = [\"backend.workers=5\"]",
        "set = [\"backend.workers=7\"]",
        "`fix.solution.2.set`: `backend.workers=7` is no value",
    ],
    [
        "when = \"slow.status.504 > 0\"",
        "when = \"snow.status.504 > 0\"",
        "`predict.question.1.answer.choice.1.when`: there is no client group `snow`",
    ],
    [
        "scenario = \"worker-starvation\"",
        "scenario = \"worker-salvation\"",
        "`run.scenario`",
    ],
    [
        "right = 2",
        "right = 4",
        "`quiz.question.1.right`: there is no option 4",
    ],
    [
        "minutes = 1",
        "minutes = 9",
        "`teacher.step`: the steps take",
    ],
];

#[test]
fn what_is_wrong_is_said_at_its_line_with_its_key() {
    for [from, to, said] in SLIPS {
        let folder = changed(from, to);
        let wrong = english(&folder).expect_err(to).to_string();
        assert!(wrong.contains(said), "{to}: {wrong}");
        let text = &folder.files["en.md"];
        let line = 1 + text[..text.find(to.lines().last().unwrap()).unwrap()]
            .matches('\n')
            .count();
        let label = format!("{}/en.md:", folder.label);
        // A list of sections is said at its beginning, a key at its own line.
        let at = wrong
            .lines()
            .find(|at| at.starts_with(&label))
            .expect("a place");
        let at: usize = at[label.len()..]
            .split(':')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            line.abs_diff(at) <= 1 || said.contains("teacher"),
            "{at}, not {line}: {wrong}"
        );
    }
}

#[test]
fn sections_that_are_missing_or_out_of_order_are_told() {
    let text = &four_slow_readers().files["en.md"];
    let told = |text: &str| {
        let wrong = parse("02-x", Language::English, "x.md", text);
        wrong.expect_err("a mistake").to_string()
    };
    assert!(told("").contains("the lesson has no title"));
    assert!(told("# Title\n\n## Story\n").contains("there is no section `predict`"));
    let fix = text.find("## Mend it").unwrap();
    let quiz = text.find("## Explain it").unwrap();
    let without = format!("{}{}", &text[..fix], &text[quiz..]);
    assert!(told(&without).contains("there is no section `fix`"));
    let twice = format!("{}{}", &text[..quiz], &text[fix..]);
    assert!(told(&twice).contains("`fix` comes after `fix`"));
    let joined = text.replacen("## It happens\n", "", 1);
    assert!(told(&joined).contains("a second block in one section: `run`"));
}

#[test]
fn a_claim_that_is_not_so_is_found_by_playing() {
    let cases = [
        (
            "sim = \"115\"",
            "sim = \"114\"",
            "the simulator says `115`, the lesson `114`",
        ),
        (
            "set = [\"proxy.proxy_read_timeout=60s\"]\nwhy",
            "set = [\"backend.workers=6\"]\nwhy",
            "`fix.trap.1.set`: the condition holds with it",
        ),
        (
            "set = [\"backend.workers=8\"]\nprice",
            "set = [\"proxy.proxy_read_timeout=10s\"]\nprice",
            "`fix.solution.3.set`: the condition does not hold with it",
        ),
        (
            "until = \"visitors.status.504 == 0 and",
            "until = \"visitors.status.504 >= 0 or",
            "`fix.until`: the condition holds with it",
        ),
        (
            "when = \"slow.status.504 > 0\"",
            "when = \"visitors.status.504 > 0\"",
            "hold, not one",
        ),
    ];
    for (from, to, said) in cases {
        let wrong = english(&changed(from, to)).expect_err(to).to_string();
        assert!(wrong.contains(said), "{to}: {wrong}");
    }
}

#[test]
fn guesses_are_graded_by_how_near_they_are() {
    let number = |guess: f64, value: f64| {
        let text = String::new();
        grade(
            &Guess::Number(guess),
            &Truth::Number { value, text },
            (0.0, 200.0),
        )
    };
    assert_eq!(number(115.0, 115.0), Grade::Right);
    assert_eq!(number(100.0, 115.0), Grade::Right);
    assert_eq!(number(60.0, 115.0), Grade::Close);
    assert_eq!(number(4.0, 115.0), Grade::Far);
    // Beside nothing it is the range that counts.
    assert_eq!(number(1.0, 0.0), Grade::Right);
    assert_eq!(number(50.0, 0.0), Grade::Far);
    let line = |guess: [f64; 3]| {
        let truth = Truth::Line(vec![0.0, 50.0, 100.0]);
        grade(&Guess::Line(guess.to_vec()), &truth, (0.0, 100.0))
    };
    assert_eq!(line([0.0, 40.0, 100.0]), Grade::Right);
    assert_eq!(line([100.0, 50.0, 0.0]), Grade::Far);
    assert_eq!(line([50.0, 50.0, 50.0]), Grade::Close);
    assert_eq!(line([0.0, 0.0, 0.0]), Grade::Far);
    assert_eq!(
        grade(&Guess::Choice(1), &Truth::Choice(1), (1.0, 3.0)),
        Grade::Right
    );
    assert_eq!(
        grade(&Guess::Choice(0), &Truth::Choice(1), (1.0, 3.0)),
        Grade::Far
    );
}

#[test]
fn a_repair_is_judged_by_a_run_whatever_the_lesson_knows_of_it() {
    let folder = four_slow_readers();
    let lesson = lesson(&folder, Language::English);
    let words = Words::of(Language::English);
    let tried = |set: &[&str]| {
        let set: Vec<String> = set.iter().map(|one| (*one).to_owned()).collect();
        mend(&lesson, &folder, &set, words)
    };
    let buffered = tried(&["proxy.proxy_buffering=true"]).unwrap();
    assert!(buffered.holds);
    assert!(buffered.says.unwrap().starts_with("Disk"));
    // No solution of the lesson's, and none the less one.
    let seven = tried(&["backend.workers=7"]).unwrap();
    assert!(seven.holds && seven.says.is_none());
    assert!(!tried(&["proxy.proxy_read_timeout=60s"]).unwrap().holds);
    // What has the value that it has was not turned.
    let two = ["backend.workers=4", "proxy.proxy_buffering=on"];
    assert!(tried(&two).unwrap().holds);
    for (set, said) in [
        (
            &["backend.workers=5", "proxy.proxy_buffering=on"][..],
            "2 knobs turned",
        ),
        (&["backend.timeout=5s"], "cannot be turned here"),
        (&["more workers"], "is no setting"),
        (&["backend.workers=many"], "backend.workers"),
    ] {
        let refused = tried(set).unwrap_err().to_string();
        assert!(refused.contains(said), "{set:?}: {refused}");
    }
}

#[test]
fn prose_becomes_html_without_tags_of_its_own_and_lines_of_a_terminal() {
    let text = "# One\n\nA *word* and `code`, a [link](javascript:alert(1)), a [good one](https://example.org).\n\n<script>alert(1)</script>\n\n* first\n* second\n\n1. one\n\n```text\na  log\n```\n";
    let html = to_html(text);
    assert!(
        html.contains("&lt;script&gt;") && !html.contains("<script>"),
        "{html}"
    );
    assert!(!html.contains("javascript:"), "{html}");
    assert!(
        html.contains("<a href=\"https://example.org\">good one</a>"),
        "{html}"
    );
    let lines = to_text(text, 40);
    assert!(
        lines.lines().all(|line| line.chars().count() <= 40),
        "{lines}"
    );
    assert!(
        lines.contains("* first\n* second") && lines.contains("    a  log"),
        "{lines}"
    );
}

#[test]
fn a_page_has_every_answer_in_it_and_leads_nowhere() {
    let folder = four_slow_readers();
    let lesson = lesson(&folder, Language::English);
    let words = Words::of(Language::English);
    let students = page(&lesson, &folder, For::Students, words).unwrap();
    let html = &students.html;
    assert!(html.len() < 5 << 20, "{}", html.len());
    // One for each value of one knob, and the untouched start.
    assert_eq!(html.matches("\"measured\"").count(), 1 + 1 + 4 + 3);
    for there in [
        "No 504 any more",
        "115",
        "<path class=\"line\"",
        "id=\"step-quiz\"",
    ] {
        assert!(html.contains(there), "{there}");
    }
    assert_eq!(html.matches("<script").count(), 2);
    assert!(students.policy.contains("script-src 'sha256-"));
    for out in ["src=\"", "href=\"", "fetch(", "innerHTML", "url(http"] {
        assert!(!html.contains(out), "{out}");
    }
    assert!(!html.contains("Read the ticket aloud"));
    let teachers = page(&lesson, &folder, For::Teachers, words).unwrap().html;
    assert!(teachers.contains("Read the ticket aloud"));
    assert!(teachers.contains("strace -p WORKER"));
    let served = page(&lesson, &folder, For::Server, words).unwrap().html;
    assert!(served.contains("href=\"/lessons?lang=en\""));
}
