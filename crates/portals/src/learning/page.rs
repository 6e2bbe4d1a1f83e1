//! The few pages for people: small, escaped, without scripts or outside assets.

use serde_json::Value;

use super::address::Locale;
use super::user::User;
use crate::html::escape;

/// The policy of every page: nothing is loaded, run or framed.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The sentences that a page may open with, by the name that the redirect before it gave.
const FLASHES: [(&str, &str, &str); 3] = [
    ("created", "Nieuw token aangemaakt", "New token created"),
    ("deleted", "Token verwijderd", "Token deleted"),
    ("refused", "Het token kon niet worden aangemaakt", "The token could not be created"),
];

/// Somebody's profile.
pub(super) fn profile(user: &User, locale: Locale, flash: Option<&str>) -> String {
    let flash = FLASHES.iter().find(|(name, ..)| Some(*name) == flash).map(|(_, nl, en)| locale.pick(nl, en));
    let flash = flash.map(|sentence| format!("<p role=\"status\">{}</p>", escape(sentence))).unwrap_or_default();
    let name = escape(&format!("{} {}", user.first_name, user.last_name));
    let sentence = locale.pick("Je tokens beheer je in Poort of via de API.", "Manage your tokens in Poort or through the API.");
    document(locale, &name, &format!("{flash}<h1>{name}</h1><p>{}</p><p>{sentence}</p>", escape(&user.username)))
}

/// Where a browser goes that is not logged in.
pub(super) fn sign_in(locale: Locale) -> String {
    let title = locale.pick("Aanmelden", "Sign in");
    let sentence = locale.pick(
        "Deze leeromgeving kent alleen tokens: stuur er een mee in de Authorization-header.",
        "This learning platform knows tokens only: send one in the Authorization header.",
    );
    document(locale, title, &format!("<h1>{title}</h1><p>{sentence}</p>"))
}

/// What an activity asks.
pub(super) fn description(locale: Locale, name: &str, text: &str) -> String {
    let paragraphs: String = text.split("\n\n").map(|paragraph| format!("<p>{}</p>", escape(paragraph))).collect();
    let name = escape(name);
    document(locale, &name, &format!("<h1>{name}</h1><div class=\"card-supporting-text\">{paragraphs}</div>"))
}

/// Data, for a browser.
pub(super) fn data(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    document(
        Locale::En,
        "Data",
        &format!("<p>Programs get this as JSON (<code>Accept: application/json</code>):</p><pre>{}</pre>", escape(&text)),
    )
}

/// `title` and `body` are markup: what people wrote is escaped already.
fn document(locale: Locale, title: &str, body: &str) -> String {
    let lang = locale.as_str();
    format!("<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body>{body}</body></html>\n")
}
