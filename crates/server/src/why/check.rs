//! Refusals of checks in words: what each is, what it means, and what to do about it.

use domain::Refusal;

use crate::language::texts;

texts! {
    InsecureTransport: "It came over plain HTTP", "Het kwam over gewoon HTTP";
    InsecureTransportStory: "The request came without encryption, so anybody on the way may have read the credential. One that is known here is marked as exposed.", "Het verzoek was niet versleuteld. Iedereen onderweg kon het token of de sleutel lezen. Is het hier bekend, dan staat dat er nu bij.";
    InsecureTransportTodo: "Use https:// and make a new credential.", "Gebruik https:// en maak een nieuw token of een nieuwe sleutel.";
    WrongApi: "There is no such API", "Deze API bestaat niet";
    WrongApiStory: "The request was for an API that is not known here.", "Het verzoek was voor een API die hier niet bekend is.";
    WrongApiTodo: "Ask whoever runs the API whether its address or name was changed.", "Vraag de beheerder van de API of het adres of de naam is veranderd.";
    MissingCredential: "No credential was sent along", "Er was geen token of sleutel meegestuurd";
    MissingCredentialStory: "The request has no header with a credential, and this needs one.", "Het verzoek heeft geen header met een token of sleutel. Dat is hier wel nodig.";
    MissingCredentialTodo: "Send the credential along, as the API's documentation says.", "Stuur het token of de sleutel mee, zoals in de uitleg van de API staat.";
    MalformedCredential: "The credential cannot be read", "Het token of de sleutel is niet leesbaar";
    MalformedCredentialStory: "What was sent along is incomplete, was typed wrongly, or was sent in a way that this API does not take.", "Wat is meegestuurd, is niet compleet, verkeerd getypt, of anders gestuurd dan de API aanneemt.";
    MalformedCredentialTodo: "Copy the credential again, whole. Do two headers carry one? Keep one of them.", "Kopieer het token of de sleutel opnieuw, helemaal. Staan er twee in het verzoek? Stuur er één.";
    UnknownCredential: "The credential is not known", "Het token of de sleutel is niet bekend";
    UnknownCredentialStory: "No live credential of this API has this text.", "Deze API kent geen werkend token of sleutel met deze tekst.";
    UnknownCredentialTodo: "Use another credential, or make a new one.", "Gebruik een ander token of een andere sleutel, of maak een nieuwe.";
    WrongCode: "The code is not right for this username", "De code klopt niet bij deze gebruikersnaam";
    WrongCodeStory: "The username is known. The code that came with it is not its code.", "De gebruikersnaam is bekend. De code die erbij stond, is een andere.";
    WrongCodeTodo: "Use the code that was shown when the token was made. Lost it? Make a new token.", "Gebruik de code die je zag toen het token werd gemaakt. Kwijt? Maak een nieuw token.";
    Expired: "The credential's time is over", "Het token of de sleutel is verlopen";
    ExpiredStory: "It worked until its last day.", "Het werkte tot en met de laatste dag.";
    ExpiredTodo: "Make a new one, or have its time extended.", "Maak een nieuwe, of laat de tijd verlengen.";
    Revoked: "The credential was ended", "Het token of de sleutel is ingetrokken";
    RevokedStory: "Somebody ended it. It never works again.", "Iemand heeft het ingetrokken. Het werkt nooit meer.";
    RevokedTodo: "Make a new one.", "Maak een nieuwe.";
    Suspended: "The credential is paused", "Het token of de sleutel is gepauzeerd";
    SuspendedStory: "Somebody paused it. It works again when it is resumed.", "Iemand heeft het gepauzeerd. Het werkt weer als het wordt hervat.";
    SuspendedTodo: "Ask a manager of your organisation to resume it.", "Vraag een beheerder van je organisatie om het te hervatten.";
    OwnerInactive: "Its owner is not active", "De eigenaar is niet actief";
    OwnerInactiveStory: "The person whose credential it is was suspended, or is no longer a member.", "De persoon van wie het is, is stilgezet of is geen lid meer.";
    OwnerInactiveTodo: "Use a credential of somebody who is a member.", "Gebruik een token of sleutel van iemand die lid is.";
    OrganisationSuspended: "Its organisation is suspended", "De organisatie is stilgezet";
    OrganisationSuspendedStory: "Nothing of this organisation works for now.", "Niets van deze organisatie werkt op dit moment.";
    OrganisationSuspendedTodo: "Ask whoever runs this installation.", "Vraag het aan de beheerder van deze installatie.";
    WrongWorkspace: "There is no such workspace", "Deze werkruimte bestaat niet";
    WrongWorkspaceStory: "The number in the request is that of no open workspace, or the credential is for another one.", "Het nummer in het verzoek is van geen open werkruimte. Of het token of de sleutel is voor een andere werkruimte.";
    WrongWorkspaceTodo: "Look whether the number is right.", "Kijk of het nummer klopt.";
    NoDelegation: "There is no delegation for this", "Er is geen machtiging";
    NoDelegationStory: "The workspace is another organisation's, and that has not let yours work in it.", "De werkruimte is van een andere organisatie. Die heeft jouw organisatie geen machtiging gegeven.";
    NoDelegationTodo: "Ask the project manager of the workspace for a delegation.", "Vraag de projectbeheerder van de werkruimte om een machtiging.";
    DelegationClosed: "The delegation is closed", "De machtiging is gesloten";
    DelegationClosedStory: "Your organisation could work here by a delegation. That is over.", "Je organisatie mocht hier werken met een machtiging. Die is gesloten.";
    DelegationClosedTodo: "Ask the project manager of the workspace for a new delegation.", "Vraag de projectbeheerder van de werkruimte om een nieuwe machtiging.";
    DelegationPaused: "The delegation is paused", "De machtiging is gepauzeerd";
    DelegationPausedStory: "The delegation does not count until it is resumed.", "De machtiging telt niet, tot iemand haar hervat.";
    DelegationPausedTodo: "Ask the project manager of the workspace.", "Vraag het aan de projectbeheerder van de werkruimte.";
    PermissionMissing: "The credential may not do this", "Het token of de sleutel mag dit niet";
    PermissionMissingStory: "The credential is good, but this request needs a permission that it does not have.", "Het token of de sleutel klopt. Maar voor dit verzoek is een recht nodig dat het niet heeft.";
    PermissionMissingTodo: "Make a credential with this permission, or have it added.", "Maak een token of sleutel met dit recht, of laat het recht toevoegen.";
    ProofMissing: "The key was not proven", "De bijbehorende sleutel is niet bewezen";
    ProofMissingStory: "This access token is bound to a key, and the request has no good proof of that.", "Dit toegangstoken hoort bij een sleutel. Het verzoek bewijst die sleutel niet.";
    ProofMissingTodo: "Send a fresh DPoP proof with each request.", "Stuur bij elk verzoek een vers DPoP-bewijs mee.";

}

macro_rules! words {
    ($refusal:expr; $($name:ident $story:ident $todo:ident;)*) => {
        match $refusal { $(Refusal::$name => [Text::$name, Text::$story, Text::$todo],)* }
    };
}

/// What is said about a refusal.
pub(super) const fn words(refusal: Refusal) -> [Text; 3] {
    words! { refusal;
        InsecureTransport InsecureTransportStory InsecureTransportTodo;
        WrongApi WrongApiStory WrongApiTodo;
        MissingCredential MissingCredentialStory MissingCredentialTodo;
        MalformedCredential MalformedCredentialStory MalformedCredentialTodo;
        UnknownCredential UnknownCredentialStory UnknownCredentialTodo;
        WrongCode WrongCodeStory WrongCodeTodo;
        Expired ExpiredStory ExpiredTodo;
        Revoked RevokedStory RevokedTodo;
        Suspended SuspendedStory SuspendedTodo;
        OwnerInactive OwnerInactiveStory OwnerInactiveTodo;
        OrganisationSuspended OrganisationSuspendedStory OrganisationSuspendedTodo;
        WrongWorkspace WrongWorkspaceStory WrongWorkspaceTodo;
        NoDelegation NoDelegationStory NoDelegationTodo;
        DelegationClosed DelegationClosedStory DelegationClosedTodo;
        DelegationPaused DelegationPausedStory DelegationPausedTodo;
        PermissionMissing PermissionMissingStory PermissionMissingTodo;
        ProofMissing ProofMissingStory ProofMissingTodo;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn the_dutch_is_in_short_sentences() {
        for text in Text::ALL {
            for sentence in text.of(Language::Nl).split(['.', '?', '!']) {
                assert!(sentence.split_whitespace().count() < 20, "{sentence}");
            }
        }
    }
}
