//! The Dutch REST API Design Rules on names and on the document, for every route; names begin with the ids of the list of standards.

use std::collections::BTreeSet;

use serde_json::Value;
use server::api::{VERSION, document};

use super::routes;

/// What a path may hold between its parameters, where it is neither a collection nor something that happens: there is one of it.
const ONE_OF_EACH: [&str; 5] = ["suspension", "impact", "usage", "audit", "second-factors"];

/// The segments of a path behind the version.
fn segments(path: &str) -> Vec<&str> {
    path.trim_start_matches("/api/v1/").split('/').collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

fn is_plural(segment: &str) -> bool {
    segment == "people" || segment.ends_with('s')
}

/// Every operation of the document: method and path, and what it says.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, methods): (&String, &'_ Value)| -> Vec<(String, String)> {
        methods.as_object().expect("methods").keys().map(|method| (path.clone(), method.clone())).collect()
    };
    let names: Vec<(String, String)> = paths.iter().flat_map(of_path).collect();
    let operation = |(path, method): (String, String)| (format!("{method} {path}"), &document["paths"][&path][&method]);
    names.into_iter().map(operation).collect()
}

/// Every schema of a member, by the member's name, wherever it stands.
fn members<'d>(value: &'d Value, found: &mut Vec<(&'d str, &'d Value)>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                if let ("properties", Some(properties)) = (name.as_str(), inner.as_object()) {
                    found.extend(properties.iter().map(|(name, schema)| (name.as_str(), schema)));
                }
                members(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, found)),
        _ => {}
    }
}

#[test]
fn adr_05_path_segments_are_in_kebab_case() {
    for (route, name) in routes() {
        for segment in segments(route.path).into_iter().filter(|segment| !is_parameter(segment) && *segment != "openapi.json") {
            let is_word =
                |word: &str| !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
            assert!(segment.split('-').all(is_word), "{name}: {segment}");
        }
    }
}

#[test]
fn adr_06_query_keys_are_in_camel_case() {
    let document = document();
    let mut keys = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().expect("a list");
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
            let key = parameter["name"].as_str().expect("a name");
            let starts = key.starts_with(|letter: char| letter.is_ascii_lowercase());
            assert!(starts && key.bytes().all(|letter| letter.is_ascii_alphanumeric()), "{name}: {key}");
            keys.insert(key.to_owned());
        }
    }
    assert!(keys.contains("cursor"), "{keys:?}");
    let known: BTreeSet<String> = routes().flat_map(|(route, _)| route.query).map(|parameter| parameter.name().to_owned()).collect();
    assert_eq!(keys, known, "and there are no others");
}

#[test]
fn adr_08_moments_are_date_times() {
    let document = document();
    let mut found = Vec::new();
    members(&document, &mut found);
    let moments: Vec<_> =
        found.iter().filter(|(name, _)| name.ends_with("_at") || matches!(*name, "at" | "not_after" | "not_before")).collect();
    assert!(moments.len() > 40, "{}", moments.len());
    for (name, schema) in moments {
        assert_eq!(schema["format"], "date-time", "{name}: {schema}");
    }
    for (name, schema) in found.iter().filter(|(_, schema)| schema["format"] == "date-time") {
        let kinds = schema["type"].as_array().map_or_else(|| vec![&schema["type"]], |kinds| kinds.iter().collect());
        assert!(kinds.iter().any(|kind| *kind == "string"), "{name}: {schema}");
    }
}

/// A child is below the thing without which it is nothing, and never deeper.
#[test]
fn adr_15_children_are_nested_below_their_parent() {
    for (route, name) in routes() {
        let segments = segments(route.path);
        let Some(place) = segments.iter().position(|segment| is_parameter(segment)) else { continue };
        assert!(place == 1 && segments.len() <= 3, "{name}");
        let parent = format!("/api/v1/{}/{}", segments[0], segments[1]);
        assert!(is_plural(segments[0]) && routes().any(|(other, _)| other.path == parent), "{name}: there is no {parent}");
    }
}

/// What cannot be said with a method is a sub-resource: things that happen, in the plural, or the one state that is there or not.
#[test]
fn adr_16_operations_are_sub_resources() {
    for (route, name) in routes() {
        let segments = segments(route.path);
        let last = *segments.last().expect("one");
        let methods: &[&str] = match segments.len() {
            _ if is_parameter(last) => &["GET", "PUT", "PATCH", "DELETE"],
            3 if ONE_OF_EACH.contains(&last) => &["GET", "PUT", "DELETE"],
            3 => {
                assert!(is_plural(last), "{name}");
                &["GET", "POST"]
            }
            _ => &["GET", "POST"],
        };
        assert!(methods.contains(&route.method.as_str()), "{name}");
    }
}

#[test]
fn adr_17_18_every_error_is_a_problem_and_none_is_422() {
    let document = document();
    let required = document["components"]["schemas"]["Problem"]["required"].as_array().expect("a list").clone();
    for member in ["status", "title", "detail"] {
        assert!(required.iter().any(|name| name == member), "{member}");
    }
    let mut errors = 0;
    for (name, operation) in operations(&document) {
        for (status, answer) in operation["responses"].as_object().expect("answers") {
            let answer = match answer["$ref"].as_str() {
                Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("it leads somewhere"),
                None => answer,
            };
            let types: Vec<&String> = answer["content"].as_object().expect("a body").keys().collect();
            let expected = if status.starts_with('2') { "application/json" } else { "application/problem+json" };
            assert_eq!(types, [expected], "{name} {status}");
            assert!(status != "422" && answer["headers"]["API-Version"].is_object(), "{name} {status}");
            if !status.starts_with('2') {
                errors += 1;
                assert_eq!(answer["content"][expected]["schema"]["$ref"], "#/components/schemas/Problem", "{name} {status}");
            }
        }
    }
    assert!(errors > 300, "{errors}");
}

#[test]
fn adr_20_the_document_is_openapi_3() {
    let document = document();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    assert!(document["info"]["title"].is_string() && document["info"]["description"].is_string());
    for (name, operation) in operations(&document) {
        assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{name}");
        let answers = operation["responses"].as_object().expect("answers");
        assert_eq!(answers.keys().filter(|status| status.starts_with('2')).count(), 1, "{name}");
        let parameters = operation["parameters"].as_array().expect("a list");
        let declared: BTreeSet<&str> =
            parameters.iter().filter(|parameter| parameter["in"] == "path").filter_map(|parameter| parameter["name"].as_str()).collect();
        let named: BTreeSet<&str> =
            name.split('/').filter(|segment| is_parameter(segment)).map(|segment| segment.trim_matches(['{', '}'])).collect();
        assert_eq!(declared, named, "{name}");
    }
}

#[test]
fn adr_21_the_document_names_a_contact() {
    let document = document();
    for member in ["name", "email", "url"] {
        assert!(document["info"]["contact"][member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
}

#[test]
fn adr_26_28_the_major_version_is_in_every_path() {
    let numbers: Vec<u32> = VERSION.split('.').map(|number| number.parse().expect("a number")).collect();
    assert_eq!(numbers.len(), 3, "{VERSION}");
    let base = format!("/api/v{}", numbers[0]);
    let document = document();
    assert_eq!((document["info"]["version"].as_str(), document["servers"][0]["url"].as_str()), (Some(VERSION), Some(base.as_str())));
    for (route, name) in routes() {
        assert!(route.path.starts_with(&format!("{base}/")), "{name}");
    }
}
