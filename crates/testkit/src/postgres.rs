//! A throw-away PostgreSQL, and a connection to it that can be cut.

use std::ops::Deref;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A PostgreSQL of this test's own, gone when it is dropped.
pub struct Postgres(test_postgres::Postgres);

impl Postgres {
    /// Fails by name where PostgreSQL is not installed: what cannot be tested must not look tested.
    pub fn start() -> Self {
        Self(test_postgres::Postgres::start("max_connections = 200").expect("a server"))
    }

    /// A copy of it that follows it, named `standby`. Commits wait for it only after [`Postgres::wait_for_standby`].
    pub fn standby(&self) -> Self {
        Self(self.0.standby().expect("a standby"))
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
        self.0.promote().expect("promoted");
    }

    /// Starts it again where it was, after it was killed.
    pub fn launch(&self) {
        self.0.launch().expect("started again");
    }

    /// Runs statements behind everybody's back.
    pub async fn execute(&self, statements: &str) {
        let (client, connection) = tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await.expect("connected");
        let task = tokio::spawn(connection);
        client.batch_execute(statements).await.expect("executed");
        drop(client);
        let _ = task.await;
    }
}

impl Deref for Postgres {
    type Target = test_postgres::Postgres;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A port that nobody listens on now, below those that the system gives to clients.
pub fn free_port() -> u16 {
    test_postgres::free_port().expect("a free port")
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
