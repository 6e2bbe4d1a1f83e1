//! The routes: the same table as the API's definition and its published document, with what answers each.

use axum::body::Body;
use http::Method;

use super::answer::{Answer, Failure};
use super::body::Members;
use super::visit::Visit;
use super::{Privacy, account, area, data_processing, workspace};
use crate::pattern;

/// What answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Status,
    Me,
    Limits,
    Workspaces,
    Workspace,
    ChangeWorkspace,
    Areas,
    CreateArea,
    Area,
    ReplaceArea,
    DeleteArea,
    DataProcessings,
    CreateDataProcessing,
    DataProcessing,
    ReplaceDataProcessing,
    DeleteDataProcessing,
}

/// Method, path, the permission (none: public), and what answers it. Letters of a path may have any case.
pub(super) const ROUTES: [(&str, &str, Option<&str>, Route); 16] = [
    ("GET", "/status", None, Route::Status),
    ("GET", "/me", Some("privacy:account:read"), Route::Me),
    ("GET", "/rate-limiting-state", Some("privacy:account:read"), Route::Limits),
    ("GET", "/v1/WorkSpaces", Some("privacy:workspaces:read"), Route::Workspaces),
    ("GET", "/v1/WorkSpaces/{workspaceId}", Some("privacy:workspaces:read"), Route::Workspace),
    ("PATCH", "/v1/WorkSpaces/{workspaceId}", Some("privacy:workspaces:write"), Route::ChangeWorkspace),
    ("GET", "/v1/ws/{workspaceId}/Areas", Some("privacy:areas:read"), Route::Areas),
    ("POST", "/v1/ws/{workspaceId}/Areas", Some("privacy:areas:write"), Route::CreateArea),
    ("GET", "/v1/ws/{workspaceId}/Areas/{id}", Some("privacy:areas:read"), Route::Area),
    ("PUT", "/v1/ws/{workspaceId}/Areas/{id}", Some("privacy:areas:write"), Route::ReplaceArea),
    ("DELETE", "/v1/ws/{workspaceId}/Areas/{id}", Some("privacy:areas:write"), Route::DeleteArea),
    ("GET", "/v1/ws/{workspaceId}/DataProcessings", Some("privacy:data-processings:read"), Route::DataProcessings),
    ("POST", "/v1/ws/{workspaceId}/DataProcessings", Some("privacy:data-processings:write"), Route::CreateDataProcessing),
    ("GET", "/v1/ws/{workspaceId}/DataProcessings/{id}", Some("privacy:data-processings:read"), Route::DataProcessing),
    ("PUT", "/v1/ws/{workspaceId}/DataProcessings/{id}", Some("privacy:data-processings:write"), Route::ReplaceDataProcessing),
    ("DELETE", "/v1/ws/{workspaceId}/DataProcessings/{id}", Some("privacy:data-processings:write"), Route::DeleteDataProcessing),
];

/// A request's route.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) route: Route,
    pub(super) permission: Option<&'static str>,
    /// The parameters of its path.
    pub(super) names: Vec<(&'static str, String)>,
}

/// The route of a request; `HEAD` follows `GET`.
pub(super) fn find(method: &Method, path: &str) -> Result<Found, Failure> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut offered = Vec::new();
    for (known, pattern, permission, route) in ROUTES {
        let Some(names) = pattern::parameters(pattern, path, str::eq_ignore_ascii_case) else { continue };
        if known == method {
            return Ok(Found { route, permission, names });
        }
        offered.push(known);
        if known == "GET" {
            offered.push("HEAD");
        }
    }
    Err(if offered.is_empty() { Failure::NotFound } else { Failure::WrongMethod(offered.join(", ")) })
}

/// Answers a checked request.
pub(super) async fn answer(portal: &Privacy, route: Route, visit: Visit, body: Body) -> Result<Answer, Failure> {
    match route {
        Route::Status => portal.status().await,
        Route::Me => account::me(portal, visit).await,
        Route::Limits => Ok(account::limits(portal, &visit)),
        Route::Workspaces => workspace::list(portal, visit).await,
        Route::Workspace => workspace::show(portal, visit).await,
        Route::ChangeWorkspace => workspace::change(portal, visit, Members::read(body).await?).await,
        Route::Areas => area::list(portal, visit).await,
        Route::CreateArea => area::create(portal, visit, Members::read(body).await?).await,
        Route::Area => area::show(portal, visit).await,
        Route::ReplaceArea => area::replace(portal, visit, Members::read(body).await?).await,
        Route::DeleteArea => area::delete(portal, visit).await,
        Route::DataProcessings => data_processing::list(portal, visit).await,
        Route::CreateDataProcessing => data_processing::create(portal, visit, Members::read(body).await?).await,
        Route::DataProcessing => data_processing::show(portal, visit).await,
        Route::ReplaceDataProcessing => data_processing::replace(portal, visit, Members::read(body).await?).await,
        Route::DeleteDataProcessing => data_processing::delete(portal, visit).await,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{definition, page};
    use super::*;

    type Row = (String, String, Option<String>);

    #[test]
    fn the_table_the_definition_and_the_document_name_the_same_routes() {
        let definition = definition();
        let row = |(method, path, permission, _): &(&str, &str, Option<&str>, Route)| -> Row {
            (method.to_string(), path.to_string(), permission.map(str::to_owned))
        };
        let answered: BTreeSet<Row> = ROUTES.iter().map(row).collect();
        assert_eq!(answered.len(), ROUTES.len(), "no route stands twice");
        let is_page = |path: &str| page::PATHS.contains(&path);
        let mut defined = BTreeSet::new();
        for route in definition.routes.iter().filter(|route| !is_page(&route.path)) {
            assert_eq!(route.workspace.as_deref(), route.path.contains("{workspaceId}").then_some("workspaceId"), "{}", route.path);
            assert_eq!(route.public, route.permission.is_none(), "{}", route.path);
            defined.insert((route.method.clone(), route.path.clone(), route.permission.as_ref().map(ToString::to_string)));
        }
        assert_eq!(defined, answered);
        let public = definition.routes.iter().filter(|route| is_page(&route.path)).map(|route| (route.path.as_str(), route.public));
        assert_eq!(public.collect::<Vec<_>>(), page::PATHS.map(|path| (path, true)));
        let document = page::openapi("http://h");
        let mut described = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let words = operation["description"].as_str().expect("a description");
                let permission = words.rsplit_once("Permission: `").map(|(_, name)| name.trim_end_matches("`.").to_owned());
                described.insert((method.to_uppercase(), path.clone(), permission));
            }
        }
        assert_eq!(described, answered);
        domain::api::Api::new(definition).expect("a valid definition");
    }

    #[test]
    fn the_table_and_the_definition_find_the_same_route_in_any_case() {
        let api = domain::api::Api::new(definition()).expect("a valid definition");
        for (method, pattern, permission, route) in ROUTES {
            let path = pattern.replace("{workspaceId}", "7").replace("{id}", "1");
            for path in [path.clone(), path.to_lowercase(), path.to_uppercase()] {
                let found =
                    find(&method.parse().expect("a method"), &path).unwrap_or_else(|failure| panic!("{method} {path}: {failure:?}"));
                assert_eq!((found.route, found.permission), (route, permission), "{method} {path}");
                let rule = api.rule(method, &path).expect("covered");
                let expected = match permission {
                    None => domain::api::Rule::Public,
                    Some(name) => domain::api::Rule::Permission(api.permission_bit(name).expect("known")),
                };
                assert_eq!(rule.rule, expected, "{method} {path}");
                assert_eq!(rule.workspace.as_deref(), pattern.contains("{workspaceId}").then_some("7"));
            }
        }
        let failed = |method: &str, path: &str| find(&method.parse().expect("a method"), path).expect_err("refused");
        assert_eq!(failed("POST", "/v1/workspaces/7"), Failure::WrongMethod("GET, HEAD, PATCH".to_owned()));
        assert_eq!(failed("PATCH", "/v1/ws/7/areas/1"), Failure::WrongMethod("GET, HEAD, PUT, DELETE".to_owned()));
        assert_eq!(failed("GET", "/v1/ws/7"), Failure::NotFound);
    }
}
