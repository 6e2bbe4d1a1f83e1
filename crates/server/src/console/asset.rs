//! The style sheet, the module, the icon and the logo, under names that change with their content, so that browsers may keep them for
//! ever. They go out compressed; pages do not, as a secret beside something chosen could be guessed by its length (BREACH).

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::routing::get;
use domain::Digest;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use tower_http::compression::CompressionLayer;

use crate::config::Theme;
use crate::node::StartError;

/// The largest logo and the largest style sheet of an installation, in bytes.
const LARGEST: usize = 65_536;
/// Opened by itself, none of them runs anything.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
const SHEET: &str = include_str!("../../assets/console.css");

/// A file of the pages.
pub(crate) struct Asset {
    /// Its path.
    pub(crate) path: String,
    media_type: &'static str,
    content: Cow<'static, [u8]>,
}

/// The module that makes some things easier: every page works without it.
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "js", include_bytes!("../../assets/console.js").as_slice()));
/// The icon.
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| Asset::new("icon", "svg", include_bytes!("../../assets/icon.svg").as_slice()));

/// What the pages look like at this installation.
pub(crate) struct Look {
    /// What the installation is called.
    pub(crate) name: String,
    /// The style sheet.
    pub(crate) style: Arc<Asset>,
    /// The logo.
    pub(crate) logo: Option<Arc<Asset>>,
}

impl Asset {
    fn new(name: &str, ending: &str, content: impl Into<Cow<'static, [u8]>>) -> Self {
        let content = content.into();
        let hash: String = Digest::of(&content).as_bytes()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let media_type = match ending {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "image/png",
        };
        Self { path: format!("/assets/{name}-{hash}.{ending}"), media_type, content }
    }

    fn image(name: &str, content: Vec<u8>) -> Option<Self> {
        let is_svg = str::from_utf8(&content).is_ok_and(|text| text.trim_start().starts_with('<') && text.contains("<svg"));
        let ending = if is_svg { "svg" } else { content.starts_with(b"\x89PNG\r\n\x1a\n").then_some("png")? };
        Some(Self::new(name, ending, content))
    }
}

impl Look {
    /// The look of an installation that changes nothing.
    #[cfg(test)]
    pub(super) fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), style: Arc::new(Asset::new("console", "css", SHEET.as_bytes())), logo: None }
    }

    /// Reads the files that the theme names.
    pub(super) fn open(name: &str, theme: &Theme) -> Result<Self, StartError> {
        let bad = |path: &Path, problem: &str| StartError::Configuration(format!("theme: {}: {problem}", path.display()));
        let read = |path: &Path| match std::fs::read(path) {
            Ok(content) if content.len() > LARGEST => Err(bad(path, "has more than 65536 bytes")),
            read => read.map_err(StartError::file(path)),
        };
        let logo = match &theme.logo_file {
            Some(path) => Some(Asset::image("logo", read(path)?).ok_or_else(|| bad(path, "is neither SVG nor PNG"))?),
            None => None,
        };
        let own = match &theme.style_file {
            Some(path) => String::from_utf8(read(path)?).map_err(|_| bad(path, "is not UTF-8"))?,
            None => String::new(),
        };
        let sheet = format!("{SHEET}\n@layer theme {{\n:root {{ {} }}\n{own}\n}}\n", theme.properties());
        let style = Asset::new("console", "css", sheet.into_bytes());
        Ok(Self { name: name.to_owned(), style: Arc::new(style), logo: logo.map(Arc::new) })
    }
}

/// Serves them.
pub(super) fn router(look: &Look) -> axum::Router {
    let own = [Some(&look.style), look.logo.as_ref()].into_iter().flatten().map(|asset| &**asset);
    [&*SCRIPT, &*ICON].into_iter().chain(own).fold(axum::Router::new(), serve).layer(CompressionLayer::new())
}

fn serve(router: axum::Router, asset: &Asset) -> axum::Router {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    let content = Bytes::from(asset.content.clone().into_owned());
    router.route(&asset.path, get(async move || (headers, content)))
}
