//! nginx's own error pages: what they say, and which of them end the connection (`ngx_http_special_response.c`).

/// `Server` of our proxy.
pub const PROXY_SERVER: &str = "slowlab";

/// nginx's status of its own for a head that is too large (`NGX_HTTP_REQUEST_HEADER_TOO_LARGE`): the client and the log see 400, but the page
/// says more.
pub const HEADER_TOO_LARGE: u16 = 494;

/// What is added to a page for browsers that would show one of their own in its place (`ngx_http_msie_padding`).
const PADDING: &str = "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n";

/// The status as the client and the access log see it.
pub const fn logged_status(status: u16) -> u16 {
    match status {
        HEADER_TOO_LARGE => 400,
        status => status,
    }
}

/// Status and reason as nginx writes them, in the head and in the page.
fn title(status: u16) -> String {
    let status = logged_status(status);
    let reason = match status {
        400 => "Bad Request",
        405 => "Not Allowed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Large",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    };
    format!("{status} {reason}")
}

/// The body of the page; `padded` is whether it goes to a browser that wants more.
pub fn page(status: u16, padded: bool) -> String {
    let heading = title(status);
    let too_large = "Request Header Or Cookie Too Large";
    let (title, more) = match status {
        HEADER_TOO_LARGE => (
            format!("400 {too_large}"),
            format!("<center>{too_large}</center>\r\n"),
        ),
        _ => (heading.clone(), String::new()),
    };
    let padding = if padded { 6 } else { 0 };
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{heading}</h1></center>\r\n\
         {more}<hr><center>{PROXY_SERVER}</center>\r\n</body>\r\n</html>\r\n{}",
        PADDING.repeat(padding)
    )
}

/// Whether pages for this browser are padded (`ngx_http_process_user_agent`, `msie_padding`), which they are not for who speaks HTTP/0.9
/// (`simple`).
pub fn pads_pages(user_agent: Option<&[u8]>, simple: bool) -> bool {
    let Some(user_agent) = user_agent.filter(|_| !simple) else {
        return false;
    };
    let at = |word: &[u8]| user_agent.windows(word.len()).position(|part| part == word);
    if at(b"Opera").is_some() {
        return false;
    }
    let is_msie = at(b"MSIE ").is_some_and(|at| at + 7 < user_agent.len());
    is_msie || (at(b"Gecko/").is_none() && at(b"Chrome/").is_some())
}

/// The head of a page of `length` bytes.
pub fn page_head(status: u16, date: &str, length: usize, keep_alive: bool) -> String {
    format!(
        "HTTP/1.1 {}\r\nServer: {PROXY_SERVER}\r\nDate: {date}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n{}\r\n",
        title(status),
        super::connection_field(keep_alive),
    )
}

/// Whether the connection may live on after the page (`ngx_http_special_response_handler` ends it after these).
pub fn page_keeps_alive(status: u16) -> bool {
    !matches!(status, 400 | 413 | 414 | 500 | 501)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_is_too_large_gets_a_page_of_its_own() {
        let page = page(HEADER_TOO_LARGE, false);
        for part in [
            "<title>400 Request Header Or Cookie Too Large</title>",
            "<h1>400 Bad Request</h1></center>\r\n<center>Request Header Or Cookie Too Large</center>\r\n<hr>",
        ] {
            assert!(page.contains(part), "{page}");
        }
        assert_eq!(logged_status(HEADER_TOO_LARGE), 400);
        assert!(page_head(HEADER_TOO_LARGE, "now", 9, false).starts_with("HTTP/1.1 400 Bad"));
    }

    #[test]
    fn some_browsers_get_padding() {
        for (agent, padded) in [
            ("curl/8.5", false),
            (
                "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0",
                true,
            ),
            (
                "Mozilla/5.0 (X11; rv:120.0) Gecko/20100101 Firefox/120.0",
                false,
            ),
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows)", true),
            ("Opera MSIE 6.0; Windows", false),
            ("MSIE 6", false),
        ] {
            assert_eq!(pads_pages(Some(agent.as_bytes()), false), padded, "{agent}");
            assert!(!pads_pages(Some(agent.as_bytes()), true), "{agent}");
        }
        assert!(!pads_pages(None, false));
        assert_eq!(page(502, true).len() - page(502, false).len(), 6 * 67);
    }
}
