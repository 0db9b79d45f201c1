//! Odd surroundings: limits of file sizes, paths that are no text, and results folders that lead elsewhere.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::symlink;

use crate::support::{Place, QUICK, done, expect, own, read};

/// The kernel ends a process that writes beyond `ulimit -f`, if nothing is done about it.
#[test]
fn a_limit_of_file_sizes_is_named_as_a_full_disk_is() {
    for (blocks, begins) in [(8, true), (0, false)] {
        let place = Place::new(QUICK);
        // Its streams are pipes, which have no size.
        let run = done(place.shell(&format!("ulimit -f {blocks}; exec \"$@\"")));
        assert_eq!(run.code, 4, "{}", run.err);
        assert!(
            run.err.contains("File too large") && run.err.contains("(`ulimit -f`)"),
            "{}",
            run.err
        );
        place.assert_nothing_left();
        // What was measured is kept; a run that could not begin leaves nothing.
        assert_eq!(
            place.all_results().len(),
            usize::from(begins),
            "{:?}",
            place.all_results()
        );
    }
}

#[test]
fn paths_need_not_be_text() {
    for scenario in [QUICK, &own(QUICK)] {
        let place =
            Place::new(&(scenario.to_owned() + &expect("visitors.outcomes.complete >= 10")));
        let odd = place
            .path("tmp")
            .join(OsString::from_vec(vec![b'o', 0xff, b'd']));
        fs::create_dir(&odd).unwrap();
        let mut command = place.slowlab(&["run", "s.toml", "--quiet", "--out"]);
        command.arg(odd.join("out")).env("TMPDIR", &odd);
        let run = done(command);
        // 3: beside other work the verdict is withheld, and the folder is there all the same.
        assert!(matches!(run.code, 0 | 3), "{}{}", run.out, run.err);
        let left: Vec<_> = fs::read_dir(&odd)
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect();
        assert_eq!(left, ["out"]);
    }
}

#[test]
fn a_report_is_not_led_out_of_its_folder() {
    let place = Place::new(QUICK);
    let run = place.run(&["--engine", "sim", "--quiet"]);
    assert!(matches!(run.code, 0 | 3), "{}", run.err);
    let results = place.results();
    let victim = place.path("victim");
    fs::create_dir(&victim).unwrap();
    fs::write(victim.join("file"), "mine").unwrap();
    for name in ["summary.json", "report.html"] {
        symlink(victim.join("file"), results.join(format!("{name}.tmp"))).unwrap();
    }
    let report = |code: i32, word: &str| {
        let report = done(place.slowlab(&["report", results.to_str().unwrap()]));
        assert_eq!(report.code, code, "{}", report.err);
        assert!(report.err.contains(word), "{}", report.err);
        assert_eq!(read(victim.join("file")), "mine");
        assert_eq!(fs::read_dir(&victim).unwrap().count(), 1);
    };
    report(run.code, "");
    for inner in ["charts", "baseline"] {
        let (there, aside) = (results.join(inner), place.path("aside"));
        fs::rename(&there, &aside).unwrap();
        // Where the records are may be anywhere; where anything is written to may not.
        let target = if inner == "charts" { &victim } else { &aside };
        symlink(target, &there).unwrap();
        report(4, "is a symbolic link");
        fs::remove_file(&there).unwrap();
        fs::rename(&aside, &there).unwrap();
    }
    report(run.code, "");
}
