//! What the server says: pages, JSON, refusals in words.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::assets::policy;
use super::state::NoTurn;
use crate::report::words::Words;

/// A page of ours.
pub(super) fn page(html: String) -> Response {
    let mut response = typed("text/html; charset=utf-8", html);
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Anything of a type.
pub(super) fn typed(kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Data.
pub(super) fn json(value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => typed("application/json", text),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// A line of JSON, and another one as soon as it is there: a page goes on with the first meanwhile.
pub(super) fn lines(first: String, second: oneshot::Receiver<String>) -> Response {
    let lines = Lines {
        first: Some(first + "\n"),
        second: Some(second),
    };
    typed("application/x-ndjson", Body::from_stream(lines))
}

/// What is left to be said of an answer.
struct Lines {
    first: Option<String>,
    second: Option<oneshot::Receiver<String>>,
}

impl futures_core::Stream for Lines {
    type Item = Result<String, oneshot::error::RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(second) = &mut self.second else {
            return Poll::Ready(None);
        };
        let said = ready!(Pin::new(second).poll(context));
        self.second = None;
        Poll::Ready(Some(said))
    }
}

/// Why not, in words.
pub(super) fn refuse(status: StatusCode, why: &str) -> Response {
    #[derive(Serialize)]
    struct Refusal<'a> {
        error: &'a str,
    }
    let mut response = json(&Refusal { error: why });
    *response.status_mut() = status;
    response
}

/// A message as a refusal.
pub(super) fn refuse_with(status: StatusCode, message: &str, words: &Words) -> Response {
    refuse(status, &words.say(message, []))
}

/// Somebody who does not get a turn.
pub(super) fn no_turn(why: NoTurn, words: &Words) -> Response {
    match why {
        NoTurn::Full => refuse_with(StatusCode::SERVICE_UNAVAILABLE, "browse-busy", words),
        NoTurn::Superseded => refuse_with(StatusCode::CONFLICT, "browse-stopped", words),
    }
}

/// What a request brings, as data.
///
/// # Errors
/// The refusal: it is too large, or not what is expected.
pub(super) fn read<T: DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
    words: &Words,
) -> Result<T, Box<Response>> {
    let too_large = |_| {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Box::new(refuse_with(status, "browse-body-too-large", words))
    };
    let body = body.map_err(too_large)?;
    serde_json::from_slice(&body)
        .map_err(|error| Box::new(refuse(StatusCode::BAD_REQUEST, &error.to_string())))
}
