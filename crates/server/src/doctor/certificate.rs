//! What is wrong with the server's certificate, or soon will be, and whether credentials travel protected.

use std::path::Path;

use domain::Timestamp;
use gateway::TrustedPeers;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use x509_cert::der::Decode as _;

use super::{Finding, State, finding, private};
use crate::config::{Config, PlainHttp};
use crate::edge::{self, TlsError};

const WHAT: &str = "certificate";
/// Renewal tools replace a certificate of 90 days with 30 days left, one of 47 days with about 15.
const SOON_DAYS: i64 = 14;
const DAY: i64 = 86_400;

/// Examines everything that is about HTTPS.
pub(super) fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![transport(config)];
    if let Some((chain, key)) = config.tls() {
        // A group of its own for whoever may read keys is common.
        findings.push(private("TLS key file", key, 0o007, "chmod o-rwx"));
        match edge::read_certificates(chain, key) {
            Ok(pair) => findings.extend([validity(&pair.cert, now), names(config, &pair.cert)].into_iter().flatten()),
            Err(error) => findings.push(unusable(&error, chain, key)),
        }
    }
    findings
}

/// Whether credentials from other machines arrive, and protected.
fn transport(config: &Config) -> Finding {
    const WHAT: &str = "plain HTTP";
    let has_proxies = !config.trusted_proxies.is_empty();
    let look = |found: &str, todo: &str| finding(State::Attention, WHAT, found.to_owned(), todo.to_owned());
    if config.plain_http == PlainHttp::Anywhere {
        look(
            "credentials are taken over plain HTTP from everywhere (plain_http = anywhere)",
            "let whatever ends TLS in front of this tell X-Forwarded-Proto, name it in trusted_proxies, and set plain_http to loopback",
        )
    } else if config.tls().is_some() {
        finding(State::Good, WHAT, "refused: this server takes HTTPS only".to_owned(), String::new())
    } else if has_proxies || TrustedPeers::loopback().contains(config.listen.ip()) {
        let found = "credentials over plain HTTP are taken from this machine only";
        finding(State::Good, WHAT, found.to_owned(), String::new())
    } else {
        look(
            "there is neither a certificate nor a trusted proxy: every credential from another machine is refused",
            "set tls_certificate_file and tls_key_file, or trusted_proxies (docs/https.md)",
        )
    }
}

fn unusable(error: &TlsError, chain: &Path, key: &Path) -> Finding {
    let todo = match error {
        TlsError::File(_) => "look whether both files are there, readable for the user of the server, and PEM".to_owned(),
        TlsError::Unusable(_) => {
            format!("let {} be the private key of the first certificate in {}", key.display(), chain.display())
        }
    };
    finding(State::Bad, WHAT, error.to_string(), format!("{todo}; a running server goes on with the pair before, a start fails"))
}

/// The one that ends first counts: clients check each of them.
fn validity(chain: &[CertificateDer<'_>], now: Timestamp) -> Option<Finding> {
    let mut times = Vec::new();
    for certificate in chain {
        let Ok(certificate) = x509_cert::Certificate::from_der(certificate) else {
            let todo = "have the certificate made again".to_owned();
            return Some(finding(State::Bad, WHAT, "its times cannot be read".to_owned(), todo));
        };
        let validity = certificate.tbs_certificate.validity;
        let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs() as i64;
        times.push((seconds(validity.not_before), seconds(validity.not_after)));
    }
    let begin = times.iter().map(|(begin, _)| *begin).max()?;
    let end = times.iter().map(|(_, end)| *end).min()?;
    let told = |state, found: String, todo: &str| Some(finding(state, WHAT, found, todo.to_owned()));
    let (from, until) = (Timestamp::from_unix_seconds(begin), Timestamp::from_unix_seconds(end));
    match end - now.unix_seconds() {
        _ if begin > now.unix_seconds() => told(State::Bad, format!("counts only from {from}"), "look at this machine's clock"),
        left if left <= 0 => told(State::Bad, format!("ended at {until}"), "renew it: every client refuses it"),
        left if left < SOON_DAYS * DAY => {
            told(State::Attention, format!("ends at {until}, in {} days", left / DAY), "renew it, and look why nothing did so by itself")
        }
        left => told(State::Good, format!("counts until {until}, for {} days", left / DAY), ""),
    }
}

/// Whether clients that follow `public_url` find its host in the certificate (RFC 9525).
fn names(config: &Config, chain: &[CertificateDer<'_>]) -> Option<Finding> {
    const WHAT: &str = "certificate's names";
    if config.public_url.is_empty() {
        let todo = "set public_url to the address under which it is reached".to_owned();
        return Some(finding(State::Attention, WHAT, "there is no public_url to compare them with".to_owned(), todo));
    }
    let rest = config.public_url.split_once("://").map_or("", |(_, rest)| rest).trim_end_matches('/');
    let host = match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => rest,
    };
    let host = host.trim_matches(['[', ']']);
    let leaf = ParsedCertificate::try_from(chain.first()?).ok();
    let name = ServerName::try_from(host).ok();
    let covered = leaf.zip(name).is_some_and(|(leaf, name)| verify_server_name(&leaf, &name).is_ok());
    Some(match covered {
        true if config.public_url.starts_with("http://") => {
            let todo = "let public_url begin with https://".to_owned();
            finding(State::Bad, WHAT, format!("public_url is {}, and this server takes HTTPS only", config.public_url), todo)
        }
        true => finding(State::Good, WHAT, format!("cover {host}"), String::new()),
        false => {
            let todo = format!("have a certificate made for {host}, or correct public_url");
            finding(State::Bad, WHAT, format!("do not cover {host}, the host of public_url"), todo)
        }
    })
}

#[cfg(test)]
mod tests {
    use domain::time::Clock as _;
    use testkit::Certificate;

    use super::*;
    use crate::system::SystemClock;

    fn config(certificate: &Certificate, public_url: &str) -> Config {
        Config {
            tls_certificate_file: Some(certificate.chain.clone()),
            tls_key_file: Some(certificate.key.clone()),
            public_url: public_url.to_owned(),
            ..Config::default()
        }
    }

    /// How the certificate and its names are found to be, so many days from now.
    fn found(config: &Config, days: i64) -> Vec<(State, String)> {
        let now = Timestamp::from_unix_seconds(SystemClock.now().unix_seconds() + days * DAY);
        let findings = examine(config, now).into_iter().filter(|finding| finding.what.starts_with(WHAT));
        findings.map(|finding| (finding.state, finding.found)).collect()
    }

    #[test]
    fn the_end_of_a_certificate_is_told_in_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = Certificate::make(folder.path(), "a", "poort.example", 60);
        let config = config(&certificate, "https://poort.example/");
        for (days, expected) in [(0, State::Good), (45, State::Good), (47, State::Attention), (61, State::Bad), (-2, State::Bad)] {
            let findings = found(&config, days);
            assert_eq!(findings.iter().map(|(state, _)| *state).collect::<Vec<_>>(), [expected, State::Good], "{days}: {findings:?}");
        }
    }

    #[test]
    fn a_certificate_is_for_the_host_that_people_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let (name, address) =
            (Certificate::make(folder.path(), "a", "*.example.org", 60), Certificate::make(folder.path(), "b", "192.0.2.7", 60));
        for (certificate, url, expected) in [
            (&name, "https://poort.example.org", State::Good),
            (&name, "https://poort.example.org:8443", State::Good),
            (&name, "https://example.org", State::Bad),
            (&name, "https://poort.example.net", State::Bad),
            (&name, "http://poort.example.org", State::Bad),
            (&name, "", State::Attention),
            (&address, "https://192.0.2.7:8443/", State::Good),
            (&address, "https://192.0.2.8", State::Bad),
            (&address, "https://[2001:db8::1]:8443", State::Bad),
        ] {
            assert_eq!(found(&config(certificate, url), 0)[1].0, expected, "{url}");
        }
    }

    #[test]
    fn a_key_that_is_another_ones_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (Certificate::make(folder.path(), "a", "a", 60), Certificate::make(folder.path(), "b", "b", 60));
        let mixed = Certificate { key: other.key, ..one.clone() };
        let findings = found(&config(&mixed, "https://a"), 0);
        assert!(matches!(&findings[..], [(State::Bad, found)] if found.contains("KeyMismatch")), "{findings:?}");
        let missing = Certificate { chain: folder.path().join("none.pem"), ..one };
        assert_eq!(found(&config(&missing, "https://a"), 0)[0].0, State::Bad);
    }

    #[test]
    fn whoever_lets_credentials_travel_in_the_clear_is_told() {
        let state = |config: Config| transport(&config).state;
        assert_eq!(state(Config::default()), State::Good);
        let outside = Config { listen: ([0, 0, 0, 0], 8400).into(), ..Config::default() };
        assert_eq!(state(outside.clone()), State::Attention);
        assert_eq!(state(Config { trusted_proxies: vec!["10.0.0.1".to_owned()], ..outside }), State::Good);
        assert_eq!(state(Config { plain_http: PlainHttp::Anywhere, ..Config::default() }), State::Attention);
    }
}
