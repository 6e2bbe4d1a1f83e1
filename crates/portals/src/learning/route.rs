//! The routes: the same table as the API's definition, with what answers each.

use http::Method;

use super::answer::{Answer, Failure};
use super::parameters::Parameters;
use super::visit::Visit;
use super::{Shared, activity, api_token, course, page, series, submission, user};
use crate::pattern;

/// What answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Root,
    SignIn,
    Courses,
    Profile,
    User,
    Tokens,
    CreateToken,
    DeleteToken,
    Course,
    CourseSeries,
    Series,
    SeriesActivities,
    Activities,
    Activity,
    Description,
    Read,
    Submissions,
    Submit,
    Submission,
    Notifications,
}

/// Method, path without language and format, and what answers it.
pub(super) const ROUTES: [(&str, &str, Route); 31] = [
    ("GET", "/", Route::Root),
    ("GET", "/sign_in", Route::SignIn),
    ("GET", "/courses", Route::Courses),
    ("GET", "/profile", Route::Profile),
    ("GET", "/users/{user}", Route::User),
    ("GET", "/users/{user}/submissions", Route::Submissions),
    ("GET", "/users/{user}/api_tokens", Route::Tokens),
    ("POST", "/users/{user}/api_tokens", Route::CreateToken),
    ("DELETE", "/api_tokens/{token}", Route::DeleteToken),
    ("GET", "/courses/{course}", Route::Course),
    ("GET", "/courses/{course}/series", Route::CourseSeries),
    ("GET", "/courses/{course}/activities", Route::Activities),
    ("GET", "/courses/{course}/submissions", Route::Submissions),
    ("GET", "/courses/{course}/activities/{activity}", Route::Activity),
    ("GET", "/courses/{course}/activities/{activity}/submissions", Route::Submissions),
    ("POST", "/courses/{course}/activities/{activity}/read", Route::Read),
    ("GET", "/courses/{course}/series/{series}/activities", Route::SeriesActivities),
    ("GET", "/courses/{course}/series/{series}/activities/{activity}", Route::Activity),
    ("GET", "/courses/{course}/series/{series}/activities/{activity}/submissions", Route::Submissions),
    ("POST", "/courses/{course}/series/{series}/activities/{activity}/read", Route::Read),
    ("GET", "/series/{series}", Route::Series),
    ("GET", "/series/{series}/activities", Route::SeriesActivities),
    ("GET", "/activities", Route::Activities),
    ("GET", "/activities/{activity}", Route::Activity),
    ("GET", "/activities/{activity}/description", Route::Description),
    ("GET", "/activities/{activity}/submissions", Route::Submissions),
    ("POST", "/activities/{activity}/read", Route::Read),
    ("GET", "/submissions", Route::Submissions),
    ("POST", "/submissions", Route::Submit),
    ("GET", "/submissions/{submission}", Route::Submission),
    ("GET", "/notifications", Route::Notifications),
];

/// The route of a request, with the parameters of its path. `HEAD` follows `GET`.
pub(super) fn find(method: &Method, path: &str) -> Option<(Route, Vec<(&'static str, String)>)> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let same_method = ROUTES.iter().filter(|(known, ..)| *known == method);
    same_method.filter_map(|(_, pattern, route)| Some((*route, pattern::parameters(pattern, path, str::eq)?))).next()
}

/// Answers a checked request.
pub(super) async fn answer(shared: &Shared, route: Route, visit: Visit, parameters: Parameters) -> Result<Answer, Failure> {
    match route {
        Route::Root => user::root(shared, visit).await,
        Route::SignIn => Ok(Answer::Page(page::sign_in(visit.locale))),
        Route::Courses => course::list(shared, visit).await,
        Route::Profile => user::own_profile(&visit),
        Route::User => user::show(shared, visit).await,
        Route::Tokens => api_token::list(shared, visit).await,
        Route::CreateToken => api_token::create(shared, visit, parameters).await,
        Route::DeleteToken => api_token::delete(shared, visit).await,
        Route::Course => course::show(shared, visit).await,
        Route::CourseSeries => series::list(shared, visit).await,
        Route::Series => series::show(shared, visit).await,
        Route::SeriesActivities => activity::of_series(shared, visit).await,
        Route::Activities => activity::list(shared, visit).await,
        Route::Activity => activity::show(shared, visit).await,
        Route::Description => activity::description(shared, visit).await,
        Route::Read => activity::mark_read(shared, visit).await,
        Route::Submissions => submission::list(shared, visit).await,
        Route::Submit => submission::create(shared, visit, parameters).await,
        Route::Submission => submission::show(shared, visit).await,
        Route::Notifications => Ok(Answer::Data(serde_json::Value::Array(Vec::new()))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_and_the_definition_name_the_same_routes() {
        let definition = super::super::definition();
        let defined: BTreeSet<_> = definition.routes.iter().map(|route| (route.method.as_str(), route.path.as_str())).collect();
        let answered: BTreeSet<_> = ROUTES.iter().map(|(method, path, _)| (*method, *path)).collect();
        assert_eq!(defined, answered);
        assert_eq!(answered.len(), ROUTES.len(), "no route stands twice");
        domain::api::Api::new(definition).expect("a valid definition");
    }

    #[test]
    fn the_table_and_the_definition_find_the_same_route() {
        let api = domain::api::Api::new(super::super::definition()).expect("a valid definition");
        for (method, pattern, route) in ROUTES {
            let path = pattern.replace("{user}", "3").replace("{course}", "8").replace("{series}", "4").replace("{activity}", "11");
            let path = path.replace("{token}", "x").replace("{submission}", "9");
            let found = find(&method.parse().expect("a method"), &path);
            assert_eq!(found.map(|(route, _)| route), Some(route), "{method} {path}");
            for variant in [path.clone(), format!("/nl{path}"), format!("/en{path}.json")] {
                let variant = domain::path::canonical(&variant).expect("canonical").into_owned();
                if !variant.ends_with("/.json") {
                    assert!(api.rule(method, &variant).is_some(), "{method} {variant}");
                }
            }
        }
        assert_eq!(find(&Method::PUT, "/submissions"), None);
        assert_eq!(find(&Method::GET, "/submissions/1/x"), None);
    }
}
