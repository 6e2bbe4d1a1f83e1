//! How letters leave: through a mail server (SMTP, RFC 5321), or into a folder while one develops.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::LetterId;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use serde::{Deserialize, Serialize};

use super::mailbox::keep;
use super::message::Ready;
use crate::config::{Config, Problem};
use crate::node::{StartError, make_private_folder};

const CONNECT: Duration = Duration::from_secs(10);

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// TLS that begins after a greeting (RFC 3207), on port 587. A server that does not offer it gets nothing.
    StartTls,
    /// TLS from the first byte (RFC 8314), on port 465.
    Tls,
    /// None, on port 25: for a mail server on this machine only.
    None,
}

/// What takes letters.
pub(crate) enum Transport {
    /// A mail server, and how long sending one letter may take.
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>, Duration),
    /// A folder.
    Mailbox(PathBuf),
}

/// Why a letter was not taken. Its cause names nobody.
pub(crate) struct Unsent {
    pub(crate) cause: String,
    /// Whether it never will be.
    pub(crate) forever: bool,
}

impl Transport {
    /// As configured; none, where letters are off.
    pub(crate) fn of(config: &Config) -> Result<Option<Self>, StartError> {
        if let Some(folder) = &config.mailbox {
            make_private_folder(folder)?;
            return Ok(Some(Self::Mailbox(folder.clone())));
        }
        if config.smtp_server.is_empty() {
            Ok(None)
        } else {
            smtp(config).map(|transport| Some(Self::Smtp(Box::new(transport), Duration::from_secs(config.smtp_timeout_seconds.into()))))
        }
    }

    /// Whether there is one.
    pub(crate) fn is_configured(config: &Config) -> bool {
        config.mailbox.is_some() || !config.smtp_server.is_empty()
    }

    /// Hands a letter over. When this returns well, somebody else keeps it.
    pub(super) async fn send(&self, id: LetterId, ready: Ready) -> Result<(), Unsent> {
        match self {
            Self::Smtp(transport, timeout) => match tokio::time::timeout(*timeout, transport.send(ready.message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(refused(&error)),
                Err(_) => Err(Unsent { cause: "the mail server takes too long".to_owned(), forever: false }),
            },
            Self::Mailbox(folder) => {
                let folder = folder.clone();
                let kept = tokio::task::spawn_blocking(move || keep(&folder, id, &ready)).await;
                let kept = kept.unwrap_or_else(|_| Err(std::io::Error::other("the task ended")));
                kept.map_err(|error| Unsent { cause: format!("the mailbox: {error}"), forever: false })
            }
        }
    }
}

/// What the operator must correct, before anything is started.
pub(crate) fn problems(config: &Config) -> Vec<Problem> {
    let problem = |setting: &str, problem: &str| Problem { setting: setting.to_owned(), problem: problem.to_owned() };
    let mut problems = Vec::new();
    if config.smtp_server.is_empty() {
        return problems;
    }
    if config.mailbox.is_some() {
        problems.push(problem("mailbox", "stands beside smtp_server: letters go to one of the two"));
    }
    if config.mail_from.is_empty() {
        problems.push(problem("mail_from", "must stand beside smtp_server"));
    }
    if config.smtp_security == SmtpSecurity::None && !is_here(host_of(config).0) {
        problems.push(problem("smtp_security", "may be none for a mail server on this machine only, such as 127.0.0.1"));
    }
    if config.smtp_username.is_empty() != config.smtp_password_file.is_none() {
        problems.push(problem("smtp_username", "and smtp_password_file must stand beside each other"));
    }
    problems
}

/// Host and port of a setting such as `mail.example.org`, `mail.example.org:2525` or `[::1]:25`.
pub(crate) fn parse_server(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port.parse().ok()?)),
        _ => (text, None),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_name = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    (is_name || bare.parse::<IpAddr>().is_ok()).then_some((bare, port))
}

fn host_of(config: &Config) -> (&str, u16) {
    let (host, port) = parse_server(&config.smtp_server).unwrap_or((&config.smtp_server, None));
    let usual = match config.smtp_security {
        SmtpSecurity::StartTls => 587,
        SmtpSecurity::Tls => 465,
        SmtpSecurity::None => 25,
    };
    (host, port.unwrap_or(usual))
}

/// A name could be another address tomorrow.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn smtp(config: &Config) -> Result<AsyncSmtpTransport<Tokio1Executor>, StartError> {
    let (host, port) = host_of(config);
    let wrong = |error: lettre::transport::smtp::Error| StartError::Configuration(format!("smtp_server: {error}"));
    let parameters = || -> Result<TlsParameters, StartError> {
        let mut parameters = TlsParameters::builder(host.to_owned());
        if let Some(file) = &config.smtp_root_certificate_file {
            let pem = std::fs::read(file).map_err(StartError::file(file))?;
            parameters = parameters.certificate_store(CertificateStore::None);
            for certificate in pem_certificates(&pem).ok_or_else(|| StartError::Configuration(no_certificate(file)))? {
                parameters = parameters.add_root_certificate(certificate);
            }
        }
        parameters.build_rustls().map_err(wrong)
    };
    let tls = match config.smtp_security {
        SmtpSecurity::StartTls => Tls::Required(parameters()?),
        SmtpSecurity::Tls => Tls::Wrapper(parameters()?),
        SmtpSecurity::None => Tls::None,
    };
    let mut builder =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host).port(port).tls(tls).timeout(Some(CONNECT)).hello_name(hello(config));
    if let Some(file) = &config.smtp_password_file {
        let password = std::fs::read_to_string(file).map_err(StartError::file(file))?;
        builder = builder.credentials(Credentials::new(config.smtp_username.clone(), password.trim_end_matches(['\r', '\n']).to_owned()));
    }
    Ok(builder.build())
}

fn no_certificate(file: &Path) -> String {
    format!("smtp_root_certificate_file: {} holds no certificate in PEM", file.display())
}

fn pem_certificates(pem: &[u8]) -> Option<Vec<Certificate>> {
    let text = std::str::from_utf8(pem).ok()?;
    const END: &str = "-----END CERTIFICATE-----";
    let blocks = text.split_inclusive(END).filter(|block| block.contains("-----BEGIN CERTIFICATE-----"));
    let found: Vec<Certificate> = blocks.map(|block| Certificate::from_pem(block.as_bytes()).ok()).collect::<Option<_>>()?;
    (!found.is_empty()).then_some(found)
}

/// What this machine calls itself in its greeting: the name under which people reach it.
fn hello(config: &Config) -> ClientId {
    let host = super::message::host(&config.base_url()).to_owned();
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host),
    }
}

/// A mail server's words may hold the address that they are about: only their code is kept (RFC 5321 section 4.2). What it says of
/// this letter (sender, recipient, content) with a 5 is its last word; that it does not know us, or wants another password, an
/// operator can mend.
fn refused(error: &lettre::transport::smtp::Error) -> Unsent {
    let Some(code) = error.status() else {
        let what = if error.is_tls() { "TLS with the mail server failed" } else { "the mail server cannot be reached" };
        return Unsent {
            cause: if error.is_timeout() { "the mail server takes too long".to_owned() } else { what.to_owned() },
            forever: false,
        };
    };
    let ours = [421, 500, 501, 502, 503, 504, 521, 530, 534, 535, 538].contains(&u16::from(code));
    Unsent { cause: format!("the mail server answers {code}"), forever: error.is_permanent() && !ours }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_with_and_without_a_port() {
        assert_eq!(parse_server("mail.example.org"), Some(("mail.example.org", None)));
        assert_eq!(parse_server("mail.example.org:2525"), Some(("mail.example.org", Some(2525))));
        assert_eq!(parse_server("[::1]:25"), Some(("::1", Some(25))));
        assert_eq!(parse_server("127.0.0.1:1025"), Some(("127.0.0.1", Some(1025))));
        for bad in ["", "mail.example.org:", "mail:99999", "smtp://mail", "a b", "mail\r\nEHLO"] {
            assert_eq!(parse_server(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_told_before_the_start() {
        let fits = Config { smtp_server: "127.0.0.1".to_owned(), mail_from: "poort@example.org".to_owned(), ..Config::default() };
        let settings = |config: Config| problems(&config).into_iter().map(|problem| problem.setting).collect::<Vec<_>>();
        assert_eq!(settings(fits.clone()), Vec::<String>::new());
        assert_eq!(settings(Config { smtp_security: SmtpSecurity::None, ..fits.clone() }), Vec::<String>::new());
        let out = Config { smtp_server: "mail.example.org".to_owned(), smtp_security: SmtpSecurity::None, ..fits.clone() };
        assert_eq!(settings(out), ["smtp_security"]);
        assert_eq!(settings(Config { mail_from: String::new(), ..fits.clone() }), ["mail_from"]);
        assert_eq!(settings(Config { smtp_username: "poort".to_owned(), ..fits.clone() }), ["smtp_username"]);
        assert_eq!(settings(Config { mailbox: Some("mail".into()), ..fits }), ["mailbox"]);
    }
}
