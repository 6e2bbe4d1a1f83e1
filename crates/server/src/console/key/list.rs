//! `/o/{org}/keys`: the organisation's keys, by name.

use askama::Template;
use authority::{EndedOf, OrganisationKeyFilter};
use axum::response::Response;
use domain::organisation_key::OrganisationKey;

use super::reach::Names;
use super::texts::Text;
use super::{ALL, purpose};
use crate::console::activity::narrow::{Held, Said, Uses};
use crate::console::activity::{Recent, unused};
use crate::console::announcement;
use crate::console::ended::Ended;
use crate::console::moment::Moment;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/key/list.html")]
struct View {
    frame: Frame,
    base: String,
    rows: Vec<Row>,
    ended: Ended,
}

struct Row {
    id: String,
    name: String,
    public: String,
    is_paused: bool,
    is_exposed: bool,
    has_private: bool,
    reach: String,
    purposes: Vec<(&'static str, &'static str)>,
    used: Option<Moment>,
    old_until: Option<Moment>,
    said: Option<Said>,
    spark: String,
    unused: Option<String>,
}

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let mut keys = read(&visit).await?;
    keys.sort_by_key(|key| key.definition.name.folded());
    let names = Names::read(&visit).await?;
    let known =
        (names, Recent::read(&visit, domain::Kind::OrganisationKey).await?, Uses::read(&visit, domain::Kind::OrganisationKey).await?);
    let rows = keys.iter().map(|key| Row::new(&visit, key, &known)).collect();
    let base = visit.to(&super::path(&visit, ""));
    let ended = Ended::read(&visit, EndedOf::Keys(visit.organisation().id), Vec::new()).await?;
    let frame = Frame::of(&visit, visit.say(Text::Keys)).telling(announcement::of_organisation(&visit).await?);
    visit.page(&View { frame, base, rows, ended })
}

/// Every key of the organisation.
pub(super) async fn read(visit: &Visit) -> Result<Vec<OrganisationKey>, Response> {
    let filter = OrganisationKeyFilter { organisation: Some(visit.organisation().id), workspace: None };
    visit.authority().organisation_keys(&visit.caller(), filter, ALL).await.map_err(|error| visit.refused(&error))
}

impl Row {
    fn new(visit: &Visit, key: &OrganisationKey, (names, recent, uses): &(Names, Recent, Uses)) -> Self {
        let (now, language) = (visit.browser.now, visit.browser.language);
        let live = || key.private_keys.iter().filter(|private| private.ends_at.is_none_or(|end| end > now));
        let last_used = key.private_keys.iter().filter_map(|private| private.last_used_at).max();
        Self {
            said: uses.said(visit, Held::of_key(key)),
            spark: recent.spark(visit, key.id),
            // What is done without a private key is not in the list of these.
            unused: unused(visit, key.created_at, last_used).filter(|_| !key.private_keys.is_empty()),
            id: key.id.to_string(),
            name: key.definition.name.to_string(),
            public: key.definition.client_id.clone(),
            is_paused: key.suspended_at.is_some(),
            is_exposed: live().any(|private| private.exposed_at.is_some()),
            has_private: !key.private_keys.is_empty(),
            reach: names.of(visit, key.workspace),
            purposes: purpose::in_words(visit, &key.definition),
            used: last_used.map(|at| Moment::ago(at, now, language)),
            old_until: live().filter_map(|private| private.ends_at).max().map(|at| Moment::day(at, language)),
        }
    }
}
