//! A reference API's OpenAPI document: its placeholders filled in, and a page for people made of it, without scripts.

use serde_json::Value;

use crate::html::escape;

/// The words of a page.
pub(crate) struct Words {
    /// Its language.
    pub(crate) lang: &'static str,
    /// What leads to the document.
    pub(crate) document: &'static str,
    /// What stands before the statuses of an operation's answers.
    pub(crate) answers: &'static str,
}

/// Puts words in the place of their names, in every text of a document.
pub(crate) fn fill(value: &mut Value, words: &[(&str, &str)]) {
    match value {
        Value::String(text) => {
            for (name, word) in words {
                if text.contains(name) {
                    *text = text.replace(name, word);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| fill(value, words)),
        Value::Object(members) => members.values_mut().for_each(|value| fill(value, words)),
        _ => {}
    }
}

/// The page of a document; `link` is where the document itself is.
pub(crate) fn page(document: &Value, link: &str, words: &Words) -> String {
    let text = |value: &Value| escape(value.as_str().unwrap_or_default());
    let title = text(&document["info"]["title"]);
    let mut body = format!("<h1>{title}: API</h1>{}", paragraphs(&text(&document["info"]["description"])));
    let name = escape(link.rsplit('/').next().unwrap_or_default());
    body.push_str(&format!("<p>{}: <a href=\"{}\">{name}</a></p>", words.document, escape(link)));
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let (method, path) = (escape(&method.to_uppercase()), escape(path));
            body.push_str(&format!("<h2><code>{method} {path}</code></h2><p><b>{}</b></p>", text(&operation["summary"])));
            body.push_str(&paragraphs(&text(&operation["description"])));
            body.push_str("<ul>");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                body.push_str(&format!("<li><code>{}</code>: {}</li>", text(&parameter["name"]), text(&parameter["description"])));
            }
            body.push_str(&format!("</ul><p>{}: ", words.answers));
            let statuses: Vec<String> =
                operation["responses"].as_object().into_iter().flatten().map(|(status, _)| escape(status)).collect();
            body.push_str(&format!("{}</p>", statuses.join(", ")));
        }
    }
    let lang = words.lang;
    format!("<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body>{body}</body></html>\n")
}

fn paragraphs(text: &str) -> String {
    text.split("\n\n").map(|paragraph| format!("<p>{}</p>", paragraph.replace('\n', "<br>"))).collect()
}
