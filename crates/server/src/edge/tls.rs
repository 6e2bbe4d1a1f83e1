//! TLS of a listener: a certificate and its key, read again when the files change, for HTTP/1.1 over TLS 1.2 or 1.3.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::watch::Receiver;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// The certificate or the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not PEM.
    #[error("{0} cannot be read as PEM")]
    File(String),
    /// They do not fit each other, or are of a kind that is not known.
    #[error("the certificate and the key cannot be used: {0}")]
    Unusable(rustls::Error),
}

/// A certificate chain and its private key, both PEM, in files that may be replaced while they are used.
#[derive(Debug)]
pub struct Certificates {
    chain: PathBuf,
    key: PathBuf,
    current: ArcSwap<CertifiedKey>,
}

impl Certificates {
    /// Reads them for the first time; whoever wants to serve must have some that work.
    pub fn open(chain: &Path, key: &Path) -> Result<Arc<Self>, TlsError> {
        let current = ArcSwap::from_pointee(read(chain, key)?);
        Ok(Arc::new(Self { chain: chain.to_owned(), key: key.to_owned(), current }))
    }

    /// What a listener serves with: always the pair that was read last and works.
    pub fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, TlsError> {
        let versions = ServerConfig::builder_with_provider(Arc::new(provider())).with_safe_default_protocol_versions();
        let mut config = versions.map_err(TlsError::Unusable)?.with_no_client_auth().with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Looks at the files now and then, and whenever `now` changes. Ends when the sender of `now` is gone.
    pub async fn follow(self: Arc<Self>, mut now: Receiver<u64>) {
        // What is wrong with the files for long is told once, unless somebody asks.
        let mut wrong = None;
        loop {
            let asked = tokio::select! {
                changed = now.changed() => match changed {
                    Ok(()) => true,
                    Err(_) => return,
                },
                () = tokio::time::sleep(LOOK) => false,
            };
            let found = self.look().map_err(|error| error.to_string());
            match &found {
                Ok(true) => tracing::info!(certificate = %self.chain.display(), "a new certificate is in use"),
                Ok(false) if asked || wrong.is_some() => {
                    tracing::info!(certificate = %self.chain.display(), "the certificate in the file is the one in use");
                }
                Err(error) if asked || wrong.as_ref() != Some(error) => {
                    tracing::error!(error, "the new certificate is not used; the one before goes on");
                }
                Ok(false) | Err(_) => {}
            }
            wrong = found.err();
        }
    }

    /// Reads the files and takes what is new and works; gives whether anything is new. Connections that are open go on with
    /// what they began with.
    pub fn look(&self) -> Result<bool, TlsError> {
        let found = read(&self.chain, &self.key)?;
        let is_new = found.cert != self.current.load().cert;
        if is_new {
            self.current.store(Arc::new(found));
        }
        Ok(is_new)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

/// Reads a certificate chain and its key, which must fit each other.
pub fn read(chain: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let unreadable = |path: &Path| TlsError::File(path.display().to_string());
    let certificates = CertificateDer::pem_file_iter(chain).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.ok().filter(|certificates| !certificates.is_empty()).ok_or_else(|| unreadable(chain))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|_| unreadable(key))?;
    CertifiedKey::from_der(certificates, private, &provider()).map_err(TlsError::Unusable)
}

/// The suites of RFC 9325 (BCP 195) section 4.2 with forward secrecy and authenticated encryption, TLS 1.3 first: said here,
/// so that a later version of the library changes nothing.
fn provider() -> CryptoProvider {
    let cipher_suites = vec![
        cipher_suite::TLS13_AES_256_GCM_SHA384,
        cipher_suite::TLS13_AES_128_GCM_SHA256,
        cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];
    CryptoProvider { cipher_suites, ..default_provider() }
}
