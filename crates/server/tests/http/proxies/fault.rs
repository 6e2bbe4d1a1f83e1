//! What listens in Poort's place and does wrong.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::process::free_address;

/// What Poort may do wrong in the proxy's eyes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// It does not listen.
    Gone,
    /// It takes the connection and says nothing.
    Silent,
    /// It answers this.
    Says(&'static str),
}

impl Fault {
    /// Where it can be found, until the test is over.
    pub(crate) async fn listen(self) -> SocketAddr {
        let address = free_address();
        if matches!(self, Self::Gone) {
            return address;
        }
        let listener = TcpListener::bind(address).await.expect("a free port");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    let _ = stream.read(&mut buffer).await;
                    match self {
                        Self::Says(text) => {
                            let _ = stream.write_all(text.as_bytes()).await;
                        }
                        _ => tokio::time::sleep(Duration::from_secs(600)).await,
                    }
                });
            }
        });
        address
    }
}
