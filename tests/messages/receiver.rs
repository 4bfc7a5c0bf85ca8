//! Receivers on loopback that behave as they are told, and write down what reaches them.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a receiver does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    Answer(u16),
    /// With a header of its own.
    With(u16, String),
    /// Reads, and never answers.
    Hang,
    /// A byte of its answer now and then.
    Drip,
    /// A body that never ends.
    Endless,
    /// Headers that never end.
    Headers,
    /// Interim answers that never end.
    Interim,
    /// Announces more than it sends, and closes.
    Lie,
    /// No HTTP.
    Garbage,
    /// Closes at once.
    Close,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Got {
    pub head: String,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> String {
        let line = |l: &str| {
            let (key, value) = l.split_once(": ")?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        };
        self.head.lines().find_map(line).unwrap_or_default()
    }

    pub fn id(&self) -> String {
        self.header("webhook-id")
    }
}

pub struct Receiver {
    pub address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    behaviour: Arc<Mutex<Behaviour>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub async fn start(behaviour: Behaviour) -> Receiver {
        Receiver::at("127.0.0.1".parse().unwrap(), behaviour, None).await
    }

    pub async fn at(ip: IpAddr, behaviour: Behaviour, tls: Option<TlsAcceptor>) -> Receiver {
        let listener = TcpListener::bind(SocketAddr::new(ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (got, behaviour) = (Arc::default(), Arc::new(Mutex::new(behaviour)));
        let (to, how) = (Arc::clone(&got), behaviour.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (to, how, tls) = (Arc::clone(&to), how.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &to, &how).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &to, &how).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Receiver {
            address,
            got,
            behaviour,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?key=1", self.address)
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// What reached it so far.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub fn ids(&self) -> Vec<String> {
        self.got().iter().map(Got::id).collect()
    }
}

async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Got> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut some = [0; 4096];
        let n = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&some[..n]);
        // No HTTP: a server that speaks that alone closes.
        if !bytes.starts_with(b"POST") {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut got = Got {
        head,
        body: String::new(),
    };
    let length: usize = got.header("content-length").parse().ok()?;
    let mut body = bytes[end..].to_vec();
    while body.len() < length {
        let mut some = [0; 4096];
        let n = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
        body.extend_from_slice(&some[..n]);
    }
    got.body = String::from_utf8(body).ok()?;
    Some(got)
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    to: &Mutex<Vec<Got>>,
    how: &Mutex<Behaviour>,
) -> Option<()> {
    let got = request(&mut stream).await?;
    let behaviour = {
        to.lock().unwrap().push(got);
        how.lock().unwrap().clone()
    };
    let mut say = async |bytes: &[u8]| stream.write_all(bytes).await.ok();
    match behaviour {
        Behaviour::Answer(status) => {
            say(format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok").as_bytes()).await
        }
        Behaviour::With(status, header) => {
            let answer = format!("HTTP/1.1 {status} X\r\n{header}\r\ncontent-length: 0\r\n\r\n");
            say(answer.as_bytes()).await
        }
        Behaviour::Hang => std::future::pending().await,
        Behaviour::Drip => {
            for byte in b"HTTP/1.1 200 OK\r\nx: "
                .iter()
                .chain(std::iter::repeat(&b'y'))
            {
                say(&[*byte]).await?;
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
            None
        }
        Behaviour::Endless => {
            say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            loop {
                say(format!("1000\r\n{}\r\n", "z".repeat(4096)).as_bytes()).await?;
            }
        }
        Behaviour::Headers => {
            say(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                say(format!("x-{}: {}\r\n", "a".repeat(40), "b".repeat(4000)).as_bytes()).await?;
            }
        }
        Behaviour::Interim => loop {
            say(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        },
        Behaviour::Lie => say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort").await,
        Behaviour::Garbage => say(b"SSH-2.0-OpenSSH_9.2\r\n").await,
        Behaviour::Close => None,
    }
}
