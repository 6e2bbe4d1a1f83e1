//! Configuration: one table of settings, from the defaults, a TOML file, the environment and flags, in that order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::credential::Installation;
use domain::permission::Permission;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::Serialize;

use crate::console::provider::SignInProvider;
use crate::letter::{self, SmtpSecurity};

mod choice;
mod flags;
mod theme;
mod toml;

pub use choice::{LogFormat, LogLevel, PlainHttp};
pub use flags::Flags;
pub use theme::Theme;
pub(crate) use toml::without_password;
use toml::{toml_text, toml_value};

/// A problem of the configuration: which setting, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct Problem {
    /// The setting.
    pub setting: String,
    /// What is wrong.
    pub problem: String,
}

/// A setting, for the documents.
pub struct Setting {
    /// Its name in the file; in the environment it is `POORT_` and the name in capitals.
    pub name: &'static str,
    /// The default, as written in the file.
    pub default: fn() -> String,
    /// What it may be.
    pub bound: &'static str,
    /// What it is for.
    pub doc: &'static str,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:expr, $bound:literal, $fits:expr;)*) => {
        /// All settings of a server.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $name: $type,)*
        }

        /// Every setting, in the order of the documents.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            default: || toml_text(&{ let default: $type = $default; default }),
            bound: $bound,
            doc: concat!($($doc),+),
        },)*];

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Config {
            fn from_figment(figment: &Figment) -> Result<Self, Vec<Problem>> {
                let mut problems = unknown_settings(figment);
                let mut config = Self::default();
                $(match figment.extract_inner::<$type>(stringify!($name)) {
                    Ok(value) => {
                        let fits: fn(&$type) -> bool = $fits;
                        if fits(&value) {
                            config.$name = value;
                        } else {
                            problems.push(Problem { setting: stringify!($name).to_owned(), problem: concat!("must be ", $bound).to_owned() });
                        }
                    }
                    Err(error) => problems.push(Problem { setting: stringify!($name).to_owned(), problem: format!("must be {}: {error}", $bound) }),
                })*
                if problems.is_empty() { Ok(config) } else { Err(problems) }
            }
        }
    };
}

settings! {
    /// The folder of the embedded database, the keys and the first operator token. Made with mode 0700.
    data: PathBuf = PathBuf::from("data"), "a folder", |path| !path.as_os_str().is_empty();
    /// Where the server listens.
    listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8400)), "an address and a port", |_| true;
    /// Where `/metrics` is served, for Prometheus: an address that only monitoring reaches, as it asks for no credential.
    /// Left out: nowhere. See `docs/metrics.md`.
    metrics_listen: Option<SocketAddr> = None, "an address and a port", |_| true;
    /// A PEM file with the server's certificate and those between it and its root: with it and `tls_key_file`, `listen` takes HTTPS
    /// only. Replaced files are noticed within five seconds, and at SIGHUP. See `docs/https.md`.
    tls_certificate_file: Option<PathBuf> = None, "a PEM file", |_| true;
    /// A PEM file with the private key of that certificate.
    tls_key_file: Option<PathBuf> = None, "a PEM file", |_| true;
    /// The URL under which people and programs reach the server. Empty: `http://` or `https://` and the address of `listen`.
    public_url: String = String::new(), "an http or https URL without a path, or empty", |url| url.is_empty() || is_base_url(url);
    /// What the installation is called, at the top of every page.
    name: String = "Poort".to_owned(), "1 to 60 characters", |name| domain::text::line(name, 1, 60).is_ok();
    /// How the pages look: `[theme]` with `bar`, `accent` and `accent_dark` (colours such as `"#1c2f66"`), `logo_file` and `style_file`. See
    /// `docs/themes.md`.
    theme: Theme = Theme::default(), "colours that can be read: text in or on them has a contrast of 4.5 at least", Theme::is_readable;
    /// The database: empty for the embedded one in `data`, or `sqlite:PATH`, or `postgres://USER@HOST/NAME`.
    database: String = String::new(), "empty, sqlite:PATH or postgres://…", |_| true;
    /// A file with the password of the PostgreSQL user, so that it is in no URL and no process list.
    database_password_file: Option<PathBuf> = None, "a file", |_| true;
    /// A PEM file with the certificates that PostgreSQL's certificate must descend from. With it, connections use TLS.
    database_root_certificate_file: Option<PathBuf> = None, "a file", |_| true;
    /// How many connections read from the database at once.
    database_readers: u32 = 4, "1 to 64", |readers| (1..=64).contains(readers);
    /// After how many milliseconds a statement that does not answer is an outage.
    database_timeout_milliseconds: u64 = 5_000, "100 to 60000", |timeout| (100..=60_000).contains(timeout);
    /// The letters with which credentials of this installation begin. Chosen at the first start; a later change
    /// concerns new credentials only.
    installation: String = "prt".to_owned(), "2 to 4 lower-case letters", |text| Installation::new(text).is_ok();
    /// The file of the master key, under which server keys are encrypted in the database. Empty: the systemd credential
    /// `poort-master-key` if there is one, else `master-key` in `data`, made at the first start with mode 0600.
    master_key_file: Option<PathBuf> = None, "a file of 32 bytes", |_| true;
    /// Where systemd puts the credentials of the service (`LoadCredential=`). Set by systemd, in the variable
    /// `CREDENTIALS_DIRECTORY`.
    credentials_directory: Option<PathBuf> = None, "a folder", |_| true;
    /// The proxies whose word about the original request is taken, for forward-auth: addresses or networks.
    trusted_proxies: Vec<String> = Vec::new(), "addresses such as 127.0.0.1 or networks such as 10.1.0.0/16", |_| true;
    /// From where credentials are taken over plain HTTP: `loopback`, only from this machine itself; what comes from elsewhere is
    /// refused (`insecure_transport`) and marked as exposed. `anywhere` is for where TLS ends in front of this server at something
    /// that does not tell so with `X-Forwarded-Proto`: then nobody notices a credential that travelled in the clear.
    plain_http: PlainHttp = PlainHttp::Loopback, "loopback or anywhere", |_| true;
    /// For how many milliseconds a node may answer from its index after a renewal of its lease (PostgreSQL only). When a
    /// node vanishes, one ending waits for it, 1.23 times as long; while the database is away for longer, nodes answer 503.
    /// 3000 is for fast endings, 30000 rides out a failover of 20 s. Not the same on all nodes: the longest counts.
    lease_milliseconds: u64 = 3_000, "1000 to 60000", |lease| (1_000..=60_000).contains(lease);
    /// A node that is more changes than this behind the others loads a snapshot instead of applying them one by one
    /// (PostgreSQL only). It answers 503 meanwhile.
    reload_after_changes: u32 = 100_000, "10 to 10000000", |changes| (10..=10_000_000).contains(changes);
    /// Every how many milliseconds counted uses are written: "last used" may be late by this much, and by as
    /// much again for every 20000 credentials that are in use at the same time.
    usage_flush_milliseconds: u64 = 5_000, "100 to 600000", |interval| (100..=600_000).contains(interval);
    /// For how many milliseconds a server that is told to stop (SIGTERM) goes on answering while `/readyz` says that it is
    /// not ready, so that whoever sends it requests notices. Twice the interval at which your load balancer asks; 0 without one.
    drain_milliseconds: u64 = 0, "0 to 300000", |drain| *drain <= 300_000;
    /// For how many milliseconds after that running requests may finish; what runs longer is cut off. More than 1.23
    /// leases, so that a change that waits for a vanished node gets its answer.
    stop_milliseconds: u32 = 5_000, "100 to 300000", |stop| (100..=300_000).contains(stop);
    /// After how many minutes without use a person in a browser must sign in again.
    session_idle_minutes: u64 = 480, "5 to 43200", |minutes| (5..=43_200).contains(minutes);
    /// After how many hours a person in a browser must sign in again, however much it is used.
    session_hours: u64 = 168, "1 to 2160", |hours| (1..=2_160).contains(hours);
    /// Whether anybody may make an account for themselves at `/sign-up`. Otherwise people come in by an invitation, or are made known by
    /// an operator or an owner. Whoever signs up is a member of nothing yet. Needs mail: see `docs/sign-in.md`.
    sign_up_open: bool = false, "true or false", |_| true;
    /// Whether the pages for operators ask that whoever opens them has a second factor: an app that shows codes, or a passkey. These
    /// pages reach into every organisation.
    operators_need_second_factor: bool = true, "true or false", |_| true;
    /// Providers of OpenID Connect with which people may sign in: `[[sign_in_providers]]` with `name` (in URLs), `label` (on the
    /// button), `issuer`, `client_id`, `client_secret_file` and `scopes`. See `docs/sign-in.md`.
    sign_in_providers: Vec<SignInProvider> = Vec::new(), "tables with different names and https issuers", |all| SignInProvider::fit(all);
    /// The mail server that letters are sent through: a name or address, with a port where it is not the usual one. Empty: no letters are
    /// sent, unless there is a `mailbox`. See `docs/mail.md`.
    smtp_server: String = String::new(), "such as mail.example.org or mail.example.org:2525, or empty", |text| text.is_empty() || letter::parse_server(text).is_some();
    /// How the connection to it is protected: `starttls` (port 587), `tls` from the first byte (port 465), or `none` (port 25), which is
    /// for a mail server on this machine only.
    smtp_security: SmtpSecurity = SmtpSecurity::StartTls, "starttls, tls or none", |_| true;
    /// The name to sign in to the mail server with.
    smtp_username: String = String::new(), "a name, or empty", |_| true;
    /// A file with the password for it.
    smtp_password_file: Option<PathBuf> = None, "a file", |_| true;
    /// A PEM file with the certificates that the mail server's certificate must descend from, where that is not a public one.
    smtp_root_certificate_file: Option<PathBuf> = None, "a PEM file", |_| true;
    /// After how many seconds a mail server that has not taken a letter is asked again later. Less than the minute for which one node has it.
    smtp_timeout_seconds: u32 = 40, "1 to 50", |seconds| (1..=50).contains(seconds);
    /// The address that letters come from.
    mail_from: String = String::new(), "a mail address, or empty", |text| text.is_empty() || domain::text::Email::new(text).is_ok();
    /// A folder that letters are written to instead, one file each, for trying: nobody gets them.
    mailbox: Option<PathBuf> = None, "a folder", |_| true;
    /// Networks inside yours that the server may ask all the same, where a provider or another address that it was given leads
    /// there. What is not here and not public is never asked.
    outbound_networks: Vec<String> = Vec::new(), "addresses such as 10.1.2.3 or networks such as 10.1.0.0/16", |networks| are_networks(networks);
    /// Whether programs may register themselves as clients (RFC 7591) without a token.
    registration_open: bool = false, "true or false", |_| true;
    /// A file with the token that programs register themselves with otherwise, of 32 characters at least. See `docs/registration.md`.
    registration_token_file: Option<PathBuf> = None, "a file", |_| true;
    /// What a person may let a program do that registered itself: names of permissions. None: only to know who they are.
    registration_permissions: Vec<String> = Vec::new(), "names such as shop:things:read", |names| names.iter().all(|name| Permission::new(name).is_ok());
    /// After how many days a program that registered itself is ended if nobody has authorised it by then.
    registration_unused_days: u32 = 7, "1 to 365", |days| (1..=365).contains(days);
    /// For how many seconds an access token of OAuth works, unless it is ended before.
    access_token_seconds: u32 = 3_600, "60 to 86400", |seconds| (60..=86_400).contains(seconds);
    /// For how many hours the refresh tokens that come of one consent work, all together.
    refresh_token_hours: u32 = 720, "1 to 8760", |hours| (1..=8_760).contains(hours);
    /// For how many hours a refresh token that nobody uses works; 6 at most for clients of the profile `nlgov`.
    refresh_idle_hours: u32 = 360, "1 to 8760", |hours| (1..=8_760).contains(hours);
    /// For how many seconds a refresh token that was exchanged for its successor gives the same one again, so that a request that was
    /// sent twice signs nobody out. A use after that ends all that came of the consent.
    refresh_overlap_seconds: u32 = 10, "0 to 60", |seconds| *seconds <= 60;
    /// For how many seconds an ended credential is told apart from an unknown one.
    tombstone_seconds: u32 = 86_400, "60 to 2592000", |seconds| (60..=2_592_000).contains(seconds);
    /// The algorithms that there are keys for from the first start, to sign tokens with. There is one of another algorithm as soon
    /// as a client or an API asks for it.
    signing_algorithms: Vec<String> = vec!["ES256".to_owned()], "a list of ES256, EdDSA and RS256", |names| is_signed_with(names);
    /// After how many days a signing key gets a successor.
    signing_key_days: u32 = 90, "1 to 730", |days| (1..=730).contains(days);
    /// For how many seconds a new signing key is in the JWK set before it signs. Others may keep a copy of the set for that long.
    signing_key_publish_seconds: u32 = 86_400, "0 to 604800", |seconds| *seconds <= 604_800;
    /// For how many seconds a signing key stays in the JWK set after it has signed for the last time: at least as long as the longest
    /// token lives. Then it is destroyed.
    signing_key_keep_seconds: u32 = 604_800, "3600 to 31536000", |seconds| (3_600..=31_536_000).contains(seconds);
    /// How the log is written.
    log_format: LogFormat = LogFormat::Text, "text or json", |_| true;
    /// How much is logged.
    log_level: LogLevel = LogLevel::Info, "error, warn, info, debug or trace", |_| true;
}

impl Config {
    /// Reads the configuration: defaults, then the file, then the environment, then flags. All problems at once.
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, Vec<Problem>> {
        let config = Self::from_figment(&sources(file, flags)?)?;
        let mut problems = letter::problems(&config);
        match (&config.tls_certificate_file, &config.tls_key_file) {
            (Some(_), None) => problems.push(without("tls_key_file", "must stand beside tls_certificate_file")),
            (None, Some(_)) => problems.push(without("tls_certificate_file", "must stand beside tls_key_file")),
            _ => {}
        }
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The configuration in force as a TOML file, with the source of each setting. It holds no secret: passwords and keys
    /// are in files of their own, and a password in a URL is left out.
    pub fn shown(file: Option<&Path>, flags: &Flags) -> Result<String, Vec<Problem>> {
        let figment = sources(file, flags)?;
        let config = Self::from_figment(&figment)?;
        let Ok(serde_json::Value::Object(values)) = serde_json::to_value(config) else { return Ok(String::new()) };
        let line = |setting: &Setting| {
            let source = figment.find_metadata(setting.name).map_or("default", |metadata| source_name(&metadata.name));
            match values.get(setting.name) {
                None | Some(serde_json::Value::Null) => format!("# {} =    # {source}\n", setting.name),
                Some(serde_json::Value::String(text)) => {
                    format!("{} = {}    # {source}\n", setting.name, toml_text(&without_password(text)))
                }
                Some(value) => format!("{} = {}    # {source}\n", setting.name, toml_value(value)),
            }
        };
        Ok(SETTINGS.iter().map(line).collect())
    }

    /// The URL under which the server is reached.
    pub fn base_url(&self) -> String {
        let scheme = if self.tls().is_some() { "https" } else { "http" };
        if self.public_url.is_empty() { format!("{scheme}://{}", self.listen) } else { self.public_url.trim_end_matches('/').to_owned() }
    }

    /// The files of the certificate and of its key, where `listen` takes HTTPS.
    pub fn tls(&self) -> Option<(&Path, &Path)> {
        Some((self.tls_certificate_file.as_deref()?, self.tls_key_file.as_deref()?))
    }
}

fn without(setting: &str, problem: &str) -> Problem {
    Problem { setting: setting.to_owned(), problem: problem.to_owned() }
}

/// The page `docs/configuration.md`.
pub fn document() -> String {
    let mut page = String::from(
        "# Configuration\n\nGenerated from `crates/server/src/config.rs` by `cargo xtask docs`.\n\n\
         A setting comes from its default, then the TOML file given with `--config`, then the environment (`POORT_` and the\n\
         name in capitals), then a flag. `poort config check` tells all problems at once; `poort config show` prints what is in force.\n\n\
         | setting | default | must be | what it is for |\n| --- | --- | --- | --- |\n",
    );
    for setting in SETTINGS {
        let doc = setting.doc.trim().replace('|', "\\|");
        page.push_str(&format!("| `{}` | `{}` | {} | {doc} |\n", setting.name, (setting.default)(), setting.bound));
    }
    page
}

fn sources(file: Option<&Path>, flags: &Flags) -> Result<Figment, Vec<Problem>> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(file) = file {
        if !file.is_file() {
            return Err(vec![Problem { setting: "--config".to_owned(), problem: format!("there is no file {}", file.display()) }]);
        }
        figment = figment.merge(Toml::file_exact(file));
    }
    let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    // The only variable that is not ours (systemd.exec(5), "CREDENTIALS_DIRECTORY").
    let figment = figment.merge(Env::raw().only(&["CREDENTIALS_DIRECTORY"]));
    Ok(figment.merge(Env::prefixed("POORT_").only(&names)).merge(Serialized::defaults(flags)))
}

/// Who gave a setting, in an operator's words; figment names its providers for programmers.
fn source_name(provider: &str) -> &'static str {
    if provider.contains("environment") {
        "environment"
    } else if provider.contains("TOML") {
        "file"
    } else if provider.contains("Flags") {
        "flag"
    } else {
        "default"
    }
}

fn unknown_settings(figment: &Figment) -> Vec<Problem> {
    let known = |name: &str| SETTINGS.iter().any(|setting| setting.name == name);
    let values = match figment.extract::<figment::value::Dict>() {
        Ok(values) => values,
        Err(error) => return vec![Problem { setting: "file".to_owned(), problem: error.to_string() }],
    };
    let unknown = values.keys().filter(|name| !known(name));
    unknown.map(|name| Problem { setting: name.clone(), problem: "there is no such setting".to_owned() }).collect()
}

fn is_signed_with(names: &[String]) -> bool {
    names.iter().all(|name| jose::Algorithm::parse(name).is_some_and(|algorithm| authority::Purpose::of_signing(algorithm).is_some()))
}

fn are_networks(texts: &[String]) -> bool {
    texts.iter().all(|text| text.parse::<gateway::Network>().is_ok())
}

fn is_base_url(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.map(|host| host.trim_end_matches('/')).is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    #[test]
    fn flags_win_over_the_file() {
        let file = file("listen = \"127.0.0.1:9000\"\ntombstone_seconds = 120\n");
        let flags = Flags { listen: Some(([127, 0, 0, 1], 9_001).into()), ..Flags::default() };
        let config = Config::load(Some(file.path()), &flags).expect("valid");
        assert_eq!((config.listen.port(), config.tombstone_seconds), (9_001, 120));
    }

    #[test]
    fn a_certificate_and_its_key_stand_together() {
        let problems = |text: &str| Config::load(Some(file(text).path()), &Flags::default()).map(|config| config.base_url());
        let alone = problems("tls_key_file = \"key.pem\"").expect_err("half of a pair");
        assert_eq!(alone[0].setting, "tls_certificate_file");
        let both = problems("tls_key_file = \"key.pem\"\ntls_certificate_file = \"chain.pem\"");
        assert_eq!(both.expect("a pair"), "https://127.0.0.1:8400");
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let wrong = "listen = \"nowhere\"\ntombstone_seconds = 1\ncolour = \"red\"\ninstallation = \"TOO LONG\"\n";
        let file = file(&format!("{wrong}signing_algorithms = [\"ES256\", \"PS256\"]\n"));
        let problems = Config::load(Some(file.path()), &Flags::default()).expect_err("invalid");
        let settings: Vec<&str> = problems.iter().map(|problem| problem.setting.as_str()).collect();
        for setting in ["listen", "tombstone_seconds", "colour", "installation", "signing_algorithms"] {
            assert!(settings.contains(&setting), "{setting} in {settings:?}");
        }
        assert!(Config::load(Some(Path::new("/nowhere/poort.toml")), &Flags::default()).is_err());
    }

    #[test]
    fn what_is_shown_can_be_read_back_and_holds_no_password() {
        let provider = "[[sign_in_providers]]\nname = \"work\"\nlabel = \"Work\"\nissuer = \"https://id.example\"\nclient_id = \"poort\"\n";
        let with_provider = Config::load(Some(file(provider).path()), &Flags::default()).expect("valid");
        let shown = Config::shown(Some(file(provider).path()), &Flags::default()).expect("valid");
        assert_eq!(Config::load(Some(file(&shown).path()), &Flags::default()), Ok(with_provider), "{shown}");
        let flags = Flags { database: Some("postgres://poort:hunter2@db/poort".to_owned()), ..Flags::default() };
        let shown = Config::shown(None, &flags).expect("valid");
        assert!(!shown.contains("hunter2") && shown.contains("postgres://poort:***@db/poort"), "{shown}");
        assert!(shown.contains("# flag\n") && shown.contains("# default\n"), "{shown}");
        let shown = Config::shown(None, &Flags::default()).expect("valid");
        let again = Config::load(Some(file(&shown).path()), &Flags::default());
        assert_eq!(again, Ok(Config::default()));
    }
}
