//! The server itself: a port on loopback, the guard before every route, and an end within a second of Ctrl-C whatever is open.

use std::io::Read as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{Router, get};
use tokio::net::TcpListener;

use super::bounds::{MOST_BODY, PATIENCE, SITE_PATIENCE};
use super::guard::{self, Act, Asked};
use super::state::{App, Options};
use super::{
    answer, assets, change, confirm, lessons, library, recorded, shell, site, theatre, trials,
    turn, whatif,
};
use crate::leave::Leave;
use crate::time::{Clock, Span, Timestamp};

/// The port that is tried first; a browser keeps what it stores by port, so it should be the same each time.
pub const PORT: u16 = 7_500;
/// How many after it are tried where it is taken.
const MORE_PORTS: u16 = 20;
/// Where the token stands in a request.
pub(super) const TOKEN: &str = "x-slowlab-token";
/// How often it is looked whether everything is to end.
const LOOK: Duration = Duration::from_millis(50);
/// What work that is under way gets when everything is to end: it looks more often than that.
const HASTE: Duration = Duration::from_millis(300);

/// What all of that and a run on real sockets get together: a child is killed after six tenths of a second.
const AT_MOST: Span = Span::from_ms(750);

/// What goes on wherever a page is.
pub(super) type Shared = State<Arc<App>>;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No port is free.
    #[error(
        "no port of 127.0.0.1 from {from} to {to} can be had: {source}\nhint: name another one with --port"
    )]
    Port {
        /// The first that was tried.
        from: u16,
        /// The last.
        to: u16,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// Something that every server needs is missing.
    #[error("the server cannot start: {0}")]
    Start(#[from] std::io::Error),
}

/// Serves until everything is to end. `ready` hears the address and the port once there is somebody to answer.
///
/// # Errors
/// No port, or no means to serve it.
pub fn serve(
    options: Options,
    leave: &Leave,
    ready: impl FnOnce(&str, u16),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Whoever asks much is answered by many tasks: after so many it is looked whether everything is to end.
        .event_interval(8)
        .max_blocking_threads(8)
        .build()?;
    let token = token()?;
    let app = Arc::new(App::new(options, token, leave.clone()));
    let served = runtime.block_on(async {
        let listener = bind(app.options.port).await?;
        let port = listener.local_addr()?.port();
        ready(
            &format!("http://127.0.0.1:{port}/{}", app.options.first),
            port,
        );
        tokio::select! {
            served = axum::serve(listener, routes(&app)) => served?,
            () = asked_to(leave) => {}
        }
        Ok(())
    });
    // Streams that are open end with their tasks; work on other threads looks whether it is still wanted.
    let since = Clock::start();
    runtime.shutdown_timeout(HASTE);
    app.lab
        .ended(AT_MOST.saturating_sub(since.now().since(Timestamp::ZERO)));
    served
}

/// What there is. A page is one line here.
fn routes(app: &Arc<App>) -> Router {
    Router::new()
        .route("/", get(first))
        .route("/assets/{name}", get(assets::asset))
        .merge(library::routes())
        .merge(recorded::routes())
        .merge(whatif::routes())
        .merge(turn::routes())
        .merge(trials::routes())
        .merge(change::routes())
        .merge(confirm::routes())
        .merge(theatre::routes())
        .merge(site::routes())
        .merge(lessons::routes())
        .fallback(nothing)
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(from_fn_with_state(Arc::clone(app), guarded))
        .with_state(Arc::clone(app))
}

async fn first(State(app): Shared) -> Response {
    Redirect::to(&format!("/{}", app.options.first)).into_response()
}

async fn nothing(State(app): Shared) -> Response {
    let words = shell::words(&app, None);
    answer::refuse_with(StatusCode::NOT_FOUND, "browse-nothing-here", words)
}

/// Before everything: who asks, and how long it may take; behind everything: what no page of ours needs to say itself.
async fn guarded(State(app): Shared, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let asked = Asked {
        act: act(request.method()),
        host: text(headers, header::HOST.as_str()),
        origin: text(headers, header::ORIGIN.as_str()),
        token: text(headers, TOKEN),
    };
    let words = shell::words(&app, None);
    if let Err(refused) = guard::judge(&asked, &app.token) {
        let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::FORBIDDEN);
        let message = format!("browse-refused-{}", refused.name());
        return answer::refuse_with(status, &message, words);
    }
    let length = text(headers, header::CONTENT_LENGTH.as_str());
    let length = length.and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > MOST_BODY as u64) {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return answer::refuse_with(status, "browse-body-too-large", words);
    }
    let patience = match request.uri().path() {
        site::ASKED => SITE_PATIENCE,
        _ => PATIENCE,
    };
    let answered = tokio::time::timeout(patience.to_duration(), next.run(request));
    let mut response = match answered.await {
        Ok(response) => response,
        // Not 408: at that Chromium asks again by itself, three times.
        Err(_) => answer::refuse_with(StatusCode::SERVICE_UNAVAILABLE, "browse-too-late", words),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn act(method: &Method) -> Act {
    match *method {
        Method::GET | Method::HEAD => Act::Look,
        Method::POST => Act::Run,
        _ => Act::Other,
    }
}

/// A header that is there once; one that is there twice says nothing that can be trusted.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(one), None) => Some(one.to_str().unwrap_or("?")),
        (Some(_), Some(_)) => Some("?"),
        _ => None,
    }
}

/// The port that was asked for, or the first that is free from the usual one on.
async fn bind(asked: Option<u16>) -> Result<TcpListener, ServeError> {
    let from = asked.unwrap_or(PORT);
    // Port 0 is whichever is free.
    let more = if from == 0 { 0 } else { MORE_PORTS };
    let to = from.saturating_add(more);
    let mut port = from;
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => return Ok(listener),
            Err(_) if port < to => port += 1,
            Err(source) => return Err(ServeError::Port { from, to, source }),
        }
    }
}

async fn asked_to(leave: &Leave) {
    while !leave.is_asked() {
        tokio::time::sleep(LOOK).await;
    }
}

/// What nobody can guess: 128 bits, in hex.
pub(super) fn token() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
