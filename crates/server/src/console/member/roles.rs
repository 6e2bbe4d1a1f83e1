//! `/o/{org}/members/{member}/roles`: what a member is from now on.

use askama::Template;

use super::role;
use super::texts::Text;
use super::{below, member, name, path};
use crate::console::form::{Choice, Form};
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/member/roles.html")]
struct View {
    frame: Frame,
    form: Form,
    list: String,
    roles: Vec<Choice>,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let (found, person) = member(&visit).await?;
    let form = Form::new(&visit, &role::ticked(found.membership.roles));
    visit.page(&view(&visit, form, &name(&visit, &person)))
}

pub(in crate::console) async fn change(visit: Visit) -> Answer {
    let (found, person) = member(&visit).await?;
    let name = name(&visit, &person);
    let mut form = Form::new(&visit, &[]);
    if let Some(roles) = role::read(&visit, &mut form) {
        match visit.authority().set_roles(&visit.context(), found.membership.id, roles).await {
            Ok(changed) => {
                let held = role::in_words(&visit, changed.value.roles);
                let said = visit.fill(Text::Saved, &[("name", &name), ("roles", &held)]);
                // Who is no longer an administrator may not see the list.
                let own = person.id == visit.person().person.id;
                let next = if own { "/o".to_owned() } else { path(&visit, "") };
                return visit.onward(&next, Some(&said));
            }
            Err(error) => form.refused(&visit, error, &[("last_owner", "roles", Text::LastOwner)])?,
        }
    }
    visit.again(&view(&visit, form, &name))
}

fn view(visit: &Visit, form: Form, name: &str) -> View {
    View {
        frame: below(visit, visit.fill(Text::RolesQuestion, &[("name", name)])),
        form,
        list: visit.to(&path(visit, "")),
        roles: role::choices(visit),
    }
}
