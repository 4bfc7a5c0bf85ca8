//! The door's certificate: one that the house has, by file, or one that the box signs itself.

use crate::hex::hex;
use crate::units::WallTime;
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use sha2::{Digest, Sha256};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};
use x509_parser::prelude::{FromDer, X509Certificate};

/// The certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error(
        "{}: there is no {what} in it: give a file in PEM, as most authorities write it",
        path.display()
    )]
    Pem { path: PathBuf, what: &'static str },
    #[error("{}: {why}", path.display())]
    Unusable { path: PathBuf, why: String },
    #[error("no certificate can be made: {0}")]
    Made(#[from] rcgen::Error),
    #[error("TLS: {0}")]
    Rustls(#[from] rustls::Error),
}

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Files of the house, in PEM: the chain, and its key.
    Files { certificate: PathBuf, key: PathBuf },
    /// Made in this folder, for these names.
    Own { folder: PathBuf, names: Vec<String> },
}

/// A certificate as it is served.
#[derive(Debug)]
struct Held {
    key: Arc<CertifiedKey>,
    about: About,
}

/// What is said of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// SHA-256 of the certificate, as browsers show it.
    pub fingerprint: String,
    pub ends: WallTime,
    /// The box signed it itself.
    pub own: bool,
}

/// The door's certificate, and how it speaks.
#[derive(Debug)]
pub struct Tls {
    source: Source,
    held: Arc<RwLock<Arc<Held>>>,
    config: Arc<ServerConfig>,
}

#[derive(Debug)]
struct Resolver(Arc<RwLock<Arc<Held>>>);

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(held.key.clone())
    }
}

impl Tls {
    /// Reads the certificate; makes one where the box signs its own and has none, or one that ends
    /// soon.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn open(source: Source, now: WallTime) -> Result<Tls, TlsError> {
        let held = Arc::new(RwLock::new(Arc::new(read(&source, now)?)));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Resolver(held.clone())));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls {
            source,
            held,
            config: Arc::new(config),
        })
    }

    /// Reads it again; what was served goes on being served where that fails.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn reload(&self, now: WallTime) -> Result<About, TlsError> {
        let fresh = read(&self.source, now)?;
        let about = fresh.about.clone();
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(about)
    }

    /// What is said of the certificate.
    #[must_use]
    pub fn about(&self) -> About {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.about.clone()
    }

    /// Whether somebody else vouches for it: a browser may be told to insist on HTTPS then.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        !held.about.own
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.clone())
    }
}

fn read(source: &Source, now: WallTime) -> Result<Held, TlsError> {
    match source {
        Source::Files { certificate, key } => load(certificate, key, now),
        Source::Own { folder, names } => {
            let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
            match load(&certificate, &key, now) {
                Ok(held) if held.about.ends > now + SOON => return Ok(held),
                Ok(_) => tracing::warn!(
                    "the box's own certificate ends soon: it is made anew, and browsers ask again"
                ),
                Err(TlsError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
                Err(TlsError::Unusable { .. }) => {}
                Err(error) => return Err(error),
            }
            make(folder, names, now)?;
            load(&certificate, &key, now)
        }
    }
}

/// An own certificate is made anew when it ends within this.
const SOON: crate::units::Micros = crate::units::Micros::from_secs(30 * 86_400);
/// Browsers refuse longer ones (CA/Browser Forum, before 2026).
const DAYS: i64 = 397;

fn load(certificate: &Path, key: &Path, now: WallTime) -> Result<Held, TlsError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| TlsError::Io { path, error }
    };
    let pem = |path: &Path, what| TlsError::Pem {
        path: path.to_owned(),
        what,
    };
    let text = fs::read(certificate).map_err(io(certificate))?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|_| pem(certificate, "certificate"))?;
    let first = chain
        .first()
        .ok_or_else(|| pem(certificate, "certificate"))?;
    let about = about(first, certificate)?;
    if about.ends <= now {
        return Err(TlsError::Unusable {
            path: certificate.to_owned(),
            why: format!("the certificate ended on {}: renew it", about.ends),
        });
    }
    let text = fs::read(key).map_err(io(key))?;
    let private = PrivateKeyDer::from_pem_slice(&text).map_err(|_| pem(key, "private key"))?;
    let unusable = |why: String| TlsError::Unusable {
        path: key.to_owned(),
        why,
    };
    let signing = ring::sign::any_supported_type(&private)
        .map_err(|e| unusable(format!("the private key cannot be used ({e})")))?;
    let certified = CertifiedKey::new(chain, signing);
    certified.keys_match().map_err(|_| {
        unusable(format!(
            "this is not the key of the certificate in {}",
            certificate.display()
        ))
    })?;
    Ok(Held {
        key: Arc::new(certified),
        about,
    })
}

fn about(der: &CertificateDer<'_>, path: &Path) -> Result<About, TlsError> {
    let (_, parsed) = X509Certificate::from_der(der).map_err(|e| TlsError::Unusable {
        path: path.to_owned(),
        why: format!("the certificate cannot be read ({e})"),
    })?;
    let digits = hex(&Sha256::digest(der)).to_uppercase();
    let pairs: Vec<&str> = (0..digits.len() / 2)
        .map(|i| &digits[2 * i..2 * i + 2])
        .collect();
    Ok(About {
        fingerprint: pairs.join(":"),
        ends: WallTime(
            parsed
                .validity()
                .not_after
                .timestamp()
                .saturating_mul(1_000_000),
        ),
        own: parsed.subject() == parsed.issuer(),
    })
}

fn make(folder: &Path, names: &[String], now: WallTime) -> Result<(), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name.push(DnType::CommonName, "Assay");
    let day = |days: i64| {
        let at = jiff::Timestamp::from_microsecond(now.micros()).unwrap_or_default();
        let at = at.as_second() + days * 86_400;
        let date = jiff::Timestamp::from_second(at).unwrap_or_default();
        let date = date.to_zoned(jiff::tz::TimeZone::UTC).date();
        date_time_ymd(
            i32::from(date.year()),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    (params.not_before, params.not_after) = (day(-1), day(DAYS - 1));
    let made = params.self_signed(&key)?;
    let io = |error| TlsError::Io {
        path: folder.to_owned(),
        error,
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(io)?;
    write(&folder.join("key.pem"), 0o600, &key.serialize_pem()).map_err(io)?;
    write(&folder.join("certificate.pem"), 0o644, &made.pem()).map_err(io)
}

fn write(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    // What lies there already is a link to somewhere else, or left by a crash.
    let _ = fs::remove_file(&draft);
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

/// Names by which a browser may ask for the box: its own, and the address that it listens on.
#[must_use]
pub fn names(address: IpAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    if !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
    {
        names.push(host.to_owned());
    }
    if !address.is_unspecified() {
        names.push(address.to_string());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn now() -> WallTime {
        WallTime(1_800_000_000_000_000)
    }

    fn own(folder: &Path) -> Source {
        Source::Own {
            folder: folder.join("tls"),
            names: vec!["box".to_owned(), "192.0.2.1".to_owned()],
        }
    }

    #[test]
    fn a_certificate_is_made_once_kept_and_made_anew_before_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let tls = Tls::open(own(folder.path()), now()).unwrap();
        let first = tls.about();
        assert!(first.own && !tls.is_trusted());
        assert_eq!(first.fingerprint.len(), 95);
        let mode = fs::metadata(folder.path().join("tls/key.pem"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Tls::open(own(folder.path()), now()).unwrap().about(), first);
        let later = first.ends - crate::units::Micros::from_secs(86_400);
        assert_ne!(tls.reload(later).unwrap().fingerprint, first.fingerprint);
    }

    #[test]
    fn files_are_read_again_and_bad_ones_leave_what_is_served() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        make(&at("a"), &["box".to_owned()], now()).unwrap();
        make(&at("b"), &["box".to_owned()], now()).unwrap();
        fs::copy(at("a/certificate.pem"), at("c.pem")).unwrap();
        fs::copy(at("a/key.pem"), at("k.pem")).unwrap();
        let source = Source::Files {
            certificate: at("c.pem"),
            key: at("k.pem"),
        };
        let tls = Tls::open(source, now()).unwrap();
        let first = tls.about();
        for (file, text, said) in [
            (
                "k.pem",
                &fs::read(at("b/key.pem")).unwrap()[..],
                "not the key",
            ),
            ("k.pem", b"nothing", "no private key"),
            ("c.pem", b"nothing", "no certificate"),
        ] {
            let kept = fs::read(at(file)).unwrap();
            fs::write(at(file), text).unwrap();
            let error = tls.reload(now()).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(file), "{error}");
            assert_eq!(tls.about(), first);
            fs::write(at(file), kept).unwrap();
        }
        let ended = tls.reload(first.ends).unwrap_err().to_string();
        assert!(ended.contains("ended on"), "{ended}");
        fs::copy(at("b/certificate.pem"), at("c.pem")).unwrap();
        fs::copy(at("b/key.pem"), at("k.pem")).unwrap();
        assert_ne!(tls.reload(now()).unwrap(), first);
    }
}
