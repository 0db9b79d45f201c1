//! nginx's own error pages: what they say, and which of them end the connection.

/// `Server` of our proxy.
pub const PROXY_SERVER: &str = "slowlab";

/// Status and reason as nginx writes them, in the head and in the page.
fn title(status: u16) -> String {
    let reason = match status {
        400 => "Bad Request",
        405 => "Not Allowed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Large",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    };
    format!("{status} {reason}")
}

/// The body of the page (`ngx_http_special_response.c`).
pub fn page(status: u16) -> String {
    let title = title(status);
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>{PROXY_SERVER}</center>\r\n</body>\r\n</html>\r\n"
    )
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
    !matches!(status, 400 | 413 | 414 | 431 | 500 | 501)
}
