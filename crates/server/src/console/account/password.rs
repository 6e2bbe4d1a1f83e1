//! `/profile/sign-in/password`: another password, or the first one. Whoever changes it has proved a short while ago who they are.

use askama::Template;
use axum::response::Response;

use super::Text;
use crate::console::form::Form;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/account/password.html")]
struct View {
    frame: Frame,
    form: Form,
    account: String,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let form = Form::new(&visit, &[]);
    visit.page(&view(&visit, form).await?)
}

pub(in crate::console) async fn change(visit: Visit) -> Answer {
    let mut form = Form::new(&visit, &[]);
    let person = &visit.person().person;
    let name = person.name.clone().map(String::from).unwrap_or_default();
    let email = person.email.clone().map(String::from).unwrap_or_default();
    let Some(password) = super::password(&visit, &mut form, &[&name, &email, visit.console.installation()]) else {
        return visit.again(&view(&visit, form).await?);
    };
    visit.authority().change_password(&visit.context(), password).await.map_err(|error| visit.refused(&error))?;
    visit.onward("/profile/sign-in", Some(visit.say(Text::ChangedHere)))
}

async fn view(visit: &Visit, form: Form) -> Result<View, Response> {
    let has = visit.authority().has_password(visit.person().person.id).await.map_err(|error| visit.refused(&error))?;
    let title = visit.say(if has { Text::ChangePassword } else { Text::SetPassword });
    let trail =
        [("/profile", visit.say(crate::console::Text::MyProfile)), ("/profile/sign-in", visit.say(crate::console::Text::SigningIn))];
    let account = visit.person().person.email.clone().map(String::from).unwrap_or_default();
    Ok(View { frame: Frame::below(visit, title, &trail), form, account })
}
