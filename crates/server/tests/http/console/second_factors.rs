//! Codes of an app, recovery codes, and the second step of signing in: who gets in with what, and how often.

use std::time::Duration;

use aws_lc_rs::hmac;
use domain::time::Clock as _;
use testkit::{Answer, App, Visitor, hidden};

use super::{PASSWORD, SESSION, signed_in, with_ann};

/// The code that an app shows that counts from this (RFC 6238), this many steps from now.
pub(crate) fn code(app: &App, secret: &[u8], steps: i64) -> String {
    let step = app.clock.now().unix_seconds() / 30 + steps;
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// What a page shows for an app to count from.
fn secret_of(page: &str) -> Vec<u8> {
    let text = page.split_once("<code id=\"secret\">").expect("a secret").1.split('<').next().expect("text");
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for character in text.bytes().filter(|byte| *byte != b' ') {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == character).expect("Base32");
        (bits, count) = (bits << 5 | u32::try_from(value).expect("small"), count + 5);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 255) as u8);
        }
    }
    assert_eq!(bytes.len(), 20, "160 bits");
    bytes
}

/// The recovery codes that a page shows.
fn codes_of(page: &str) -> Vec<String> {
    let text = page.split_once("<code id=\"secret-1\" tabindex=\"0\">").expect("codes").1.split('<').next().expect("text");
    text.lines().map(str::to_owned).collect()
}

/// Sets up an app: what it counts from, and the recovery codes that came with it.
pub(crate) async fn set_up(visitor: &mut Visitor<'_>, app: &App) -> (Vec<u8>, Vec<String>) {
    let page = visitor.fill("/en/profile/sign-in/app", &[]).await.expect(200);
    let secret = secret_of(&page.text);
    let (csrf, waits) = (hidden(&page.text, "csrf").expect("a token"), hidden(&page.text, "waits").expect("what waits"));
    let typed = code(app, &secret, 0);
    let fields = [("csrf", csrf.as_str()), ("waits", waits.as_str()), ("code", typed.as_str())];
    let done = visitor.post("/en/profile/sign-in/app", &fields).await.expect(200);
    (secret, codes_of(&done.text))
}

/// Ann, signed in, with an app; the clock stands one step later.
async fn with_app(app: &App) -> (Vec<u8>, Vec<String>) {
    with_ann(app).await;
    let made = set_up(&mut signed_in(app).await, app).await;
    app.clock.advance(Duration::from_secs(30));
    made
}

/// Past the password: where the second step is.
pub(super) async fn half(visitor: &mut Visitor<'_>) -> String {
    let answer = visitor.sign_in("ann@example.org", PASSWORD).await.expect(303);
    let path = answer.header("location").expect("a location").to_owned();
    assert!(path.starts_with("/sign-in/second-step?step="), "{path}");
    assert!(!visitor.cookies.contains_key(SESSION), "there is no session yet");
    path
}

async fn try_code(visitor: &mut Visitor<'_>, path: &str, code: &str) -> Answer {
    visitor.fill(path, &[("code", code)]).await
}

async fn try_recovery(visitor: &mut Visitor<'_>, path: &str, code: &str) -> Answer {
    visitor.fill(&format!("{path}&recovery=1"), &[("recovery", code)]).await
}

#[tokio::test]
async fn an_app_is_added_with_its_first_code_and_asked_for_ever_after() {
    for app in App::start_each().await {
        with_ann(&app).await;
        let mut visitor = signed_in(&app).await;
        let block = visitor.get("/nl/profile/sign-in").await.expect(200).text;
        assert!(block.contains("Niet ingesteld") && !block.contains("Herstelcodes"), "{block}");
        let begun = visitor.fill("/en/profile/sign-in/app", &[]).await.expect(200);
        assert_eq!(begun.header("cache-control"), Some("no-store"));
        assert!(begun.text.contains("<svg") && !begun.text.contains("style="), "{}", begun.text);
        let (csrf, waits) = (hidden(&begun.text, "csrf").expect("a token"), hidden(&begun.text, "waits").expect("what waits"));
        let secret = secret_of(&begun.text);
        // A wrong code: the same secret is shown again, and nothing is set up.
        let fields = |code: &str| [("csrf", csrf.clone()), ("waits", waits.clone()), ("code", code.to_owned())];
        let post = |fields: [(&'static str, String); 3]| fields;
        let wrong = post(fields(&code(&app, &secret, 2)));
        let wrong: Vec<(&str, &str)> = wrong.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let again = visitor.post("/en/profile/sign-in/app", &wrong).await.expect(422);
        assert_eq!(secret_of(&again.text), secret);
        assert!(visitor.get("/en/profile/sign-in").await.text.contains("Not set up"));
        let spaced = code(&app, &secret, 0);
        let right = post(fields(&format!("{} {}", &spaced[..3], &spaced[3..])));
        let right: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let done = visitor.post("/en/profile/sign-in/app", &right).await.expect(200);
        let codes = codes_of(&done.text);
        assert_eq!(codes.len(), 10);
        assert!(codes.iter().all(|code| code.len() == 19), "{codes:?}");
        // Sent again it is over, and shows nothing.
        let repeated = visitor.post("/en/profile/sign-in/app", &right).await.expect(403);
        assert!(!repeated.text.contains(&codes[0]));
        let block = visitor.get("/en/profile/sign-in").await.expect(200).text;
        assert!(block.contains("10 of 10 left") && !block.contains(&codes[0]), "{block}");
        assert_eq!(visitor.get("/en/profile/sign-in/app").await.expect(303).header("location"), Some("/en/profile/sign-in"));

        // The code that it was added with is used up.
        let mut other = Visitor::new(&app);
        let path = half(&mut other).await;
        try_code(&mut other, &path, &code(&app, &secret, 0)).await.expect(422);
        app.clock.advance(Duration::from_secs(30));
        let page = other.get(&path).await.expect(200).text;
        assert!(page.contains("autocomplete=\"one-time-code\"") && page.contains("inputmode=\"numeric\""), "{page}");
        let done = try_code(&mut other, &path, &code(&app, &secret, 0)).await.expect(303);
        assert_eq!(done.header("location"), Some("/"));
        other.get("/en/profile").await.expect(200);
        // The secret is nowhere as it is.
        let dump = std::fs::read(app.data().join("data/poort.db")).unwrap_or_default();
        assert!(!dump.windows(secret.len()).any(|part| part == secret), "it is sealed");
    }
}

#[tokio::test]
async fn bf_03_codes_are_guessed_a_few_times_and_taken_once() {
    for app in App::start_each().await {
        let (secret, codes) = with_app(&app).await;
        let mut visitor = Visitor::new(&app);
        let path = half(&mut visitor).await;
        // A window of one step to each side.
        for outside in [-2, 2] {
            try_code(&mut visitor, &path, &code(&app, &secret, outside)).await.expect(422);
        }
        try_code(&mut visitor, &path, &code(&app, &secret, 1)).await.expect(303);
        // Nor that code again, nor an earlier one.
        for used in [1, 0, -1] {
            let mut other = Visitor::new(&app);
            let path = half(&mut other).await;
            try_code(&mut other, &path, &code(&app, &secret, used)).await.expect(422);
        }
        app.clock.advance(Duration::from_secs(3_600));
        // A thousand guesses: ten are looked at.
        let mut guesser = Visitor::new(&app);
        let path = half(&mut guesser).await;
        let csrf = hidden(&guesser.get(&path).await.text, "csrf").expect("a token");
        let mut looked_at = 0;
        let right: Vec<String> = (-1..=1).map(|steps| code(&app, &secret, steps)).collect();
        for guess in (0..1_003).map(|number| format!("{number:06}")).filter(|guess| !right.contains(guess)).take(1_000) {
            let answer = guesser.post(&path, &[("csrf", &csrf), ("code", &guess)]).await;
            match answer.status {
                422 => looked_at += 1,
                status => assert_eq!((status, answer.header("retry-after").is_some()), (429, true)),
            }
        }
        assert!(looked_at <= 10, "{looked_at}");
        // The right one is not looked at either: in that browser. In a browser that the person has, it is.
        try_code(&mut guesser, &path, &code(&app, &secret, 0)).await.expect(429);
        app.clock.advance(Duration::from_secs(300));
        visitor.cookies.remove(SESSION);
        let own = half(&mut visitor).await;
        try_code(&mut visitor, &own, &code(&app, &secret, 0)).await.expect(303);
        // And a recovery code is, anywhere: once.
        let mut elsewhere = Visitor::new(&app);
        let path = half(&mut elsewhere).await;
        try_recovery(&mut elsewhere, &path, "0000-0000-0000-0000").await.expect(422);
        try_recovery(&mut elsewhere, &path, &codes[4].to_uppercase().replace('-', " ")).await.expect(303);
        let mut twice = Visitor::new(&app);
        let path = half(&mut twice).await;
        try_recovery(&mut twice, &path, &codes[4]).await.expect(422);
        assert!(elsewhere.get("/en/profile/sign-in").await.text.contains("9 of 10 left"));
    }
}

#[tokio::test]
async fn of_twenty_with_one_code_one_gets_in() {
    for app in App::start_each().await {
        let (secret, codes) = with_app(&app).await;
        let totp = code(&app, &secret, 0);
        for (field, value) in [("code", totp.as_str()), ("recovery", codes[0].as_str())] {
            let mut visitors = Vec::new();
            for number in 0..20 {
                // From many places. The code's allowance lets ten of them be looked at, and all twenty with a recovery code.
                let mut visitor = Visitor::new(&app);
                visitor.headers.push(("x-forwarded-for".to_owned(), format!("198.51.100.{number}")));
                let path = half(&mut visitor).await;
                let csrf = hidden(&visitor.get(&path).await.text, "csrf").expect("a token");
                visitors.push((visitor, path, csrf));
                app.clock.advance(Duration::from_millis(1));
            }
            let tries = visitors
                .iter_mut()
                .map(|(visitor, path, csrf)| async move { visitor.post(path, &[("csrf", csrf), (field, value)]).await.status });
            let statuses = futures_util::future::join_all(tries).await;
            assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{field}: {statuses:?}");
            let with_session = visitors.iter().filter(|(visitor, ..)| visitor.cookies.contains_key(SESSION)).count();
            assert_eq!(with_session, 1, "{field}");
        }
    }
}

#[tokio::test]
async fn the_second_step_is_of_one_browser_for_ten_minutes_and_one_password() {
    let app = App::start().await;
    let (secret, _) = with_app(&app).await;
    let mut visitor = Visitor::new(&app);
    let path = half(&mut visitor).await;
    // Another browser cannot go on with it, whatever it knows.
    let mut other = Visitor::new(&app);
    other.get("/sign-in").await.expect(200);
    other.get(&path).await.expect(403);
    let csrf = hidden(&other.get("/sign-in").await.text, "csrf").expect("a token");
    other.post(&path, &[("csrf", &csrf), ("code", &code(&app, &secret, 0))]).await.expect(403);
    // A form of another page does not count.
    visitor.post(&path, &[("csrf", "x"), ("code", &code(&app, &secret, 0))]).await.expect(403);
    // There is nothing to see meanwhile.
    assert_eq!(visitor.get("/en/profile").await.expect(303).header("location"), Some("/sign-in?next=%2Fen%2Fprofile"));
    app.clock.advance(Duration::from_secs(600));
    visitor.get(&path).await.expect(403);
    // Used up once it was used.
    let path = half(&mut visitor).await;
    try_code(&mut visitor, &path, &code(&app, &secret, 0)).await.expect(303);
    visitor.cookies.remove(SESSION);
    visitor.get(&path).await.expect(403);
    // No id of anything else is taken for one.
    visitor.get("/sign-in/second-step?step=01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f").await.expect(403);
    visitor.get("/sign-in/second-step").await.expect(403);
}

#[tokio::test]
async fn new_codes_replace_the_old_and_are_shown_once() {
    let app = App::start().await;
    let (secret, old) = with_app(&app).await;
    let mut visitor = Visitor::new(&app);
    let path = half(&mut visitor).await;
    try_code(&mut visitor, &path, &code(&app, &secret, 0)).await.expect(303);
    let page = visitor.get("/nl/profile/sign-in/recovery-codes").await.expect(200);
    let (csrf, nonce) = (hidden(&page.text, "csrf").expect("a token"), hidden(&page.text, "nonce").expect("a number"));
    let fields = [("csrf", csrf.as_str()), ("nonce", nonce.as_str())];
    let made = visitor.post("/nl/profile/sign-in/recovery-codes", &fields).await.expect(200);
    let new = codes_of(&made.text);
    assert!(new.len() == 10 && new.iter().all(|code| !old.contains(code)));
    let again = visitor.post("/nl/profile/sign-in/recovery-codes", &fields).await.expect(409);
    assert!(!again.text.contains(&new[0]));
    for (code, status) in [(&old[1], 422), (&new[1], 303)] {
        let mut other = Visitor::new(&app);
        let path = half(&mut other).await;
        try_recovery(&mut other, &path, code).await.expect(status);
    }
}

#[tokio::test]
async fn an_app_is_removed_by_who_has_just_proved_it_and_the_codes_go_with_it() {
    let app = App::start().await;
    let (secret, _) = with_app(&app).await;
    let mut visitor = Visitor::new(&app);
    let path = half(&mut visitor).await;
    try_code(&mut visitor, &path, &code(&app, &secret, 0)).await.expect(303);
    app.clock.advance(Duration::from_secs(16 * 60));
    // Step-up takes both steps.
    let asked = visitor.get("/en/profile/sign-in/app/remove").await.expect(303);
    let asked = visitor.get(asked.header("location").expect("a location")).await.expect(303);
    let sign_in = asked.header("location").expect("a location").to_owned();
    let second = visitor.fill(&sign_in, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    let path = second.header("location").expect("a location").to_owned();
    assert!(visitor.get(&path).await.text.contains("Just checking"));
    visitor.get("/en/profile/sign-in/app/remove").await.expect(303);
    let done = try_code(&mut visitor, &path, &code(&app, &secret, 0)).await.expect(303);
    let back = visitor.get(done.header("location").expect("a location")).await.expect(303);
    assert_eq!(back.header("location"), Some("/en/profile/sign-in/app/remove"));
    visitor.fill("/en/profile/sign-in/app/remove", &[]).await.expect(303);
    let block = visitor.get("/en/profile/sign-in").await.expect(200).text;
    assert!(block.contains("Not set up") && !block.contains("Recovery codes"), "{block}");
    visitor.get("/en/profile/sign-in/app/remove").await.expect(404);
    visitor.get("/en/profile/sign-in/recovery-codes").await.expect(404);
    let mut other = Visitor::new(&app);
    assert_eq!(other.sign_in("ann@example.org", PASSWORD).await.expect(303).header("location"), Some("/"));
}

#[tokio::test]
async fn an_operator_lets_somebody_in_who_lost_everything() {
    let app = App::start().await;
    let ann = with_ann(&app).await;
    let mut visitor = signed_in(&app).await;
    set_up(&mut visitor, &app).await;
    let path = format!("/api/v1/people/{ann}/second-factors");
    let (_, token) = app.token(&ann, None).await;
    app.call("DELETE", &path).token(&token).send().await.expect(403);
    half(&mut Visitor::new(&app)).await;
    for _ in 0..2 {
        app.operate("DELETE", &path).send().await.expect(200);
    }
    visitor.get("/en/profile").await.expect(303);
    visitor.sign_in("ann@example.org", PASSWORD).await.expect(303);
    assert!(visitor.get("/en/profile/sign-in").await.expect(200).text.contains("Not set up"));
    let journal = app.operate("GET", &format!("/api/v1/audit?about={ann}")).send().await.expect(200).text;
    for change in ["totp_added", "recovery_codes_made", "all_removed"] {
        assert!(journal.contains(change), "{change}: {journal}");
    }
    app.operate("DELETE", "/api/v1/people/01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f/second-factors").send().await.expect(404);
}
