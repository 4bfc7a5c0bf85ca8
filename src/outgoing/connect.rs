//! From a receiver's URL to a connection with an address that was checked: the name is looked up
//! once, its addresses are judged, and those that passed are connected to as they are. A name that
//! gives another address a moment later changes nothing.

use super::resolve::Resolve;
use crate::webhook::{Allowed, Failure, Host, Target};
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

/// So many addresses of one name are tried.
const MOST_ADDRESSES: usize = 4;

pub(super) enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub(super) async fn connect(
    target: &Target,
    allowed: &Allowed,
    resolver: &dyn Resolve,
    tls: &TlsConnector,
) -> Result<Connection, Failure> {
    let addresses = match &target.host {
        Host::Literal(address) => vec![*address],
        Host::Name(name) => resolver.resolve(name).await.unwrap_or_default(),
    };
    let addresses = checked(addresses, target.https, allowed)?;
    let stream = reach(&addresses, target.port).await?;
    if !target.https {
        return Ok(Connection::Plain(stream));
    }
    let name = match &target.host {
        Host::Literal(address) => ServerName::from(*address),
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_| Failure::Tls("its name is none for a certificate".to_owned()))?,
    };
    match tls.connect(name, stream).await {
        Ok(stream) => Ok(Connection::Tls(Box::new(stream))),
        Err(error) => Err(Failure::Tls(why(&error))),
    }
}

/// Those that something may be sent to, in their order.
fn checked(addresses: Vec<IpAddr>, https: bool, allowed: &Allowed) -> Result<Vec<IpAddr>, Failure> {
    let mut refused = None;
    let mut passed = Vec::new();
    for address in addresses.into_iter().map(|a| a.to_canonical()) {
        match allowed.refuses(address) {
            Some(why) => refused = Some(Failure::Forbidden(address, why)),
            None if !https && !allowed.has(address) => refused = Some(Failure::Plain(address)),
            None => passed.push(address),
        }
    }
    passed.truncate(MOST_ADDRESSES);
    match (passed.is_empty(), refused) {
        (false, _) => Ok(passed),
        (true, Some(why)) => Err(why),
        (true, None) => Err(Failure::NoSuchName),
    }
}

/// Connects to the first that answers.
async fn reach(addresses: &[IpAddr], port: u16) -> Result<TcpStream, Failure> {
    let mut last = Failure::NoSuchName;
    for address in addresses {
        match TcpStream::connect(SocketAddr::new(*address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(_) => last = Failure::NoConnection(*address),
        }
    }
    Err(last)
}

/// In words, without what the other side sent.
fn why(error: &std::io::Error) -> String {
    use tokio_rustls::rustls::{CertificateError, Error};
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
    let text = match inner {
        Some(Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "its certificate is for another name",
        Some(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => "its certificate has expired",
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "its certificate is from an authority that is not trusted: [webhooks] ca_file adds one"
        }
        Some(Error::InvalidCertificate(_)) => "its certificate is not valid",
        Some(_) => "it does not speak TLS as it should",
        None => "the connection ended while it was made",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::Special;

    fn all(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|a| a.parse().unwrap()).collect()
    }

    #[test]
    fn what_passed_alone_is_connected_to() {
        let none = Allowed::default();
        let mixed = all(&["10.0.0.1", "1.1.1.1", "::1", "2a00::1"]);
        assert_eq!(
            checked(mixed, true, &none),
            Ok(all(&["1.1.1.1", "2a00::1"]))
        );
        let inside = all(&["::ffff:127.0.0.1"]);
        assert_eq!(
            checked(inside.clone(), true, &none),
            Err(Failure::Forbidden(
                all(&["127.0.0.1"])[0],
                Special::Loopback
            ))
        );
        let loopback = Allowed::new(vec!["127.0.0.0/8".parse().unwrap()]);
        assert_eq!(
            checked(inside.clone(), true, &loopback),
            Ok(all(&["127.0.0.1"]))
        );
        assert_eq!(checked(inside, false, &loopback), Ok(all(&["127.0.0.1"])));
        let outside = all(&["1.1.1.1"]);
        assert_eq!(
            checked(outside.clone(), false, &loopback),
            Err(Failure::Plain(outside[0]))
        );
        assert_eq!(checked(Vec::new(), true, &none), Err(Failure::NoSuchName));
        assert_eq!(checked(all(&["1.1.1.1"; 9]), true, &none).unwrap().len(), 4);
    }
}
