//! The routes: the same table as the API's definition and its published document, with what answers each.

use axum::body::{Body, to_bytes};
use http::Method;
use serde_json::{Map, Value};

use super::answer::{Answer, Failure};
use super::step::Step;
use super::visit::Visit;
use super::{Subsurface, delivery, document, project, registration, transaction, upload};
use crate::pattern;

/// The longest body that is not a document.
const MAX_JSON_BYTES: usize = 64 * 1024;

/// What answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Validate,
    CreateUpload,
    Upload,
    CreateDocument,
    Document,
    EnrichDocument,
    Deliver,
    Deliveries,
    Delivery,
    EnrichDelivery,
    Waiting,
    DocumentToCheck,
    Check,
    Establish,
    Settings,
    ChangeSettings,
    Transactions,
    Registrations,
    Registration,
}

/// Method, path, the permission without its API, and what answers it.
pub(super) const ROUTES: [(&str, &str, &str, Route); 24] = [
    ("POST", "/api/v2/validatie", "documents:validate", Route::Validate),
    ("POST", "/api/v2/{project}/validatie", "documents:validate", Route::Validate),
    ("POST", "/api/v2/{project}/uploads", "deliveries:create", Route::CreateUpload),
    ("GET", "/api/v2/{project}/uploads/{upload}", "deliveries:create", Route::Upload),
    ("POST", "/api/v2/{project}/uploads/{upload}/brondocumenten", "deliveries:create", Route::CreateDocument),
    ("GET", "/api/v2/{project}/brondocumenten/{document}", "deliveries:create", Route::Document),
    ("PATCH", "/api/v2/{project}/brondocumenten/{document}", "deliveries:enrich", Route::EnrichDocument),
    ("POST", "/api/v2/{project}/leveringen", "deliveries:create", Route::Deliver),
    ("GET", "/api/v2/{project}/leveringen", "deliveries:create", Route::Deliveries),
    ("GET", "/api/v2/leveringen", "deliveries:create", Route::Deliveries),
    ("GET", "/api/v2/{project}/leveringen/{delivery}", "deliveries:create", Route::Delivery),
    ("PATCH", "/api/v2/{project}/leveringen/{delivery}", "deliveries:enrich", Route::EnrichDelivery),
    ("GET", "/api/v2/{project}/controles", "deliveries:check", Route::Waiting),
    ("GET", "/api/v2/{project}/controles/brondocumenten/{document}", "deliveries:check", Route::DocumentToCheck),
    ("POST", "/api/v2/{project}/leveringen/{delivery}/controle", "deliveries:check", Route::Check),
    ("POST", "/api/v2/{project}/leveringen/{delivery}/vaststelling", "deliveries:check", Route::Establish),
    ("GET", "/api/v2/{project}/instellingen", "deliveries:check", Route::Settings),
    ("PATCH", "/api/v2/{project}/instellingen", "deliveries:check", Route::ChangeSettings),
    ("GET", "/api/v2/transacties", "transactions:view", Route::Transactions),
    ("GET", "/api/v2/{project}/transacties", "transactions:view", Route::Transactions),
    ("GET", "/api/v2/registraties", "registrations:view", Route::Registrations),
    ("GET", "/api/v2/{project}/registraties", "registrations:view", Route::Registrations),
    ("GET", "/api/v2/registraties/{bro_id}", "registrations:view", Route::Registration),
    ("GET", "/api/v2/{project}/registraties/{bro_id}", "registrations:view", Route::Registration),
];

/// A request's route.
pub(super) struct Found {
    pub(super) route: Route,
    pub(super) permission: &'static str,
    /// The parameters of its path.
    pub(super) names: Vec<(&'static str, String)>,
}

/// The route of a request; `HEAD` follows `GET`.
pub(super) fn find(method: &Method, path: &str) -> Result<Found, Failure> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut matching = ROUTES.iter().filter_map(|row| Some((row, pattern::parameters(row.1, path, str::eq)?))).peekable();
    if matching.peek().is_none() {
        return Err(Failure::NotFound("Deze pagina bestaat niet.".to_owned()));
    }
    let mut others = [""; 3];
    for (row, names) in matching {
        if row.0 == method {
            return Ok(Found { route: row.3, permission: row.2, names });
        }
        if let Some(free) = others.iter_mut().find(|other| other.is_empty()) {
            *free = row.0;
        }
    }
    others.sort_unstable();
    Err(Failure::WrongMethod(match others {
        ["", "", "POST"] => "POST",
        ["", "GET", "POST"] => "GET, HEAD, POST",
        ["", "GET", "PATCH"] => "GET, HEAD, PATCH",
        _ => "GET, HEAD",
    }))
}

/// Answers a checked request.
pub(super) async fn answer(portal: &Subsurface, route: Route, visit: Visit, body: Body) -> Result<Answer, Failure> {
    match route {
        Route::Validate => document::validate(portal, visit, body).await,
        Route::CreateUpload => upload::create(portal, visit).await,
        Route::Upload => upload::show(portal, visit).await,
        Route::CreateDocument => document::create(portal, visit, body).await,
        Route::Document => document::show(portal, visit, document::Whose::Own).await,
        Route::DocumentToCheck => document::show(portal, visit, document::Whose::Anybodys).await,
        Route::EnrichDocument => document::enrich(portal, visit, members(body).await?).await,
        Route::Deliver => delivery::create(portal, visit, members(body).await?).await,
        Route::Deliveries => delivery::list(portal, visit).await,
        Route::Delivery => delivery::show(portal, visit).await,
        Route::EnrichDelivery => delivery::enrich(portal, visit, members(body).await?).await,
        Route::Waiting => delivery::waiting(portal, visit).await,
        Route::Check => delivery::decide(portal, visit, Step::Controleren, members(body).await?).await,
        Route::Establish => delivery::decide(portal, visit, Step::Vaststellen, members(body).await?).await,
        Route::Settings => project::show(portal, visit).await,
        Route::ChangeSettings => project::change(portal, visit, members(body).await?).await,
        Route::Transactions => transaction::list(portal, visit).await,
        Route::Registrations => registration::list(portal, visit).await,
        Route::Registration => registration::show(portal, visit).await,
    }
}

/// The members of a body's one JSON object, whatever the client calls its type.
async fn members(body: Body) -> Result<Map<String, Value>, Failure> {
    let bytes = to_bytes(body, MAX_JSON_BYTES).await.map_err(|_| Failure::TooLarge)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Failure::BadRequest("De inhoud van dit verzoek moet één JSON-object zijn.".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Environment, definition, page};
    use super::*;

    const PUBLIC: [&str; 4] = ["/", "/doc", "/doc/openapi.json", "/doc/openapi.yaml"];

    #[test]
    fn the_table_the_definition_and_the_document_name_the_same_routes() {
        for environment in [Environment::Production, Environment::Demo] {
            let (api, definition) = (environment.api(), definition(environment));
            let answered: BTreeSet<(String, String, String)> = ROUTES
                .iter()
                .map(|(method, path, permission, _)| (method.to_string(), path.to_string(), format!("{api}:{permission}")))
                .collect();
            assert_eq!(answered.len(), ROUTES.len(), "no route stands twice");
            let defined = definition.routes.iter().filter(|route| !route.public).map(|route| {
                assert_eq!(route.workspace.as_deref(), route.path.contains("{project}").then_some("project"), "{}", route.path);
                let permission = route.permission.as_ref().expect("a permission").to_string();
                (route.method.clone(), route.path.clone(), permission)
            });
            assert_eq!(defined.collect::<BTreeSet<_>>(), answered);
            let public: Vec<_> = definition.routes.iter().filter(|route| route.public).map(|route| route.path.as_str()).collect();
            assert_eq!(public, PUBLIC);
            assert!(PUBLIC.iter().all(|path| page::find(path, environment, "http://h").is_some()));
            let document = page::openapi(environment, "http://h");
            let mut described = BTreeSet::new();
            for (path, operations) in document["paths"].as_object().expect("paths") {
                for (method, operation) in operations.as_object().expect("operations") {
                    let words = operation["description"].as_str().expect("a description");
                    let (_, permission) = words.rsplit_once("Benodigd recht: `").expect("a permission");
                    described.insert((method.to_uppercase(), path.clone(), permission.trim_end_matches("`.").to_owned()));
                }
            }
            assert_eq!(described, answered);
            domain::api::Api::new(definition).expect("a valid definition");
        }
    }

    #[test]
    fn the_table_and_the_definition_find_the_same_route() {
        let api = domain::api::Api::new(definition(Environment::Production)).expect("a valid definition");
        for (method, pattern, permission, route) in ROUTES {
            let path = pattern.replace("{project}", "1255").replace("{bro_id}", "GMW000000000001");
            let path = path.replace("{upload}", "1").replace("{document}", "2").replace("{delivery}", "0000000003");
            let found = find(&method.parse().expect("a method"), &path).unwrap_or_else(|failure| panic!("{method} {path}: {failure:?}"));
            assert_eq!((found.route, found.permission), (route, permission), "{method} {path}");
            let rule = api.rule(method, &path).expect("covered");
            let bit = api.permission_bit(&format!("subsurface:{permission}")).expect("known");
            assert_eq!(rule.rule, domain::api::Rule::Permission(bit), "{method} {path}");
            assert_eq!(rule.workspace.as_deref(), pattern.contains("{project}").then_some("1255"));
        }
        let failed = |method: &str, path: &str| find(&method.parse().expect("a method"), path).err().expect("refused");
        assert_eq!(failed("PUT", "/api/v2/1255/leveringen"), Failure::WrongMethod("GET, HEAD, POST"));
        assert_eq!(failed("DELETE", "/api/v2/1255/uploads"), Failure::WrongMethod("POST"));
        assert!(matches!(failed("GET", "/api/v2/1255/x"), Failure::NotFound(_)));
    }
}
