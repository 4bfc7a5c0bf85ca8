//! What tests share: the program itself, run as its user runs it, and databases of their own.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod judging;

use assay::identity::{PayBasis, Role};
use assay::store::Actor;
use assay::units::ClientId;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

pub const ASSAY: &str = env!("CARGO_BIN_EXE_assay");

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn fixture(name: &str) -> PathBuf {
    root()
        .join("tests/fixtures/calls")
        .join(name)
        .join("call.pcap.gz")
}

/// Says that a test, or part of it, is not run here. Fails where `CI` is set: a test that could not
/// run is no test that passed.
pub fn not_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "could not run: {why}");
    eprintln!("not run: {why}");
}

/// The folder of real captures beside the project. Where it is missing, the test says so and is not
/// run, in CI too: the captures are not ours to pass on.
pub fn captures() -> Option<PathBuf> {
    let folder = root().join("../shared/captures");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("not run: no real captures in {}", folder.display());
    None
}

pub fn assay(arguments: &[&str]) -> Output {
    Command::new(ASSAY)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Replays into `data`; the lines that `--json` printed.
pub fn replay(files: &[&Path], data: &Path, format: &str) -> Vec<Value> {
    let mut arguments = vec![
        "replay",
        "--json",
        "--format",
        format,
        "--data",
        data.to_str().unwrap(),
    ];
    arguments.extend(files.iter().map(|f| f.to_str().unwrap()));
    let done = assay(&arguments);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    lines(&done)
}

pub fn lines(done: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&done.stdout)
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

/// Both lanes of a recording as PCM, and their rate.
pub fn samples(data: &Path, call: &Value) -> (u32, [Vec<i16>; 2]) {
    let recording = &call["recording"];
    let format =
        assay::archive::AudioFormat::from_name(recording["format"].as_str().unwrap()).unwrap();
    let bytes = std::fs::read(data.join(recording["path"].as_str().unwrap())).unwrap();
    let decoded = assay::archive::decode::decode(format, &bytes).unwrap();
    (decoded.rate.0, decoded.lanes)
}

/// The packets of a little-endian microsecond pcap: time in microseconds, and the bytes with their
/// header.
pub fn packets(pcap: &[u8]) -> Vec<(i64, &[u8])> {
    let word = |at: usize| u32::from_le_bytes(pcap[at..at + 4].try_into().unwrap());
    let (mut at, mut all) = (24, Vec::new());
    while at < pcap.len() {
        let end = at + 16 + word(at + 8) as usize;
        all.push((
            i64::from(word(at)) * 1_000_000 + i64::from(word(at + 4)),
            &pcap[at..end],
        ));
        at = end;
    }
    all
}

/// A fixture's capture.
pub fn unzipped(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(fixture(name)).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// A capture of frames, as a little-endian microsecond pcap with an Ethernet header on each.
pub fn write_pcap(path: &Path, frames: &[(i64, Vec<u8>)]) {
    let mut bytes = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65535, 1]
        .map(u32::to_le_bytes)
        .concat();
    for (at, frame) in frames {
        let length = frame.len() as u32;
        bytes.extend(
            [
                (at / 1_000_000) as u32,
                (at % 1_000_000) as u32,
                length,
                length,
            ]
            .map(u32::to_le_bytes)
            .concat(),
        );
        bytes.extend(frame);
    }
    std::fs::write(path, bytes).unwrap();
}

/// A program that is ended when the test ends, however it ends.
pub struct Running(pub Child);

impl Running {
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

pub fn free_address() -> String {
    format!("127.0.0.1:{}", free_port())
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "still not: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A demo box with its page, on a port of its own.
pub struct Demo {
    pub address: String,
    pub data: PathBuf,
    pub running: Running,
    postgres: Option<String>,
    _folder: tempfile::TempDir,
}

/// Copies a demo's folder as it is before anybody has signed in: made once for this program and this
/// day, since sealing its calls takes seconds.
fn copy_prepared(to: &Path) {
    let since_1970 = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let program = std::fs::metadata(ASSAY).unwrap().modified().unwrap();
    let day = assay::clock::Clock::System.now().micros() / 86_400_000_000;
    let name = format!("demo-{}-{day}", since_1970(program).as_nanos());
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = std::fs::File::create(shared.join("demo.lock")).unwrap();
    lock.lock().unwrap();
    let made = shared.join(&name);
    if !made.is_dir() {
        let others = std::fs::read_dir(shared).unwrap().map(|e| e.unwrap());
        for other in others.filter(|e| e.file_name().to_string_lossy().starts_with("demo-")) {
            std::fs::remove_dir_all(other.path()).unwrap();
        }
        let making = shared.join(format!("demo-making-{day}"));
        let data = making.to_str().unwrap();
        let done = assay(&["demo", "--prepare-only", "--data", data]);
        assert!(done.status.success(), "{done:?}");
        std::fs::rename(&making, &made).unwrap();
    }
    copy_folder(&made, to);
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|e| e.unwrap()) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

impl Demo {
    /// With nothing that must be heard but the moments themselves, so that tests of money need not
    /// wait.
    pub fn start() -> Demo {
        Demo::start_with("heard_percent = 0\nsecond_review_percent = 0\n")
    }

    /// With a review section of its own.
    pub fn start_with(review: &str) -> Demo {
        Demo::start_on(None, review)
    }

    /// On PostgreSQL, where a URL is given.
    pub fn start_on(postgres: Option<String>, review: &str) -> Demo {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("demo");
        std::fs::write(
            folder.path().join("assay.toml"),
            format!(
                "[review]\n{review}[database]\nurl = \"{}\"\n",
                postgres.as_deref().unwrap_or_default()
            ),
        )
        .unwrap();
        if postgres.is_none() {
            copy_prepared(&data);
        }
        let (address, running) = Demo::launch(&data);
        Demo {
            address,
            data,
            running,
            postgres,
            _folder: folder,
        }
    }

    /// The same, of a box that answers and is not ready.
    pub fn kill_and_restart_unready(&mut self) {
        self.running.kill();
        let address = free_address();
        self.running = Demo::launch_until(&self.data, &address, |answer| answer.is_ok());
        self.address = address;
    }

    /// Starts it again where it was, on the same data.
    pub fn start_again(&mut self) {
        self.running.kill();
        self.running = Demo::launch_until(&self.data, &self.address, |answer| answer.is_ok());
    }

    /// Adds to its configuration, which holds from the next start on.
    pub fn configure(&self, more: &str) {
        let path = self.data.with_file_name("assay.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("{text}{more}")).unwrap();
    }

    /// What it says of its readiness, 200 or not.
    pub fn readiness(&self) -> String {
        let asked = ureq::get(format!("http://{}/readyz", self.address));
        let asked = asked.config().http_status_as_error(false).build().call();
        let read = asked.and_then(|mut answer| answer.body_mut().read_to_string());
        read.unwrap_or_else(|error| error.to_string())
    }

    fn launch(data: &Path) -> (String, Running) {
        let address = free_address();
        let ready = |answer: Result<u16, ureq::Error>| answer.is_ok_and(|status| status == 200);
        let running = Demo::launch_until(data, &address, ready);
        (address, running)
    }

    fn launch_until(
        data: &Path,
        address: &str,
        holds: impl Fn(Result<u16, ureq::Error>) -> bool,
    ) -> Running {
        let child = Command::new(ASSAY)
            .args(["demo", "--listen", address, "--config"])
            .arg(data.with_file_name("assay.toml"))
            .arg("--data")
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let running = Running(child);
        until("the demo answers", || {
            let asked = ureq::get(format!("http://{address}/readyz"));
            let asked = asked.config().http_status_as_error(false).build().call();
            holds(asked.map(|answer| answer.status().as_u16()))
        });
        running
    }

    /// Kills it as a power switch would, and starts it again on the same data.
    pub fn kill_and_restart(&mut self) {
        self.running.kill();
        (self.address, self.running) = Demo::launch(&self.data);
    }

    pub fn database(&self) -> &'static str {
        if self.postgres.is_some() {
            "PostgreSQL"
        } else {
            "SQLite"
        }
    }

    /// Runs a command of the program on the demo's data; gives whether it went well, and what it
    /// said.
    pub fn run(&self, command: &[&str]) -> (bool, String) {
        let config = self.data.with_file_name("assay.toml");
        let done = assay(
            &[
                command,
                &[
                    "--config",
                    config.to_str().unwrap(),
                    "--data",
                    self.data.to_str().unwrap(),
                ],
            ]
            .concat(),
        );
        (
            done.status.success(),
            String::from_utf8_lossy(&done.stdout).into_owned(),
        )
    }

    pub fn sign_in(&self, login: &str) -> Client {
        let client = Client::new(&self.address);
        let (status, body) = client.send(
            "POST",
            "/session",
            Some(serde_json::json!({ "login": login, "password": "assay-demo" })),
            None,
        );
        assert_eq!(status, 200, "{login}: {body}");
        client
    }
}

/// One browser's worth of cookies.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    cookie: std::sync::Arc<std::sync::Mutex<String>>,
    /// Everything that reached this browser since [`Client::watch`]: headers and bodies.
    seen: std::sync::Arc<std::sync::Mutex<Option<Vec<u8>>>>,
}

impl Client {
    pub fn new(address: &str) -> Client {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Client {
            agent: config.into(),
            base: format!("http://{address}/api/v1"),
            cookie: Default::default(),
            seen: Default::default(),
        }
    }

    /// From now on, keeps what reaches this browser; gives what did before.
    pub fn watch(&self) -> Vec<u8> {
        let mut seen = self.seen.lock().unwrap();
        seen.replace(Vec::new()).unwrap_or_default()
    }

    fn note(&self, headers: &ureq::http::HeaderMap, body: &[u8]) {
        if let Some(seen) = self.seen.lock().unwrap().as_mut() {
            seen.extend_from_slice(format!("{headers:?}\n").as_bytes());
            seen.extend_from_slice(body);
            seen.push(b'\n');
        }
    }

    /// Status and JSON of the answer; `key` is sent as Idempotency-Key.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> (u16, Value) {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .header("cookie", self.cookie());
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let text = body.map(|b| b.to_string()).unwrap_or_default();
        let mut answer = self.agent.run(request.body(text).unwrap()).unwrap();
        let status = answer.status().as_u16();
        for set in answer.headers().get_all("set-cookie") {
            self.keep_cookie(set.to_str().unwrap().split(';').next().unwrap());
        }
        let bytes = answer.body_mut().read_to_vec().unwrap();
        self.note(answer.headers(), &bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// As a browser does, the last of a name.
    fn keep_cookie(&self, pair: &str) {
        let mut kept = self.cookie.lock().unwrap();
        let name = pair.split('=').next().unwrap();
        let others = kept
            .split("; ")
            .filter(|c| c.split('=').next() != Some(name));
        let others: Vec<&str> = others.filter(|c| !c.is_empty()).collect();
        *kept = [&others[..], &[pair]].concat().join("; ");
    }

    /// What it sends as cookies, for requests of a test's own.
    pub fn cookie(&self) -> String {
        self.cookie.lock().unwrap().clone()
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, None, None);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A file, as a browser sends one.
    pub fn send_bytes(&self, method: &str, path: &str, bytes: &[u8]) -> (u16, Value) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/octet-stream")
            .header("cookie", self.cookie())
            .body(bytes)
            .unwrap();
        let mut answer = self.agent.run(request).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub fn post(&self, path: &str, body: Value, key: &str) -> Value {
        let (status, answer) = self.send("POST", path, Some(body), Some(key));
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// What is no JSON.
    pub fn text(&self, path: &str) -> (u16, String) {
        let (status, _, bytes) = self.range(path, "");
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Of an answer that never ends.
    pub fn status_only(&self, path: &str) -> u16 {
        let request = ureq::http::Request::get(format!("{}{path}", self.base))
            .header("cookie", self.cookie())
            .body(())
            .unwrap();
        self.agent.run(request).unwrap().status().as_u16()
    }

    /// Status, headers and bytes of a ranged request.
    pub fn range(&self, path: &str, range: &str) -> (u16, Option<String>, Vec<u8>) {
        let request = ureq::http::Request::get(format!("{}{path}", self.base))
            .header("range", range)
            .header("cookie", self.cookie())
            .body(())
            .unwrap();
        let mut answer = self.agent.run(request).unwrap();
        let shown = answer
            .headers()
            .get("content-range")
            .map(|v| v.to_str().unwrap().to_owned());
        let bytes = answer.body_mut().read_to_vec().unwrap();
        self.note(answer.headers(), &bytes);
        (answer.status().as_u16(), shown, bytes)
    }
}

/// A machine's token, for one client or for all.
pub fn token(demo: &Demo, scopes: &[&str], client: Option<&str>) -> String {
    let ada = demo.sign_in("ada");
    let clients = ada.get("/tokens")["clients"].clone();
    let of = |name: &str| {
        let mut all = clients.as_array().unwrap().iter();
        all.find(|c| c["name"] == name).unwrap()["id"].clone()
    };
    let body = serde_json::json!({
        "name": "CRM", "scopes": scopes, "client": client.map(of), "days": 1,
    });
    let (status, made) = ada.send("POST", "/tokens", Some(body), None);
    assert_eq!(status, 200, "{made}");
    made["token"].as_str().unwrap().to_owned()
}

/// What a machine is answered.
pub fn by_token(demo: &Demo, token: &str, path: &str, body: &Value) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut answer = agent
        .post(format!("http://{}/api/v1{path}", demo.address))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .send(body.to_string())
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let said = serde_json::from_str(&text).unwrap_or(Value::Null);
    (answer.status().as_u16(), said)
}

/// What a machine reads.
pub fn read_by_token(demo: &Demo, token: &str, path: &str) -> (u16, Value) {
    let asked = ureq::get(format!("http://{}/api/v1{path}", demo.address))
        .header("authorization", format!("Bearer {token}"));
    let asked = asked.config().http_status_as_error(false).build();
    let mut answer = asked.call().unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let said = serde_json::from_str(&text).unwrap_or(Value::Null);
    (answer.status().as_u16(), said)
}

/// A PostgreSQL of the test's own, on loopback, gone with it. `None` where it is not installed,
/// which is said.
pub struct Postgres {
    folder: tempfile::TempDir,
    port: u16,
    bin: PathBuf,
}

impl Postgres {
    pub fn start() -> Option<Postgres> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
        let Some(bin) = versions
            .into_iter()
            .flatten()
            .flatten()
            .map(|v| v.path().join("bin"))
            .find(|b| b.join("initdb").exists())
        else {
            not_run("PostgreSQL is not installed; tests/setup.sh test does it");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let postgres = Postgres {
            folder,
            port: free_port(),
            bin,
        };
        // PostgreSQL refuses to run as root.
        if is_root() {
            assert!(
                Command::new("chown")
                    .arg("postgres")
                    .arg(postgres.folder.path())
                    .status()
                    .unwrap()
                    .success()
            );
        }
        postgres.run(
            "initdb",
            &[
                "-D",
                postgres.data().to_str().unwrap(),
                "-U",
                "assay",
                "--auth=trust",
                "--no-sync",
                "-E",
                "UTF8",
            ],
        );
        let options = format!(
            "-F -h 127.0.0.1 -p {} -k {} -c min_wal_size=32MB -c max_wal_size=96MB",
            postgres.port,
            postgres.folder.path().display()
        );
        let log = postgres.folder.path().join("log");
        postgres.run(
            "pg_ctl",
            &[
                "-D",
                postgres.data().to_str().unwrap(),
                "-w",
                "-l",
                log.to_str().unwrap(),
                "-o",
                &options,
                "start",
            ],
        );
        Some(postgres)
    }

    pub fn url(&self) -> String {
        format!("postgres://assay@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = match is_root() {
            true => {
                let mut c = Command::new("setpriv");
                c.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
                    .arg(self.bin.join(program));
                c
            }
            false => Command::new(self.bin.join(program)),
        };
        let done = command
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(done.success(), "{program} {arguments:?}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.run(
            "pg_ctl",
            &[
                "-D",
                self.data().to_str().unwrap(),
                "-m",
                "immediate",
                "-w",
                "stop",
            ],
        );
    }
}

pub fn is_root() -> bool {
    // SAFETY: it takes nothing and always succeeds.
    unsafe { libc::geteuid() == 0 }
}

/// Writes in a demo's database beside it.
pub fn in_store<T>(demo: &Demo, story: impl AsyncFnOnce(&mut assay::store::Tx) -> T) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let db = match &demo.postgres {
            Some(url) => assay::store::Db::postgres(url).await.unwrap(),
            None => assay::store::Db::sqlite(&demo.data.join("assay.db"))
                .await
                .unwrap(),
        };
        let mut tx = db.write().await.unwrap();
        let done = story(&mut tx).await;
        tx.commit().await.unwrap();
        db.close().await;
        done
    })
}

/// Enters somebody and gives a client that is signed in as them, without the slow password.
pub async fn enter(
    demo: &Demo,
    tx: &mut assay::store::Tx,
    login: &str,
    role: Role,
    clients: &[ClientId],
) -> Client {
    use sha2::Digest;
    let now = assay::clock::Clock::System.now();
    let pay_basis = match role {
        Role::Telemarketer => PayBasis::Commission,
        _ => PayBasis::Fixed,
    };
    let new = assay::store::people::NewPerson {
        login,
        name: login,
        role,
        pay_basis,
        password_hash: "x",
        clients,
    };
    let id = assay::store::people::add(tx, &Actor::Shell, &new, now)
        .await
        .unwrap();
    let hash = assay::hex::hex(&sha2::Sha256::digest(login.as_bytes()));
    let expires = now + assay::units::Micros::from_secs(3600);
    let session = assay::store::people::sessions::NewSession {
        person: &id,
        token_hash: &hash,
        address: "test",
        agent: "test",
        password_hash: &"x".to_owned().into(),
        second_factor_since: None,
        expires,
    };
    assay::store::people::sessions::sign_in(tx, &session, now)
        .await
        .unwrap();
    let client = Client::new(&demo.address);
    *client.cookie.lock().unwrap() = format!("assay_session={login}");
    client
}

/// Fetches the sound of an item's first call and plays a part of it at twice the speed, as long as
/// the clock takes to allow it.
pub fn hear(reviewer: &Client, review: &Value, from_ms: u64, to_ms: u64) {
    let call = review["calls"][0]["call"].as_str().unwrap();
    let (status, ..) = reviewer.range(&format!("/calls/{call}/audio"), "bytes=0-");
    assert_eq!(status, 206, "the sound of {call}");
    let path = format!("/review/{}/heard", review["id"].as_str().unwrap());
    let mut from = from_ms;
    until("what was played counts as heard", || {
        let played = serde_json::json!([{ "from_ms": from, "to_ms": to_ms, "speed": 2.0 }]);
        let body = serde_json::json!({ "call": call, "played": played });
        let (status, answer) = reviewer.send("POST", &path, Some(body), None);
        assert_eq!(status, 200, "{answer}");
        let heard = answer["heard"].as_array().unwrap().iter();
        let reached = heard
            .filter(|r| r["from_ms"].as_u64() <= Some(from))
            .filter_map(|r| r["to_ms"].as_u64());
        from = reached.max().unwrap_or(from).max(from);
        from >= to_ms
    });
}

/// Answers that pass every row, with evidence in the first call between its second and fourth
/// second.
pub fn passing(review: &Value) -> Value {
    let call = &review["calls"][0]["call"];
    let at = |from: u64| serde_json::json!({ "call": call, "from_ms": from, "to_ms": from + 2000 });
    serde_json::json!({ "answers": [
        { "criterion": "budget", "answer": "in_place", "evidence": at(1000) },
        { "criterion": "authority", "answer": "decides", "evidence": at(1200) },
        { "criterion": "need", "answer": "pain", "evidence": at(1400), "words": "Drivers lose two \
            hours a day" },
        { "criterion": "timescale", "answer": "months_3", "evidence": at(1600) },
    ], "note": "" })
}

/// Answers that fail every row, the first with evidence where [`passing`] has it.
pub fn failing(review: &Value) -> Value {
    let mut answers = ["budget", "authority", "need", "timescale"]
        .map(|c| serde_json::json!({ "criterion": c, "answer": "not_asked" }));
    answers[0]["answer"] = "none".into();
    answers[0]["evidence"] = serde_json::json!({
        "call": review["calls"][0]["call"], "from_ms": 1000, "to_ms": 3000
    });
    serde_json::json!({ "answers": answers, "note": "" })
}

pub fn call_with<'a>(calls: &'a Value, company: &str) -> &'a Value {
    calls["calls"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["lead"]["company"] == company && c["duration_ms"].as_u64() > Some(20_000))
        .unwrap()
}

pub fn claim_body(call: &Value) -> Value {
    serde_json::json!({ "calls": [call["id"]], "write_up": "All four.", "answers": { "budget": "in_place" } })
}

/// Takes the next claim until it is the wanted company's, and hears where [`passing`] points;
/// others are put back on the way.
pub fn take(reviewer: &Client, company: &str) -> Value {
    for n in 0..5 {
        let review = reviewer.post("/review/take", Value::Null, "unused-key");
        if review["company"] == company {
            hear(reviewer, &review, 1000, 4000);
            return review;
        }
        let path = format!("/review/{}/release", review["id"].as_str().unwrap());
        let why = serde_json::json!({ "reason": "other", "note": format!("on the way {n}") });
        assert_eq!(reviewer.send("POST", &path, Some(why), None).0, 204);
    }
    panic!("the claim on {company} is not in the queue");
}

/// A statement of somebody who has the database and a tool, past the program.
pub fn tamper(demo: &Demo, sql: &'static str) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        match &demo.postgres {
            Some(url) => {
                let pool = sqlx::PgPool::connect(url).await.unwrap();
                sqlx::query(sql).execute(&pool).await.unwrap();
                pool.close().await;
            }
            None => {
                let path = demo.data.join("assay.db");
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(path)
                    .busy_timeout(std::time::Duration::from_secs(10));
                let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
                sqlx::query(sql).execute(&pool).await.unwrap();
                pool.close().await;
            }
        }
    });
}
