//! Sending messages to receivers, and asking witnesses and authorities: one attempt each, to an
//! address that was checked. Whatever the
//! other side does, an attempt ends within its patience, holds 64 KiB at most, and goes to one
//! place: no redirect is followed and no proxy is asked.

mod connect;
pub mod key;
mod resolve;

pub use resolve::{Resolve, SystemResolver};

use crate::webhook::sign::{ID, SIGNATURE, TIMESTAMP};
use crate::webhook::{Allowed, Answer, Failure, Target};
use connect::{Connection, connect};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How long an attempt may take from the name's look-up to the last byte of the answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer's body that are read; a receiver's are not kept.
const LARGEST_ANSWER: usize = 64 * 1024;
/// Bytes of an answer's status line and headers.
const LARGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
const AGENT: &str = concat!("Assay/", env!("CARGO_PKG_VERSION"));

/// Sends messages. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    tls: TlsConnector,
    allowed: Allowed,
    resolver: Arc<dyn Resolve>,
    patience: Duration,
}

/// What is sent: the same bytes at every attempt, signed anew.
#[derive(Debug, Clone)]
pub struct Signed<'a> {
    pub id: &'a str,
    /// When it is sent, in seconds since 1970.
    pub seconds: i64,
    pub signatures: String,
    pub body: &'a str,
}

/// An answer with its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// At most 64 KiB.
    pub body: Vec<u8>,
    /// The header of that name, as it came.
    pub retry_after: Option<String>,
}

/// A request of another interface, to be sent as it is.
pub struct Call<'a> {
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    pub headers: &'a [(&'static str, String)],
    pub content_type: &'a str,
    /// Empty: none.
    pub body: &'a str,
}

/// A file of certificate authorities that is none.
#[derive(Debug, thiserror::Error)]
#[error("no certificates in PEM: {0}")]
pub struct BadAuthorities(String);

impl Sender {
    /// Trusts the public authorities, and those of `authorities`, a file in PEM.
    ///
    /// # Errors
    /// When that file holds no certificate, or one that cannot be read.
    pub fn new(allowed: Allowed, authorities: Option<&[u8]>) -> Result<Sender, BadAuthorities> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let bad = |e: String| BadAuthorities(e);
        if let Some(pem) = authorities {
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|e| bad(e.to_string()))?;
                roots.add(certificate).map_err(|e| bad(e.to_string()))?;
            }
            if roots.len() == before {
                return Err(bad("it has no CERTIFICATE".to_owned()));
            }
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| bad(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Sender {
            tls: TlsConnector::from(Arc::new(config)),
            allowed,
            resolver: Arc::new(SystemResolver),
            patience: PATIENCE,
        })
    }

    /// With names looked up elsewhere, and another patience; for tests.
    #[must_use]
    pub fn with(self, resolver: Arc<dyn Resolve>, patience: Duration) -> Sender {
        Sender {
            resolver,
            patience,
            ..self
        }
    }

    /// The ranges that an administrator allows.
    #[must_use]
    pub fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    /// How long an attempt may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// One attempt. The answer is read whole, or the attempt has failed.
    ///
    /// # Errors
    /// Why there was no answer.
    pub async fn send(&self, target: &Target, message: &Signed<'_>) -> Result<Answer, Failure> {
        let request = request(target, message)?;
        self.attempt(target, request, None).await
    }

    /// Asks another program something by a POST, and reads what it answers.
    ///
    /// # Errors
    /// Why there was no answer.
    pub async fn ask(
        &self,
        target: &Target,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<Reply, Failure> {
        let request = Request::post(&target.path)
            .header(HOST, target.authority())
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, content_type)
            .header(CONNECTION, "close")
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| Failure::NoHttp)?;
        let mut body = Vec::new();
        let answer = self.attempt(target, request, Some(&mut body)).await?;
        Ok(Reply {
            status: answer.status,
            body,
            retry_after: answer.retry_after,
        })
    }

    /// Sends a request of another interface to where a target is, and reads what it answers.
    ///
    /// # Errors
    /// Why there was no answer.
    pub async fn call(&self, target: &Target, call: &Call<'_>) -> Result<Reply, Failure> {
        let request = Request::builder().method(call.method).uri(call.path);
        let request = request
            .header(HOST, target.authority())
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, call.content_type)
            .header(CONNECTION, "close");
        let request = call.headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, value.as_str())
        });
        let request = request
            .body(Full::new(Bytes::copy_from_slice(call.body.as_bytes())))
            .map_err(|_| Failure::NoHttp)?;
        let mut body = Vec::new();
        let answer = self.attempt(target, request, Some(&mut body)).await?;
        Ok(Reply {
            status: answer.status,
            body,
            retry_after: answer.retry_after,
        })
    }

    async fn attempt(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
        keep: Option<&mut Vec<u8>>,
    ) -> Result<Answer, Failure> {
        let attempt = async {
            let connection = connect(target, &self.allowed, &*self.resolver, &self.tls).await?;
            match connection {
                Connection::Plain(stream) => exchange(stream, request, keep).await,
                Connection::Tls(stream) => exchange(*stream, request, keep).await,
            }
        };
        match tokio::time::timeout(self.patience, attempt).await {
            Ok(done) => done,
            Err(_) => Err(Failure::TooSlow),
        }
    }
}

/// One request and its answer; the connection ends with it.
async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    keep: Option<&mut Vec<u8>>,
) -> Result<Answer, Failure>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut client = http1::Builder::new();
    client.max_buf_size(LARGEST_HEAD).max_headers(MOST_HEADERS);
    let (mut sender, connection) = client
        .handshake::<_, Full<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(|_| Failure::NoHttp)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(no_http)?;
        let answer = Answer {
            status: response.status().as_u16(),
            retry_after: retry_after(&response),
        };
        read_to_end(response.into_body(), keep).await?;
        Ok(answer)
    };
    // Both in this task: whoever drops it, or is out of patience, closes the connection.
    let (mut answer, mut connection) = (Box::pin(answer), Box::pin(connection));
    tokio::select! {
        biased;
        done = &mut answer => done,
        _ = &mut connection => answer.await,
    }
}

fn request(target: &Target, message: &Signed<'_>) -> Result<Request<Full<Bytes>>, Failure> {
    Request::post(&target.path)
        .header(HOST, target.authority())
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, "application/json")
        .header(CONNECTION, "close")
        .header(ID, message.id)
        .header(TIMESTAMP, message.seconds)
        .header(SIGNATURE, &message.signatures)
        .body(Full::new(Bytes::copy_from_slice(message.body.as_bytes())))
        .map_err(|_| Failure::NoHttp)
}

fn retry_after(response: &Response<Incoming>) -> Option<String> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    (value.len() <= 64).then(|| value.to_owned())
}

/// Reads a body, and keeps it where it is asked for.
async fn read_to_end(mut body: Incoming, mut keep: Option<&mut Vec<u8>>) -> Result<(), Failure> {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(no_http)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        length += data.len();
        if length > LARGEST_ANSWER {
            return Err(Failure::TooLarge);
        }
        if let Some(keep) = &mut keep {
            keep.extend_from_slice(data);
        }
    }
    Ok(())
}

fn no_http(error: hyper::Error) -> Failure {
    if error.is_parse_too_large() {
        Failure::TooLarge
    } else {
        Failure::NoHttp
    }
}
