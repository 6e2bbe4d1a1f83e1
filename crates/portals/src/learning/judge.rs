//! The judge: a simple built-in rule, since running people's code is not this platform's job here.
//!
//! Code without anything but white space is a `compilation error`. Code that holds the exercise's model answer,
//! white space not counted, is `correct`. All other code is `wrong`.

use std::time::Duration;

use rusqlite::{OptionalExtension as _, params};
use serde_json::{Value, json};

use super::Database;
use super::answer::Failure;

/// How long the judge rests when the database does not answer.
const REST: Duration = Duration::from_secs(1);

/// What the judge finds.
#[derive(Debug, PartialEq)]
struct Finding {
    status: &'static str,
    summary: &'static str,
    result: Value,
}

/// Judges what is queued, the oldest first; rests until woken when nothing is. What was running when the process
/// ended is judged again. May be dropped at any time.
pub(super) async fn run(database: &Database, wake: &tokio::sync::Notify) {
    loop {
        match judge_one(database).await {
            Ok(true) => {}
            Ok(false) => wake.notified().await,
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

async fn judge_one(database: &Database) -> Result<bool, Failure> {
    let next = database.write(|tx| {
        let sql = "SELECT s.id, s.code, coalesce(a.model_answer, ''), coalesce(a.expected_output, '') FROM submissions s
            JOIN activities a ON a.id = s.exercise_id WHERE s.status IN ('queued', 'running') ORDER BY s.id LIMIT 1";
        let next = tx.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).optional()?;
        let Some((id, ..)) = &next else { return Ok(None) };
        tx.execute("UPDATE submissions SET status = 'running' WHERE id = ?1", [id])?;
        Ok(next)
    });
    let Some((id, code, model, expected)): Option<(i64, String, String, String)> = next.await? else {
        return Ok(false);
    };
    let finding = judge(&code, &model, &expected);
    database
        .write(move |tx| {
            let accepted = finding.status == "correct";
            let update = "UPDATE submissions SET status = ?2, accepted = ?3, summary = ?4, result = ?5 WHERE id = ?1";
            tx.execute(update, params![id, finding.status, accepted, finding.summary, finding.result.to_string()])?;
            Ok(())
        })
        .await?;
    Ok(true)
}

fn judge(code: &str, model: &str, expected: &str) -> Finding {
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    let (code, model) = (solid(code), solid(model));
    if code.is_empty() {
        return finding("compilation error", "There is no code", expected);
    }
    if !model.is_empty() && code.contains(&model) {
        return finding("correct", "All tests passed", expected);
    }
    finding("wrong", "1 test failed", expected)
}

/// The result document, with the parts that clients draw: tabs, contexts, test cases, tests.
fn finding(status: &'static str, summary: &'static str, expected: &str) -> Finding {
    let accepted = status == "correct";
    let generated = if accepted { expected } else { "" };
    let test = json!({ "accepted": accepted, "expected": expected, "generated": generated, "format": "text" });
    let case = json!({
        "accepted": accepted,
        "description": { "description": "The code holds the model answer", "format": "plain" },
        "tests": [test],
    });
    let result = json!({
        "accepted": accepted,
        "status": status,
        "description": summary,
        "annotations": [],
        "groups": [{
            "description": "Test",
            "badgeCount": u8::from(!accepted),
            "groups": [{ "accepted": accepted, "groups": [case] }],
        }],
    });
    Finding { status, summary, result }
}

/// What the judge would have written; for the demonstration's past submissions.
pub(super) fn written(code: &str, model: &str, expected: &str) -> (&'static str, &'static str, String) {
    let finding = judge(code, model, expected);
    (finding.status, finding.summary, finding.result.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_the_one_that_is_stated() {
        let model = "print(\"Hello, world!\")";
        let cases = [
            ("print( \"Hello, world!\" )\n", "correct"),
            ("# mine\nprint(\"Hello, world!\")\nprint(1)\n", "correct"),
            ("print(\"hello\")", "wrong"),
            ("", "compilation error"),
            (" \n\t", "compilation error"),
        ];
        for (code, status) in cases {
            assert_eq!(judge(code, model, "Hello, world!").status, status, "{code}");
        }
        assert_eq!(judge("anything", "", "").status, "wrong", "an exercise without an answer accepts nothing");
    }
}
