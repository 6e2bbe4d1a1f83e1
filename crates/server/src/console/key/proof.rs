//! How a program proves that the key is its own: by a private key that is made here, or by one that never leaves it.

use serde_json::{Value, json};

use super::texts::Text;
use crate::console::form::{Choice, Form};
use crate::console::visit::Visit;

/// What is usual.
pub(super) const USUAL: &str = "ours";
/// The value for a key pair of one's own; the field of its public half is shown beside it.
const OWN: &str = "some";
/// In bytes; a public key has some hundreds.
const LONGEST: usize = 20_000;

/// The choices.
pub(super) fn choices(visit: &Visit) -> Vec<Choice> {
    vec![
        Choice::new(USUAL, visit.say(Text::ProofOurs)).help(visit.say(Text::ProofOursHelp)).code("client_secret_basic"),
        Choice::new(OWN, visit.say(Text::ProofOwn)).help(visit.say(Text::ProofOwnHelp)).code("private_key_jwt"),
    ]
}

/// The JWK set (RFC 7517 section 5) of a key pair of one's own, of which one key was given or several; nothing for a private key that
/// is made here. Whether the keys can be used, the use case looks.
pub(super) fn read(visit: &Visit, form: &mut Form) -> Option<Value> {
    match form.value("proof") {
        OWN => {}
        USUAL => return None,
        _ => {
            form.refuse("proof", visit.say(Text::ProofMissing));
            return None;
        }
    }
    let text = form.value("jwk");
    let given = if text.len() <= LONGEST { serde_json::from_str(text).ok() } else { None };
    let set = given.filter(Value::is_object).map(|given: Value| if given["keys"].is_array() { given } else { json!({ "keys": [given] }) });
    form.take("jwk", set.ok_or(()), visit.say(Text::JwkWrong))
}
