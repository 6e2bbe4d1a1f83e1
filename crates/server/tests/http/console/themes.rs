//! What the pages load, and how an installation changes their look.

use std::path::Path;

use testkit::{Answer, App, Visitor};

/// What loads with a page, compressed, in bytes: the style sheet and the module.
const MAX_STYLE: usize = 4_000;
const MAX_SCRIPT: usize = 2_000;

/// The addresses of a page that end so.
fn addresses(page: &str, ending: &str) -> Vec<String> {
    let quoted = page.split('"').filter(|text| text.starts_with("/assets/") && text.ends_with(ending));
    quoted.map(str::to_owned).collect()
}

async fn page(app: &App) -> Answer {
    Visitor::new(app).get("/en/accessibility").await.expect(200)
}

#[tokio::test]
async fn a_page_loads_two_small_files_that_may_be_kept() {
    let app = App::start().await;
    let page = page(&app).await.text;
    for (ending, most) in [(".css", MAX_STYLE), (".js", MAX_SCRIPT)] {
        let [address] = addresses(&page, ending).try_into().expect("one file");
        let whole = app.call("GET", &address).send().await.expect(200);
        let compressed = app.call("GET", &address).header("accept-encoding", "br, gzip").send().await.expect(200);
        assert_eq!(compressed.header("content-encoding"), Some("gzip"));
        assert!(compressed.size <= most, "{address} has {} bytes, compressed", compressed.size);
        assert!(compressed.size < whole.size && whole.header("content-encoding").is_none());
        for answer in [&whole, &compressed] {
            assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
            assert!(answer.header("vary").is_some_and(|vary| vary.to_ascii_lowercase().contains("accept-encoding")));
        }
    }
    // A page with a form's token goes out as it is: its length tells nothing about the token.
    let sign_in = app.call("GET", "/sign-in").header("accept-encoding", "gzip").send().await.expect(200);
    assert_eq!(sign_in.header("content-encoding"), None);
}

async fn themed(folder: &Path, logo: &[u8], theme: &str) -> App {
    std::fs::create_dir_all(folder).expect("a folder");
    let (logo_file, style_file) = (folder.join("logo"), folder.join("house.css"));
    std::fs::write(&logo_file, logo).expect("written");
    std::fs::write(&style_file, ".brand { letter-spacing: 1px }").expect("written");
    let mut theme: serde_json::Value = serde_json::from_str(theme).expect("JSON");
    theme["logo_file"] = logo_file.to_str().into();
    theme["style_file"] = style_file.to_str().into();
    App::start_with(|config| {
        config.theme = serde_json::from_value(theme).expect("a theme");
        config.name = "Waterschap <b>".to_owned();
    })
    .await
}

#[tokio::test]
async fn an_installation_has_its_own_name_colours_logo_and_sheet() {
    let folder = tempfile::tempdir().expect("a folder");
    let logo = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let app = themed(folder.path(), logo, r##"{"bar": "#7a1f5c", "accent": "#7a1f5c"}"##).await;
    let page = page(&app).await.text;
    assert!(page.contains("Waterschap &#60;b&#62;") && !page.contains("Waterschap <b>"), "{page}");
    let [style] = addresses(&page, ".css").try_into().expect("one sheet");
    let style = app.call("GET", &style).send().await.expect(200).text;
    let own = style.split("@layer theme {").nth(1).expect("a layer of its own");
    assert!(own.contains("--brand:#7a1f5c;") && own.contains("--accent:light-dark(#7a1f5c,#a3bbff);") && own.contains(".brand { letter"));
    let [logo] =
        addresses(&page, ".svg").into_iter().filter(|path| path.contains("logo")).collect::<Vec<_>>().try_into().expect("one logo");
    let logo = app.call("GET", &logo).send().await.expect(200);
    assert_eq!(logo.header("content-type"), Some("image/svg+xml"));
    // An image that somebody opens by itself runs no script on our origin.
    let policy = logo.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert_eq!(logo.header("x-content-type-options"), Some("nosniff"));
}
