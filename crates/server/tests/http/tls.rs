//! HTTPS by the server itself: which TLS it speaks, certificates that are replaced, plain HTTP on its port.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use domain::credential::Digest;
use gateway::{Trust, TrustedPeers};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedCipherSuite, SupportedProtocolVersion};
use server::edge::{Certificates, Limits};
use testkit::Certificate;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::gate::Gate;
use crate::raw::{PATIENCE, request};

const HOST: &str = "poort.example";

/// A gate over TLS, and the files of its certificate.
struct Served {
    gate: Gate,
    certificates: Arc<Certificates>,
    files: Certificate,
    folder: tempfile::TempDir,
}

impl Served {
    async fn start(trust: Trust, limits: Limits) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Certificate::make(folder.path(), "served", HOST, 30);
        let certificates = Certificates::open(&files.chain, &files.key).expect("a pair");
        let tls = certificates.config().expect("a configuration");
        let router = Router::new().route("/", get(|| async { "here" }));
        let gate = Gate::start_trusting(limits, trust, Some(tls), router).await;
        Self { gate, certificates, files, folder }
    }

    async fn new() -> Self {
        Self::start(Trust::new(TrustedPeers::default()), Limits::default()).await
    }

    fn another(&self, name: &str) -> Certificate {
        Certificate::make(self.folder.path(), name, HOST, 30)
    }
}

/// A client that knows these certificates and speaks this.
struct Client {
    roots: Vec<CertificateDer<'static>>,
    versions: Vec<&'static SupportedProtocolVersion>,
    suites: Vec<SupportedCipherSuite>,
    protocols: Vec<Vec<u8>>,
}

impl Client {
    fn knowing(certificates: &[&Certificate]) -> Self {
        let roots = certificates.iter().map(|files| CertificateDer::from_pem_file(&files.chain).expect("a certificate")).collect();
        let suites = rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES.to_vec();
        Self { roots, versions: vec![&TLS13, &TLS12], suites, protocols: vec![b"h2".to_vec(), b"http/1.1".to_vec()] }
    }

    async fn connect(&self, address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        self.roots.iter().for_each(|root| roots.add(root.clone()).expect("a root"));
        let provider =
            rustls::crypto::CryptoProvider { cipher_suites: self.suites.clone(), ..rustls::crypto::aws_lc_rs::default_provider() };
        let builder = ClientConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(&self.versions).expect("versions");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = self.protocols.clone();
        let stream = TcpStream::connect(address).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(HOST).expect("a name"), stream).await
    }
}

/// Asks on an open connection and leaves it open; gives the head and the body.
async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await.expect("written");
    let mut text = Vec::new();
    while !text.ends_with(b"here") {
        let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut text)).await.expect("an answer").expect("an answer");
        assert!(read > 0, "the connection ended: {}", String::from_utf8_lossy(&text));
    }
    String::from_utf8(text).expect("text")
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().expect("a certificate")[0].clone().into_owned()
}

fn own(files: &Certificate) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(&files.chain).expect("a certificate")
}

/// NLI-25: with `Strict-Transport-Security` on every answer.
#[tokio::test]
async fn https_is_http_1_1_over_tls_1_2_or_1_3_and_pinned() {
    let served = Served::new().await;
    for version in [&TLS12, &TLS13] {
        let client = Client { versions: vec![version], ..Client::knowing(&[&served.files]) };
        let mut stream = client.connect(served.gate.address).await.expect("connected");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        for _ in 0..2 {
            let answer = ask(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("strict-transport-security: max-age=63072000"), "{answer}");
        }
    }
    let only_h2 = Client { protocols: vec![b"h2".to_vec()], ..Client::knowing(&[&served.files]) };
    assert!(only_h2.connect(served.gate.address).await.is_err());
    assert!(Client::knowing(&[&served.another("other")]).connect(served.gate.address).await.is_err(), "nobody else's certificate");
}

/// FAPI-01, FAPI-02, ADR-30, NLI-25: what the NCSC calls good or sufficient (2025), and nothing else.
#[tokio::test]
async fn every_suite_has_forward_secrecy_and_authenticates() {
    let served = Served::new().await;
    let mut taken = Vec::new();
    for suite in rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES {
        let client = Client { suites: vec![*suite], versions: vec![suite.version()], ..Client::knowing(&[&served.files]) };
        if let Ok(stream) = client.connect(served.gate.address).await {
            taken.push(format!("{:?}", stream.get_ref().1.negotiated_cipher_suite().expect("a suite").suite()));
        }
    }
    // Of the nine those that fit a key on an elliptic curve (RFC 9325 section 4.2; RFC 8446).
    let expected = [
        "TLS13_AES_256_GCM_SHA384",
        "TLS13_AES_128_GCM_SHA256",
        "TLS13_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    ];
    assert_eq!(taken, expected);
    // What no library of ours speaks any more, by hand: CBC, RC4 and RSA key exchange, in TLS 1.2.
    for suite in [0xc009_u16, 0xc013, 0xc023, 0x002f, 0x003c, 0x009c, 0x0005] {
        let answer = hello(served.gate.address, 0x0303, &[suite]).await;
        assert_eq!(answer.get(..1), Some(&[21][..]), "{suite:04x}: an alert (RFC 8446 section 5.1), not {answer:?}");
    }
}

/// FAPI-01, FAPI-02, ADR-30, NLI-25.
#[tokio::test]
async fn tls_1_1_and_older_are_refused() {
    let served = Served::new().await;
    for version in [0x0302, 0x0301, 0x0300] {
        let answer = hello(served.gate.address, version, &[0xc02b, 0xc009, 0x002f]).await;
        // Alert, fatal, protocol_version (RFC 8446 section 6.2).
        assert_eq!((answer.first(), answer.get(5..7)), (Some(&21), Some(&[2, 70][..])), "{version:04x}: {answer:?}");
    }
    let answer = hello(served.gate.address, 0x0303, &[0xc02b]).await;
    assert_eq!(answer.first(), Some(&22), "the same in TLS 1.2 is taken: a handshake, not {answer:?}");
}

/// A ClientHello (RFC 5246 section 7.4.1.2) without a library that would refuse to send it; gives what comes back first.
async fn hello(address: SocketAddr, version: u16, suites: &[u16]) -> Vec<u8> {
    let list = |bytes: Vec<u8>| [&(bytes.len() as u16).to_be_bytes()[..], &bytes].concat();
    let extension = |kind: u16, bytes: Vec<u8>| [&kind.to_be_bytes()[..], &list(bytes)].concat();
    let name = list([&[0][..], &list(HOST.as_bytes().to_vec())].concat());
    let extensions = [
        extension(0, name),
        extension(10, list(vec![0, 23])),
        extension(11, vec![1, 0]),
        extension(13, list(vec![4, 3, 4, 1])),
        extension(23, Vec::new()),
        extension(0xff01, vec![0]),
    ];
    let suites = list(suites.iter().flat_map(|suite| suite.to_be_bytes()).collect());
    let body = [&version.to_be_bytes()[..], &[7; 32], &[0], &suites, &[1, 0], &list(extensions.concat())].concat();
    let handshake = [&[1, 0][..], &list(body)].concat();
    let record = [&[22][..], &version.min(0x0301).to_be_bytes(), &list(handshake)].concat();
    let mut stream = TcpStream::connect(address).await.expect("a listener");
    stream.write_all(&record).await.expect("written");
    let mut answer = vec![0; 16];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await.expect("an answer").unwrap_or(0);
    answer.truncate(read);
    answer
}

#[tokio::test]
async fn a_replaced_certificate_is_taken_and_open_connections_go_on() {
    let served = Served::new().await;
    let (first, second, third) = (served.another("first"), served.another("second"), served.another("third"));
    first.replace(&served.files);
    assert!(served.certificates.look().expect("a pair"), "it is new");
    assert!(!served.certificates.look().expect("a pair"), "it is there already");
    let client = Client::knowing(&[&first, &second, &third]);
    let mut open = client.connect(served.gate.address).await.expect("connected");
    assert_eq!(shown(&open), own(&first));

    second.replace(&served.files);
    assert!(served.certificates.look().expect("a pair"));
    assert_eq!(shown(&client.connect(served.gate.address).await.expect("connected")), own(&second));
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200"), "it goes on");

    for (spoil, what) in [
        ((&third.chain, &served.files.chain), "half of a new pair"),
        ((&served.folder.path().join("openssl.conf"), &served.files.chain), "no certificate"),
        ((&served.folder.path().join("openssl.conf"), &served.files.key), "no key"),
    ] {
        std::fs::copy(spoil.0, spoil.1).expect("copied");
        assert!(served.certificates.look().is_err(), "{what}");
        assert_eq!(shown(&client.connect(served.gate.address).await.expect("connected")), own(&second), "{what}: the pair before");
    }
    std::fs::remove_file(&served.files.chain).expect("removed");
    assert!(served.certificates.look().is_err());
    third.replace(&served.files);
    assert!(served.certificates.look().expect("a pair"));
    assert_eq!(shown(&client.connect(served.gate.address).await.expect("connected")), own(&third));
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200"), "after all of that, too");
}

#[tokio::test]
async fn plain_http_on_its_port_is_told_so() {
    let outside = Trust { local: TrustedPeers::default(), ..Trust::new(TrustedPeers::default()) };
    let served = Served::start(outside, Limits::default()).await;
    let token = served.gate.issue(&["shop:things:read"]);
    for (target, headers) in [("/", vec![]), ("/forward-auth/shop", vec![]), ("/", vec![("Authorization", token.bearer())])] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = request(served.gate.address, "GET", target, &headers).await;
        assert_eq!((answer.status, answer.problem().as_str(), answer.header("location")), (403, "insecure_transport", None));
        assert!(answer.body.contains("https://") && answer.header("strict-transport-security").is_none(), "{answer:?}");
    }
    let noted: Vec<Digest> = served.gate.verifier.exposures().iter().map(|exposure| exposure.digest).collect();
    assert_eq!(noted, [Digest::of(token.text.as_bytes())]);
    // On the machine itself it is a mistake, but nobody could read it.
    let served = Served::new().await;
    let token = served.gate.issue(&["shop:things:read"]);
    let answer = request(served.gate.address, "GET", "/", &[("Authorization", &token.bearer())]).await;
    assert_eq!((answer.problem().as_str(), served.gate.verifier.exposures()), ("insecure_transport", Vec::new()));
}

#[tokio::test]
async fn who_says_nothing_is_cut_off() {
    let limits = Limits { header_seconds: 1, idle_seconds: 1, ..Limits::default() };
    let served = Served::start(Trust::new(TrustedPeers::default()), limits).await;
    for begin in [&b""[..], b"\x16", b"\x16\x03\x01\x01\x00", b"G"] {
        let mut stream = TcpStream::connect(served.gate.address).await.expect("a listener");
        stream.write_all(begin).await.expect("written");
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "{begin:?}");
    }
}

#[tokio::test]
async fn the_program_reads_a_renewed_certificate_at_sighup() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (Certificate::make(folder.path(), "first", HOST, 30), Certificate::make(folder.path(), "second", HOST, 30));
    let used = Certificate { chain: folder.path().join("used.pem"), key: folder.path().join("used.key") };
    first.replace(&used);
    let address: SocketAddr = format!("127.0.0.1:{}", testkit::free_port()).parse().expect("an address");
    let program = |arguments: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_poort"));
        command.args(arguments).arg("--data").arg(folder.path().join("data")).env_clear().kill_on_drop(true);
        command.env("POORT_TLS_CERTIFICATE_FILE", &used.chain).env("POORT_TLS_KEY_FILE", &used.key);
        command.env("POORT_PUBLIC_URL", format!("https://{HOST}")).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    };
    let server = program(&["serve", "--listen", &address.to_string()]).spawn().expect("started");
    let client = Client::knowing(&[&first, &second]);
    shows(&client, address, &first).await;
    let doctor = program(&["doctor", "--json"]).output().await.expect("ended");
    let found = String::from_utf8(doctor.stdout).expect("text");
    assert!(found.contains("cover poort.example") && found.contains("this server takes HTTPS only"), "{found}");

    second.replace(&used);
    hang_up(server.id().expect("it runs")).await;
    shows(&client, address, &second).await;
}

async fn hang_up(process: u32) {
    let status = tokio::process::Command::new("kill").args(["-HUP", &process.to_string()]).status().await;
    assert!(status.expect("kill").success());
}

/// Waits until the server shows this certificate.
async fn shows(client: &Client, address: SocketAddr, expected: &Certificate) {
    let waiting = async {
        loop {
            match client.connect(address).await {
                Ok(stream) if shown(&stream) == own(expected) => return,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the certificate");
}
