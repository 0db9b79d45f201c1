//! The disk of temp files, where there is no file system that counts: what a write to a full one comes to.
//!
//! It counts as tmpfs does, on which the lab's small disk is: in whole pages, those of names and inodes not among them. A write that does not fit
//! wholly takes what is left (a short write) before the rest of it fails, and a file keeps its pages until it is closed, whatever became of its response.

use crate::units::Bytes;

/// `PAGE_SIZE` of this kernel, tmpfs's block.
const PAGE: u64 = 4096;

/// ENOSPC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

/// A disk that all temp files of a tier are on.
#[derive(Clone, Copy, Debug)]
pub struct TempDisk {
    /// `None`: nobody fills it.
    most_pages: Option<u64>,
    used_pages: u64,
    /// Files that had a name so far.
    named: u64,
}

/// Where nginx puts the temp files of responses unless `proxy_temp_path` says otherwise, below its prefix.
pub const RESPONSES: &str = "proxy_temp";
/// Likewise the bodies of requests (`client_body_temp_path`).
pub const BODIES: &str = "client_body_temp";

/// An open file on it, which only grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TempFile {
    pages: u64,
}

impl TempDisk {
    /// An empty one of this size; of a size that nobody fills where none is said.
    pub fn new(size: Option<Bytes>) -> TempDisk {
        TempDisk {
            most_pages: size.map(|size| size.0.div_ceil(PAGE)),
            used_pages: 0,
            named: 0,
        }
    }

    /// The name of the next file of a response. One count is for both kinds of files and for all workers (`ngx_next_temp_number`, from 1 on), and
    /// `proxy_temp_path` has the levels 1 and 2 (`ngx_create_hashed_filename`): folders called as the number's last digit and the two before it.
    pub fn name_response(&mut self) -> String {
        let name = self.next_name();
        let (rest, last) = name.split_at(name.len() - 1);
        let before = &rest[rest.len() - 2..];
        format!("{RESPONSES}/{last}/{before}/{name}")
    }

    /// The same of a request's body, which has no levels.
    pub fn name_body(&mut self) -> String {
        format!("{BODIES}/{}", self.next_name())
    }

    /// Ten digits, as nginx writes a number.
    fn next_name(&mut self) -> String {
        self.named += 1;
        format!("{:010}", self.named)
    }

    /// Pages that are some file's.
    pub fn used_pages(&self) -> u64 {
        self.used_pages
    }

    /// Writes a file on, up to so many bytes from its beginning.
    ///
    /// # Errors
    /// The disk is full: it has only what there was room for.
    pub fn write(&mut self, file: &mut TempFile, end: u64) -> Result<(), Full> {
        let wanted = end.div_ceil(PAGE).saturating_sub(file.pages);
        let free = (self.most_pages).map_or(wanted, |most| most - self.used_pages);
        let taken = wanted.min(free);
        self.used_pages += taken;
        file.pages += taken;
        if taken < wanted { Err(Full) } else { Ok(()) }
    }

    /// A file is closed. It has no name, so its pages are free.
    ///
    /// # Panics
    /// It is none of this disk's.
    pub fn close(&mut self, file: TempFile) {
        let left = self.used_pages.checked_sub(file.pages);
        self.used_pages = left.expect("a file of this disk");
    }
}

impl TempFile {
    /// Pages that it has.
    pub fn pages(self) -> u64 {
        self.pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_last_finds_it_full_until_somebody_closes() {
        let mut disk = TempDisk::new(Some(Bytes(3 * PAGE - 1)));
        let (mut first, mut second) = (TempFile::default(), TempFile::default());
        assert_eq!(disk.write(&mut first, PAGE + 1), Ok(()));
        // The page that was begun has room for the rest of it.
        assert_eq!(disk.write(&mut first, 2 * PAGE), Ok(()));
        assert_eq!(disk.write(&mut second, PAGE), Ok(()));
        assert_eq!(disk.write(&mut second, PAGE + 1), Err(Full));
        disk.close(first);
        assert_eq!(disk.write(&mut second, PAGE + 1), Ok(()));
        assert_eq!((disk.used_pages(), second.pages()), (2, 2));
    }

    #[test]
    fn a_write_that_does_not_fit_takes_what_is_left() {
        let mut disk = TempDisk::new(Some(Bytes(4 * PAGE)));
        let (mut first, mut second) = (TempFile::default(), TempFile::default());
        assert_eq!(disk.write(&mut first, 9 * PAGE), Err(Full));
        assert_eq!(disk.write(&mut second, 1), Err(Full));
        disk.close(first);
        disk.close(second);
        assert_eq!(disk.used_pages(), 0);
    }

    #[test]
    fn files_are_called_as_nginx_calls_them() {
        let mut disk = TempDisk::new(None);
        assert_eq!(disk.name_response(), "proxy_temp/1/00/0000000001");
        assert_eq!(disk.name_body(), "client_body_temp/0000000002");
        disk.named = 1_233;
        assert_eq!(disk.name_response(), "proxy_temp/4/23/0000001234");
    }

    #[test]
    fn nobody_fills_a_disk_without_a_size() {
        let mut disk = TempDisk::new(None);
        assert_eq!(disk.write(&mut TempFile::default(), 1 << 40), Ok(()));
    }
}
