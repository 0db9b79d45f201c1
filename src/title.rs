//! Process names, as an operator sees them in `ps` and `top`.

use std::ffi::CStr;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use crate::process::Fields;

/// Where `/proc/self/stat` has `arg_start` and `arg_end` (proc(5)).
const ARG_START: usize = 48;
const ARG_END: usize = 49;

/// Names this process: its `comm`, and its command line as far as it is long enough. At most 15 bytes. A name that cannot be set is
/// no reason to stop.
pub(crate) fn set_title(title: &CStr) {
    let _ = rustix::thread::set_name(title);
    let _ = overwrite_arguments(title.to_bytes());
}

/// Writes over the memory of the arguments, which is what `ps` shows; the kernel's own call for this needs a privilege. The strings stay
/// NUL-terminated, so code that reads its arguments afterwards reads the title.
fn overwrite_arguments(title: &[u8]) -> Option<()> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields = Fields::of(&stat)?;
    let (start, end): (u64, u64) = (fields.number(ARG_START)?, fields.number(ARG_END)?);
    let mut bytes = vec![0; usize::try_from(end.checked_sub(start)?).ok()?];
    let len = title.len().min(bytes.len().checked_sub(1)?);
    bytes[..len].copy_from_slice(&title[..len]);
    let memory = OpenOptions::new().write(true).open("/proc/self/mem").ok()?;
    memory.write_all_at(&bytes, start).ok()
}
