//! After a restore: nobody of the backup signs in before an operator has confirmed it.

use domain::event::Actor;
use domain::fence::Scope;
use domain::{CredentialId, Event, Fence, OrganisationId, RequestId, Sequence, Timestamp};
use store::{Abort, By, Outcome};
use testkit::{App, Visitor};

use super::{PASSWORD, SESSION, with_ann};

/// Makes a change to the fence.
async fn change(app: &App, fence: Option<Fence>, confirmed: Option<Scope>) {
    let by = By { at: Timestamp::from_unix_seconds(1), actor: Actor::System, request: RequestId::from_bytes([9; 16]), address: None };
    let written = app.node.authority.store().write(move |tx| {
        let (by, fence, confirmed) = (by.clone(), fence.clone(), confirmed.clone());
        Box::pin(async move {
            if let Some(fence) = fence {
                tx.raise_fence(&fence).await?;
            }
            let event = match confirmed {
                Some(scope) => {
                    tx.confirm(&scope).await?;
                    Event::RestoreConfirmed { scope }
                }
                None => Event::Restored { backup: Sequence(1), newest: CredentialId::from_bytes([255; 16]), fenced: true },
            };
            let recorded = tx.record(&by, event).await?;
            Ok::<_, Abort<()>>(Outcome::Changed((), recorded))
        })
    });
    assert!(written.await.is_ok());
}

#[tokio::test]
async fn who_stands_behind_the_fence_is_told_so_and_only_with_the_right_password() {
    let app = App::start().await;
    with_ann(&app).await;
    let organisation: OrganisationId =
        app.operate("GET", "/api/v1/organisations").send().await.expect(200).member("/items/0/id").parse().expect("an id");
    let at = Timestamp::from_unix_seconds(1);
    let newest = CredentialId::from_bytes([255; 16]);
    change(&app, Some(Fence { newest, backup_at: at, backup: Sequence(1), raised_at: at, confirmed: Vec::new() }), None).await;
    let mut ann = Visitor::new(&app);
    let page = ann.sign_in("ann@example.org", PASSWORD).await.expect(403);
    assert!(page.text.contains("restored from a backup") && !ann.cookies.contains_key(SESSION), "{}", page.text);
    let page = ann.sign_in("ann@example.org", "wrong").await.expect(422);
    assert!(!page.text.contains("backup"), "{}", page.text);
    change(&app, None, Some(Scope::Organisation { organisation })).await;
    ann.sign_in("ann@example.org", PASSWORD).await.expect(303);
    ann.get("/en/profile/sign-in").await.expect(200);
}
