//! The style sheet, the module and the icon, under names that change with their content, so that browsers may keep them for ever.

use std::sync::LazyLock;

use axum::routing::get;
use domain::Digest;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// A file of the pages.
pub(crate) struct Asset {
    /// Its path.
    pub(crate) path: String,
    media_type: &'static str,
    content: &'static str,
}

/// The style sheet.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "css", "text/css; charset=utf-8", include_str!("../../assets/console.css")));
/// The module that makes some things easier: every page works without it.
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "js", "text/javascript; charset=utf-8", include_str!("../../assets/console.js")));
/// The icon.
pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("../../assets/icon.svg")));

impl Asset {
    fn new(name: &str, ending: &str, media_type: &'static str, content: &'static str) -> Self {
        let digest = Digest::of(content.as_bytes());
        let hash: String = digest.as_bytes()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { path: format!("/assets/{name}-{hash}.{ending}"), media_type, content }
    }
}

/// Serves them.
pub(super) fn router() -> axum::Router {
    let assets: [&'static Asset; 3] = [&STYLE, &SCRIPT, &ICON];
    assets.into_iter().fold(axum::Router::new(), |router, asset| {
        let headers = [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
        router.route(&asset.path, get(async move || (headers, asset.content)))
    })
}
