//! Figures of pipes and files that scenarios stand on, each held by the kernel itself: what a pipe takes in, at whose pace its writer goes, and where the
//! space of a file is that has lost its name. docs/claims.md names these tests.

use std::fs;
use std::io::{PipeReader, Read as _};
use std::process::{Child, Command, Stdio};

use crate::support::{Place, eventually, expect, rows, with_small_disk};

/// What Linux gives a pipe: sixteen pages of 4 KiB.
const PIPE: u64 = 65_536;
/// What a reader frees at a time: a page.
const PAGE: usize = 4_096;

/// Somebody who writes into a pipe as quickly as he may.
fn writer() -> (Child, PipeReader) {
    let (reads, writes) = std::io::pipe().unwrap();
    let cat = Command::new("cat")
        .arg("/dev/zero")
        .stdin(Stdio::null())
        .stdout(writes)
        .spawn();
    (cat.unwrap(), reads)
}

fn queued(pipe: &PipeReader) -> u64 {
    rustix::io::ioctl_fionread(pipe).unwrap()
}

/// State and system call of a process; 1 is `write`.
fn rests_in_write(pid: u32) -> bool {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    read("stat").contains(") S ") && read("syscall").starts_with("1 ")
}

/// Its pace is its reader's, byte for byte: whatever he takes is what it may write, a page at a time.
#[test]
fn a_pipe_holds_64_kib_and_its_writer_goes_at_the_readers_pace() {
    let (mut child, mut reads) = writer();
    let is_full = |reads: &PipeReader| queued(reads) == PIPE && rests_in_write(child.id());
    eventually("a full pipe", || is_full(&reads));
    // A byte is no page: nobody wakes for it.
    reads.read_exact(&mut [0]).unwrap();
    assert_eq!(queued(&reads), PIPE - 1);
    reads.read_exact(&mut [0; PAGE - 1]).unwrap();
    let mut page = [0; PAGE];
    for _ in 0..8 {
        eventually("a full pipe again", || is_full(&reads));
        reads.read_exact(&mut page).unwrap();
    }
    drop(reads);
    // SIGPIPE, the end of a reader.
    assert_eq!(child.wait().unwrap().code(), None);
}

/// The block travels upstream hop by hop: both stages before a slow one are asleep in `write`, whatever they do otherwise.
#[test]
fn every_stage_before_a_slow_one_is_asleep_in_write() {
    let place = Place::new(
        &(r#"schema = 1
question = "q"
duration = "20s"
[pipeline]
lines = 3000
stages = ["read", "pick", "slow"]
[pipeline.stage.read]
tail = { lines = 3000 }
[pipeline.stage.pick]
grep = { drops = "health-checks" }
[pipeline.stage.slow]
paced = { rate = "160KiB/s" }
"#
        .to_owned()
            + &expect("pipeline.brake == 3")),
    );
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let looks = rows(place.results().join("baseline/stages.csv"));
    let asleep = |stage: &str, at: &str| {
        looks.iter().any(|row| {
            row["stage"] == stage
                && row["at_us"] == at
                && row["state"] == "S"
                && row["waits"] == "room"
        })
    };
    let both = looks.iter().filter(|row| {
        row["stage"] == "slow" && asleep("read", &row["at_us"]) && asleep("pick", &row["at_us"])
    });
    assert!(both.count() >= 5, "{looks:?}");
}

/// What `df` counts and `du` does not find is the file without a name, to the block.
#[test]
fn df_minus_du_is_the_file_that_has_no_name() {
    let script = "exec 3>>log; head -c 3000000 /dev/zero >&3; rm log; \
                  df -k --output=used . | tail -1; du -sk . | cut -f1; \
                  stat -L -c '%b %h' /proc/$$/fd/3; : >/proc/$$/fd/3; df -k --output=used . | tail -1";
    let Some(said) = with_small_disk("size=8m", script) else {
        eprintln!("not tried: `unshare --user --mount` and a tmpfs are not allowed here");
        return;
    };
    let numbers: Vec<u64> = said
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [df, du, blocks, links, cured] = numbers[..] else {
        panic!("{said}")
    };
    // Blocks of 512 bytes.
    assert_eq!((df - du, links), (blocks / 2, 0), "{said}");
    assert!(df >= 2_900 && cured == du, "{said}");
}
