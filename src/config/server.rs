//! `[server]`: the page and the API.

use serde::Deserialize;
use std::net::SocketAddr;

/// The page and the API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    /// Cookies only over TLS: on where a proxy in front speaks HTTPS.
    pub secure_cookies: bool,
    pub session_hours: u32,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            listen: SocketAddr::from(([127, 0, 0, 1], 8480)),
            secure_cookies: false,
            session_hours: 12,
        }
    }
}
