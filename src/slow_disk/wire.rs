//! What the kernel and a file system in user space say to one another (`linux/fuse.h`, protocol 7.31): numbers of this machine's own byte order.

/// Major and minor number of the protocol that is spoken here.
const VERSION: [u32; 2] = [7, 31];
/// Bytes of the head of a request.
const HEAD: usize = 40;
/// How long what was said of a file stays true, in seconds: the kernel asks each time.
const UNTIL: u64 = 0;

/// A number of an error, as the kernel returns it to whoever called.
pub(super) const ENOENT: i32 = 2;
pub(super) const ENOSYS: i32 = 38;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Call<'a> {
    /// FUSE_INIT (26).
    Init,
    /// FUSE_LOOKUP (1).
    Lookup(&'a [u8]),
    /// FUSE_GETATTR (3).
    GetAttr,
    /// FUSE_SETATTR (4).
    SetAttr(Change),
    /// FUSE_OPEN (14), FUSE_OPENDIR (27).
    Open,
    /// FUSE_CREATE (35).
    Create { name: &'a [u8], mode: u32 },
    /// FUSE_UNLINK (10).
    Unlink(&'a [u8]),
    /// FUSE_READ (15).
    Read,
    /// FUSE_WRITE (16): so many bytes.
    Write(u32),
    /// FUSE_STATFS (17).
    StatFs,
    /// What is granted without more: FUSE_RELEASE (18), FSYNC (20), FLUSH (25), READDIR (28), RELEASEDIR (29).
    Fine,
    /// What gets no answer: FUSE_FORGET (2), INTERRUPT (36), BATCH_FORGET (42).
    Silent,
    /// Any other.
    Unknown,
}

/// The times that `utime` sets; `None` leaves one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Change {
    pub(super) accessed: Option<Time>,
    pub(super) modified: Option<Time>,
}

/// Seconds and nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Time(pub(super) u64, pub(super) u32);

/// A request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Request<'a> {
    /// By which its answer is found.
    pub(super) unique: u64,
    /// The file or folder that it is about.
    pub(super) node: u64,
    pub(super) call: Call<'a>,
}

/// What is known of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Attributes {
    pub(super) node: u64,
    pub(super) size: u64,
    pub(super) mode: u32,
    pub(super) links: u32,
    pub(super) accessed: Time,
    pub(super) modified: Time,
}

impl<'a> Request<'a> {
    /// Reads one; `None` if it is shorter than any.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Request<'a>> {
        let body = bytes.get(HEAD..)?;
        let call = match number(bytes, 4)? {
            26 => Call::Init,
            1 => Call::Lookup(name(body)),
            3 => Call::GetAttr,
            4 => Call::SetAttr(change(body)?),
            14 | 27 => Call::Open,
            35 => Call::Create {
                name: name(body.get(16..)?),
                mode: number(body, 4)?,
            },
            10 => Call::Unlink(name(body)),
            15 => Call::Read,
            16 => Call::Write(number(body, 16)?),
            17 => Call::StatFs,
            18 | 20 | 25 | 28 | 29 => Call::Fine,
            2 | 36 | 42 => Call::Silent,
            _ => Call::Unknown,
        };
        Some(Request {
            unique: long(bytes, 8)?,
            node: long(bytes, 16)?,
            call,
        })
    }
}

/// FATTR_ATIME and FATTR_MTIME; with a time of their own, as `utime` and `futimens` give it.
const ACCESSED: u32 = 1 << 4;
const MODIFIED: u32 = 1 << 5;

fn change(body: &[u8]) -> Option<Change> {
    let valid = number(body, 0)?;
    let time = |bit: u32, seconds: usize, nanoseconds: usize| {
        let time = Time(long(body, seconds)?, number(body, nanoseconds)?);
        Some(time).filter(|_| valid & bit != 0)
    };
    // Both are there whatever they say.
    body.get(..64)?;
    Some(Change {
        accessed: time(ACCESSED, 32, 56),
        modified: time(MODIFIED, 40, 60),
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 8)?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}

fn name(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The answer to a request: `body` behind its head.
pub(super) fn answer(unique: u64, body: &[u8]) -> Vec<u8> {
    reply(unique, 0, body)
}

/// The answer that says with which error the call fails.
pub(super) fn failure(unique: u64, errno: i32) -> Vec<u8> {
    reply(unique, -errno, &[])
}

fn reply(unique: u64, error: i32, body: &[u8]) -> Vec<u8> {
    let length = 16 + u32::try_from(body.len()).unwrap_or_default();
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(error.to_ne_bytes());
    bytes.extend(unique.to_ne_bytes());
    bytes.extend(body);
    bytes
}

/// `fuse_init_out`: nothing beyond what every kernel does by itself.
pub(super) fn init() -> Vec<u8> {
    let (readahead, flags, background, most_written, granularity) =
        (0_u32, 0_u32, 12_u16, 65_536_u32, 1_u32);
    let mut body = words(&[VERSION[0], VERSION[1], readahead, flags]);
    body.extend(background.to_ne_bytes());
    body.extend(background.to_ne_bytes());
    body.extend(words(&[most_written, granularity]));
    body.resize(64, 0);
    body
}

/// `fuse_entry_out`: a file by its name; asked for again each time.
pub(super) fn entry(of: Attributes) -> Vec<u8> {
    let mut body = longs(&[of.node, 0, UNTIL, UNTIL]);
    body.extend(words(&[0, 0]));
    body.extend(attributes(of));
    body
}

/// `fuse_attr_out`: asked for again each time.
pub(super) fn attr(of: Attributes) -> Vec<u8> {
    let mut body = longs(&[UNTIL]);
    body.extend(words(&[0, 0]));
    body.extend(attributes(of));
    body
}

/// `fuse_open_out`: without FOPEN_KEEP_CACHE, so that an `open` drops what is cached of the file.
pub(super) fn open() -> Vec<u8> {
    vec![0; 16]
}

/// `fuse_write_out`.
pub(super) fn written(bytes: u32) -> Vec<u8> {
    words(&[bytes, 0])
}

/// `fuse_statfs_out`: nothing is full.
pub(super) fn statfs() -> Vec<u8> {
    vec![0; 80]
}

fn attributes(of: Attributes) -> Vec<u8> {
    let Attributes {
        node,
        size,
        mode,
        links,
        accessed,
        modified,
    } = of;
    let mut body = longs(&[node, size, 0, accessed.0, modified.0, modified.0]);
    body.extend(words(&[accessed.1, modified.1, modified.1, mode, links]));
    // Whose it is, in namespaces in which he is root; no device; the size of a block.
    body.extend(words(&[0, 0, 0, 4096, 0]));
    body
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn longs(longs: &[u64]) -> Vec<u8> {
    longs.iter().flat_map(|long| long.to_ne_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(opcode: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = words(&[0, opcode]);
        bytes.extend(longs(&[7, 3]));
        bytes.resize(HEAD, 0);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn requests_are_read_as_the_kernel_writes_them() {
        let read = |opcode, body: &[u8]| {
            let bytes = request(opcode, body);
            let read = Request::read(&bytes).unwrap();
            assert_eq!((read.unique, read.node), (7, 3));
            format!("{:?}", read.call)
        };
        assert_eq!(read(1, b"held\0"), format!("{:?}", Call::Lookup(b"held")));
        assert_eq!(read(36, &[0; 8]), "Silent");
        assert_eq!(read(99, &[]), "Unknown");
        let mut create = words(&[0, 0o100_600, 0, 0]);
        create.extend(b"beat\0");
        let made = Call::Create {
            name: b"beat",
            mode: 0o100_600,
        };
        assert_eq!(read(35, &create), format!("{made:?}"));
        let mut utime = words(&[ACCESSED | MODIFIED, 0]);
        utime.extend(longs(&[0, 0, 0, 11, 12, 13]));
        utime.extend(words(&[21, 22, 23, 0, 0, 0, 0, 0]));
        let change = Change {
            accessed: Some(Time(11, 21)),
            modified: Some(Time(12, 22)),
        };
        assert_eq!(read(4, &utime), format!("{:?}", Call::SetAttr(change)));
    }

    #[test]
    fn what_is_cut_short_is_no_request() {
        let whole = request(4, &[0xff; 88]);
        assert!(Request::read(&whole).is_some());
        for length in 0..HEAD + 64 {
            assert_eq!(Request::read(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn answers_have_the_lengths_that_the_kernel_asks_for() {
        let of = Attributes {
            node: 2,
            size: 4096,
            mode: 0o100_600,
            links: 1,
            accessed: Time(1, 2),
            modified: Time(3, 4),
        };
        let lengths =
            [init(), entry(of), attr(of), open(), written(1), statfs()].map(|body| body.len());
        assert_eq!(lengths, [64, 128, 104, 16, 8, 80]);
        let refused = failure(9, ENOENT);
        assert_eq!(refused[..4], 16_u32.to_ne_bytes());
        assert_eq!(refused[4..8], (-2_i32).to_ne_bytes());
    }
}
