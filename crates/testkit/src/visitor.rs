//! A browser without a screen: keeps cookies, fills in forms with their hidden fields, follows nothing by itself.

use std::collections::BTreeMap;

use crate::{Answer, App};

/// Somebody with a browser.
pub struct Visitor<'a> {
    app: &'a App,
    /// The cookies that it has.
    pub cookies: BTreeMap<String, String>,
    /// Headers that it sends with everything; it asks for English where they do not say otherwise.
    pub headers: Vec<(String, String)>,
}

impl<'a> Visitor<'a> {
    /// A fresh browser.
    pub fn new(app: &'a App) -> Self {
        Self { app, cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// Opens a page, as by a link.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// Sends these fields and no others.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send("POST", path, Some(encoded(fields))).await
    }

    /// Opens a page and sends its form back: the hidden fields of the page, and these.
    pub async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        let csrf = hidden(&page.text, "csrf").unwrap_or_else(|| panic!("{path} has no form: {} {}", page.status, page.text));
        let nonce = hidden(&page.text, "nonce");
        let given = [("csrf", Some(csrf.as_str())), ("nonce", nonce.as_deref())];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let fields: Vec<(&str, &str)> = given.chain(fields.iter().copied()).collect();
        self.post(path, &fields).await
    }

    /// Signs in with mail address and password.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.fill("/sign-in", &[("email", email), ("password", password)]).await
    }

    async fn send(&mut self, method: &str, path: &str, form: Option<String>) -> Answer {
        let mut call = self.app.call(method, path);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            call = call.header("cookie", &pairs.join("; "));
        }
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        if !self.headers.iter().any(|(name, _)| name == "accept-language") {
            call = call.header("accept-language", "en");
        }
        if let Some(form) = form {
            call = call.header("content-type", "application/x-www-form-urlencoded").bytes(form.into_bytes());
        }
        let answer = call.send().await;
        for value in answer.headers.get_all("set-cookie") {
            let text = value.to_str().expect("a cookie of text");
            let (name, rest) = text.split_once('=').expect("a name");
            let value = rest.split(';').next().expect("a value");
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// The value of the first hidden field with this name.
pub fn hidden(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("<input type=\"hidden\" name=\"{name}\" value=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// `application/x-www-form-urlencoded`.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
    };
    fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}
