//! Heads of requests and responses: whatever comes, the answer depends on the bytes of the head alone, and stays what it is once it is given.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slowlab::machine::downstream::{HeadVerdict, glimpse, judge};
use slowlab::machine::http::nginx::{Answer, answer};
use slowlab::machine::http::{parse_response, response_framing};

fuzz_target!(|bytes: &[u8]| {
    let _ = glimpse(bytes);
    match judge(bytes) {
        HeadVerdict::Head(granted) => {
            let len = granted.head.len;
            assert!(len <= bytes.len() && granted.line.end <= len);
            let _ = (granted.head.request_id(), granted.head.expects_continue());
            // What follows a head does not change it, and without its last byte it is none yet.
            assert_eq!(judge(&bytes[..len]), HeadVerdict::Head(granted));
            assert!(!matches!(judge(&bytes[..len - 1]), HeadVerdict::Head(_)));
        }
        HeadVerdict::Refused(refusal) => {
            // Nothing that comes behind what is refused makes it good.
            let longer = [bytes, b"\r\n\r\n"].concat();
            let HeadVerdict::Refused(again) = judge(&longer) else {
                panic!("{refusal:?} of {bytes:?} becomes good")
            };
            assert_eq!(again.status, refusal.status);
        }
        HeadVerdict::More { .. } => {}
    }
    if let Ok(Answer::Head(head)) = answer(bytes) {
        assert!(head.len <= bytes.len());
        for to_head in [false, true] {
            let _ = (head.framing(to_head), head.announced(), head.keeps_alive());
        }
        assert_eq!(answer(&bytes[..head.len]), Ok(Answer::Head(head)));
    }
    if let Ok(Some(head)) = parse_response(bytes) {
        assert!(head.len <= bytes.len());
        for to_head in [false, true] {
            let _ = response_framing(&head, to_head);
        }
        assert_eq!(parse_response(&bytes[..head.len]).ok().flatten().as_ref(), Some(&head));
    }
});
