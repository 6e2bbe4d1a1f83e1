//! Fifty at once: one winner, no 500, no forked family. On both databases.

use futures_util::future::join_all;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn code_03_fifty_redemptions_of_one_code_have_one_winner() {
    for app in App::start_each().await {
        let world = World::of(app).await;
        let client = world.confidential().await;
        let code = world.code(&client, |_| {}).await;
        let answers = join_all((0..50).map(|_| world.redeem(&client, &code))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        for answer in &lost {
            refused(answer, 400, "invalid_grant");
        }
        assert!(!world.is_active(&won[0].member("/access_token")).await);
        refused(&world.refresh(&client, &won[0].member("/refresh_token")).await, 400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_02_fifty_refreshes_of_one_token_give_one_successor() {
    for app in App::start_each().await {
        let world = World::of(app).await;
        let client = world.public().await;
        let (_, refresh) = world.tokens(&client).await;
        let answers = join_all((0..50).map(|_| world.refresh(&client, &refresh))).await;
        let mut successors: Vec<String> = answers.into_iter().map(|answer| answer.expect(200).member("/refresh_token")).collect();
        successors.sort_unstable();
        successors.dedup();
        assert_eq!(successors.len(), 1, "no forked family");
        let next = world.refresh(&client, &successors[0]).await.expect(200);
        assert!(world.is_active(&next.member("/access_token")).await, "nobody was signed out");
    }
}
