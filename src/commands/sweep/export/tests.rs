//! Files for other engines.

use super::*;
use crate::commands::vary::Axis;
use crate::sim;
use std::collections::BTreeMap;
use std::process::Command;

fn asked() -> Asked {
    let axes = ["a=1..4", "b=x y,it's"].map(|text| Axis::parse(text).unwrap());
    Asked {
        version: "0".to_owned(),
        engine: "sim".to_owned(),
        kernel: BTreeMap::from([("sim".to_owned(), format!("{:?}", sim::Options::default()))]),
        scenario: "My_Site".to_owned(),
        scenario_hash: "0".to_owned(),
        variants: vec!["baseline".to_owned()],
        seed: 1,
        axes: axes.into(),
        zip: false,
        rows_per_point: 1,
    }
}

fn work(asked: &Asked) -> Work<'_> {
    let shard = [
        "sweep",
        "My_Site.toml",
        "--vary",
        "b=x y,it's",
        "--shard",
        "auto/4",
    ];
    Work {
        asked,
        shard: shard.map(str::to_owned).into(),
        of: 4,
        file: Some((
            "My_Site.toml".to_owned(),
            "schema = 1\n# \"äöü\"\n".to_owned(),
        )),
    }
}

/// What a shell makes of a script, with a `slowlab` that prints its arguments.
fn run(script: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "./sweep.sh"])
        .envs(variables.iter().copied())
        .env("SLOWLAB", "printf")
        .current_dir(std::env::temp_dir());
    let out = command.output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).unwrap();
    text.split('|').map(str::to_owned).collect()
}

#[test]
fn a_shell_hands_over_each_word_as_it_was_given() {
    let asked = asked();
    let work = work(&asked);
    let pages = scripts::slurm(&work).unwrap();
    let (script, merge) = (&pages[0].text, &pages[1].text);
    assert!(script.contains("#SBATCH --array=0-3\n"), "{script}");
    // `printf FORMAT WORD…` repeats its format: the first word of ours is made one.
    let script = script.replace("\" sweep ", "\" '%s|' sweep ");
    let words = run(&script, &[("SLURM_SUBMIT_DIR", ".")]);
    assert_eq!(
        words[..4],
        ["sweep", "My_Site.toml", "--vary", "b=x y,it's"]
    );
    assert_eq!(words[words.len() - 3..], ["--out", "results", ""]);
    let words = run(&merge.replace("\" sweep ", "\" '%s|' sweep "), &[]);
    assert_eq!(words.len(), 2 + 4 + 2 + 1);
    assert!(words[5].ends_with("-3-of-4"), "{words:?}");
    // GNU parallel gives its words to a shell once more.
    let pages = scripts::parallel(&work).unwrap();
    let inner = pages[0].text.replace(
        "exec parallel --jobs 1 --halt soon,fail=1 -N0 \"$@\"",
        "sh -c",
    );
    let inner = inner.replace("\" sweep ", "\" \"%s|\" sweep ");
    assert!(inner.contains("seq 0 3 | sh -c"), "{inner}");
    assert_eq!(run(&inner, &[])[3], "b=x y,it's");
}

#[test]
fn names_and_texts_fit_into_manifests() {
    let asked = asked();
    let pages = kubernetes::pages(&work(&asked), "registry/slowlab:1", "claim").unwrap();
    let job = &pages[0].text;
    for line in [
        "  name: \"slowlab-my-site-sweep\"",
        "  \"My_Site.toml\": \"schema = 1\\n# \\\"äöü\\\"\\n\"",
        "  completions: 4",
        "            - \"/scenario/My_Site.toml\"",
        "            - \"b=x y,it's\"",
        "          persistentVolumeClaim: { claimName: \"claim\" }",
    ] {
        assert!(job.lines().any(|known| known == line), "{line}\n{job}");
    }
    assert!(pages[1].text.contains("-3-of-4\""));
}
