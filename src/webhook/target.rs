//! A receiver's URL, checked once. Stricter than RFC 3986: what one parser reads as one host and
//! another as another is refused.

use crate::webhook::address::{Allowed, Special};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a receiver listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Encrypted, and the receiver proven by its certificate.
    pub https: bool,
    pub host: Host,
    pub port: u16,
    /// Path and query, from the slash on.
    pub path: String,
}

/// The host of a receiver's URL: a name to be looked up, or an address as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// In lower case.
    Name(String),
    Literal(IpAddr),
}

/// Why a URL is no receiver's, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error("A receiver's URL begins with https://: write it as https://host.example/path.")]
    Scheme,
    #[error(
        "http:// is not encrypted: it is for addresses within [webhooks] allowed_ranges in the \
         configuration. Use https://, or have the range allowed."
    )]
    Plain,
    #[error("A receiver's URL holds no user name or password: a secret belongs into its path.")]
    UserInfo,
    #[error("A receiver's URL has no # part: it would never be sent. Leave it out.")]
    Fragment,
    #[error(
        "A receiver's URL is written in ASCII without spaces or backslashes: encode others as \
         %20, and a name with other letters as xn--…"
    )]
    Letters,
    #[error("'{0}' is no host's name and no address: write it as hooks.example.com.")]
    Host(String),
    #[error("'{0}' is no port for a receiver: 443, or 1024 to 65535 (http: 80 too).")]
    Port(String),
    #[error("A receiver's URL has at most 2,000 characters: shorten it.")]
    TooLong,
    #[error("{0} is {1}: nothing is sent there unless [webhooks] allowed_ranges has it.")]
    Forbidden(IpAddr, Special),
}

/// Characters of a URL; the limit of what receivers take.
const LONGEST: usize = 2_000;

impl Target {
    /// Reads a receiver's URL. What a name resolves to is judged at every attempt.
    ///
    /// # Errors
    /// Says what to write instead.
    pub fn parse(url: &str, allowed: &Allowed) -> Result<Target, BadTarget> {
        if url.len() > LONGEST {
            return Err(BadTarget::TooLong);
        }
        let (https, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(BadTarget::Scheme),
        };
        let letter = |c: char| c.is_ascii_graphic() && !"\\\"<>^`{|}".contains(c);
        if !rest.chars().all(letter) {
            return Err(BadTarget::Letters);
        }
        if rest.contains('#') {
            return Err(BadTarget::Fragment);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(BadTarget::UserInfo);
        }
        let (host, port) = split(authority)?;
        let target = Target {
            https,
            host,
            port: port_of(port, https)?,
            path: if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("/{path}")
            },
        };
        target.judged(allowed)
    }

    fn judged(self, allowed: &Allowed) -> Result<Target, BadTarget> {
        if let Host::Literal(address) = self.host {
            if let Some(why) = allowed.refuses(address) {
                return Err(BadTarget::Forbidden(address, why));
            }
            if !self.https && !allowed.has(address) {
                return Err(BadTarget::Plain);
            }
        }
        if !self.https && !allowed.any() {
            return Err(BadTarget::Plain);
        }
        Ok(self)
    }

    /// The value of `Host`: the port where it is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        let own = if self.https { 443 } else { 80 };
        match self.port {
            port if port == own => self.host.to_string(),
            port => format!("{}:{port}", self.host),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Literal(IpAddr::V4(address)) => address.fmt(f),
            Host::Literal(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Host and port, the latter empty where none is given.
fn split(authority: &str) -> Result<(Host, &str), BadTarget> {
    let bad = || BadTarget::Host(authority.to_owned());
    if let Some(rest) = authority.strip_prefix('[') {
        let (inside, port) = rest.split_once(']').ok_or_else(bad)?;
        let address: Ipv6Addr = inside.parse().map_err(|_| bad())?;
        let port = match port.strip_prefix(':') {
            Some(port) => port,
            None if port.is_empty() => "",
            None => return Err(bad()),
        };
        return Ok((Host::Literal(IpAddr::V6(address)), port));
    }
    let (name, port) = authority.split_once(':').unwrap_or((authority, ""));
    Ok((
        host(name).ok_or_else(|| BadTarget::Host(name.to_owned()))?,
        port,
    ))
}

/// A name, or an IPv4 address of four decimal numbers. `127.1`, `0x7f000001` and `2130706433` are
/// addresses to some resolvers: a name whose last label is a number is none.
fn host(name: &str) -> Option<Host> {
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return Some(Host::Literal(IpAddr::V4(address)));
    }
    let label = |l: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=63).contains(&l.len())
            && l.chars().all(fits)
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    let number = |l: &str| {
        let hex = l.strip_prefix("0x").or_else(|| l.strip_prefix("0X"));
        l.bytes().all(|b| b.is_ascii_digit())
            || hex.is_some_and(|h| h.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let last = name.rsplit('.').next()?;
    let is_name = name.len() <= 253 && name.split('.').all(label) && !number(last);
    is_name.then(|| Host::Name(name.to_ascii_lowercase()))
}

fn port_of(text: &str, https: bool) -> Result<u16, BadTarget> {
    let own = if https { 443 } else { 80 };
    if text.is_empty() {
        return Ok(own);
    }
    let digits = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    let port = text.parse::<u16>().ok().filter(|_| digits);
    // Below 1024 others live that read what they are sent: SMTP, LDAP, SMB.
    port.filter(|p| *p == own || *p >= 1024)
        .ok_or_else(|| BadTarget::Port(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Target, BadTarget> {
        Target::parse(url, &Allowed::default())
    }

    #[test]
    fn a_receivers_url_is_taken_apart() {
        let target = parse("https://Hooks.Example.com/assay?key=a%20b").unwrap();
        assert_eq!(target.host, Host::Name("hooks.example.com".into()));
        assert_eq!((target.port, &*target.path), (443, "/assay?key=a%20b"));
        assert_eq!(target.authority(), "hooks.example.com");
        let target = parse("https://[2a00::1]:8443?x").unwrap();
        assert_eq!(
            (target.authority(), &*target.path),
            ("[2a00::1]:8443".into(), "/?x")
        );
        assert_eq!(parse("https://a.example").unwrap().path, "/");
    }

    #[test]
    fn what_is_none_is_refused_with_what_to_write() {
        let bad_host = |h: &str| BadTarget::Host(h.to_owned());
        let bad_port = |p: &str| BadTarget::Port(p.to_owned());
        for (url, why) in [
            ("", BadTarget::Scheme),
            ("hooks.example.com", BadTarget::Scheme),
            ("HTTPS://hooks.example.com", BadTarget::Scheme),
            ("ftp://hooks.example.com", BadTarget::Scheme),
            ("file:///etc/passwd", BadTarget::Scheme),
            ("http://hooks.example.com/", BadTarget::Plain),
            ("http://1.1.1.1/", BadTarget::Plain),
            ("https://me:pass@hooks.example.com/", BadTarget::UserInfo),
            ("https://hooks.example.com@10.0.0.1/", BadTarget::UserInfo),
            ("https://hooks.example.com/#x", BadTarget::Fragment),
            ("https://hooks.example.com/a b", BadTarget::Letters),
            ("https://hooks.example.com\\@x/", BadTarget::Letters),
            ("https://hööks.example.com/", BadTarget::Letters),
            ("https://hooks.example.com/\r\nx: y", BadTarget::Letters),
            ("https:///path", bad_host("")),
            ("https://.example.com/", bad_host(".example.com")),
            ("https://hooks..com/", bad_host("hooks..com")),
            (
                "https://hooks.example.com./",
                bad_host("hooks.example.com."),
            ),
            ("https://127.1/", bad_host("127.1")),
            ("https://2130706433/", bad_host("2130706433")),
            ("https://0x7f000001/", bad_host("0x7f000001")),
            ("https://0177.0.0.1/", bad_host("0177.0.0.1")),
            ("https://a.0x7f/", bad_host("a.0x7f")),
            ("https://[::1", bad_host("[::1")),
            ("https://[fe80::1%25eth0]/", bad_host("[fe80::1%25eth0]")),
            ("https://hooks.example.com:0/", bad_port("0")),
            ("https://hooks.example.com:25/", bad_port("25")),
            ("https://hooks.example.com:80/", bad_port("80")),
            ("https://hooks.example.com:+443/", bad_port("+443")),
            ("https://hooks.example.com:65536/", bad_port("65536")),
            ("https://hooks.example.com:443:443/", bad_port("443:443")),
        ] {
            assert_eq!(parse(url), Err(why), "{url}");
        }
        assert_eq!(
            parse(&format!("https://a.b/{}", "x".repeat(2_000))),
            Err(BadTarget::TooLong)
        );
    }

    #[test]
    fn an_address_is_judged_at_once_and_plain_http_is_for_what_is_allowed() {
        for url in [
            "https://127.0.0.1/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/",
        ] {
            assert!(matches!(parse(url), Err(BadTarget::Forbidden(..))), "{url}");
        }
        let allowed = Allowed::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let parse = |url| Target::parse(url, &allowed);
        assert_eq!(parse("http://127.0.0.1:9000/x").unwrap().port, 9000);
        assert_eq!(parse("http://1.1.1.1/"), Err(BadTarget::Plain));
        // What the name stands for is seen when it is sent to.
        assert!(parse("http://hooks.example.com/").is_ok());
    }
}
