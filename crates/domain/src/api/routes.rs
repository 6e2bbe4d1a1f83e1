//! The router of a definition's routes.

use super::{ApiDefinition, InvalidApi, METHODS, MethodRule, Rule};
use crate::permission::Permission;

/// Makes the router; what is wrong with a route goes to the problems.
pub(super) fn router(definition: &ApiDefinition, problems: &mut Vec<InvalidApi>) -> matchit::Router<Vec<MethodRule>> {
    let mut paths: Vec<(String, Vec<MethodRule>)> = Vec::new();
    for (place, route) in definition.routes.iter().enumerate() {
        let mut wrong = |member: &str, problem: &str| {
            problems.push(InvalidApi { field: format!("routes[{place}].{member}"), problem: problem.to_owned() });
        };
        let path = if definition.ignores_case { route.path.to_ascii_lowercase() } else { route.path.clone() };
        if crate::path::canonical(&path).as_deref() != Ok(&path) {
            wrong("path", "must begin with a slash, must not end with one, and must not need percent-encoding");
        }
        let bit = |name: &Permission| definition.permissions.iter().position(|permission| permission.name == *name);
        let rule = match (&route.permission, route.public) {
            (None, true) => Rule::Public,
            (Some(name), false) => match bit(name) {
                Some(bit) => Rule::Permission(bit as u8),
                None => {
                    wrong("permission", "is not among the API's permissions");
                    continue;
                }
            },
            _ => {
                wrong("permission", "either a permission or public, and not both");
                continue;
            }
        };
        let Some(method) = METHODS.into_iter().find(|method| **method == route.method) else {
            wrong("method", "must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS");
            continue;
        };
        let workspace = route.workspace.as_ref().map(|name| if definition.ignores_case { name.to_ascii_lowercase() } else { name.clone() });
        if workspace.as_ref().is_some_and(|name| !path.contains(&format!("{{{name}}}"))) {
            wrong("workspace", "must be a parameter of the path");
        }
        let rule = MethodRule { method, place, rule, workspace };
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, rules)) if rules.iter().any(|known| known.method == method) => wrong("path", "stands twice for this method"),
            Some((_, rules)) => rules.push(rule),
            None => paths.push((path, vec![rule])),
        }
    }
    let mut router = matchit::Router::new();
    for (path, rules) in paths {
        if let Err(error) = router.insert(path.clone(), rules) {
            problems.push(InvalidApi { field: "routes".to_owned(), problem: format!("{path}: {error}") });
        }
    }
    router
}
