//! A user's tokens: kept by Poort, made, listed and ended through [`crate::tokens::PersonTokens`].

use http::StatusCode;
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Answer, Failure, Format};
use super::parameters::Parameters;
use super::user;
use super::visit::Visit;
use crate::html::escape;
use crate::tokens::TokenError;

/// `GET /users/{user}/api_tokens`: one's own; everybody's for zeus. JSON only.
pub(super) async fn list(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let id = visit.id("user")?;
    visit.require_self_or_zeus(id)?;
    let owner = shared.database().read(move |tx| user::by_id(tx, id)?.ok_or(Failure::NotFound)).await?;
    let tokens = shared.tokens.list(owner.person).await?;
    let rows = tokens.iter().map(|token| {
        json!({
            "id": token.id.to_string(),
            "description": token.description,
            "created_at": visit.view.time(token.created_at.unix_microseconds()),
            "url": visit.view.links.json(&format!("/api_tokens/{}", token.id)),
        })
    });
    Ok(Answer::Data(Value::Array(rows.collect())))
}

/// `POST /users/{user}/api_tokens`: for oneself only. The secret is in the script's answer, once.
pub(super) async fn create(shared: &Shared, visit: Visit, parameters: Parameters) -> Result<Answer, Failure> {
    if visit.format == Format::Json {
        return Err(Failure::NotAcceptable);
    }
    let (id, caller) = (visit.id("user")?, visit.caller()?);
    if visit.user()?.id != id {
        return Err(Failure::Forbidden("You may not create a token for this user."));
    }
    let description = parameters.object("api_token")?.get("description").and_then(Value::as_str).ok_or(Failure::BadRequest)?;
    let script = visit.format == Format::Script;
    let profile = visit.view.links.page(&format!("/users/{id}"));
    match shared.tokens.create(caller.person, description, caller).await {
        Ok(created) if script => {
            let told = visit.locale.pick(
                "Dit is je nieuwe token. Kopieer dit token nu. Je zult dit token niet meer kunnen zien nadat je deze pagina verlaat.",
                "This is your new token. Copy it now. You will not be able to see it again after you leave this page.",
            );
            let markup = format!("<p>{told}</p><d-copy-container content=\"{}\"></d-copy-container>", escape(created.secret.expose()));
            Ok(Answer::Script { status: StatusCode::OK, text: script_showing(&markup) })
        }
        Ok(_) => Ok(Answer::Redirect { to: profile, flash: Some("created") }),
        Err(error @ (TokenError::Unavailable | TokenError::NotAllowed)) => Err(error.into()),
        Err(refusal) if script => {
            let markup = format!("<p role=\"alert\">{}</p>", escape(&refusal.to_string()));
            Ok(Answer::Script { status: StatusCode::UNPROCESSABLE_ENTITY, text: script_showing(&markup) })
        }
        Err(_) => Ok(Answer::Redirect { to: profile, flash: Some("refused") }),
    }
}

/// `DELETE /api_tokens/{token}`: one's own; any user's for zeus.
pub(super) async fn delete(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    if visit.format == Format::Json {
        return Err(Failure::NotAcceptable);
    }
    let caller = visit.caller()?;
    let token = visit.text("token")?.parse().map_err(|_| Failure::NotFound)?;
    let owner = shared.tokens.owner(token).await?.ok_or(Failure::NotFound)?;
    let account = shared.database().read(move |tx| Ok(user::of_person(tx, owner)?)).await?.ok_or(Failure::NotFound)?;
    visit.require_self_or_zeus(account.id)?;
    let deleted = shared.tokens.delete(owner, token, caller).await?;
    match (deleted, visit.format) {
        (false, _) => Err(Failure::NotFound),
        (true, Format::Script) => {
            let text = format!("document.getElementById({})?.remove();\n", quoted(&format!("api-token-{token}")));
            Ok(Answer::Script { status: StatusCode::OK, text })
        }
        (true, _) => Ok(Answer::Redirect { to: visit.view.links.page(&format!("/users/{}", account.id)), flash: Some("deleted") }),
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Unavailable => Self::Unavailable,
            TokenError::InvalidDescription(_) | TokenError::DescriptionTaken | TokenError::TooMany | TokenError::NotAllowed => {
                Self::Forbidden("You may not do this with this token.")
            }
        }
    }
}

fn script_showing(markup: &str) -> String {
    format!("document.getElementById(\"new-token\").innerHTML = {};\n", quoted(markup))
}

/// A string literal of JavaScript that is also safe inside markup.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace("</", "<\\/").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
