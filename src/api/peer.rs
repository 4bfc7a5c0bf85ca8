//! From where a request comes, as the door saw it; and whether it comes from our own pages.

use crate::api::app::App;
use crate::api::problem::Problem;
pub use crate::door::Peer;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::convert::Infallible;

/// Where the request of these parts comes from.
pub(in crate::api) fn of(parts: &Parts) -> Peer {
    parts.extensions.get::<Peer>().copied().unwrap_or_default()
}

impl FromRequestParts<App> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Peer, Infallible> {
        Ok(of(parts))
    }
}

/// What changes something, or streams, must come from our own pages. Browsers say where a request
/// is from in `Origin` (with everything but plain GETs) and in Fetch Metadata; programs send
/// neither.
pub(in crate::api) async fn same_origin(request: Request, next: Next) -> Response {
    let (headers, peer) = (request.headers(), request.extensions().get::<Peer>());
    let secure = peer.is_some_and(|p| p.secure);
    let path = request.uri().path();
    let streams = headers.contains_key(header::UPGRADE)
        || ["/events", "/audio", "/peaks", "/listen"]
            .iter()
            .any(|end| path.ends_with(end));
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if (!safe || streams) && is_from_elsewhere(headers, secure) {
        let refused = Problem::forbidden("This request came from another site.");
        return refused.once_read(request.into_body()).await;
    }
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(header::HeaderValue::from_static("no-store"));
    response
}

/// Whether a browser says that another site's page asks: another host, another port, or, where the
/// box itself speaks TLS, another scheme.
fn is_from_elsewhere(headers: &HeaderMap, secure: bool) -> bool {
    let by_fetch = headers
        .get("sec-fetch-site")
        .is_some_and(|v| !matches!(v.as_bytes(), b"same-origin" | b"none"));
    let Some(origin) = headers.get(header::ORIGIN) else {
        return by_fetch;
    };
    let host = headers.get(header::HOST).map_or(&b""[..], |h| h.as_bytes());
    let origin = origin.as_bytes();
    let of_us = match (
        origin.strip_prefix(b"https://"),
        origin.strip_prefix(b"http://"),
    ) {
        (Some(at), _) => at.eq_ignore_ascii_case(host),
        // A proxy in front may speak HTTPS; the box itself knows when it does.
        (_, Some(at)) => !secure && at.eq_ignore_ascii_case(host),
        _ => false,
    };
    by_fetch || !of_us || host.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(secure: bool, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: axum::http::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        is_from_elsewhere(&map, secure)
    }

    #[test]
    fn only_our_own_pages_and_programs_may() {
        let host = ("host", "box:8480");
        assert!(!asked(false, &[host]));
        assert!(!asked(false, &[host, ("origin", "http://box:8480")]));
        assert!(!asked(false, &[host, ("origin", "https://box:8480")]));
        assert!(!asked(true, &[host, ("origin", "https://BOX:8480")]));
        for (secure, origin) in [
            (false, "http://box:8088"),
            (false, "http://box"),
            (false, "http://evil/box:8480"),
            (false, "null"),
            (false, ""),
            (true, "http://box:8480"),
        ] {
            assert!(asked(secure, &[host, ("origin", origin)]), "{origin}");
        }
        assert!(asked(false, &[host, ("sec-fetch-site", "same-site")]));
        assert!(asked(false, &[("origin", "http://box:8480")]));
    }
}
