//! Throw-away certificates, made with the program `openssl`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A certificate that signed itself, and its key, in files.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate, PEM.
    pub chain: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

impl Certificate {
    /// Makes one for this host name or address and so many days, in files named after `name`.
    pub fn make(folder: &Path, name: &str, host: &str, days: u32) -> Self {
        let made = Self { chain: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) };
        let configuration = folder.join("openssl.conf");
        std::fs::write(&configuration, "[req]\ndistinguished_name=dn\n[dn]\n").expect("written");
        let kind = if host.parse::<std::net::IpAddr>().is_ok() { "IP" } else { "DNS" };
        let (names, days) = (format!("subjectAltName={kind}:{host}"), days.to_string());
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=throw-away"]);
        openssl.args(["-addext", &names, "-addext", "basicConstraints=critical,CA:FALSE", "-days", &days, "-config"]).arg(configuration);
        openssl.arg("-keyout").arg(&made.key).arg("-out").arg(&made.chain).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(openssl.status().expect("the program openssl").success(), "{openssl:?}");
        made
    }

    /// Puts it in the place of another one, as whoever renews certificates does.
    pub fn replace(&self, other: &Self) {
        for (new, old) in [(&self.chain, &other.chain), (&self.key, &other.key)] {
            std::fs::copy(new, old).expect("copied");
        }
    }
}
