//! `/o/{org}/keys/{key}`: what is known of a key, with the uses of each of its private keys; and pausing it.

use askama::Template;
use axum::response::Response;
use domain::CredentialId;
use domain::organisation_key::{OrganisationKey, PrivateKey};

use super::reach::{self, Names};
use super::texts::Text;
use super::{key, path, purpose};
use crate::console::activity::narrow::{Held, Said, Uses};
use crate::console::activity::{self, Recent};
use crate::console::form::Form;
use crate::console::moment::{self, Moment};
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/key/detail.html")]
struct View {
    frame: Frame,
    form: Form,
    base: String,
    issuer: String,
    public: String,
    is_paused: bool,
    reach: String,
    purposes: Vec<(&'static str, &'static str)>,
    permissions: Option<Vec<(String, String)>>,
    redirect_uris: Vec<String>,
    cors_origins: Vec<String>,
    contact: Option<String>,
    made: Moment,
    private_keys: Vec<Row>,
    spark: String,
    said: Option<Said>,
    rotation: Option<String>,
}

struct Row {
    id: String,
    prefix: Option<String>,
    is_new: bool,
    is_over: bool,
    is_exposed: bool,
    made: Moment,
    used: Option<Moment>,
    from: Option<String>,
    uses: u64,
    ends: Option<Moment>,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let key = key(&visit).await?;
    let names = Names::read(&visit).await?;
    let (recent, uses) =
        (Recent::read(&visit, domain::Kind::OrganisationKey).await?, Uses::read(&visit, domain::Kind::OrganisationKey).await?);
    let (spark, said) = (recent.spark(&visit, key.id), uses.said(&visit, Held::of_key(&key)));
    let rotation = rotation(&visit, &key, &recent).await?;
    visit.page(&View { spark, said, rotation, ..view(&visit, key, &names) })
}

/// During a rotation: what the old and the new private key did today.
async fn rotation(visit: &Visit, key: &OrganisationKey, recent: &Recent) -> Result<Option<String>, Response> {
    let [new, old] = key.private_keys.as_slice() else { return Ok(None) };
    let mut said = Vec::new();
    for private in [new, old] {
        let uses = visit.authority().uses_since(private.id, recent.today()).await.map_err(|error| visit.refused(&error))?;
        said.push(match private.last_used_at {
            None => visit.say(activity::Text::NotUsedYet).to_owned(),
            Some(_) => visit.fill(activity::Text::RequestsToday, &[("count", &moment::number(uses, visit.browser.language))]),
        });
    }
    Ok(Some(visit.fill(activity::Text::OldAndNew, &[("old", &said[1]), ("new", &said[0])])))
}

/// Pauses the key, or lets it work again.
pub(in crate::console) async fn pause(visit: Visit) -> Answer {
    let id: CredentialId = visit.parameter("key")?;
    let pause = visit.form.as_ref().is_some_and(|form| form.text("state") == "paused");
    let changed = visit.authority().suspend_organisation_key(&visit.context(), id, pause).await;
    let key = changed.map_err(|error| visit.refused(&error))?.value;
    let text = if pause { Text::PausedSaid } else { Text::ResumedSaid };
    let said = visit.fill(text, &[("name", key.definition.name.as_str())]);
    visit.onward(&path(&visit, &format!("/{id}")), Some(&said))
}

fn view(visit: &Visit, key: OrganisationKey, names: &Names) -> View {
    let language = visit.browser.language;
    let count = key.private_keys.len();
    let private_keys = key.private_keys.iter().enumerate();
    View {
        frame: super::below(visit, key.definition.name.as_str(), None),
        form: Form::new(visit, &[]),
        base: visit.to(&path(visit, &format!("/{}", key.id))),
        issuer: visit.console.base_url().to_owned(),
        is_paused: key.suspended_at.is_some(),
        reach: names.of(visit, key.workspace),
        purposes: purpose::in_words(visit, &key.definition),
        permissions: reach::held(visit, &key.definition.permissions),
        private_keys: private_keys.map(|(place, private)| Row::new(visit, private, count > 1 && place == 0)).collect(),
        public: key.definition.client_id,
        redirect_uris: key.definition.redirect_uris,
        cors_origins: key.definition.cors_origins,
        contact: key.contact.map(String::from),
        made: Moment::at(key.created_at, language),
        spark: String::new(),
        said: None,
        rotation: None,
    }
}

impl Row {
    fn new(visit: &Visit, private: &PrivateKey, is_new: bool) -> Self {
        let (now, language) = (visit.browser.now, visit.browser.language);
        Self {
            id: private.id.to_string(),
            prefix: private.prefix.clone(),
            is_new,
            is_over: private.ends_at.is_some_and(|end| end <= now),
            is_exposed: private.exposed_at.is_some(),
            made: Moment::day(private.created_at, language),
            used: private.last_used_at.map(|at| Moment::ago(at, now, language)),
            from: private.last_used_from.clone(),
            uses: private.uses,
            ends: private.ends_at.map(|at| Moment::at(at, language)),
        }
    }
}
