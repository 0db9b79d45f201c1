//! The commands that only say something: on standard output, from any folder, without a terminal.

use crate::support::{Place, QUICK, done, expect, read};

fn said(place: &Place, arguments: &[&str]) -> String {
    let done = done(place.slowlab(arguments));
    assert_eq!(
        (done.code, done.err.as_str()),
        (0, ""),
        "{arguments:?}: {}",
        done.out
    );
    assert!(
        !done.out.contains('\x1b'),
        "{arguments:?} colours a pipe: {}",
        done.out
    );
    done.out
}

#[test]
fn scenarios_are_listed_shown_and_checked() {
    let place = Place::new(&(QUICK.to_owned() + &expect("visitors.latency.p99 < 1s")));
    let list = said(&place, &["list"]);
    let names: Vec<&str> = (list.lines())
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let told = [
        "healthy",
        "worker-starvation",
        "read-timeout-misfire",
        "unix-vs-tcp",
        "worker-timeout-kill",
    ];
    for name in told {
        assert!(names.contains(&name), "{list}");
    }
    for name in names {
        let shown = said(&place, &["show", name]);
        // To predict is to simulate every variant: these stand for all.
        let predicted = (told.contains(&name)).then(|| said(&place, &["show", name, "--predict"]));
        for (text, predicts) in
            std::iter::once((shown, false)).chain(predicted.map(|text| (text, true)))
        {
            assert!(text.contains("# Variants"), "{text}");
            let answers = [
                "# Prediction",
                "# Predicted by simulation",
                "# Expectations",
            ];
            assert!(
                answers
                    .iter()
                    .all(|answer| text.contains(answer) == predicts),
                "{text}"
            );
            assert!(!text.contains("[[expect]]"), "{text}");
        }
        assert!(said(&place, &["check", name]).starts_with(&format!("{name}: good")));
    }
    let checked = said(&place, &["check", "s.toml", "--set", "backend.workers=3"]);
    assert!(
        checked.starts_with("s.toml: good") && checked.contains("of 3 workers busy"),
        "{checked}"
    );
    let shown = said(&place, &["show", "s.toml", "--predict"]);
    assert!(shown.contains("visitors.latency.p99 < 1s"), "{shown}");
}

#[test]
fn what_conditions_can_name_is_listed_and_every_mistake_points_there() {
    let place = Place::new(QUICK);
    let metrics = said(&place, &["list", "--metrics"]);
    let line = metrics
        .lines()
        .find(|line| line.starts_with("<group>.latency.<point>"));
    assert!(line.unwrap().contains("duration  From the intended start"));
    let until = [
        "--vary",
        "backend.workers=1..4",
        "--until",
        "visitors.colour > 1",
    ];
    let refused = done(place.slowlab(&[&["break", "worker-starvation"], &until[..]].concat()));
    assert_eq!(refused.code, 2);
    let hint = "`slowlab list --metrics` explains them";
    assert!(refused.err.contains(hint), "{}", refused.err);
}

#[test]
fn several_mistakes_are_told_at_once() {
    let bad = QUICK
        .replace("workers = 2", "wrokers = 2")
        .replace("wait = \"2ms\"", "wait = \"2 parsecs\"")
        + &expect("nobody.latency.p99 < 1s");
    let place = Place::new(&bad);
    let done = done(place.slowlab(&["check", "s.toml"]));
    assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
    for part in ["wrokers", "parsecs", "s.toml:9:"] {
        assert!(done.err.contains(part), "{}", done.err);
    }
}

#[test]
fn the_tool_describes_itself() {
    let place = Place::new(QUICK);
    for shell in ["bash", "zsh", "fish"] {
        assert!(said(&place, &["completions", shell]).contains("slowlab"));
    }
    let manual = said(&place, &["man"]);
    assert!(
        manual.contains(".TH slowlab 1") && manual.contains("worker\\-starvation"),
        "{manual}"
    );
    assert!(said(&place, &["--help"]).contains("Exit status: 0 expectations held"));
    assert!(said(&place, &["--version"]).starts_with("slowlab "));
    let doctor = done(place.slowlab(&["doctor"]));
    assert!(
        [0, 4].contains(&doctor.code) && doctor.out.contains("cpu"),
        "{}",
        doctor.out
    );
}

#[test]
fn a_symptom_is_found_by_a_line_of_a_log() {
    let place = Place::new(QUICK);
    let index = said(&place, &["symptom"]);
    assert!(index.lines().count() > 25, "{index}");
    let found = said(&place, &["symptom", "no live upstreams"]);
    for part in [
        "[error] no live upstreams",
        "max_fails=0",
        "next-upstream-kills",
    ] {
        assert!(found.contains(part), "no `{part}` in {found}");
    }
    assert_eq!(found, said(&place, &["symptom", "no", "live", "upstreams"]));
    let nothing = done(place.slowlab(&["symptom", "xylophone"]));
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("`slowlab symptom`"), "{}", nothing.err);
}

#[test]
fn korean_is_spoken_where_it_is_asked_for_and_not_to_programs() {
    let place = Place::new(QUICK);
    let hangul = |text: &str| text.chars().any(|letter| ('가'..='힣').contains(&letter));
    let run = [
        "run",
        "worker-timeout-kill",
        "--engine",
        "sim",
        "--out",
        "out",
    ];
    let summary = place.path("out/worker-timeout-kill/latest/summary.json");
    // By the environment: readers hear Korean, programs English.
    let mut command = place.slowlab(&run);
    command.env("LC_ALL", "ko_KR.UTF-8");
    let told = done(command);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("기대 9개가 모두 맞았다."), "{}", told.out);
    assert!(!hangul(&read(summary.clone())));
    let page = read(place.path("out/worker-timeout-kill/latest/report.html"));
    assert!(
        page.contains("로그는 200이라는데"),
        "the scenario's own question"
    );
    // By the flag: programs, too.
    let told = done(place.slowlab(&[&run[..], &["--lang", "ko"]].concat()));
    assert!(hangul(&told.out) && hangul(&read(summary.clone())));
    let again = "out/worker-timeout-kill/latest";
    let told = done(place.slowlab(&["report", again, "--lang", "en"]));
    assert!(
        !hangul(&told.out) && !hangul(&read(summary)),
        "{}",
        told.out
    );
    let list = said(&place, &["list", "--lang", "ko"]);
    assert!(list.contains("느린 클라이언트 넷이"), "{list}");
    let shown = said(&place, &["show", "healthy", "--predict", "--lang", "ko"]);
    for part in [
        "# 변형",
        "# 기대",
        "# 예측",
        "나머지: 초당",
        "# 시뮬레이션의 예측",
    ] {
        assert!(shown.contains(part), "no `{part}` in {shown}");
    }
}
