//! Links that somebody gets by mail.

use domain::id::MailLinkId;
use domain::mail_link::MailPurpose;
use poort_store::MailLink;

use crate::support::*;
use crate::*;

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(2_000_000_000 + seconds)
}

fn link(number: u8, to: &str, purpose: MailPurpose) -> MailLink {
    let (at, expires_at) = (later(0), later(100));
    let id = MailLinkId::from_bytes([number; 16]);
    MailLink { id, email: email(to), purpose, created_at: at, sent_at: at, expires_at, used_at: None, withdrawn_at: None }
}

async fn keep(store: &Store, link: &MailLink, secret: &'static [u8]) {
    let link = link.clone();
    done(write!(store, |tx| { tx.insert_mail_link(&link.clone(), &Digest::of(secret)).await })).await;
}

async fn found(store: &Store, secret: &'static [u8]) -> Option<MailLink> {
    read!(store, |reader| { reader.mail_link(&Digest::of(secret)).await })
}

pub(crate) async fn mail_links(store: &Store) {
    let iris = person("iris");
    let (id, inserted) = (iris.id, iris.clone());
    done(write!(store, |tx| { tx.insert_person(&inserted.clone(), None).await })).await;
    let visit = Digest::of(b"visit");
    let sign_up = link(61, "New@example.org", MailPurpose::SignUp { name: name("New"), password_hash: "hash".to_owned(), visit });
    keep(store, &sign_up, b"sign up").await;
    assert_eq!(found(store, b"sign up").await, Some(sign_up));
    assert_eq!(found(store, b"other").await, None);
    let used = |at: i64| async move { done(write!(store, |tx| { tx.use_mail_link(&Digest::of(b"sign up"), later(at)).await })).await };
    assert!(!used(100).await, "its time is over");
    assert!(used(99).await);
    assert!(!used(99).await, "once");
    let over = found(store, b"sign up").await.expect("there");
    assert_eq!((over.used_at, over.purpose), (Some(later(99)), MailPurpose::Nothing), "what it was for is forgotten");

    for number in [62, 63] {
        let secret: &'static [u8] = if number == 62 { b"one" } else { b"two" };
        keep(store, &link(number, "iris@example.org", MailPurpose::Reset { person: id }), secret).await;
    }
    keep(store, &link(64, "other@example.org", MailPurpose::Verify { person: id }), b"verify").await;
    assert!(done(write!(store, |tx| { tx.use_mail_link(&Digest::of(b"one"), later(1)).await })).await);
    assert_eq!(done(write!(store, |tx| { tx.withdraw_mail_links_of(id, "reset", later(1)).await })).await, 1);
    assert!(!done(write!(store, |tx| { tx.use_mail_link(&Digest::of(b"two"), later(1)).await })).await);
    assert_eq!(found(store, b"two").await.expect("there").withdrawn_at, Some(later(1)));
    assert_eq!(found(store, b"verify").await.expect("there").withdrawn_at, None);
    invitations(store).await;

    assert!(done(write!(store, |tx| { tx.erase_person(id, now()).await })).await);
    assert_eq!((found(store, b"one").await, found(store, b"verify").await), (None, None), "about whoever was erased");
    assert!(found(store, b"again").await.is_some(), "somebody else's");
    store.drop_old_mail_links(later(100)).await.expect("dropped");
    assert_eq!((found(store, b"sign up").await, found(store, b"again").await.is_some()), (None, true));
}

async fn invitations(store: &Store) {
    let organisation = member(store, "inviting").await.organisation;
    let join = |roles| MailPurpose::Join { organisation, roles, invited_by: None };
    let invitation = link(65, "guest@example.org", join(Roles::NONE.with(Role::Member)));
    let id = invitation.id;
    keep(store, &invitation, b"guest").await;
    keep(store, &link(66, "second@example.org", join(Roles::NONE)), b"second").await;
    let all = || async { read!(store, |reader| { reader.invitations(organisation, ALL).await }) };
    assert_eq!(all().await.len(), 2);
    assert_eq!(read!(store, |reader| { reader.invitation(id).await }), Some(invitation.clone()));
    assert_eq!(read!(store, |reader| { reader.invitation_of(organisation, &email("GUEST@example.org")).await }), Some(invitation.clone()));
    let owner = Roles::NONE.with(Role::Owner);
    let again = MailLink { purpose: join(owner), sent_at: later(50), expires_at: later(500), ..invitation };
    let sent = again.clone();
    assert!(done(write!(store, |tx| { tx.send_mail_link_again(&sent.clone(), &Digest::of(b"again")).await })).await);
    assert_eq!((found(store, b"guest").await, found(store, b"again").await), (None, Some(again.clone())));
    let second = MailLinkId::from_bytes([66; 16]);
    for withdraws in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.withdraw_mail_link(second, later(1)).await })).await, withdraws);
    }
    assert_eq!(all().await, [again]);
    assert_eq!(read!(store, |reader| { reader.invitation(second).await }), None);
}
