//! Attacks on the authentication of clients; the names are those of the list of attacks (`docs/attacks.md`).

use std::time::Duration;

use authority::PrivateKeyRotation;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::*;

/// How the old private key goes on beside the new one.
const TEN_MINUTES: PrivateKeyRotation = PrivateKeyRotation { overlap: Duration::from_secs(600), ends_at: None };

const OWN: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "shop")];

async fn with(world: &World, authorization: &str) -> Answer {
    // Whoever is wrong too often waits.
    world.app.clock.advance(Duration::from_secs(10));
    world.post_with("/connect/token", &[("authorization", authorization)], &OWN).await
}

#[tokio::test]
async fn ca_12_malformed_basic_is_401_with_a_challenge() {
    let world = World::new().await;
    let client = world.confidential().await;
    let halves = format!("{}:{}", client.id, client.secret);
    let good = STANDARD.encode(&halves);
    let with_nul = STANDARD.encode(format!("{halves}\0"));
    let odd = URL_SAFE.encode(format!("{}:>>>???", client.id));
    let bad = [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!".to_owned(),
        format!("Basic {}", STANDARD.encode("no colon")),
        format!("Basic {odd}"),
        format!("Basic {good}="),
        format!("Basic {good} x"),
        format!("Basic {with_nul}"),
        format!("Basic {}", STANDARD.encode([0xff, b':', 0xfe])),
        format!("Basic {}", "a".repeat(6_000)),
        format!("Bearer {good}"),
        format!("Basic {good}, Bearer x"),
        format!("Basic {good},{good}"),
    ];
    for value in &bad {
        let answer = with(&world, value).await;
        refused(&answer, 401, "invalid_client");
        assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic ")), "{value:.40}");
    }
    for value in [format!("basic {good}"), format!("BASIC {good}"), format!("Basic  {good}")] {
        with(&world, &value).await.expect(200);
    }
    // Longer than any header may be.
    let huge = with(&world, &format!("Basic {}", "a".repeat(100_000))).await;
    assert!((400..500).contains(&huge.status), "{}", huge.status);
}

#[tokio::test]
async fn ca_04_an_empty_secret_is_none() {
    let world = World::new().await;
    let (client, public) = (world.confidential().await, world.public().await);
    let code = world.code(&public, |_| {}).await;
    let redeem = |id| {
        let fields =
            [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
        [fields.as_slice(), &[("client_id", id), ("client_secret", "")]].concat()
    };
    refused(&world.post_with("/connect/token", &[], &redeem(&client.id)).await, 401, "invalid_client");
    refused(&with(&world, &basic(&client.id, "")).await, 401, "invalid_client");
    // A public client does not authenticate, and so has not tried to.
    world.post_with("/connect/token", &[], &redeem(&public.id)).await.expect(200);
    refused(&with(&world, &basic(&public.id, "")).await, 400, "unauthorized_client");
    refused(&with(&world, &basic(&public.id, "x")).await, 401, "invalid_client");
}

#[tokio::test]
async fn ca_14_a_private_key_works_until_its_overlap_is_over_or_it_is_ended() {
    let world = World::new().await;
    let client = world.confidential().await;
    let authority = &world.app.node.authority;
    let with_secret = |secret: &str| TestClient { secret: secret.to_owned(), ..client.clone() };
    let rotated = authority.rotate_organisation_key(&world.context(), client.key, TEN_MINUTES).await.expect("rotated");
    let second = with_secret(rotated.value.private_key.expect("a private key").expose());
    for secret in [&client, &second] {
        world.token(secret, &OWN).await.expect(200);
    }
    world.app.clock.advance(Duration::from_secs(599));
    world.token(&client, &OWN).await.expect(200);
    world.app.clock.advance(Duration::from_secs(1));
    refused(&world.token(&client, &OWN).await, 401, "invalid_client");
    let rotated = authority.rotate_organisation_key(&world.context(), client.key, TEN_MINUTES).await.expect("rotated");
    let third = with_secret(rotated.value.private_key.expect("a private key").expose());
    world.token(&second, &OWN).await.expect(200);
    let known = authority.verifier().client_of(&client.key).expect("a lease").expect("a client");
    let old = known.client.private_keys.iter().find(|key| key.digest == domain::Digest::of(second.secret.as_bytes())).expect("kept").id;
    authority.revoke_private_key(&world.context(), client.key, old).await.expect("ended");
    refused(&world.token(&second, &OWN).await, 401, "invalid_client");
    world.token(&third, &OWN).await.expect(200);
}

/// The edge counts headers; what is joined into one is none of both (CA-12).
#[tokio::test]
async fn ca_15_two_authorization_headers_are_refused() {
    let world = World::new().await;
    let client = world.confidential().await;
    let address = world.app.url.strip_prefix("http://").expect("an address").parse().expect("an address");
    let body = format!("grant_type=client_credentials&client_id={}", client.id);
    for second in [client.basic(), "Bearer x".to_owned(), basic("other", "x")] {
        for pair in [[client.basic(), second.clone()], [second.clone(), client.basic()]] {
            let request = format!(
                "POST /connect/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {}\r\nAuthorization: {}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                pair[0],
                pair[1],
                body.len()
            );
            let answers = crate::raw::send(address, request.as_bytes()).await;
            assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [400], "{answers:?}");
        }
    }
}
