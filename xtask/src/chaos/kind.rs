//! What is made and ended during a run: each kind with how it is asked about, paused and ended, and where it comes from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::Outcome;
use crate::bench::browser::Browser;
use crate::random::Random;
use crate::server::{Client, question, text};

/// How many people's consents there are to end: none is made during the run.
const GRANTS: usize = 24;
const API: &str = "field";
const PERMISSION: &str = "field:papers:read";
const REDIRECT: &str = "https://app.example/callback";
const PASSWORD: &str = "correct horse battery";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// A kind of what is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    PersonalToken,
    OrganisationKey,
    /// One of two private keys of an organisation key.
    PrivateKey,
    /// One access token of a key that goes on.
    AccessToken,
    /// A person's consent, asked about by an access token that came of it.
    Grant,
    OrganisationToken,
    /// Asked about by a token of the organisation that got it, in its workspace.
    Delegation,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::PersonalToken,
        Self::OrganisationKey,
        Self::PrivateKey,
        Self::AccessToken,
        Self::Grant,
        Self::OrganisationToken,
        Self::Delegation,
    ];

    /// What is made during a run, personal tokens most.
    pub(crate) fn to_make(random: &mut Random) -> Self {
        match random.below(10) {
            0 => Self::OrganisationKey,
            1 => Self::PrivateKey,
            2 | 3 => Self::AccessToken,
            4 => Self::OrganisationToken,
            5 => Self::Delegation,
            _ => Self::PersonalToken,
        }
    }

    /// The words of the report.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PersonalToken => "personal tokens",
            Self::OrganisationKey => "organisation keys",
            Self::PrivateKey => "private keys",
            Self::AccessToken => "single access tokens",
            Self::Grant => "grants",
            Self::OrganisationToken => "organisation tokens",
            Self::Delegation => "delegations",
        }
    }

    /// Where it is paused and resumed, if that is done here.
    pub(crate) fn suspension(self, id: &str) -> Option<String> {
        let list = match self {
            Self::PersonalToken => "tokens",
            Self::OrganisationKey => "organisation-keys",
            Self::OrganisationToken => "organisation-tokens",
            Self::PrivateKey | Self::AccessToken | Self::Grant | Self::Delegation => return None,
        };
        Some(format!("/api/v1/{list}/{id}/suspension"))
    }

    /// Whether "there is no such thing", when its end is asked for again, comes only after all nodes know the end. Pages look first.
    pub(crate) const fn says_gone_in_time(self) -> bool {
        matches!(self, Self::PersonalToken | Self::OrganisationKey | Self::PrivateKey | Self::OrganisationToken)
    }
}

/// A request that changes something.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// Whole lines; without a credential it is the operator's.
    pub(crate) headers: Option<String>,
    pub(crate) body: String,
}

impl Call {
    /// A call of the management API by the operator.
    pub(crate) fn operator(method: &'static str, path: &str, body: &Value) -> Self {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Self { method, path: path.to_owned(), headers: None, body }
    }

    fn form(path: &str, headers: String, body: String) -> Self {
        Self { method: "POST", path: path.to_owned(), headers: Some(format!("{FORM}{headers}")), body }
    }
}

/// Something that was made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) kind: Kind,
    /// How the journal names it.
    pub(crate) id: String,
    /// With which API credential it is asked about, and the question.
    pub(crate) asked: (String, String),
    pub(crate) end: Call,
}

/// What the things of a run hang from, and goes on during it.
pub(crate) struct Field {
    learning: String,
    api: String,
    holder: String,
    supplier: String,
    /// The client that asks for access tokens for itself, as `Basic`.
    client: String,
    /// A token of the supplier, as `Basic`.
    survey: String,
    people: Vec<String>,
}

fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

impl Field {
    /// Makes what goes on. `learning` is the credential of the API of personal tokens.
    pub(crate) fn make(operator: &mut Client, learning: String, people: Vec<String>) -> Outcome<Self> {
        let definition = json!({
            "name": API, "title": "Field", "presentations": ["bearer", "basic", "api_key"],
            "credentials": ["access_token", "organisation_key", "organisation_token"],
            "permissions": [{ "name": PERMISSION, "title": "Read papers" }], "scopes": [{ "name": API, "title": "All" }], "routes": []
        });
        operator.must("POST", "/api/v1/apis", &definition)?;
        let api = text(&operator.must("POST", &format!("/api/v1/apis/{API}/credentials"), &json!({ "description": "itself" }))?, "secret")?;
        let (holder, supplier) = (operator.create_organisation("Holder")?, operator.create_organisation("Supplier")?);
        let key = json!({ "name": "Machine", "grant_types": ["client_credentials"], "permissions": "all" });
        let key = operator.must("POST", &format!("/api/v1/organisations/{holder}/organisation-keys"), &key)?;
        let client = basic(&text(&key, "client_id")?, &text(&key, "private_key")?);
        let token = json!({ "api": API, "username": "survey", "description": "field teams" });
        let token = operator.must("POST", &format!("/api/v1/organisations/{supplier}/organisation-tokens"), &token)?;
        let survey = basic(&text(&token, "username")?, &text(&token, "code")?);
        Ok(Self { learning, api, holder, supplier, client, survey, people })
    }

    /// Consents of one person to many clients, each with an access token that came of it.
    pub(crate) fn grants(&self, operator: &mut Client, address: &str) -> Outcome<Vec<Made>> {
        let person =
            json!({ "name": "Ann", "email": "ann@example.org", "organisation": self.holder, "roles": ["member"], "password": PASSWORD });
        operator.must("POST", "/api/v1/people", &person)?;
        let mut browser = Browser::open(address)?;
        browser.fill("/sign-in", &[("email", "ann@example.org"), ("password", PASSWORD)])?;
        let (mut made, mut known) = (Vec::new(), Vec::new());
        for number in 0..GRANTS {
            let key = json!({
                "name": format!("App {number}"), "grant_types": ["authorization_code"], "permissions": "all", "redirect_uris": [REDIRECT]
            });
            let key = operator.must("POST", &format!("/api/v1/organisations/{}/organisation-keys", self.holder), &key)?;
            let (client, secret) = (text(&key, "client_id")?, text(&key, "private_key")?);
            let redirect = REDIRECT.replace(':', "%3A").replace('/', "%2F");
            let path = format!("/connect/authorize?response_type=code&client_id={client}&redirect_uri={redirect}&scope={API}");
            browser.fill(&path, &[("decision", "allow")])?;
            // Consented to before: the second time a code comes at once.
            let answer = browser.exchange("GET", &path, "")?;
            let place = answer.header("location").next().unwrap_or_default().to_owned();
            let code = place.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).ok_or(format!("no code in {place}"))?;
            let body = format!("grant_type=authorization_code&redirect_uri={redirect}&code={code}");
            let token = token(address, &basic(&client, &secret), &body)?;
            let page = String::from_utf8_lossy(&browser.exchange("GET", "/en/profile/apps", "")?.body).into_owned();
            let of = |rest: &str| rest.split_once("/stop").map(|(id, _)| id.to_owned());
            let grant = page.split("/en/profile/apps/").skip(1).filter_map(of).find(|id| id.len() == 36 && !known.contains(id));
            let grant = grant.ok_or("the page of apps does not show the consent")?;
            let path = format!("/en/profile/apps/{grant}/stop");
            let page = String::from_utf8_lossy(&browser.exchange("GET", &path, "")?.body).into_owned();
            let csrf = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("no form")?.to_owned();
            let end = Call::form(&path, format!("Cookie: {}\r\n", browser.cookie_header()), format!("csrf={csrf}"));
            known.push(grant.clone());
            made.push(Made {
                kind: Kind::Grant,
                id: grant,
                asked: self.question(&json!({ "authorization": format!("Bearer {token}") })),
                end,
            });
        }
        Ok(made)
    }

    fn question(&self, presented: &Value) -> (String, String) {
        let mut body = json!({ "api": API, "permission": PERMISSION });
        if let (Some(body), Some(presented)) = (body.as_object_mut(), presented.as_object()) {
            body.extend(presented.clone());
        }
        (self.api.clone(), body.to_string())
    }

    /// Makes one more of a kind; `ask` asks for a change until it is done. Nothing where nobody said so in time.
    pub(crate) fn one(
        &self,
        (kind, number): (Kind, u64),
        random: &mut Random,
        mut ask: impl FnMut(&mut Random, Call) -> Outcome<Option<Value>>,
    ) -> Outcome<Option<Made>> {
        let (of_holder, of_supplier) =
            (format!("/api/v1/organisations/{}", self.holder), format!("/api/v1/organisations/{}", self.supplier));
        let post = |path: String, body: Value| Call::operator("POST", &path, &body);
        macro_rules! done {
            ($call:expr) => {
                match ask(random, $call)? {
                    Some(value) => value,
                    None => return Ok(None),
                }
            };
        }
        let (id, asked, end) = match kind {
            Kind::PersonalToken => {
                let person = &self.people[number as usize % self.people.len()];
                let made = done!(post(format!("/api/v1/people/{person}/tokens"), json!({ "description": format!("token {number}") })));
                let id = text(&made, "id")?;
                let asked = (self.learning.clone(), question(&text(&made, "secret")?).to_string());
                (id.clone(), asked, delete("tokens", &id))
            }
            Kind::OrganisationKey | Kind::PrivateKey => {
                let body = json!({ "name": format!("Key {number}"), "grant_types": ["client_credentials"], "permissions": "all" });
                let made = done!(post(format!("{of_holder}/organisation-keys"), body));
                let id = text(&made, "id")?;
                let asked = self.question(&json!({ "api_key": text(&made, "private_key")? }));
                let path = format!("/api/v1/organisation-keys/{id}");
                let end = if kind == Kind::PrivateKey {
                    let shown = done!(Call::operator("GET", &path, &Value::Null));
                    done!(post(format!("{path}/rotations"), json!({ "overlap_seconds": 86_400 })));
                    let first = shown["private_keys"][0]["id"].as_str().ok_or(format!("no private key in {shown}"))?;
                    post(format!("{path}/private-key-revocations"), json!({ "private_key": first }))
                } else {
                    delete("organisation-keys", &id)
                };
                (id, asked, end)
            }
            Kind::AccessToken => {
                let headers = format!("Authorization: {}\r\n", self.client);
                let body = format!("grant_type=client_credentials&scope={API}");
                let token = text(&done!(Call::form("/connect/token", headers.clone(), body)), "access_token")?;
                let asked = self.question(&json!({ "authorization": format!("Bearer {token}") }));
                (token.clone(), asked, Call::form("/connect/revocation", headers, format!("token={token}")))
            }
            Kind::OrganisationToken => {
                let body = json!({ "api": API, "username": format!("user-{number}"), "description": "field teams" });
                let made = done!(post(format!("{of_supplier}/organisation-tokens"), body));
                let id = text(&made, "id")?;
                let own = basic(&text(&made, "username")?, &text(&made, "code")?);
                (id.clone(), self.question(&json!({ "authorization": own })), delete("organisation-tokens", &id))
            }
            Kind::Delegation => {
                let place = number.to_string();
                done!(post(format!("{of_holder}/workspaces"), json!({ "number": place, "name": format!("Place {place}") })));
                let body = json!({
                    "workspace": place, "api": API, "to": self.supplier, "kind": "delivering", "permissions": "all",
                    "description": "field work"
                });
                let id = text(&done!(post("/api/v1/delegations".to_owned(), body)), "id")?;
                let asked = self.question(&json!({ "authorization": self.survey, "workspace": place }));
                (id.clone(), asked, post(format!("/api/v1/delegations/{id}/closures"), json!({ "reason": "the end" })))
            }
            Kind::Grant => return Ok(None),
        };
        Ok(Some(Made { kind, id, asked, end }))
    }
}

fn delete(list: &str, id: &str) -> Call {
    Call::operator("DELETE", &format!("/api/v1/{list}/{id}"), &Value::Null)
}

/// Asks for an access token.
fn token(address: &str, authorization: &str, body: &str) -> Outcome<String> {
    let mut connection = crate::http::Connection::open(address).map_err(|error| error.to_string())?;
    let headers = format!("{FORM}Authorization: {authorization}\r\n");
    let answer = connection.exchange("POST", "/connect/token", &headers, body).map_err(|error| error.to_string())?;
    text(&answer.json(), "access_token")
}
