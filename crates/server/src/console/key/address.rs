//! Addresses in a form, one on each line: what is wrong with a line is said of that line.

use domain::client::{ApplicationType, MAX_URIS};
use domain::redirect_uri;

use super::texts::Text;
use crate::console::form::Form;
use crate::console::visit::Visit;

/// As much of a line is said back.
const MAX_SHOWN: usize = 40;

/// Where codes may be sent; nothing where a line is wrong. An app without a server may be one on the person's own machine.
pub(super) fn redirect_uris(visit: &Visit, form: &mut Form, application: ApplicationType) -> Option<Vec<String>> {
    let uris = read(visit, form, "redirect_uris", |uri| redirect_problem(visit, uri, application))?;
    if uris.is_empty() {
        form.refuse("redirect_uris", visit.say(Text::RedirectMissing));
    }
    Some(uris)
}

/// The origins whose pages may read answers; nothing where a line is wrong.
pub(super) fn origins(visit: &Visit, form: &mut Form) -> Option<Vec<String>> {
    read(visit, form, "cors_origins", |origin| origin_problem(visit, origin))
}

/// Whether an app with these redirect URIs runs on a person's own machine (RFC 8252).
pub(super) fn is_native(uris: &[String]) -> bool {
    uris.iter().any(|uri| !uri.starts_with("https:"))
}

fn read(visit: &Visit, form: &mut Form, name: &'static str, problem: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    let text = form.value(name).to_owned();
    let lines: Vec<(usize, &str)> =
        text.lines().enumerate().map(|(place, line)| (place + 1, line.trim())).filter(|(_, line)| !line.is_empty()).collect();
    if lines.len() > MAX_URIS {
        form.refuse(name, visit.say(Text::TooManyLines));
        return None;
    }
    let told = |(line, uri): &(usize, &str)| Some(visit.fill(Text::Line, &[("line", &line.to_string()), ("problem", &problem(uri)?)]));
    let problems: Vec<String> = lines.iter().filter_map(told).collect();
    if !problems.is_empty() {
        form.refuse(name, problems.join(" "));
        return None;
    }
    Some(lines.into_iter().map(|(_, uri)| uri.to_owned()).collect())
}

fn redirect_problem(visit: &Visit, uri: &str, application: ApplicationType) -> Option<String> {
    // A star would be taken for itself: whoever writes one means something else (RFC 9700 section 4.1).
    if uri.contains('*') {
        return Some(visit.say(Text::NoStar).to_owned());
    }
    redirect_uri::check(uri, application).err()?;
    let text = if uri.contains('#') {
        Text::NoFragment
    } else if uri.starts_with("http://") {
        Text::HttpHere
    } else {
        Text::NoAddress
    };
    Some(visit.say(text).to_owned())
}

fn origin_problem(visit: &Visit, origin: &str) -> Option<String> {
    redirect_uri::check_origin(origin).err()?;
    let after_host = || {
        let (_, rest) = origin.split_once("://")?;
        rest.find(['/', '?', '#']).map(|place| rest[place..].chars().take(MAX_SHOWN).collect::<String>())
    };
    Some(if origin.contains('*') {
        visit.say(Text::NoStar).to_owned()
    } else if let Some(path) = after_host() {
        visit.fill(Text::NoPath, &[("path", &path)])
    } else if origin.starts_with("http://") {
        visit.say(Text::HttpHere).to_owned()
    } else {
        visit.say(Text::NoAddress).to_owned()
    })
}
