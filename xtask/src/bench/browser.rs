//! A person's browser, for what can only be measured behind a signing in.

use crate::Outcome;
use crate::http::{Answer, Connection};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// Just enough of a browser: cookies, and the hidden fields of a form.
pub(crate) struct Browser {
    connection: Connection,
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// A fresh one, for a server at `127.0.0.1:PORT`.
    pub(crate) fn open(address: &str) -> Outcome<Self> {
        let connection = Connection::open(address).map_err(|error| format!("{address}: {error}"))?;
        Ok(Self { connection, cookies: Vec::new() })
    }

    /// Fills in the form of a page and sends it to where it leads.
    pub(crate) fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> Outcome {
        let page = self.exchange("GET", path, "")?;
        let page = String::from_utf8_lossy(&page.body).into_owned();
        let hidden = page.split("<input type=\"hidden\" name=\"").skip(1).filter_map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"")?;
            Some((name.to_owned(), rest.split('"').next()?.to_owned()))
        });
        let own = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let body: Vec<String> = hidden.chain(own).map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect();
        let action = page.split("method=\"post\" action=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or(path);
        let answer = self.exchange("POST", action, &body.join("&"))?;
        match answer.header("location").next() {
            Some(_) => Ok(()),
            None => Err(format!("{action}: {} {}", answer.status, String::from_utf8_lossy(&answer.body))),
        }
    }

    /// Sends a request, and keeps the cookies of the answer.
    pub(crate) fn exchange(&mut self, method: &str, path: &str, body: &str) -> Outcome<Answer> {
        let cookies = if self.cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", self.cookie_header()) };
        let headers = if method == "POST" { format!("{FORM}{cookies}") } else { cookies };
        let answer = self.connection.exchange(method, path, &headers, body).map_err(|error| format!("{path}: {error}"))?;
        for set in answer.header("set-cookie") {
            if let Some((name, value)) = set.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(answer)
    }

    /// The value of the `Cookie` header that it sends.
    pub(crate) fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}
