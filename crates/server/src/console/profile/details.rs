//! `/profile`: name, language and theme, and at a glance what acts on one's behalf.

use askama::Template;
use axum::response::Response;
use domain::person::{Settings, Theme};
use domain::text::Name;

use super::apps::{self, App};
use super::texts::Text;
use crate::console::announcement;
use crate::console::form::{Choice, Form};
use crate::console::page::Frame;
use crate::console::token::{self, Row};
use crate::console::visit::{Answer, Visit};
use crate::language::Language;

/// As many tokens stand on the page itself.
const SHOWN: usize = 5;

#[derive(Template)]
#[template(path = "console/profile/details.html")]
struct View {
    frame: Frame,
    form: Form,
    email: String,
    is_proven: bool,
    sends: bool,
    languages: Vec<Choice>,
    themes: Vec<Choice>,
    rows: Vec<Row>,
    all: usize,
    apps: Vec<App>,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let name = visit.person().person.name.clone().map(String::from).unwrap_or_default();
    let language = visit.person().settings.language.map_or(visit.browser.language, Language::from);
    let usual = [("name", name.as_str()), ("language", language.tag()), ("theme", visit.browser.theme().unwrap_or("system"))];
    let form = Form::new(&visit, &usual);
    visit.page(&view(&visit, form).await?)
}

pub(in crate::console) async fn save(visit: Visit) -> Answer {
    let mut form = Form::new(&visit, &[]);
    let name = Name::new(form.value("name"));
    let Some(name) = form.take("name", name, visit.say(Text::NameWrong)) else {
        return visit.again(&view(&visit, form).await?);
    };
    let renamed = visit.authority().rename_oneself(&visit.context(), name).await;
    renamed.map_err(|error| visit.refused(&error))?;
    let language = Language::of_tag(form.value("language")).unwrap_or(visit.browser.language);
    let settings = Settings { language: Some(language.into()), theme: Theme::named(form.value("theme")) };
    visit.authority().choose_settings(&visit.context(), settings).await.map_err(|error| visit.refused(&error))?;
    Ok(visit.browser.settled(language, form.value("theme"), Text::Saved.of(language)))
}

async fn view(visit: &Visit, form: Form) -> Result<View, Response> {
    let mut rows = token::rows(visit).await?;
    let all = rows.len();
    rows.truncate(SHOWN);
    let email = visit.person().person.email.clone();
    Ok(View {
        frame: Frame::of(visit, visit.say(crate::console::Text::Details)).telling(announcement::of_person(visit).await?),
        form,
        email: email.map(String::from).unwrap_or_default(),
        is_proven: visit.person().person.email_verified,
        sends: visit.authority().sends_letters(),
        languages: vec![Choice::new("nl", visit.say(Text::Dutch)), Choice::new("en", visit.say(Text::English))],
        themes: vec![
            Choice::new("system", visit.say(Text::ThemeSystem)),
            Choice::new("light", visit.say(Text::ThemeLight)),
            Choice::new("dark", visit.say(Text::ThemeDark)),
        ],
        rows,
        all,
        apps: apps::of(visit).await?,
    })
}
