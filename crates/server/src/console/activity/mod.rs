//! `/activity` and `/o/{org}/activity`: what credentials did by day, what was refused and why, and the same as a file.

mod download;
mod filter;
pub(super) mod narrow;
mod recent;
mod sums;
mod texts;

use askama::Template;
use authority::{Activities, ActivityFilter, Doer, Error, NamedDoer, Right};
use axum::response::Response;
use domain::{Day, Refusal};

pub(super) use recent::{Recent, spark, unused};
pub(super) use texts::Text;

use super::chart::{self, Bar};
use super::form::{Choice, Form};
use super::moment::{self, Moment};
use super::page::{Frame, Link};
use super::visit::{Answer, Visit};
use super::{failure, menu};
use crate::why;
use filter::View;
use sums::Sums;

/// Who may see something of an organisation's activity.
pub(super) const READ: &[Right] = &[Right::PeopleRead, Right::OrganisationTokensRead, Right::OrganisationKeysRead, Right::WorkspacesRead];
/// Of these, who sees its credentials.
const CREDENTIALS: &[Right] = &[Right::PeopleRead, Right::OrganisationTokensRead, Right::OrganisationKeysRead];
/// The spans that one click chooses, in days.
const SPANS: [i32; 4] = [1, 7, 14, 90];

#[derive(Template)]
#[template(path = "console/activity/activity.html")]
struct Page {
    frame: Frame,
    form: Form,
    heading: &'static str,
    help: Option<&'static str>,
    views: Vec<Link>,
    spans: Vec<Link>,
    of_projects: bool,
    by: Vec<Choice>,
    workspaces: Vec<Choice>,
    reasons: Vec<Choice>,
    why: String,
    charts: Option<Charts>,
    uncounted: Option<String>,
}

struct Charts {
    by_week: bool,
    story: String,
    bars: String,
    rows: Vec<(Moment, String, String)>,
    reason_story: String,
    reasons: String,
    reason_rows: Vec<(&'static str, &'static str, String)>,
    top: Vec<Most>,
    downloads: Vec<Link>,
}

/// One of those who did most.
struct Most {
    name: String,
    holder: String,
    spark: String,
    accepted: String,
    refused: String,
}

pub(super) async fn show(visit: Visit) -> Answer {
    let view = view(&visit);
    let mut form = filter::form(&visit);
    let found = match filter::read(&visit, &mut form, view) {
        Some(filter) => read(&visit, &mut form, view, filter).await?,
        None => None,
    };
    let is_good = form.is_good();
    let page = page(&visit, form, view, found);
    if is_good { visit.page(&page) } else { visit.again(&page) }
}

/// The same as a file. What is wrong with its address has no page to be told on.
pub(super) async fn download(visit: Visit) -> Answer {
    let view = view(&visit);
    let mut form = filter::form(&visit);
    let named = visit.query.text("format");
    let kind = download::Form::ALL.into_iter().find(|form| form.name() == named).ok_or_else(|| failure::not_found(&visit.browser))?;
    let found = match filter::read(&visit, &mut form, view) {
        Some(filter) => read(&visit, &mut form, view, filter).await?,
        None => None,
    };
    let Some((filter, activities)) = found else { return visit.again(&page(&visit, form, view, None)) };
    let project = activities.workspaces.iter().find(|(id, _)| Some(*id) == filter.workspace).map_or("", |(_, number)| number.as_str());
    Ok(visit.browser.answer(download::answer(kind, &activities, (filter.from, filter.to), project)))
}

/// From whose side the person looks: who sees only projects sees those.
fn view(visit: &Visit) -> View {
    match &visit.place {
        None => View::Own,
        Some((_, membership)) => {
            let sees = |rights: &[Right]| menu::is_member_for(rights, membership);
            let wants_projects = visit.query.text("view") == "projects" && sees(&[Right::WorkspacesRead]);
            if wants_projects || !sees(CREDENTIALS) { View::Projects } else { View::Ours }
        }
    }
}

async fn read(
    visit: &Visit,
    form: &mut Form,
    view: View,
    filter: ActivityFilter,
) -> Result<Option<(ActivityFilter, Activities)>, Response> {
    let (authority, caller) = (visit.authority(), visit.caller());
    let read = match (view, &visit.place) {
        (View::Own, _) | (_, None) => authority.activity_of_person(&caller, visit.person().person.id, filter).await,
        (View::Ours, Some((of, _))) => authority.activity_of_organisation(&caller, of.id, filter).await,
        (View::Projects, Some((of, _))) => authority.activity_in_workspaces(&caller, of.id, filter).await,
    };
    match read {
        Ok(activities) => Ok(Some((filter, activities))),
        Err(Error::Invalid(problems)) => {
            let is_late = filter.to > Day::of(visit.browser.now);
            let (field, text) = match problems.first().map(|(field, _)| field.as_str()) {
                Some("from") if filter.from < Day::of(visit.browser.now).plus(-store::DAYS_KEPT) => ("from", Text::DayWrong),
                Some("to") if is_late => ("to", Text::DayWrong),
                Some("to") => ("to", Text::OrderWrong),
                _ => ("from", Text::TooMuch),
            };
            form.refuse(field, visit.say(text));
            Ok(None)
        }
        Err(error) => Err(visit.refused(&error)),
    }
}

fn page(visit: &Visit, form: Form, view: View, found: Option<(ActivityFilter, Activities)>) -> Page {
    let path = visit.path.trim_end_matches("/download").to_owned();
    let here = |query: String| visit.to(&format!("{path}?{query}"));
    let today = Day::of(visit.browser.now);
    let span = |days: i32| {
        let (from, to) = (today.plus(1 - days).to_string(), today.to_string());
        let label = if days == 1 { visit.say(Text::Today).to_owned() } else { visit.fill(Text::Days, &[("count", &days.to_string())]) };
        let is_here = form.value("from") == from && form.value("to") == to;
        Link { is_here, ..Link::new(here(filter::query(&form, view, &[("from", &from), ("to", &to)])), label) }
    };
    let (doers, workspaces) = found.as_ref().map_or((&[][..], &[][..]), |(_, found)| (&found.doers[..], &found.workspaces[..]));
    let heading = visit.say(match view {
        View::Own => Text::Own,
        View::Ours => Text::Ours,
        View::Projects => Text::InProjects,
    });
    let any = |text: Text| std::iter::once(Choice::new("", visit.say(text)));
    Page {
        frame: Frame::of(visit, visit.say(super::Text::Activity)),
        heading,
        help: (view == View::Projects).then(|| visit.say(Text::ProjectsHelp)),
        views: views(visit, view, &path),
        spans: SPANS.into_iter().map(span).collect(),
        of_projects: view == View::Projects,
        by: any(Text::Everything).chain(doers.iter().map(|doer| Choice::new(id(doer.doer), name(visit, doer)))).collect(),
        workspaces: any(Text::Everything).chain(workspaces.iter().map(|(id, number)| Choice::new(id.to_string(), number))).collect(),
        reasons: any(Text::AnyReason).chain(Refusal::ALL.iter().filter(|one| is_countable(**one)).map(|one| reason(visit, *one))).collect(),
        why: visit.to("/activity/why"),
        uncounted: found
            .as_ref()
            .filter(|(_, found)| found.uncounted > 0)
            .map(|(_, found)| visit.fill(Text::Uncounted, &[("count", &moment::number(found.uncounted, visit.browser.language))])),
        charts: found
            .filter(|(_, found)| !found.lines.is_empty())
            .map(|(filter, found)| charts(visit, (&form, view, &path), &filter, &found)),
        form,
    }
}

/// The two sides of an organisation, where the person sees both.
fn views(visit: &Visit, view: View, path: &str) -> Vec<Link> {
    let Some((_, membership)) = &visit.place else { return Vec::new() };
    let sees = |rights: &[Right]| menu::is_member_for(rights, membership);
    if !(sees(CREDENTIALS) && sees(&[Right::WorkspacesRead])) {
        return Vec::new();
    }
    let link =
        |of: View, query: &str, text: Text| Link { is_here: of == view, ..Link::new(visit.to(&format!("{path}{query}")), visit.say(text)) };
    vec![link(View::Ours, "", Text::Ours), link(View::Projects, "?view=projects", Text::InProjects)]
}

fn charts(visit: &Visit, (form, view, path): (&Form, View, &str), filter: &ActivityFilter, found: &Activities) -> Charts {
    let language = visit.browser.language;
    let sums = Sums::of(&found.lines, (filter.from, filter.to));
    let number = |value: u64| moment::number(value, language);
    let bar = |(day, accepted, refused): &(Day, u64, u64)| Bar {
        label: moment::day_and_month(day.begin(), language),
        accepted: *accepted,
        refused: *refused,
    };
    let bars: Vec<Bar> = sums.bars.iter().map(bar).collect();
    let is_today = sums.step == 1 && filter.to == Day::of(visit.browser.now);
    let (accepted, refused) = (number(sums.total.0), number(sums.total.1));
    let (from, to) = (moment::day(filter.from.begin(), language), moment::day(filter.to.begin(), language));
    let story = [("from", from.as_str()), ("to", &to), ("accepted", &accepted), ("refused", &refused)];
    let title = |refusal: Refusal| why::words(refusal.into(), language).title;
    let lying: Vec<_> = sums.reasons.iter().map(|(refusal, count)| (title(*refusal).to_owned(), *count, number(*count))).collect();
    let file = |form_of: download::Form| {
        let query = filter::query(form, view, &[("format", form_of.name())]);
        Link::new(visit.to(&format!("{path}/download?{query}")), form_of.name().to_uppercase())
    };
    Charts {
        by_week: sums.step > 1,
        story: visit.fill(Text::Story, &story),
        bars: chart::bars(&bars, "by-day", is_today),
        rows: sums.bars.iter().map(|(day, yes, no)| (Moment::day(day.begin(), language), number(*yes), number(*no))).collect(),
        reason_story: visit.fill(Text::ReasonStory, &[("refused", &refused)]),
        reasons: if lying.is_empty() { String::new() } else { chart::lying(&lying, "by-reason") },
        reason_rows: sums.reasons.iter().map(|(refusal, count)| (title(*refusal), refusal.code(), number(*count))).collect(),
        top: sums.top.iter().map(|most| top(visit, most, &found.doers)).collect(),
        downloads: download::Form::ALL.into_iter().map(file).collect(),
    }
}

fn top(visit: &Visit, most: &sums::Most, doers: &[NamedDoer]) -> Most {
    let number = |value: u64| moment::number(value, visit.browser.language);
    let doer = doers.iter().find(|doer| doer.doer == most.by);
    Most {
        name: doer.map_or_else(|| visit.say(Text::Ended).to_owned(), |doer| plain_name(visit, doer)),
        holder: doer.map(|doer| doer.holder.clone()).unwrap_or_default(),
        spark: spark(visit, &most.bars),
        accepted: number(most.total.0),
        refused: number(most.total.1),
    }
}

fn id(doer: Doer) -> String {
    match doer {
        Doer::Credential(id) => id.to_string(),
        Doer::Organisation(id) => id.to_string(),
        Doer::Nobody => "nobody".to_owned(),
    }
}

fn name(visit: &Visit, doer: &NamedDoer) -> String {
    if doer.holder.is_empty() { plain_name(visit, doer) } else { format!("{} ({})", doer.label, doer.holder) }
}

fn plain_name(visit: &Visit, doer: &NamedDoer) -> String {
    if doer.doer == Doer::Nobody { visit.say(Text::Nobody).to_owned() } else { doer.label.clone() }
}

fn reason(visit: &Visit, refusal: Refusal) -> Choice {
    Choice::new(refusal.code(), why::words(refusal.into(), visit.browser.language).title)
}

/// Whether it is a refusal of a credential that is known: others count for nobody.
fn is_countable(refusal: Refusal) -> bool {
    !matches!(refusal, Refusal::MissingCredential | Refusal::MalformedCredential | Refusal::WrongCode | Refusal::WrongApi)
}
