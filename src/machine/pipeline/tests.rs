//! Pipelines as they are found by looking at them.

use super::*;
use crate::seed::Seed;

/// In hundredths: at work, for input, for room, gone.
fn looks(parts: [u64; 4]) -> Looks {
    Looks {
        at_work: parts[0],
        for_input: parts[1],
        for_room: parts[2],
        gone: parts[3],
    }
}

#[test]
fn the_brake_is_whoever_waits_for_nobody() {
    let (before, behind) = ([3, 0, 97, 0], [4, 96, 0, 0]);
    let slow = [97, 1, 2, 0];
    for (stages, expected) in [
        // In each position of three.
        (vec![slow, behind, behind], Some(0)),
        (vec![before, slow, behind], Some(1)),
        (vec![before, before, slow], Some(2)),
        // A source that has ended by now waits for nobody either, and is not the brake.
        (vec![[10, 0, 10, 80], slow, behind], Some(1)),
        // Even stages share the work.
        (vec![[90, 5, 5, 0], [85, 10, 5, 0], [88, 12, 0, 0]], None),
        (vec![[60, 0, 40, 0], [40, 60, 0, 0]], None),
        // All are fast, and whatever holds them is outside.
        (vec![[5, 95, 0, 0], behind], None),
        (vec![[100, 0, 0, 0]], Some(0)),
        // Too few looks.
        (vec![[10, 0, 0, 0], [1, 9, 0, 0]], None),
        (vec![], None),
        (vec![[0; 4], [0; 4]], None),
    ] {
        let found: Vec<Looks> = stages.iter().copied().map(looks).collect();
        assert_eq!(brake(&found), expected, "{stages:?}");
    }
}

#[test]
fn shares_are_of_all_looks() {
    let one = looks([1, 2, 3, 4]);
    assert_eq!(one.all(), 10);
    assert!((one.at_work_ratio() - 0.1).abs() < 1e-9);
    assert!((one.for_input_ratio() - 0.2).abs() < 1e-9);
    assert!((one.for_room_ratio() - 0.3).abs() < 1e-9);
    assert!(looks([0; 4]).at_work_ratio().abs() < 1e-9);
}

#[test]
fn tools_get_arguments_from_a_fixed_list() {
    let said = |text: &str| {
        let stage: Stage = toml::from_str(text).unwrap();
        let tool = stage.tool("/run/t").unwrap();
        format!("{} {}", tool.program, tool.arguments.join(" "))
    };
    for (text, expected) in [
        ("tail = { lines = 10 }", "tail -n 10"),
        ("head = { lines = 3 }", "head -n 3"),
        ("uniq = {}", "uniq -c"),
        (
            "grep = { drops = \"health-checks\" }",
            "grep -v -F -- \"GET /healthz ",
        ),
        ("awk = { prints = \"status\" }", "awk { print $9 }"),
        ("sort = {}", "sort -T /run/t"),
        (
            "sort = { memory = \"1MiB\", largest-first = true }",
            "sort -T /run/t -S 1048576b -rn",
        ),
    ] {
        let text = text.replace("largest-first", "largest_first");
        assert_eq!(said(&text), expected);
    }
    let ours: Stage = toml::from_str("paced = { rate = \"1MiB/s\" }").unwrap();
    assert_eq!(ours.tool("/run/t"), None);
    assert!(toml::from_str::<Stage>("sort = { command = \"rm\" }").is_err());
}

#[test]
fn the_log_follows_from_the_seed_and_its_days_do_not_sort_as_text() {
    let all = |seed| {
        let mut chance = Seed(seed).stream("log");
        let lines = (0..1000).map(|number| log_line(number, 1000, &mut chance));
        lines.collect::<Vec<_>>()
    };
    let log = all(1);
    assert_eq!(log, all(1));
    assert_ne!(log, all(2));
    assert!(
        log[0].contains("[28/May/2026:00:00:00 +0000]"),
        "{}",
        log[0]
    );
    assert!(log[999].contains("/Jun/2026:23:"), "{}", log[999]);
    let days: Vec<&str> = log
        .iter()
        .map(|line| &line[line.find('[').unwrap() + 1..][..11])
        .collect();
    assert!(!days.is_sorted(), "June comes before May as text");
    let checks = log.iter().filter(|line| line.contains("/healthz")).count();
    assert!((150..250).contains(&checks), "{checks}");
}
