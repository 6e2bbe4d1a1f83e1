//! What each step asks, and how it ended, in words.

use domain::refused_request::{Outcome, Step};

use crate::language::texts;

texts! {
    Transport: "Did it come over HTTPS?", "Kwam het verzoek over HTTPS?";
    Api: "Is there such an API?", "Bestaat deze API?";
    Presented: "Was a credential sent along?", "Was er een token of sleutel meegestuurd?";
    Readable: "Can it be read, in a way that the API takes?", "Is het leesbaar, op een manier die de API aanneemt?";
    Known: "Is it a known one?", "Is het token of de sleutel bekend?";
    Code: "Is the code right for the username?", "Klopt de code bij de gebruikersnaam?";
    NotRevoked: "Has it not been ended?", "Is het niet ingetrokken?";
    NotExpired: "Is its time not over?", "Is het nog niet verlopen?";
    NotSuspended: "Is it not paused?", "Is het niet gepauzeerd?";
    Owner: "Is its owner active, and still a member?", "Is de eigenaar actief, en nog lid?";
    Organisation: "Is its organisation active?", "Is de organisatie actief?";
    Workspace: "Is there such a workspace?", "Bestaat deze werkruimte?";
    Delegation: "May its organisation work there?", "Mag de organisatie daar werken?";
    Permission: "May it do this?", "Mag het dit?";
    Proof: "Was the key proven that it is bound to?", "Is de bijbehorende sleutel bewezen?";

    Request: "Can the request be read?", "Is het verzoek leesbaar?";
    Tries: "Was it not tried too often?", "Is het niet te vaak geprobeerd?";
    Client: "Is the program known (client_id)?", "Is het programma bekend (client_id)?";
    ClientWorks: "Does its key work: not ended, not paused?", "Werkt de sleutel: niet ingetrokken, niet gepauzeerd?";
    ClientProof: "Did the program prove who it is?", "Heeft het programma bewezen wie het is?";
    GrantType: "May the program ask in this way (grant_type)?", "Mag het programma dit zo vragen (grant_type)?";
    Parameters: "Are all parameters there, and right?", "Zijn alle parameters er, en kloppen ze?";
    Issued: "Was the code or token given to this program?", "Is de code of het token aan dit programma gegeven?";
    Key: "Is it bound to the key that was proven?", "Hoort het bij de sleutel die is bewezen?";
    Unused: "Was it not used before?", "Is het niet eerder gebruikt?";
    NotIdle: "Was it used lately?", "Is het kort geleden nog gebruikt?";
    Consent: "Does the person still allow it?", "Geeft de gebruiker nog toestemming?";
    Verifier: "Does the code_verifier fit?", "Klopt de code_verifier?";
    Redirect: "Is the redirect_uri right?", "Klopt de redirect_uri?";
    Session: "Is the person still signed in where they agreed?", "Is de gebruiker nog ingelogd waar die akkoord ging?";
    Exchanged: "Does the token count that was to be exchanged?", "Telt het token dat geruild moest worden?";
    Resource: "Is it an API that the program can have (resource)?", "Is het een API die het programma kan krijgen (resource)?";
    Scope: "Are these rights that the program can have (scope)?", "Zijn dit rechten die het programma kan krijgen (scope)?";
    Pushed: "Is the pushed request known (request_uri)?", "Is het klaargezette verzoek bekend (request_uri)?";
    SignedIn: "Is the person signed in, as was asked?", "Is de gebruiker ingelogd, zoals gevraagd?";
    Agreed: "Did the person agree?", "Ging de gebruiker akkoord?";

    Passed: "yes", "ja";
    Failed: "no", "nee";
    NotReached: "not looked at any more", "niet meer bekeken";
}

macro_rules! questions {
    ($step:expr; $($name:ident)*) => {
        match $step { $(Step::$name => Text::$name,)* }
    };
}

/// What a step asks.
pub(super) const fn question(step: Step) -> Text {
    questions! { step;
        Transport Api Presented Readable Known Code NotRevoked NotExpired
        NotSuspended Owner Organisation Workspace Delegation Permission Proof
        Request Tries Client ClientWorks ClientProof GrantType Parameters Issued Key Unused NotIdle
        Consent Verifier Redirect Session Exchanged Resource Scope Pushed SignedIn Agreed
    }
}

/// How it ended.
pub(super) const fn outcome(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Passed => Text::Passed,
        Outcome::Failed => Text::Failed,
        Outcome::NotReached => Text::NotReached,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn the_dutch_is_in_short_sentences() {
        for text in Text::ALL {
            assert!(text.of(Language::Nl).split_whitespace().count() < 20, "{text:?}");
        }
    }
}
