//! Scripts of the shapes that images start with.

use super::*;
use crate::understand::environment::Environment;
use crate::understand::known::Place;

fn of(script: &str, given: &[(&str, &str)]) -> Vec<Command> {
    let given: Vec<(String, String)> = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let environment = Environment::new(Some(4), &given);
    commands(script, &Place::new("start.sh", 1), &environment)
}

fn line(command: &Command) -> String {
    let words: Vec<&str> = command
        .words
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    words.join("|")
}

#[test]
fn variables_have_defaults_and_lines_go_on() {
    let script = "#!/bin/sh\nset -e\nWORKERS=${WORKERS:-4}  # four\nexport THREADS=\"${THREADS:-$WORKERS}\"\n\
                  exec gunicorn -w \"$WORKERS\" \\\n  --threads=$THREADS -b 0.0.0.0:${PORT:-8000} $EXTRA app:app > log 2>&1\n";
    let found = of(script, &[("THREADS", "2")]);
    let last = found.last().unwrap();
    assert_eq!(
        line(last),
        "exec|gunicorn|-w|4|--threads=2|-b|0.0.0.0:8000||app:app"
    );
    assert_eq!(last.at.to_string(), "start.sh:5");
    assert_eq!(last.words[3].facts[0].english(), "WORKERS is not set");
    assert_eq!(last.words[4].facts[0].english(), "--env THREADS");
    assert!(last.words[7].unknown.is_some(), "EXTRA");
}

#[test]
fn sums_commands_and_what_is_split() {
    let script = "W=$(( 2 * $(nproc) + 1 )); A='--threads 3 -k gthread'\ngunicorn -w $W $A --name \"a b\" $(hostname) ${STATSD:+--statsd x} $@\n";
    let found = of(script, &[]);
    let words = &found[0].words;
    assert_eq!(
        line(&found[0]),
        "gunicorn|-w|9|--threads|3|-k|gthread|--name|a b|"
    );
    assert_eq!(words[2].facts[0].english(), "--cpus 4");
    assert!(words[9].unknown.is_some());
    let sum = of("N=3\ngunicorn -w $((N*2))\n", &[]);
    assert_eq!(line(&sum[0]), "gunicorn|-w|6");
}

#[test]
fn branches_are_told_and_do_not_leak() {
    let script = "if [ \"$DEBUG\" = 1 ]; then\n  gunicorn --reload a\nelse\n  gunicorn b\nfi\nX=1 gunicorn c\n: ${Y:=5}\ngunicorn $X $Y\n\
                  [ -z \"$Z\" ] && Z=2\ncat <<EOF\ngunicorn never\nEOF\n";
    let found = of(script, &[]);
    let all: Vec<(String, bool)> = found
        .iter()
        .filter(|command| line(command).contains("gunicorn"))
        .map(|command| (line(command), command.conditional))
        .collect();
    assert_eq!(
        all,
        [
            ("gunicorn|--reload|a".to_owned(), true),
            ("gunicorn|b".to_owned(), true),
            ("gunicorn|c".to_owned(), false),
            ("gunicorn||5".to_owned(), false),
        ]
    );
}

#[test]
fn hostile_scripts_end() {
    for script in [
        "${A:-".repeat(20_000),
        "$(".repeat(20_000),
        "\"".to_owned(),
        "$((".repeat(9_999),
        "A=$A$A$A$A\n".repeat(9_999) + "gunicorn $A",
        "\\".to_owned(),
        "2>&".to_owned(),
        "if ".repeat(20_000),
    ] {
        let _ = of(&script, &[]);
    }
}
