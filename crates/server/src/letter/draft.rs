//! What a letter says: its subject, its paragraphs, where it leads. A link leads to a page; what is done there asks first.

use domain::Timestamp;
use domain::letter::{Factor, Letter, Turn};

use super::texts::Text;
use crate::console::{browser_named, moment};
use crate::language::Language;

/// The longest piece of somebody else's text in a subject, in characters.
const SUBJECT_PIECE: usize = 60;
/// As many names stand in a list at most.
const NAMES: usize = 20;

/// What a letter says.
pub(super) struct Draft {
    pub(super) subject: String,
    pub(super) paragraphs: Vec<String>,
    /// What the link says, and to which page here it leads, without the language.
    pub(super) link: Option<(String, String)>,
    /// What follows the link.
    pub(super) after: Vec<String>,
}

/// Writes a letter in a language.
pub(super) fn draft(letter: &Letter, language: Language, now: Timestamp) -> Draft {
    let writer = Writer { language, now };
    match letter {
        Letter::Verification { .. }
        | Letter::AccountExists
        | Letter::Invitation { .. }
        | Letter::ForgottenPassword { .. }
        | Letter::PasswordChanged { .. }
        | Letter::AddressChanged { .. } => writer.account(letter),
        Letter::FactorAdded { .. } | Letter::FactorRemoved { .. } | Letter::NewSignIn { .. } => writer.signing_in(letter),
        Letter::TokenMade { .. } | Letter::CredentialEnds { .. } | Letter::KeyEnds { .. } | Letter::OldKeyStillUsed { .. } => {
            writer.credential(letter)
        }
        Letter::Delegation { .. } => writer.delegation(letter),
        Letter::Announcement { .. } => writer.announcement(letter),
        Letter::Trial => writer.says(Text::TrialSubject, Text::TrialStory),
    }
}

struct Writer {
    language: Language,
    now: Timestamp,
}

impl Writer {
    fn say(&self, text: Text) -> String {
        text.of(self.language).to_owned()
    }

    fn fill(&self, text: Text, values: &[(&'static str, String)]) -> String {
        text.filled(self.language, values)
    }

    fn moment(&self, at: Timestamp) -> String {
        moment::shown(at, self.language).1
    }

    fn says(&self, subject: Text, story: Text) -> Draft {
        Draft { subject: self.say(subject), paragraphs: vec![self.say(story)], link: None, after: Vec::new() }
    }

    fn link_until(&self, ends_at: Timestamp) -> String {
        self.fill(Text::LinkUntil, &[("moment", self.moment(ends_at))])
    }

    fn account(&self, letter: &Letter) -> Draft {
        match letter {
            Letter::Verification { secret, ends_at } => Draft {
                link: Some((self.say(Text::VerificationDo), format!("/verify/{}", secret.expose()))),
                after: vec![self.link_until(*ends_at), self.say(Text::NotYou)],
                ..self.says(Text::VerificationSubject, Text::VerificationStory)
            },
            Letter::Invitation { organisation, invited_by, secret, ends_at } => {
                let (place, short) = (inert(organisation), inert(&cut(organisation)));
                let story = match invited_by {
                    Some(person) => self.fill(Text::InvitationStoryBy, &[("person", inert(person)), ("organisation", place)]),
                    None => self.fill(Text::InvitationStory, &[("organisation", place)]),
                };
                Draft {
                    subject: self.fill(Text::InvitationSubject, &[("organisation", short)]),
                    paragraphs: vec![story],
                    link: Some((self.say(Text::InvitationDo), format!("/invitation/{}", secret.expose()))),
                    after: vec![self.link_until(*ends_at)],
                }
            }
            Letter::ForgottenPassword { secret, ends_at } => Draft {
                link: Some((self.say(Text::ForgottenDo), format!("/new-password/{}", secret.expose()))),
                after: vec![self.link_until(*ends_at), self.say(Text::ForgottenKeeps), self.say(Text::NotYou)],
                ..self.says(Text::ForgottenSubject, Text::ForgottenStory)
            },
            Letter::AddressChanged { at } => {
                let mut draft = self.says(Text::AddressSubject, Text::AddressStory);
                draft.paragraphs.extend([self.fill(Text::At, &[("moment", self.moment(*at))]), self.say(Text::AddressNotYou)]);
                draft.link = Some((self.say(Text::OwnAddress), "/profile/email".to_owned()));
                draft.after.push(self.say(Text::AddressLocked));
                draft
            }
            Letter::PasswordChanged { at } => {
                let mut draft = self.says(Text::PasswordSubject, Text::PasswordStory);
                draft.paragraphs.extend([self.fill(Text::At, &[("moment", self.moment(*at))]), self.say(Text::PasswordNotYou)]);
                draft.link = Some((self.say(Text::WhereSignedIn), "/profile/sign-in".to_owned()));
                draft
            }
            _ => Draft {
                link: Some((self.say(Text::SignIn), "/profile".to_owned())),
                after: vec![self.say(Text::ExistsForgotten), self.say(Text::NotYou)],
                ..self.says(Text::ExistsSubject, Text::ExistsStory)
            },
        }
    }

    fn signing_in(&self, letter: &Letter) -> Draft {
        let (subject, mut paragraphs, at, not_you) = match letter {
            Letter::FactorAdded { factor, name, at } | Letter::FactorRemoved { factor, name, at } => {
                let (subject, story) = match letter {
                    Letter::FactorAdded { .. } => (Text::FactorAddedSubject, Text::FactorAddedStory),
                    _ => (Text::FactorRemovedSubject, Text::FactorRemovedStory),
                };
                let said = self.factor(*factor, name.as_deref());
                let short = [("factor", self.factor(*factor, None))];
                (self.fill(subject, &short), vec![self.fill(story, &[("factor", said)])], *at, Text::FactorNotYou)
            }
            Letter::NewSignIn { at, .. } => (self.say(Text::SignInSubject), vec![self.say(Text::SignInStory)], *at, Text::SignInNotYou),
            _ => return self.says(Text::SignInSubject, Text::SignInStory),
        };
        paragraphs.push(self.fill(Text::At, &[("moment", self.moment(at))]));
        if let Letter::NewSignIn { user_agent, address, .. } = letter {
            let browser = user_agent.as_deref().and_then(browser_named).map(|browser| ("browser", inert(&browser)));
            paragraphs.extend(browser.map(|browser| self.fill(Text::Browser, &[browser])));
            paragraphs.extend(address.as_ref().map(|address| self.fill(Text::Address, &[("address", address.clone())])));
        }
        paragraphs.push(self.say(not_you));
        let link = Some((self.say(Text::SigningIn), "/profile/sign-in".to_owned()));
        Draft { subject, paragraphs, link, after: Vec::new() }
    }

    fn factor(&self, factor: Factor, name: Option<&str>) -> String {
        let said = self.say(match factor {
            Factor::Codes => Text::FactorCodes,
            Factor::Passkey => Text::FactorPasskey,
            Factor::RecoveryCodes => Text::FactorRecovery,
        });
        match name {
            Some(name) => self.fill(Text::FactorNamed, &[("factor", said), ("name", inert(name))]),
            None => said,
        }
    }

    fn credential(&self, letter: &Letter) -> Draft {
        match letter {
            Letter::CredentialEnds { name, organisation, ends_at, .. } => {
                let subjects = [Text::TokenEndsToday, Text::TokenEndsDay, Text::TokenEndsSubject];
                let mut paragraphs = vec![self.fill(Text::EndsStory, &[("moment", self.moment(*ends_at))])];
                let link = match organisation {
                    None => (self.say(Text::YourTokens), "/profile/tokens".to_owned()),
                    Some((id, organisation)) => {
                        paragraphs.push(self.fill(Text::EndsOf, &[("organisation", inert(organisation))]));
                        (self.fill(Text::OrganisationTokens, &[("organisation", inert(organisation))]), format!("/o/{id}/options"))
                    }
                };
                let subject = self.ends(subjects, name, *ends_at);
                Draft { subject, paragraphs, link: Some((link.0, link.1)), after: Vec::new() }
            }
            Letter::KeyEnds { id, name, organisation: (organisation, title), ends_at } => {
                let subject = self.ends([Text::KeyEndsToday, Text::KeyEndsDay, Text::KeyEndsSubject], name, *ends_at);
                let story = self.fill(Text::EndsStory, &[("moment", self.moment(*ends_at))]);
                let whose = self.fill(Text::EndsOf, &[("organisation", inert(title))]);
                let link = Some((self.say(Text::TheKey), format!("/o/{organisation}/keys/{id}")));
                Draft { subject, paragraphs: vec![story, whose], link, after: Vec::new() }
            }
            Letter::OldKeyStillUsed { id, name, organisation: (organisation, title), ends_at, last_used_at } => {
                let values = [
                    ("name", inert(name)),
                    ("organisation", inert(title)),
                    ("moment", self.moment(*ends_at)),
                    ("used", self.moment(*last_used_at)),
                ];
                let link = Some((self.say(Text::TheKey), format!("/o/{organisation}/keys/{id}")));
                let subject = self.fill(Text::OldKeySubject, &[("name", inert(&cut(name)))]);
                Draft { subject, paragraphs: vec![self.fill(Text::OldKeyStory, &values)], link, after: Vec::new() }
            }
            Letter::TokenMade { description, at, ends_at } => {
                let until = match ends_at {
                    Some(ends_at) => self.fill(Text::TokenWorksUntil, &[("moment", self.moment(*ends_at))]),
                    None => self.say(Text::TokenHasNoEnd),
                };
                let story = self.fill(Text::TokenMadeSubject, &[("name", inert(description))]) + ".";
                let when = self.fill(Text::At, &[("moment", self.moment(*at))]);
                let link = Some((self.say(Text::YourTokens), "/profile/tokens".to_owned()));
                let subject = self.fill(Text::TokenMadeSubject, &[("name", inert(&cut(description)))]);
                Draft { subject, paragraphs: vec![story, when, until, self.say(Text::TokenMadeNotYou)], link, after: Vec::new() }
            }
            _ => self.says(Text::TrialSubject, Text::TrialStory),
        }
    }

    /// In how many days something ends: today, in one, in more.
    fn ends(&self, [today, day, days]: [Text; 3], name: &str, ends_at: Timestamp) -> String {
        let count = moment::days_between(self.now, ends_at);
        let subject = match count {
            ..=0 => today,
            1 => day,
            _ => days,
        };
        self.fill(subject, &[("name", inert(&cut(name))), ("count", count.to_string())])
    }

    fn delegation(&self, letter: &Letter) -> Draft {
        let Letter::Delegation { turn, id, own, from, to, workspace, reason, .. } = letter else {
            return self.says(Text::TrialSubject, Text::TrialStory);
        };
        let (subject, story, at) = match turn {
            Turn::Offered => (Text::OfferedSubject, Text::OfferedStory, None),
            Turn::Opened => (Text::OpenedSubject, Text::OpenedStory, None),
            Turn::WillClose { at } => (Text::WillCloseSubject, Text::WillCloseStory, Some(*at)),
            Turn::Closed => (Text::ClosedSubject, Text::ClosedStory, None),
            Turn::WillEnd { at } => (Text::WillEndSubject, Text::WillEndStory, Some(*at)),
            Turn::WillLapse { at } => (Text::WillLapseSubject, Text::WillLapseStory, Some(*at)),
            Turn::Ended => (Text::EndedSubject, Text::EndedStory, None),
        };
        let at = at.map(|at| self.moment(at)).unwrap_or_default();
        let subject = self.fill(subject, &[("to", inert(&cut(to))), ("moment", at.clone())]);
        let mut paragraphs = vec![self.fill(story, &[("from", inert(from)), ("to", inert(to)), ("moment", at)])];
        paragraphs.extend(workspace.as_ref().map(|workspace| self.fill(Text::Project, &[("workspace", inert(workspace))])));
        paragraphs.extend(reason.as_ref().map(|reason| self.fill(Text::Reason, &[("reason", inert(reason))])));
        let link = Some((self.say(Text::TheDelegation), format!("/o/{own}/delegations/{id}")));
        Draft { subject, paragraphs, link, after: Vec::new() }
    }

    fn announcement(&self, letter: &Letter) -> Draft {
        let Letter::Announcement { announcement, api, credentials, is_contact, organisation } = letter else {
            return self.says(Text::TrialSubject, Text::TrialStory);
        };
        let (read, signal) = (self.language.into(), &announcement.signal);
        let (title, text) = (announcement.title.of(read), announcement.text.of(read));
        let subject = self.fill(Text::AnnouncementSubject, &[("api", inert(&cut(api))), ("title", inert(&cut(title)))]);
        let mut paragraphs: Vec<String> = text.split('\n').map(str::trim).filter(|line| !line.is_empty()).map(inert).collect();
        if !signal.routes.is_empty() {
            let names: Vec<String> = signal.routes.iter().map(|route| inert(&format!("{} {}", route.method, route.path))).collect();
            paragraphs.push(self.fill(Text::AnnouncementRoutes, &[("routes", listed(names))]));
        }
        let moments = [(Text::AnnouncementDiscouraged, signal.deprecated_at), (Text::AnnouncementEnds, signal.sunset_at)];
        for (text, at) in moments {
            paragraphs.extend(at.map(|at| self.fill(text, &[("moment", self.moment(at))])));
        }
        if let Some(link) = &signal.link {
            paragraphs.push(self.fill(Text::AnnouncementMore, &[("link", link.clone())]));
        }
        let why = if *is_contact { Text::AnnouncementContact } else { Text::AnnouncementWhy };
        let names = listed(credentials.iter().map(|name| format!("‘{}’", inert(name))).collect());
        let mut after = vec![self.fill(why, &[("api", inert(api)), ("credentials", names)])];
        after.extend(organisation.as_ref().map(|(_, name)| self.fill(Text::AnnouncementOf, &[("organisation", inert(name))])));
        let (words, page) = match organisation {
            Some((organisation, _)) => (Text::TheOrganisation, format!("/o/{organisation}")),
            None => (Text::YourTokens, "/profile/tokens".to_owned()),
        };
        Draft { subject, paragraphs, link: Some((self.say(words), page)), after }
    }
}

/// The first of these names, and that there are more.
fn listed(mut names: Vec<String>) -> String {
    if names.len() > NAMES {
        names.truncate(NAMES);
        names.push("…".to_owned());
    }
    names.join(", ")
}

/// Somebody else's words, of which no reader makes a link: names are no place to lead people astray by. A word joiner, which is not
/// seen, stands where an address, or an encoded word (RFC 2047), would go on; what breaks lines or turns the direction of writing is left out.
pub(super) fn inert(text: &str) -> String {
    const WORD_JOINER: char = '\u{2060}';
    let mut inert = String::with_capacity(text.len());
    let mut characters = text.chars().filter(|character| !is_control(*character)).peekable();
    while let Some(character) = characters.next() {
        inert.push(character);
        let goes_on = characters.peek().is_some_and(|next| !next.is_whitespace());
        if goes_on && matches!(character, '.' | ':' | '@' | '/' | '=') {
            inert.push(WORD_JOINER);
        }
    }
    inert
}

fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// As much as fits in a subject.
fn cut(text: &str) -> String {
    if text.chars().count() <= SUBJECT_PIECE {
        return text.to_owned();
    }
    text.chars().take(SUBJECT_PIECE - 1).chain(['…']).collect()
}
