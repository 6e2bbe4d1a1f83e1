//! What a request's body says: a JSON object, or a form with names like `submission[code]`.

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::FromRequest as _;
use http::{HeaderMap, Method, Request, header};
use serde_json::{Map, Value};

use super::answer::Failure;

/// The longest body that is read. 64 KiB of code in JSON's longest spelling (`\u0000`) are six times as long.
const MAX_BODY_BYTES: usize = 512 * 1024;

/// The members of a body's one object.
#[derive(Debug, Default)]
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// Reads a body whole.
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Failure> {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > MAX_BODY_BYTES) {
            return Err(Failure::TooLarge);
        }
        // The only other reason is a caller that went away, who reads no answer.
        let bytes = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| Failure::TooLarge)?;
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            // Clients name a type even where they send nothing.
            _ if bytes.is_empty() => Ok(Self::default()),
            "application/json" => match serde_json::from_slice(&bytes) {
                Ok(Value::Object(members)) => Ok(Self(members)),
                _ => Err(Failure::BadRequest),
            },
            "application/x-www-form-urlencoded" => Self::read_form(bytes.into()).await,
            _ => Ok(Self::default()),
        }
    }

    async fn read_form(body: Body) -> Result<Self, Failure> {
        let request = Request::builder().method(Method::POST).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(body).map_err(|_| Failure::BadRequest)?;
        let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, &()).await.map_err(|_| Failure::BadRequest)?;
        let mut members = Map::new();
        for (name, value) in pairs {
            let inner = name.strip_suffix(']').and_then(|name| name.split_once('['));
            match inner {
                Some((outer, inner)) => {
                    let object = members.entry(outer).or_insert_with(|| Value::Object(Map::new()));
                    object.as_object_mut().ok_or(Failure::BadRequest)?.insert(inner.to_owned(), value.into());
                }
                None => _ = members.insert(name, value.into()),
            }
        }
        Ok(Self(members))
    }

    /// A member that is an object; a body without it is no such request.
    pub(super) fn object(&self, name: &str) -> Result<&Map<String, Value>, Failure> {
        self.0.get(name).and_then(Value::as_object).ok_or(Failure::BadRequest)
    }
}

/// An id as clients send it: a number, a number as text, or `null`.
pub(super) fn id(value: Option<&Value>) -> Result<Option<i64>, Failure> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().map(Some).map_err(|_| Failure::BadRequest)
        }
        Some(Value::Number(number)) => number.as_i64().filter(|id| *id >= 0).map(Some).ok_or(Failure::BadRequest),
        Some(_) => Err(Failure::BadRequest),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_come_in_three_forms() {
        for (value, expected) in [(json!(7), Some(7)), (json!("7"), Some(7)), (json!(""), None), (Value::Null, None)] {
            assert_eq!(id(Some(&value)), Ok(expected), "{value}");
        }
        assert_eq!(id(None), Ok(None));
        for bad in
            [json!(-1), json!(1.5), json!("7x"), json!("-7"), json!("99999999999999999999"), json!(u64::MAX), json!([7]), json!(true)]
        {
            assert_eq!(id(Some(&bad)), Err(Failure::BadRequest), "{bad}");
        }
    }
}
