//! Heads of requests and responses: whatever comes, in whatever pieces, the answer depends on the bytes alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slowlab::machine::http::{parse_request, parse_response, request_framing, response_framing};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some(head)) = parse_request(bytes) {
        assert!(head.len <= bytes.len());
        let _ = (request_framing(&head), head.request_id(), head.keep_alive());
        // What follows a head does not change it, and without its last byte it is none yet.
        assert_eq!(parse_request(&bytes[..head.len]).ok().flatten().as_ref(), Some(&head));
        assert!(!matches!(parse_request(&bytes[..head.len - 1]), Ok(Some(_))));
    }
    if let Ok(Some(head)) = parse_response(bytes) {
        assert!(head.len <= bytes.len());
        for to_head in [false, true] {
            let _ = response_framing(&head, to_head);
        }
        assert_eq!(parse_response(&bytes[..head.len]).ok().flatten().as_ref(), Some(&head));
    }
});
