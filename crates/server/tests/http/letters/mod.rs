//! Letters, from what causes them to what arrives.

mod mailbox;

use std::path::PathBuf;

use testkit::App;

/// A server whose letters go to a folder.
async fn with_mailbox() -> (App, PathBuf) {
    let mut folder = PathBuf::new();
    let app = App::start_with(|config| {
        folder = config.data.with_file_name("mailbox");
        config.mailbox = Some(folder.clone());
        config.public_url = "https://poort.example.org".to_owned();
    });
    let app = app.await;
    (app, folder)
}

/// The messages that have arrived, in no order.
fn arrived(folder: &std::path::Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    files.map(|path| std::fs::read_to_string(path).expect("a message")).collect()
}
