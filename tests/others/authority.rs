//! An authority of OpenSSL's behind HTTP, which can be told to misbehave.

use crate::common::free_port;
use assay::proof::stamp::request;
use assay::proof::{Hash, sha256};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Right,
    /// A stamp of another root, with the nonce that was sent.
    OtherRoot,
    /// A stamp of the root for another nonce.
    OtherNonce,
    Refusal,
    CutShort,
    TenMegabytes,
    Redirect,
    Failure,
    HangUp,
}

#[derive(Clone)]
pub struct Authority {
    folder: Arc<tempfile::TempDir>,
    pub port: u16,
    pub way: Arc<Mutex<Way>>,
}

impl Authority {
    /// With certificates of its own; `None` where OpenSSL is not installed.
    pub fn new() -> Option<Authority> {
        let folder = tempfile::tempdir().unwrap();
        let config = "[tsa]\ndefault_tsa = own\n[own]\nserial = serial\nsigner_cert = tsa.pem\n\
            certs = ca.pem\nsigner_key = tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\n\
            digests = sha256\naccuracy = secs:1\nordering = yes\ntsa_name = yes\n\
            ess_cert_id_chain = no\n";
        std::fs::write(folder.path().join("tsa.conf"), config).unwrap();
        let usage = "extendedKeyUsage=critical,timeStamping\n";
        std::fs::write(folder.path().join("usage"), usage).unwrap();
        let authority = Authority {
            folder: Arc::new(folder),
            port: free_port(),
            way: Arc::new(Mutex::new(Way::Right)),
        };
        let key = "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        for line in [
            format!("{key} -x509 -days 9 -subj /CN=Test-CA -keyout ca.key -out ca.pem"),
            format!("{key} -subj /CN=Test-Authority -keyout tsa.key -out tsa.csr"),
            "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 9 -extfile usage \
             -out tsa.pem"
                .to_owned(),
        ] {
            let (done, said) = authority.openssl(&line)?;
            assert!(done, "openssl {line}: {said}");
        }
        Some(authority)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/tsr", self.port)
    }

    /// The certificate of its root.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Whether OpenSSL was content, and what it said; `None` where it is not installed.
    pub fn openssl(&self, line: &str) -> Option<(bool, String)> {
        let output = Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .ok()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        Some((output.status.success(), said))
    }

    /// Whether OpenSSL says that this file is a stamp of this root by this authority.
    pub fn verifies(&self, root: &str, file: &Path) -> bool {
        let (file, ca) = (file.display(), self.ca());
        let line = format!(
            "ts -verify -digest {root} -in {file} -CAfile {}",
            ca.display()
        );
        let (done, said) = self.openssl(&line).unwrap();
        done && said.contains("Verification: OK")
    }

    /// Answers from now on, until the process ends.
    pub fn listen(&self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        let own = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A box that hangs up in the middle is its own affair.
                let _ = own.serve(stream);
            }
        });
    }

    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (head, body) = read_request(&mut stream)?;
        let way = *self.way.lock().unwrap();
        let typed = head.contains("application/timestamp-query");
        let (status, more, answer) = match way {
            _ if !typed => ("415 No", String::new(), Vec::new()),
            Way::HangUp => return Ok(()),
            Way::Redirect => (
                "302 Found",
                format!("location: {}\r\n", self.url()),
                Vec::new(),
            ),
            Way::Failure => ("500 No", String::new(), Vec::new()),
            way => ("200 OK", String::new(), self.answer(way, &body)),
        };
        let length = answer.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-type: application/timestamp-reply\r\n{more}content-length: \
             {length}\r\nconnection: close\r\n\r\n"
        )?;
        stream.write_all(&answer)
    }

    fn answer(&self, way: Way, asked: &[u8]) -> Vec<u8> {
        let at = asked
            .windows(2)
            .position(|two| two == [0x04, 0x20])
            .unwrap()
            + 2;
        let root = Hash::from_bytes(&asked[at..at + 32]).unwrap();
        let mut asked = asked.to_vec();
        match way {
            Way::TenMegabytes => return vec![0x30; 10 << 20],
            Way::Refusal => return vec![0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02],
            Way::OtherRoot => asked[at..at + 32].copy_from_slice(&sha256(&[b"other"]).0),
            Way::OtherNonce => asked = request(root, 7),
            _ => {}
        }
        let folder = self.folder.path();
        std::fs::write(folder.join("asked"), asked).unwrap();
        let line = "ts -reply -config tsa.conf -queryfile asked -out answer";
        let (done, said) = self.openssl(line).unwrap();
        assert!(done, "{said}");
        let mut answer = std::fs::read(folder.join("answer")).unwrap();
        if way == Way::CutShort {
            answer.truncate(answer.len() - 1);
        }
        answer
    }
}

/// Head and body of a request.
pub fn read_request(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let (mut seen, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        let end = seen.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&seen[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |n| n.parse().unwrap());
            if seen.len() >= end + 4 + length {
                return Ok((head, seen[end + 4..].to_vec()));
            }
        }
        match stream.read(&mut bytes)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => seen.extend_from_slice(&bytes[..n]),
        }
    }
}
