//! The door of the page and the API: TLS, connections with limits, and from where each request
//! comes. What one client does costs no other a page, and the recorder no descriptor (PRODUCT I9).
//!
//! Every wait ends: a handshake and a request's head after [`HEAD`], a body after [`BODY`], an
//! answer that nobody reads after [`STALLED`]. Where there are too many connections, the one that
//! has done nothing for longest is closed; one in the middle of a request never is.

mod connections;
mod stream;
pub mod tls;

pub use connections::{Connections, Counters, Limits};
pub use stream::{BODY, STALLED};
pub use tls::Tls;

use connections::Place;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use stream::{Answer, Asked, Watched};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;

/// For a handshake, and for a request's head.
pub const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const LARGEST_HEAD: usize = 32 << 10;
/// A browser goes by HTTPS alone for a year (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// From where a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub address: IpAddr,
    /// It came over TLS.
    pub secure: bool,
    /// A program on the box itself, and no proxy.
    pub on_box: bool,
}

/// As who comes in past the door, of which nothing is known.
impl Default for Peer {
    fn default() -> Peer {
        Peer {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            secure: false,
            on_box: false,
        }
    }
}

impl Peer {
    /// The address as the log names it.
    #[must_use]
    pub fn text(&self) -> String {
        self.address.to_canonical().to_string()
    }
}

/// How the door is set up.
#[derive(Debug)]
pub struct Settings {
    /// Without it, plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// Proxies whose word on where a request comes from is believed.
    pub proxies: Vec<IpAddr>,
    pub limits: Limits,
}

/// Serves until it is dropped.
pub async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    settings: Settings,
    counters: Arc<Counters>,
) where
    S: Service<Request<Asked<Incoming>>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let settings = Arc::new(settings);
    let connections = Connections::new(settings.limits, counters.clone());
    loop {
        let (tcp, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: those that are open go on, and some end soon.
                tracing::warn!(%error, "no connection can be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let by_proxy = settings.proxies.contains(&from.ip().to_canonical());
        let Some(place) = connections.admit(from.ip(), by_proxy) else {
            continue;
        };
        let (service, settings, counters) = (service.clone(), settings.clone(), counters.clone());
        tokio::spawn(async move {
            let closed = place.closed();
            tokio::select! {
                () = closed => {}
                () = connection(tcp, from, place.clone(), service, settings, counters) => {}
            }
        });
    }
}

async fn connection<S, B>(
    tcp: TcpStream,
    from: SocketAddr,
    place: Arc<Place>,
    service: S,
    settings: Arc<Settings>,
    counters: Arc<Counters>,
) where
    S: Service<Request<Asked<Incoming>>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let _ = tcp.set_nodelay(true);
    let Some(tls) = &settings.tls else {
        return http(tcp, from, false, place, service, settings.clone()).await;
    };
    match tokio::time::timeout(HEAD, handshake(tcp, tls)).await {
        Ok(Ok(secured)) => http(secured, from, true, place, service, settings.clone()).await,
        Ok(Err(_)) | Err(_) => {
            counters.failed_handshakes.fetch_add(1, Relaxed);
        }
    }
}

/// What a browser is told that spoke plain HTTP.
const SPEAK_TLS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
    This box speaks HTTPS: put https:// before its address.\n";

async fn handshake(
    mut tcp: TcpStream,
    tls: &Tls,
) -> io::Result<tokio_rustls::server::TlsStream<TcpStream>> {
    let mut first = [0];
    // A handshake begins with 22 (RFC 8446 §5.1), a method of HTTP with a capital letter.
    if tcp.peek(&mut first).await? == 1 && first[0].is_ascii_uppercase() {
        tcp.write_all(SPEAK_TLS).await?;
        return Err(io::ErrorKind::InvalidData.into());
    }
    tls.acceptor().accept(tcp).await
}

async fn http<Io, S, B>(
    io: Io,
    from: SocketAddr,
    secure: bool,
    place: Arc<Place>,
    service: S,
    settings: Arc<Settings>,
) where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Asked<Incoming>>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let io = TokioIo::new(Watched::new(io, place.clone()));
    let answer = service_fn(move |mut request: Request<Incoming>| {
        let turn = place.turn();
        let peer = peer(from, secure, request.headers(), &settings.proxies);
        request.extensions_mut().insert(peer);
        let (mut service, settings, place) = (service.clone(), settings.clone(), place.clone());
        async move {
            let mut response = service
                .call(request.map(|body| Asked::new(body, turn.clone())))
                .await?;
            if settings.tls.as_ref().is_some_and(|tls| tls.is_trusted()) {
                response
                    .headers_mut()
                    .insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
            }
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                place.stays_busy();
            }
            Ok::<_, Infallible>(response.map(|body| Answer::new(body, turn)))
        }
    });
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD.max(64 << 10));
    // What is wrong with one connection is that client's matter.
    let _ = server.serve_connection(io, answer).with_upgrades().await;
}

/// From where a request comes: the connection, or what a proxy that is believed says.
fn peer(from: SocketAddr, secure: bool, headers: &HeaderMap, proxies: &[IpAddr]) -> Peer {
    let address = from.ip().to_canonical();
    // Only what the proxy itself wrote: what is behind the last comma.
    let said = |name: &str| {
        let last = headers.get_all(name).iter().next_back()?.as_bytes();
        let last = last.rsplit(|b| *b == b',').next()?;
        std::str::from_utf8(last).ok().map(str::trim)
    };
    let forwarded = ["x-forwarded-for", "forwarded", "via"];
    let by_proxy = proxies.contains(&address);
    let said_address = said("x-forwarded-for").filter(|_| by_proxy);
    Peer {
        address: said_address.and_then(read).unwrap_or(address),
        secure: secure || (by_proxy && said("x-forwarded-proto") == Some("https")),
        on_box: address.is_loopback()
            && !by_proxy
            && !forwarded.iter().any(|name| headers.contains_key(*name)),
    }
}

/// An address as proxies write it, with a port or without.
fn read(text: &str) -> Option<IpAddr> {
    let address = text.parse().ok();
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(from: &str, headers: &[(&'static str, &str)], proxies: &[&str]) -> Peer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let proxies: Vec<IpAddr> = proxies.iter().map(|p| p.parse().unwrap()).collect();
        peer(from.parse().unwrap(), false, &map, &proxies)
    }

    #[test]
    fn only_a_proxy_that_is_known_says_for_whom_it_asks() {
        let lie = [
            ("x-forwarded-for", "10.0.0.9"),
            ("x-forwarded-proto", "https"),
        ];
        let plain = of("192.0.2.1:4", &lie, &[]);
        assert_eq!((plain.text().as_str(), plain.secure), ("192.0.2.1", false));
        let believed = of("192.0.2.1:4", &lie, &["192.0.2.1"]);
        assert_eq!(
            (believed.text().as_str(), believed.secure),
            ("10.0.0.9", true)
        );
        // The client may have written the first ones.
        let several = [
            ("x-forwarded-for", "1.1.1.1, 10.0.0.9"),
            ("x-forwarded-for", "10.0.0.8"),
        ];
        assert_eq!(
            of("192.0.2.1:4", &several, &["192.0.2.1"]).text(),
            "10.0.0.8"
        );
        assert_eq!(of("[::ffff:192.0.2.1]:4", &[], &[]).text(), "192.0.2.1");
        let port = [("x-forwarded-for", "1.1.1.1, 10.1.2.5:443")];
        assert_eq!(of("192.0.2.1:4", &port, &["192.0.2.1"]).text(), "10.1.2.5");
    }

    #[test]
    fn a_program_on_the_box_is_no_proxy() {
        assert!(of("127.0.0.1:4", &[], &[]).on_box);
        assert!(of("[::1]:4", &[], &[]).on_box);
        assert!(!of("127.0.0.1:4", &[("x-forwarded-for", "127.0.0.1")], &[]).on_box);
        assert!(!of("127.0.0.1:4", &[("via", "1.1 nginx")], &[]).on_box);
        assert!(!of("127.0.0.1:4", &[], &["127.0.0.1"]).on_box);
        assert!(!of("192.0.2.1:4", &[], &[]).on_box);
    }
}
