//! `[server]`: the page and the API.

use super::BadValue;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Whether the page speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Everywhere but on the loopback address.
    Auto,
    On,
    /// Plain HTTP, for whoever listens on the way.
    Off,
}

/// The page and the API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    pub tls: Tls,
    /// The certificate and its chain, in PEM; the box signs its own without one.
    pub certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    pub certificate_key: Option<PathBuf>,
    /// Proxies that say for whom they ask.
    pub proxies: Vec<IpAddr>,
    /// Cookies only over TLS: on where a proxy in front speaks HTTPS.
    pub secure_cookies: bool,
    pub session_hours: u32,
    /// Roles that need a second factor.
    pub second_factor: Vec<String>,
    /// Connections that are open at once.
    pub connections: usize,
    /// Of one address.
    pub connections_per_address: usize,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            listen: SocketAddr::from(([127, 0, 0, 1], 8480)),
            tls: Tls::Auto,
            certificate: None,
            certificate_key: None,
            proxies: Vec::new(),
            secure_cookies: false,
            session_hours: 12,
            second_factor: Vec::new(),
            connections: 1000,
            connections_per_address: 200,
        }
    }
}

impl Server {
    pub(super) fn check(&self) -> Result<(), BadValue> {
        if self.certificate.is_some() != self.certificate_key.is_some() {
            let reason = "give both certificate and certificate_key, or neither";
            return Err(BadValue::new("[server] certificate", reason));
        }
        if self.certificate.is_some() && self.tls == Tls::Off {
            let reason = "there is a certificate, and TLS is off: remove one of the two";
            return Err(BadValue::new("[server] tls", reason));
        }
        if !(1..=8760).contains(&self.session_hours) {
            return Err(BadValue::new("[server] session_hours", "1 to 8,760 hours"));
        }
        if !(16..=100_000).contains(&self.connections) {
            return Err(BadValue::new("[server] connections", "16 to 100,000"));
        }
        if !(8..=self.connections).contains(&self.connections_per_address) {
            let reason = "8 to as many as there are connections";
            return Err(BadValue::new("[server] connections_per_address", reason));
        }
        Ok(())
    }

    /// Whether an address is served over TLS.
    #[must_use]
    pub fn is_secure(&self, listen: SocketAddr) -> bool {
        match self.tls {
            Tls::On => true,
            Tls::Off => false,
            Tls::Auto => self.certificate.is_some() || !listen.ip().is_loopback(),
        }
    }
}
