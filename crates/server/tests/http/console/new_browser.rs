//! Whatever one signs in with: a browser that was not seen before is told of once, and known from then on.

use std::time::Duration;

use testkit::{App, Visitor};

use super::authenticator::Authenticator;
use super::passkeys::{self, ORIGIN};
use super::second_factors::{code, half, set_up};
use super::{PASSWORD, signed_in, with_ann};

const OTHER: &str = "een ander lang wachtwoord";

/// How many letters tell of a new browser, since the last time.
pub(super) async fn told(app: &App) -> usize {
    letters(app).await.iter().filter(|letter| letter.contains("Subject: Signed in with another browser")).count()
}

/// All letters since the last time.
async fn letters(app: &App) -> Vec<String> {
    app.node.send_letters().await;
    let folder = app.node.config.mailbox.clone().expect("a mailbox");
    let paths: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    let letters = paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    let letters = letters.map(|path| std::fs::read_to_string(path).expect("a message").replace("=\r\n", "")).collect();
    paths.iter().for_each(|path| std::fs::remove_file(path).expect("removed"));
    letters
}

async fn start() -> App {
    let app = App::start_with(|config| {
        config.public_url = ORIGIN.to_owned();
        config.mailbox = Some(config.data.with_file_name("mailbox"));
    });
    let app = app.await;
    with_ann(&app).await;
    app
}

/// Closes the browser: the session is gone, the mark is not.
fn close(visitor: &mut Visitor<'_>) {
    visitor.cookies.retain(|name, _| !name.ends_with("-session"));
}

#[tokio::test]
async fn passkeys_and_second_steps_tell_once_and_are_known_from_then_on() {
    let app = start().await;
    let mut own = signed_in(&app).await;
    let (secret, codes) = set_up(&mut own, &app).await;
    let mut device = Authenticator::new("one", ORIGIN);
    passkeys::add(&mut own, &mut device, "Laptop").await.expect(303);
    assert_eq!(told(&app).await, 0, "the first browser of all");

    let mut alone = Visitor::new(&app);
    for letters in [1, 0] {
        passkeys::sign_in(&mut alone, &mut device, "next=%2F").await.expect(303);
        assert_eq!(told(&app).await, letters, "a passkey alone");
        close(&mut alone);
    }
    let mut by_code = Visitor::new(&app);
    for letters in [1, 0] {
        app.clock.advance(Duration::from_secs(60));
        let path = half(&mut by_code).await;
        assert_eq!(told(&app).await, 0, "nobody is signed in yet");
        by_code.fill(&path, &[("code", "000000")]).await.expect(422);
        by_code.fill(&path, &[("code", &code(&app, &secret, 0))]).await.expect(303);
        assert_eq!(told(&app).await, letters, "a code of the app");
        close(&mut by_code);
    }
    let mut by_recovery = Visitor::new(&app);
    for (letters, code) in [(1, &codes[0]), (0, &codes[1])] {
        let path = half(&mut by_recovery).await;
        by_recovery.fill(&format!("{path}&recovery=1"), &[("recovery", code)]).await.expect(303);
        assert_eq!(told(&app).await, letters, "a recovery code");
        close(&mut by_recovery);
    }
    let mut by_both = Visitor::new(&app);
    for letters in [1, 0] {
        let path = half(&mut by_both).await;
        let (_, step) = path.split_once('?').expect("a query");
        let (csrf, options) = passkeys::options(&mut by_both, &path, &format!("/sign-in/passkey/options?{step}")).await;
        let signed = device.sign(&options);
        by_both.post(&path, &[("csrf", &csrf), ("passkey", &signed)]).await.expect(303);
        assert_eq!(told(&app).await, letters, "password and passkey");
        close(&mut by_both);
    }
    // Known by one means, known with every other.
    app.clock.advance(Duration::from_secs(60));
    let path = half(&mut alone).await;
    alone.fill(&path, &[("code", &code(&app, &secret, 0))]).await.expect(303);
    assert_eq!(told(&app).await, 0);
}

#[tokio::test]
async fn links_of_letters_keep_a_browser_known_and_make_none_known_by_themselves() {
    let app = start().await;
    let mut own = signed_in(&app).await;
    let link = async |begin: &str| {
        let letters = letters(&app).await;
        let link = letters.iter().find_map(|letter| Some(letter.split_once(begin)?.1[..32].to_owned()));
        format!("/en{begin}{}", link.expect("a link"))
    };
    // Another address: the browser in which it was proven is known under it.
    own.fill("/en/profile/email", &[("email", "anna@example.org")]).await.expect(303);
    own.fill(&link("/verify/").await, &[]).await.expect(303);
    close(&mut own);
    own.sign_in("anna@example.org", PASSWORD).await.expect(303);
    assert_eq!(told(&app).await, 0, "the same browser");

    // Whoever can read the mail gets in with another password, and the owner is told of the browser.
    let mut other = Visitor::new(&app);
    other.fill("/en/forgotten-password", &[("email", "anna@example.org")]).await.expect(303);
    other.fill(&link("/new-password/").await, &[("password", OTHER)]).await.expect(303);
    assert_eq!(told(&app).await, 0, "nobody is signed in yet");
    for letters in [1, 0] {
        other.sign_in("anna@example.org", OTHER).await.expect(303);
        assert_eq!(told(&app).await, letters);
        close(&mut other);
    }
}
