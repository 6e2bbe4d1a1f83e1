//! Real failovers: a synchronous standby takes over, the nodes have a list of both servers.

use super::*;

/// A primary with its synchronous standby, and nodes that know both, the primary first.
struct Pair {
    cluster: Cluster,
    standby: Postgres,
}

impl Pair {
    async fn start() -> Self {
        let cluster = Cluster::start();
        let standby = cluster.postgres.standby();
        cluster.postgres.wait_for_standby().await;
        Self { cluster, standby }
    }

    async fn member(&self) -> Member {
        let hosts = format!("{},{}", self.cluster.postgres.address(), self.standby.address());
        let url = format!("postgres://poort@{hosts}/postgres?target_session_attrs=read-write");
        self.cluster.member_with(&url, |_| {}).await
    }
}

/// Asks again until it is done, as somebody does who was told 503 or 504.
async fn ended(by: &Member, token: &IssuedToken) {
    let began = Instant::now();
    loop {
        match by.revoke(token).await {
            Ok(_) | Err(Error::NotFound) => return,
            Err(error) => assert!(began.elapsed() < GENEROUS * 6, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_follow_a_failover_by_themselves_and_what_was_ended_stays_ended() {
    let pair = Pair::start().await;
    let (one, two) = (pair.member().await, pair.member().await);
    let person = one.person().await;
    let (before, after, kept) =
        (one.token(person, "before").await.value, one.token(person, "after").await.value, one.token(person, "kept").await.value);
    two.until(&kept, Said::Allow).await;
    one.revoke(&before).await.expect("revoked");
    let era = one.node.authority.store().situation().await.expect("read").era;
    pair.cluster.postgres.kill();
    pair.standby.promote();
    for node in [&one, &two] {
        node.until(&kept, Said::Allow).await;
        assert_eq!(node.says(&before), Said::Deny);
    }
    ended(&one, &after).await;
    assert_eq!((one.says(&after), two.says(&after)), (Said::Deny, Said::Deny));
    let situation = one.node.authority.store().situation().await.expect("read");
    assert_ne!(situation.era, era, "a new timeline");
    assert!(two.node.is_ready().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deposed_primary_that_goes_on_or_comes_back_gives_no_lease() {
    let pair = Pair::start().await;
    let (one, two) = (pair.member().await, pair.member().await);
    let person = one.person().await;
    let (token, kept) = (one.token(person, "token").await.value, one.token(person, "kept").await.value);
    two.until(&kept, Said::Allow).await;
    // Nobody has fenced it: it takes connections, calls itself writable, and answers whoever reads.
    pair.standby.promote();
    for node in [&one, &two] {
        node.until(&kept, Said::Unavailable).await;
    }
    let refused = one.revoke(&kept).await;
    assert!(matches!(refused, Err(Error::OutcomeUnknown(_) | Error::Unavailable(_))), "{refused:?}");
    pair.cluster.postgres.kill();
    ended(&one, &token).await;
    for node in [&one, &two] {
        node.until(&token, Said::Deny).await;
    }
    // It comes back, with what it had, and stands first in everybody's list.
    pair.cluster.postgres.launch();
    let new = format!("postgres://poort@{}/postgres", pair.standby.address());
    let three = pair.cluster.member_with(&new, |_| {}).await;
    assert_eq!(three.says(&token), Said::Deny);
    let mut config = Config::clone(&one.node.config);
    config.data = pair.cluster.folder.path().join("misled");
    let misled = Node::start(config, &System::of_this_machine()).await;
    assert!(misled.is_err(), "a node that reaches only the deposed one has no lease");
    for node in [&one, &two, &three] {
        assert_ne!(node.says(&token), Said::Allow);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_on_a_standby_does_not_start_and_says_why() {
    let pair = Pair::start().await;
    let _one = pair.member().await;
    let config = Config {
        data: pair.cluster.folder.path().join("standby"),
        master_key_file: Some(pair.cluster.folder.path().join("master-key")),
        database: pair.standby.url(),
        ..Config::default()
    };
    let started = Node::start(config, &System::of_this_machine()).await;
    let Err(server::node::StartError::Store(error)) = started else { panic!("it started on a standby") };
    assert!(error.to_string().contains("read-only standby"), "{error:?}");
}

/// What nobody should do: the standby that takes over lacks what was confirmed. Whoever knows an ending makes it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn endings_that_a_failover_lost_are_published_anew_before_anybody_who_knows_them_goes_on() {
    let cluster = Cluster::start();
    let pair = Pair { standby: cluster.postgres.standby(), cluster };
    let (one, two) = (pair.member().await, pair.member().await);
    let person = one.person().await;
    let (revoked, paused, resumed, kept) = (
        one.token(person, "revoked").await.value,
        one.token(person, "paused").await.value,
        one.token(person, "resumed").await.value,
        one.token(person, "kept").await.value,
    );
    two.until(&kept, Said::Allow).await;
    // Until the standby has all of it, and then it has no more.
    pair.cluster.postgres.wait_for_standby().await;
    one.token(person, "last").await;
    pair.cluster.postgres.execute("ALTER SYSTEM SET synchronous_standby_names = ''").await;
    pair.cluster.postgres.execute("SELECT pg_reload_conf()").await;
    pair.standby.kill();
    let authority = &one.node.authority;
    one.revoke(&revoked).await.expect("revoked");
    authority.suspend_token(&one.context(), paused.token.id, true).await.expect("paused");
    authority.suspend_token(&one.context(), resumed.token.id, true).await.expect("paused");
    authority.suspend_token(&one.context(), resumed.token.id, false).await.expect("resumed");
    let gone = one.token(person, "gone").await.value;
    two.until(&gone, Said::Allow).await;
    pair.cluster.postgres.kill();
    pair.standby.launch();
    pair.standby.promote();
    for node in [&one, &two] {
        tokio::time::timeout(GENEROUS * 6, node.node.ended()).await.expect("it has published what it knows");
        assert_eq!(node.says(&kept), Said::Unavailable, "until it is started anew");
    }
    let three = pair.member().await;
    for (token, wanted) in
        [(&revoked, Said::Deny), (&paused, Said::Deny), (&resumed, Said::Allow), (&kept, Said::Allow), (&gone, Said::Deny)]
    {
        assert_eq!(three.says(token), wanted, "{}", token.token.description.as_str());
    }
    let entries = three.node.authority.store().tail(domain::Sequence(0), 1_000).await.expect("the journal");
    let ends = |entry: &&domain::event::Entry| matches!(&entry.event, domain::Event::TokensRevoked { tokens, .. } if tokens.contains(&revoked.token.id));
    let ends: Vec<_> = entries.iter().filter(ends).collect();
    assert_eq!(ends.len(), 1, "two nodes know it, and the second finds it done: {ends:?}");
    assert_eq!(ends[0].actor, domain::event::Actor::System);
}
