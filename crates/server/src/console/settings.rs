//! `/o/{org}/settings`: what an organisation is called, how it is reached, and who decides what.

use askama::Template;
use authority::{Caller, Page, Right};
use axum::response::Response;
use domain::person::Role;
use domain::text::{Email, Name};

use super::form::Form;
use super::moment::Moment;
use super::page::{Frame, Link};
use super::second_factor_policy::Policy;
use super::texts::words;
use super::visit::{Answer, Visit};

/// Who may change them.
pub(super) const WRITE: &[Right] = &[Right::PeopleWrite];
/// As many members are looked through for administrators.
const MEMBERS: Page = Page { after: None, limit: 200 };

words! {
    Title: "Settings", "Instellingen";
    Name: "Name", "Naam";
    NameHelp: "Other organisations see this name, and give you delegations by it.", "Andere organisaties zien deze naam, en geven je daarmee machtigingen.";
    NameWrong: "Fill in a name of 1 to 200 characters.", "Vul een naam in van 1 tot 200 tekens.";
    NameTaken: "There is an organisation of this name already. Choose another name.", "Er is al een organisatie met deze naam. Kies een andere naam.";
    Contact: "E-mail address of the organisation (optional)", "E-mailadres van de organisatie (niet verplicht)";
    ContactHelp: "For the operator of this server. Other organisations do not see it.", "Voor de beheerder van deze server. Andere organisaties zien dit niet.";
    ContactWrong: "Fill in an e-mail address, such as office@example.org.", "Vul een e-mailadres in, zoals kantoor@voorbeeld.nl.";
    Save: "Save", "Opslaan";
    Saved: "The settings were saved.", "De instellingen zijn bewaard.";
    Administrators: "Administrators", "Beheerders";
    Since: "Here since", "Hier sinds";
    OnlyOne: "There is only one administrator. Make somebody else administrator, too: the last one cannot leave.", "Er is maar één beheerder. Maak nog iemand beheerder: de laatste kan niet weg.";
    Decides: "What your organisation decides", "Wat je organisatie zelf beslist";
    DecidesMembers: "who is a member, and as what", "wie lid is, en met welke rol";
    DecidesKeys: "which keys and tokens there are, what they may do and how long", "welke sleutels en tokens er zijn, wat ze mogen en hoelang";
    DecidesProjects: "who may do what in its projects", "wie wat mag in de projecten";
    OperatorDecides: "The operator of this server decides which APIs there are and what they can allow. The operator can suspend your organisation; the audit log then says so.", "De beheerder van deze server beslist welke API's er zijn en wat ze kunnen toestaan. De beheerder kan je organisatie stilzetten; dat staat dan in het logboek.";
}

#[derive(Template)]
#[template(path = "console/settings.html")]
struct View {
    frame: Frame,
    form: Form,
    administrators: Vec<String>,
    since: Moment,
    policy: Policy,
    decides: Vec<Link>,
}

pub(super) async fn show(visit: Visit) -> Answer {
    let organisation = visit.organisation();
    let read = visit.authority().organisation_contact(&visit.caller(), organisation.id).await;
    let (contact, _) = read.map_err(|error| visit.refused(&error))?;
    let contact = contact.map(String::from).unwrap_or_default();
    let form = Form::new(&visit, &[("name", organisation.name.as_str()), ("contact", &contact)]);
    visit.page(&view(&visit, form).await?)
}

pub(super) async fn change(visit: Visit) -> Answer {
    let mut form = Form::new(&visit, &[]);
    let name = Name::new(form.value("name").trim());
    let name = form.take("name", name, visit.say(Text::NameWrong));
    let contact = form.value("contact").trim().to_owned();
    let contact = if contact.is_empty() { None } else { form.take("contact", Email::new(&contact), visit.say(Text::ContactWrong)) };
    let Some(name) = name.filter(|_| form.is_good()) else { return visit.again(&view(&visit, form).await?) };
    match visit.authority().change_organisation(&visit.context(), visit.organisation().id, (name, contact)).await {
        Ok(_) => visit.onward(&visit.at("/settings"), Some(visit.say(Text::Saved))),
        Err(error) => {
            form.refused(&visit, error, &[("name_taken", "name", Text::NameTaken)])?;
            visit.again(&view(&visit, form).await?)
        }
    }
}

async fn view(visit: &Visit, form: Form) -> Result<View, Response> {
    let decides = [("/members", Text::DecidesMembers), ("/keys", Text::DecidesKeys), ("/projects", Text::DecidesProjects)];
    Ok(View {
        frame: Frame::of(visit, visit.say(Text::Title)),
        form,
        administrators: administrators(visit).await?,
        since: Moment::day(visit.organisation().created_at, visit.browser.language),
        policy: Policy::read(visit).await?,
        decides: decides.map(|(path, label)| Link::new(visit.to(&visit.at(path)), visit.say(label))).to_vec(),
    })
}

async fn administrators(visit: &Visit) -> Result<Vec<String>, Response> {
    let members = visit.authority().members(&Caller::System, visit.organisation().id, MEMBERS).await;
    let mut names = Vec::new();
    for member in members.map_err(|error| visit.refused(&error))?.iter().filter(|member| member.roles.has(Role::Owner)) {
        let person = visit.authority().person(&Caller::System, member.person).await.map_err(|error| visit.refused(&error))?;
        names.extend(person.name.map(String::from));
    }
    Ok(names)
}
