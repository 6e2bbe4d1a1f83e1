//! `/o/{org}/members/invite`: asking people to become members, an address on each line.

use askama::Template;
use authority::{Error, NewInvitations};
use domain::text::Email;

use super::Text;
use crate::console::form::{Choice, Form};
use crate::console::member;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// As many people are invited at once.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "console/invitation/new.html")]
struct View {
    frame: Frame,
    form: Form,
    list: String,
    roles: Vec<Choice>,
    sends: bool,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let form = Form::new(&visit, &[("roles", "member")]);
    visit.page(&view(&visit, form))
}

pub(in crate::console) async fn invite(visit: Visit) -> Answer {
    let mut form = Form::new(&visit, &[]);
    let emails = addresses(&visit, &mut form);
    let roles = member::roles_read(&visit, &mut form);
    let (Some(emails), Some(roles)) = (emails, roles) else { return visit.again(&view(&visit, form)) };
    let new = NewInvitations { emails: emails.clone(), roles, language: visit.browser.language.into() };
    match visit.authority().invite(&visit.context(), visit.organisation().id, new).await {
        Ok(Ok(sent)) => {
            let said = match sent.value.as_slice() {
                [one] => visit.fill(Text::SentOne, &[("email", one.email.as_str())]),
                all => visit.fill(Text::SentMany, &[("count", &all.len().to_string())]),
            };
            visit.onward(&visit.at("/members"), Some(&said))
        }
        Ok(Err(until)) => visit.too_many(until, (form, "emails"), |form| view(&visit, form)),
        Err(Error::Invalid(problems)) => {
            let numbers = problems.iter().filter_map(|(field, _)| field.strip_prefix("emails[")?.strip_suffix(']')?.parse::<usize>().ok());
            for email in numbers.filter_map(|number| emails.get(number)) {
                form.refuse("emails", visit.fill(Text::IsMember, &[("email", email.as_str())]));
            }
            visit.again(&view(&visit, form))
        }
        Err(Error::Conflict { code: "no_mail", .. }) => visit.again(&view(&visit, form)),
        Err(error) => Err(visit.refused(&error)),
    }
}

/// The addresses, each once.
fn addresses(visit: &Visit, form: &mut Form) -> Option<Vec<Email>> {
    let text = form.value("emails").to_owned();
    let mut emails: Vec<Email> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let Ok(email) = Email::new(line) else {
            let shown: String = line.trim().chars().take(60).collect();
            form.refuse("emails", visit.fill(Text::LineWrong, &[("line", &(number + 1).to_string()), ("text", &shown)]));
            return None;
        };
        if !emails.iter().any(|known| known.folded() == email.folded()) {
            emails.push(email);
        }
    }
    if emails.is_empty() {
        form.refuse("emails", visit.say(Text::EmailsMissing));
    }
    if emails.len() > MOST {
        form.refuse("emails", visit.fill(Text::TooManyLines, &[("count", &MOST.to_string())]));
    }
    form.problem("emails").is_none().then_some(emails)
}

fn view(visit: &Visit, form: Form) -> View {
    View {
        frame: member::below(visit, visit.say(Text::Invite).to_owned()),
        form,
        list: visit.to(&visit.at("/members")),
        roles: member::role_choices(visit),
        sends: visit.authority().sends_letters(),
    }
}
