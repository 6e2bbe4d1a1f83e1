//! What applies to every command: options, the environment, and the credential that they name.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use domain::{Secret, Timestamp};
use reqwest::Url;

use super::client::Target;
use super::column::Reader;
use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::screen::{Form, Screen, Streams};
use super::texts::{Language, Text};

/// Where a server is when nothing says so.
const DEFAULT_URL: &str = "http://127.0.0.1:8400";
/// The longest token file that is read, in bytes.
const MAX_TOKEN_FILE: u64 = 4_096;

/// The environment variables, with what each is for.
pub const ENVIRONMENT: [(&str, &str); 8] = [
    ("POORT_URL", "address of the server (default http://127.0.0.1:8400); --url goes before it"),
    ("POORT_TOKEN_FILE", "file with an operator token or a personal token; --token-file goes before it"),
    ("POORT_TOKEN", "the token itself, where a file is not possible; a file goes before it"),
    ("POORT_INSTALLATION", "the letters with which the server's credentials begin, for `poort verify`"),
    ("LC_ALL, LC_MESSAGES, LANG", "language of messages: Dutch for nl…, else English; --lang goes before them"),
    ("NO_COLOR", "when set and not empty: no colours"),
    ("TERM", "`dumb`: no colours"),
    ("HTTPS_PROXY, NO_PROXY", "proxy for https:// addresses; http:// addresses are always spoken to directly"),
];

/// The environment of the process, read once by whoever starts the command.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process; what is not UTF-8 is left out.
    pub fn of_this_process() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
    }

    /// A variable that is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Address of the server [default: POORT_URL, or http://127.0.0.1:8400]
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// File with an operator token or personal token [default: POORT_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Send the token without encryption to another machine
    #[arg(long, global = true)]
    pub insecure: bool,
    /// How long one call may take, in seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub timeout: u64,
    /// Print the API's JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Answer every question with yes
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Never ask a question
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Print no colours
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Language of messages
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub lang: Option<Language>,
}

impl Globals {
    /// The language of messages.
    pub fn language(&self, environment: &Environment) -> Language {
        // POSIX: the first of these that is set and not empty counts.
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| environment.get(name));
        self.lang.unwrap_or_else(|| Language::of_locale(locale.unwrap_or_default()))
    }

    /// Where results are shown.
    pub(super) fn screen(&self, streams: Streams, environment: &Environment, now: Timestamp) -> Screen {
        let form = match streams.output_is_terminal {
            _ if self.json => Form::Json,
            true => Form::Table,
            false => Form::Tab,
        };
        let plain = self.no_color || environment.get("NO_COLOR").is_some() || environment.get("TERM") == Some("dumb");
        let reader = Reader { human: form == Form::Table, language: self.language(environment), now };
        let colour = !plain && streams.errors_are_terminal;
        Screen { streams, form, reader, yes: self.yes, may_ask: !self.no_input, colour }
    }

    /// The server and the credential for it.
    pub(super) fn target(&self, environment: &Environment, screen: &mut Screen) -> Attempt<Target> {
        let url = self.url.as_deref().or_else(|| environment.get("POORT_URL")).unwrap_or(DEFAULT_URL);
        let url = server_url(url)?;
        let token = self.token(environment, screen)?;
        if url.scheme() == "http" && !is_loopback(&url) && !self.insecure {
            let host = url.host_str().unwrap_or_default();
            return Err(Failure::with(Exit::Usage, Text::PlainHttp, "host", host).and(Text::TodoPlainHttp));
        }
        Ok(Target { url, token: Some(token), timeout: Duration::from_secs(self.timeout), language: screen.reader.language })
    }

    fn token(&self, environment: &Environment, screen: &mut Screen) -> Attempt<Secret<String>> {
        let file = self.token_file.clone().or_else(|| environment.get("POORT_TOKEN_FILE").map(PathBuf::from));
        let text = match (file, environment.get("POORT_TOKEN")) {
            (Some(file), _) => token_in_file(&file, screen)?,
            (None, Some(token)) => {
                if screen.streams.errors_are_terminal {
                    screen.tell(Text::TokenInEnvironment, &[])?;
                }
                Secret::new(token.to_owned())
            }
            (None, None) => return Err(Failure::new(Exit::SignIn, Text::NoToken)),
        };
        let token = Secret::new(text.expose().trim().to_owned());
        let fits = !token.expose().is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(token) } else { Err(Failure::new(Exit::SignIn, Text::TokenUnfit)) }
    }
}

fn server_url(text: &str) -> Attempt<Url> {
    // What stands before an @ may be a password: it is not repeated.
    let shown = text.rsplit('@').next().unwrap_or_default();
    let bad = || Failure::with(Exit::Usage, Text::BadUrl, "url", shown).and(Text::TodoUrl);
    let url = Url::parse(text).map_err(|_| bad())?;
    let fits = matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none();
    if fits && url.query().is_none() && url.fragment().is_none() { Ok(url) } else { Err(bad()) }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    // RFC 6761 section 6.3 keeps `localhost` on this machine.
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

fn token_in_file(path: &Path, screen: &mut Screen) -> Attempt<Secret<String>> {
    let shown = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        let values = vec![("file", shown.clone()), ("cause", error.to_string())];
        Failure::new(Exit::SignIn, Message::Ours(Text::TokenFileUnreadable, values))
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    if is_open_to_others(&file) {
        screen.tell(Text::TokenFileOpen, &[("file", shown.clone())])?;
    }
    let mut text = String::new();
    file.take(MAX_TOKEN_FILE).read_to_string(&mut text).map_err(unreadable)?;
    Ok(Secret::new(text))
}

#[cfg(unix)]
fn is_open_to_others(file: &std::fs::File) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_this_machine_only() {
        for (url, loopback) in [
            ("http://127.0.0.1:8400", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:8400", true),
            ("http://localhost", true),
            ("http://localhost.example", false),
            ("http://127.0.0.1.example", false),
            ("http://10.0.0.1", false),
            ("http://0.0.0.0", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).expect("a URL")), loopback, "{url}");
        }
    }

    #[test]
    fn addresses_that_hide_something_are_refused() {
        for bad in
            ["", "poort.example", "ftp://poort.example", "https://a:b@poort.example", "https://poort.example?x", "file:///etc/passwd"]
        {
            assert_eq!(server_url(bad).map_err(|failure| failure.exit).err(), Some(Exit::Usage), "{bad}");
        }
        assert!(server_url("https://poort.example/below/").is_ok());
    }
}
