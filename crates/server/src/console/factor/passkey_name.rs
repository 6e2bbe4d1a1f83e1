//! `/profile/sign-in/passkeys/{passkey}/name`: a passkey is given another name.

use askama::Template;
use domain::text::Name;

use super::passkeys::{named, own};
use super::{Text, factors, frame};
use crate::console::form::Form;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/factor/passkey_name.html")]
struct View {
    frame: Frame,
    form: Form,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let factors = factors(&visit).await?;
    let form = Form::new(&visit, &[("name", &own(&visit, &factors.passkeys)?.name)]);
    visit.page(&view(&visit, form))
}

pub(in crate::console) async fn rename(visit: Visit) -> Answer {
    let factors = factors(&visit).await?;
    let passkey = own(&visit, &factors.passkeys)?;
    let mut form = Form::new(&visit, &[]);
    let Some(name): Option<Name> = named(&visit, &mut form) else { return visit.again(&view(&visit, form)) };
    let renamed = visit.authority().rename_passkey(&visit.context(), passkey.id, name.clone()).await;
    renamed.map_err(|error| visit.refused(&error))?;
    visit.onward("/profile/sign-in", Some(&visit.fill(Text::PasskeyRenamed, &[("name", name.as_str())])))
}

fn view(visit: &Visit, form: Form) -> View {
    View { frame: frame(visit, visit.say(Text::RenamePasskey)), form }
}
