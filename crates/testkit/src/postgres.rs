//! A throw-away PostgreSQL, and a connection to it that can be cut.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A PostgreSQL of this test's own, gone when it is dropped.
pub struct Postgres {
    folder: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
}

impl Postgres {
    /// Fails by name where PostgreSQL is not installed: what cannot be tested must not look tested.
    pub fn start() -> Self {
        let bin = find().expect("PostgreSQL is not installed: initdb was not found");
        let folder = tempfile::Builder::new().prefix("poort-pg").tempdir().expect("a folder");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let server = Self { folder, bin, port: free_port() };
        run(server.tool("initdb").args(["-U", "poort", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]));
        server.launch();
        server
    }

    /// A copy of it that follows it, named `standby`. Commits wait for it only after [`Postgres::wait_for_standby`].
    pub fn standby(&self) -> Self {
        let folder = tempfile::Builder::new().prefix("poort-pg").tempdir().expect("a folder");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let server = Self { folder, bin: self.bin.clone(), port: free_port() };
        let way = format!("host=127.0.0.1 port={} user=poort application_name=standby", self.port);
        run(server.tool("pg_basebackup").args(["-X", "stream", "-c", "fast", "--no-sync", "-R", "-d", &way]));
        server.launch();
        server
    }

    /// From here on commits wait for the standby.
    pub async fn wait_for_standby(&self) {
        self.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'").await;
        self.execute("SELECT pg_reload_conf()").await;
        let settled = "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync') LOOP \
            PERFORM pg_sleep(0.02); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$";
        self.execute(settled).await;
    }

    /// Makes a standby a primary of its own.
    pub fn promote(&self) {
        run(self.tool("pg_ctl").args(["-w", "-t", "30", "-s", "promote"]));
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("postgres://poort@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs statements behind everybody's back.
    pub async fn execute(&self, statements: &str) {
        let (client, connection) = tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await.expect("connected");
        let task = tokio::spawn(connection);
        client.batch_execute(statements).await.expect("executed");
        drop(client);
        let _ = task.await;
    }

    /// Starts it, also again after [`Postgres::kill`].
    pub fn launch(&self) {
        let folder = self.folder.path().display();
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=200", self.port);
        let log = self.folder.path().join("log");
        run(self.tool("pg_ctl").args(["-w", "-t", "30", "-s", "-o", &options, "-l"]).arg(log).arg("start"));
    }

    /// Stops it as a crash does.
    pub fn kill(&self) {
        let _ = self.tool("pg_ctl").args(["-m", "immediate", "-s", "stop"]).stderr(Stdio::null()).status();
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "env", "HOME=/"]).arg(self.bin.join(name));
            command
        } else {
            Command::new(self.bin.join(name))
        };
        command.arg("-D").arg(self.folder.path().join("data")).current_dir("/").stdout(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A way to a database that can be cut and mended.
pub struct Wire {
    port: u16,
    cut: watch::Sender<bool>,
}

impl Wire {
    /// A way to the server of this URL.
    pub async fn to(url: &str) -> Self {
        let server = url.split('@').nth(1).and_then(|rest| rest.split('/').next()).expect("a host").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (cut, watched) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut watched = watched.clone();
                let server = server.clone();
                tokio::spawn(async move {
                    let passing = async {
                        let Ok(mut server) = TcpStream::connect(&server).await else { return };
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    };
                    tokio::select! {
                        _ = watched.wait_for(|cut| *cut) => {}
                        () = passing => {}
                    }
                });
            }
        });
        Self { port, cut }
    }

    /// Where the database is reached through it.
    pub fn url(&self) -> String {
        format!("postgres://poort@127.0.0.1:{}/postgres", self.port)
    }

    /// Cuts every connection, and lets no new one through, or mends it.
    pub fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }
}

fn find() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions.chain(std::env::split_paths(&path)).find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// A port that nobody listens on now, below those that the system gives to clients.
pub fn free_port() -> u16 {
    // Below the ephemeral range, so that no client socket takes it between this look and the server's start.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 15_000 + (std::process::id() % 15_000) as u16 + NEXT.fetch_add(20, Ordering::Relaxed);
    (start..32_700).find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
