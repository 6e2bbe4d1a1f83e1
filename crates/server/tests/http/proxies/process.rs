//! Starts a proxy as a process of its own in a folder of its own, and ends it with the test.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use crate::raw::{PATIENCE, request};

/// The addresses that stand in the configurations of `docs/proxies`.
const POORT: &str = "127.0.0.1:8400";
const PROXY: &str = "127.0.0.1:8080";
const UPSTREAM: &str = "127.0.0.1:9000";
/// What stands there for the credential by which a proxy asks.
const CREDENTIAL: &str = "THE-API-CREDENTIAL";

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    child: Child,
    _folder: tempfile::TempDir,
}

/// How a proxy is started: its program's name, and its arguments once the files are written.
pub(crate) struct Kind {
    pub(crate) program: &'static str,
    /// How to get the program, for whoever lacks it.
    pub(crate) package: &'static str,
    /// Files of `docs/proxies` that it reads.
    pub(crate) files: &'static [&'static str],
    /// Further files: name, and text in which `{folder}` is the folder that all of them are in.
    pub(crate) extra: &'static [(&'static str, &'static str)],
    /// Arguments, with `{folder}` as above.
    pub(crate) arguments: &'static [&'static str],
    /// A path that the proxy itself answers with 200 as soon as its routes are there, where listening is not enough.
    pub(crate) ready: Option<&'static str>,
}

impl Proxy {
    /// Starts it between `poort` and `upstream`, and waits until it listens. A missing program fails the test.
    pub(crate) async fn start(kind: &Kind, poort: SocketAddr, upstream: SocketAddr) -> Self {
        Self::start_with(kind, poort, upstream, CREDENTIAL).await
    }

    /// The same, where the proxy shows this credential to Poort.
    pub(crate) async fn start_with(kind: &Kind, poort: SocketAddr, upstream: SocketAddr, credential: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().display().to_string();
        let address = free_address();
        for file in kind.files {
            let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/proxies").join(file);
            let text = std::fs::read_to_string(&source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
            let text = at(&text, address, poort, upstream).replace(CREDENTIAL, credential);
            std::fs::write(folder.path().join(file), text).expect("written");
        }
        for (name, text) in kind.extra {
            let text = at(text, address, poort, upstream).replace("{folder}", &path);
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let home = folder.path().join("home");
        std::fs::create_dir(&home).expect("a folder");
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let child = Command::new(program(kind.program))
            .args(kind.arguments.iter().map(|argument| at(argument, address, poort, upstream).replace("{folder}", &path)))
            // Nothing of the machine's own configuration is read, and nothing is left behind.
            .current_dir(&home)
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", &home)
            .env("XDG_DATA_HOME", &home)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started ({error}); it comes with {}", kind.program, kind.package));
        let mut proxy = Self { address, child, _folder: folder };
        proxy.wait(kind).await;
        proxy
    }

    async fn wait(&mut self, kind: &Kind) {
        let listening = async {
            while !self.is_ready(kind).await {
                if let Ok(Some(status)) = self.child.try_wait() {
                    return Some(status);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            None
        };
        let outcome = tokio::time::timeout(PATIENCE, listening).await;
        if !matches!(outcome, Ok(None)) {
            let log = std::fs::read_to_string(self._folder.path().join("log")).unwrap_or_default();
            panic!("{} does not listen ({outcome:?}): {log}", kind.program);
        }
    }
}

impl Proxy {
    async fn is_ready(&self, kind: &Kind) -> bool {
        let listens = tokio::net::TcpStream::connect(self.address).await.is_ok();
        match kind.ready {
            Some(path) if listens => request(self.address, "GET", path, &[]).await.status == 200,
            _ => listens,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A free address of this machine, below the range that the system hands out of its own.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + (std::process::id() % 10_000) as u16;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

fn at(text: &str, proxy: SocketAddr, poort: SocketAddr, upstream: SocketAddr) -> String {
    let mut text = text.to_owned();
    for (written, actual) in [(POORT, poort), (PROXY, proxy), (UPSTREAM, upstream)] {
        text = text.replace(written, &actual.to_string());
        // Caddy's and Envoy's forms.
        let port = written.rsplit(':').next().expect("a port");
        text = text.replace(&format!("localhost:{port}"), &format!("localhost:{}", actual.port()));
        text = text.replace(&format!("port_value: {port}"), &format!("port_value: {}", actual.port()));
    }
    text
}

/// Where a program is: by its name on the path or in `/usr/sbin`, or in the folder that the variable names.
fn program(name: &str) -> PathBuf {
    let given = std::env::var_os("POORT_TEST_PROGRAMS").map(PathBuf::from);
    let folders = given.into_iter().chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/bin"), PathBuf::from("/usr/bin")]);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| PathBuf::from(name))
}
