//! Claims about the tools of a Unix system that no scenario plays: tried with the tools themselves. docs/claims.md names these tests.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::{Place, QUICK, eventually, with_small_disk};

fn shell(script: &str) -> (i32, String) {
    let output = Command::new("sh")
        .args(["-c", script])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap_or(-1), text)
}

#[test]
fn uniq_counts_wrong_where_lines_are_not_sorted() {
    let lines = "printf 'a\\nb\\na\\n'";
    let count = |pipeline: &str| {
        let (code, text) = shell(&format!("{lines} | {pipeline}"));
        assert_eq!(code, 0);
        let words = text.split_whitespace().map(str::to_owned);
        words.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(count("uniq -c"), "1 a 1 b 1 a");
    assert_eq!(count("sort | uniq -c"), "2 a 1 b");
}

#[test]
fn sort_spills_what_it_cannot_hold() {
    let temp = tempfile::tempdir().unwrap();
    let mut sort = Command::new("sort")
        .args(["-S", "256k", "-T"])
        .arg(temp.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = sort.stdin.take().unwrap();
    for number in 0..200_000 {
        writeln!(input, "{}", number * 7_919 % 200_003).unwrap();
    }
    // It has not seen the end of its input, so it has said nothing yet; what it has read is in files.
    eventually("files of sort", || {
        std::fs::read_dir(temp.path()).unwrap().count() > 0
    });
    drop(input);
    assert!(sort.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0);
}

#[test]
fn a_full_disk_and_no_inodes_and_a_read_only_one_are_errors_at_once() {
    // Who only tells that he is alive (utime) does not notice.
    let script = "touch -d 2001-01-01 beat; head -c 100000 /dev/zero > file; echo $?; \
                  touch beat && find beat -newermt 2020-01-01";
    let full = with_small_disk("size=64k", script);
    let Some(said) = full else {
        eprintln!("not tried: `unshare --user --mount` and a tmpfs are not allowed here");
        return;
    };
    assert!(said.contains("No space left on device"), "{said}");
    assert!(
        !said.starts_with('0') && said.contains("\nbeat\n"),
        "{said}"
    );
    // A file for the root folder, and two more. (A shell ends where `:` cannot be redirected, and goes on after `true`.)
    let script = "for n in 1 2 3 4; do true > $n || echo no $n; done; mktemp -p /mnt || echo no worker; df /mnt | tail -1; exit 0";
    let said = with_small_disk("size=64k,nr_inodes=3", script).expect("there was one before");
    assert!(
        said.contains("No space left on device")
            && said.contains("no 3")
            && said.contains("no worker"),
        "{said}"
    );
    assert!(said.contains(" 0% "), "nothing is in use: {said}");
    let said = with_small_disk("ro", "true > file || true; exit 0").expect("there was one before");
    assert!(said.contains("Read-only file system"), "{said}");
    // One that is written to does not become read-only: EBUSY.
    let script = "exec 3>>log; mount -o remount,ro /mnt || echo refused; exec 3>&-; \
                  mount -o remount,ro /mnt && echo done";
    let said = with_small_disk("size=64k", script).expect("there was one before");
    assert!(said.contains("refused") && said.contains("done"), "{said}");
}

#[test]
fn a_pipeline_ends_with_its_reader() {
    let (code, _) = shell("yes | head -n 1");
    assert_eq!(code, 0, "the last stage's code is the pipeline's");
    let output = Command::new("bash")
        .args(["-c", "set -o pipefail; yes | head -n 1"])
        .stdin(Stdio::null())
        .output();
    if let Ok(output) = output {
        assert_eq!(output.status.code(), Some(128 + 13), "SIGPIPE");
    }
}

/// A writer with its log open, and what the real logrotate makes of that with these words in its configuration; `None` where there is none.
fn rotated(how: &str) -> Option<(std::fs::File, tempfile::TempDir)> {
    let place = tempfile::tempdir().unwrap();
    let (log, conf) = (place.path().join("access.log"), place.path().join("conf"));
    let mut options = std::fs::File::options();
    let mut writer = options.create(true).append(true).open(&log).unwrap();
    writeln!(writer, "before").unwrap();
    let text = format!("\"{}\" {{\n rotate 3\n {how}\n}}\n", log.display());
    std::fs::write(&conf, text).unwrap();
    let rotates = Command::new("logrotate")
        .arg("-s")
        .arg(place.path().join("state"))
        .arg("-f")
        .arg(&conf)
        .stdin(Stdio::null())
        .output();
    let rotates = rotates.ok()?;
    let said = String::from_utf8_lossy(&rotates.stderr).into_owned();
    assert!(rotates.status.success(), "{said}");
    writeln!(writer, "behind").unwrap();
    Some((writer, place))
}

/// The real one as a witness of what the acts play: rename and create leave the writer with the old file, and compression takes that file its name.
#[test]
fn the_real_logrotate_leaves_a_writer_that_is_not_told_where_it_was() {
    use std::os::unix::fs::MetadataExt as _;
    let read = |place: &tempfile::TempDir, name: &str| {
        std::fs::read_to_string(place.path().join(name)).unwrap_or_default()
    };
    let Some((writer, place)) = rotated("create") else {
        eprintln!("not tried: there is no logrotate (apt-get install logrotate)");
        return;
    };
    assert_eq!(writer.metadata().unwrap().nlink(), 1);
    assert_eq!(read(&place, "access.log"), "");
    assert_eq!(read(&place, "access.log.1"), "before\nbehind\n");
    let (writer, place) = rotated("create\n compress").expect("there was one before");
    assert_eq!(writer.metadata().unwrap().nlink(), 0, "deleted, and open");
    assert!(place.path().join("access.log.1.gz").exists());
    assert_eq!(read(&place, "access.log"), "");
    let (writer, place) = rotated("copytruncate").expect("there was one before");
    assert_eq!(writer.metadata().unwrap().nlink(), 1);
    assert_eq!(read(&place, "access.log"), "behind\n");
    assert_eq!(read(&place, "access.log.1"), "before\n");
}

/// `script` in a network of its own, in which there is nothing but a loopback interface; `None` where nobody may have one.
fn with_own_network(script: &str) -> Option<String> {
    let script = format!("ip link set lo up || exit 99; {script}");
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "bash", "-c", &script])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code() == Some(0)).then_some(said)
}

/// Segments that the kernel sent while a lab ran whose backend listens like this: `/proc/net/snmp` of a network in which nobody else is.
fn segments(bind: &str) -> Option<u64> {
    let place = Place::new(&QUICK.replace("bind = \"unix\"", bind));
    let slowlab = env!("CARGO_BIN_EXE_slowlab");
    let script = format!(
        "cd '{}' && '{slowlab}' run s.toml --out out --quiet >&2; grep ^Tcp: /proc/net/snmp | tail -n 1",
        place.path("").display()
    );
    let said = with_own_network(&script)?;
    // `OutSegs`, behind the name of the line and ten other numbers.
    said.split_whitespace().nth(11)?.parse().ok()
}

/// A request over loopback is a handshake, segments and acknowledgements like any other; a Unix socket has none of that.
#[test]
fn loopback_is_tcp_with_all_its_segments() {
    let Some(unix) = segments("bind = \"unix\"") else {
        eprintln!("not tried: `unshare --user --net` is not allowed here, or there is no `ip`");
        return;
    };
    let tcp = segments("bind = \"tcp\"").expect("there was a network before");
    // Some 40 visitors; a connection is at least a handshake of two segments from here, a request, an answer, and two ends.
    assert!(
        tcp >= unix + 40 * 5,
        "{tcp} segments with TCP, {unix} with a Unix socket"
    );
}

/// A port is its network's: from another one, 127.0.0.1 is another machine.
#[test]
fn a_network_of_its_own_does_not_reach_a_port_of_this_one() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connects = format!("exec 3<>/dev/tcp/127.0.0.1/{port}");
    let output = Command::new("bash")
        .args(["-c", &connects])
        .output()
        .unwrap();
    assert!(output.status.success(), "from here it is reached");
    let said = with_own_network(&format!("({connects}) 2>&1; exit 0"));
    let Some(said) = said else {
        eprintln!("not tried: `unshare --user --net` is not allowed here, or there is no `ip`");
        return;
    };
    assert!(said.contains("Connection refused"), "{said}");
}
