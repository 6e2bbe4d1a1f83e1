//! Refusals of the endpoints for clients in words: what each is, what it means, and what to do about it.

use domain::ClientRefusal;

use super::Words;
use crate::language::Language;

macro_rules! words {
    ($($name:ident $title:literal $story:literal $todo:literal $nl_title:literal $nl_story:literal $nl_todo:literal;)*) => {
        /// What is said about a refusal.
        pub(super) const fn words(refusal: ClientRefusal, language: Language) -> Words {
            match (refusal, language) {
                $(
                    (ClientRefusal::$name, Language::En) => Words { title: $title, story: $story, todo: $todo },
                    (ClientRefusal::$name, Language::Nl) => Words { title: $nl_title, story: $nl_story, todo: $nl_todo },
                )*
            }
        }
    };
}

words! {
    RequestWrong
        "The request is not right" "Something is missing in the request, stands in it twice, or is in a place where it must not be." "Look at what the program was answered, and have its maker mend that."
        "Het verzoek klopt niet" "Er ontbreekt iets, er staat iets dubbel in, of iets staat op een verkeerde plek." "Kijk wat het programma als antwoord kreeg. Laat de maker dat herstellen.";
    ParameterWrong
        "A parameter is not right" "A parameter of the request is missing, or has a value that is not taken." "Look at what the program was answered, and have its maker mend that."
        "Een parameter klopt niet" "Een parameter van het verzoek ontbreekt, of heeft een waarde die niet mag." "Kijk wat het programma als antwoord kreeg. Laat de maker dat herstellen.";
    TooMany
        "It was tried too often" "Too much was asked, or was wrong, from this address in a short time. So every request has to wait." "Let the program wait as long as the header Retry-After says. Does it use an old private key? Give it the new one."
        "Het is te vaak geprobeerd" "Vanaf dit adres kwamen te veel verzoeken, of te veel foute. Daarom moet elk verzoek even wachten." "Laat het programma zo lang wachten als in de header Retry-After staat. Gebruikt het een oude private sleutel? Geef het de nieuwe.";
    PrivateKeyInBrowser
        "A private key came from a web page" "A page in a browser sent the private key. Everybody who opens that page can read it." "Make a new private key and end this one. A web page needs a key without a private key, with PKCE."
        "Een private sleutel kwam van een webpagina" "Een pagina in een browser stuurde de private sleutel mee. Iedereen die de pagina opent, kan die lezen." "Maak een nieuwe private sleutel en trek deze in. Een webpagina gebruikt een sleutel zonder private sleutel, met PKCE.";
    ClientUnreadable
        "The program's sign-in cannot be read" "The Authorization header is not Basic with client_id and private key, or is broken off." "Send client_id and private key as Basic, each form-encoded, with a colon between."
        "Het programma meldt zich onleesbaar aan" "In de header Authorization staat geen Basic met client_id en private sleutel, of een half exemplaar." "Stuur client_id en private sleutel als Basic mee, gecodeerd en met een dubbele punt ertussen.";
    ClientUnknown
        "The program is not known" "No key has this client_id (public key)." "Copy the client_id again. Is it of another environment, for testing perhaps?"
        "Het programma is niet bekend" "Geen enkele sleutel heeft deze client_id (publieke sleutel)." "Kopieer de client_id opnieuw. Is die misschien van een andere omgeving, zoals de test?";
    ClientRevoked
        "The key was ended" "Somebody ended the key of this program. It never works again." "Make a new key for the program."
        "De sleutel is ingetrokken" "Iemand heeft de sleutel van dit programma ingetrokken. Die werkt nooit meer." "Maak een nieuwe sleutel voor het programma.";
    ClientSuspended
        "The key is paused" "Somebody paused the key of this program. It works again when it is resumed." "Ask a key manager of your organisation to resume it."
        "De sleutel is gepauzeerd" "Iemand heeft de sleutel van dit programma gepauzeerd. Die werkt weer als hij wordt hervat." "Vraag een sleutelbeheerder van je organisatie om hem te hervatten.";
    ClientOrganisation
        "The program's organisation is suspended" "Nothing of this organisation works for now." "Ask whoever runs this installation."
        "De organisatie is stilgezet" "Niets van deze organisatie werkt op dit moment." "Vraag het aan de beheerder van deze installatie.";
    ClientUnproven
        "The program showed no private key" "This program has a private key, and this request came without it." "Send the private key along, or have the key changed to one without."
        "Het programma stuurde geen private sleutel" "Dit programma heeft een private sleutel. In dit verzoek stond die niet." "Stuur de private sleutel mee, of gebruik een sleutel die er geen heeft.";
    ClientMethod
        "The program may not sign in like this" "The key says in which way the program proves who it is. It did so in another way." "Look at the key which way it has, and use that one."
        "Het programma meldt zich op een andere manier aan" "Bij de sleutel staat hoe het programma zich aanmeldt. Het deed dat anders." "Kijk bij de sleutel welke manier daar staat, en gebruik die.";
    PrivateKeyWrong
        "The private key is not right" "The client_id is known. What came with it is none of its private keys." "Use the private key that was shown when it was made. Lost it? Make a new one."
        "De private sleutel klopt niet" "De client_id is bekend. Wat erbij stond, is geen private sleutel daarvan." "Gebruik de private sleutel die je zag toen die werd gemaakt. Kwijt? Maak een nieuwe.";
    PrivateKeyEnded
        "The private key was ended" "It was a private key of this program. Somebody ended it, or it was replaced more than once." "Give the program the private key that works now."
        "De private sleutel is ingetrokken" "Het was een private sleutel van dit programma. Iemand heeft hem ingetrokken of vervangen." "Geef het programma de private sleutel die nu werkt.";
    PrivateKeyExpired
        "The old private key is over" "A new private key was made. The old one worked along for some days, and that time is over." "Give the program the new private key."
        "De oude private sleutel is verlopen" "Er is een nieuwe private sleutel gemaakt. De oude werkte nog een paar dagen. Die tijd is voorbij." "Geef het programma de nieuwe private sleutel.";
    AssertionWrong
        "The program's signature is not right" "The signed assertion (client_assertion) is not by one of its keys, is for another server, or is too old." "Look at the public keys of the program, at the clock, and at aud: it must be the issuer of this server."
        "De handtekening van het programma klopt niet" "De verklaring (client_assertion) is van een andere sleutel, voor een andere server, of te oud." "Controleer de publieke sleutels, de klok, en aud: daarin moet de issuer van deze server staan.";
    AssertionUsed
        "The program's assertion was used before" "Each client_assertion counts once. This one came a second time." "Sign a new one, with a new jti, for each request."
        "De verklaring van het programma is al gebruikt" "Elke client_assertion telt één keer. Deze kwam een tweede keer." "Onderteken voor elk verzoek een nieuwe, met een nieuwe jti.";
    GrantTypeUnknown
        "There is no such grant type" "The program asked in a way (grant_type) that this server does not have." "Use one that the server's discovery document names."
        "Deze grant_type bestaat niet" "Het programma vroeg iets op een manier (grant_type) die deze server niet kent." "Gebruik er een die in het discovery-document van de server staat.";
    GrantTypeNotAllowed
        "The program may not ask in this way" "The key does not allow this grant_type." "Have the grant type added to the key, if the program needs it."
        "Het programma mag dit zo niet vragen" "De sleutel staat deze grant_type niet toe." "Laat de grant_type bij de sleutel zetten, als het programma die nodig heeft.";
    ProofWrong
        "The DPoP proof is not right" "The proof is for another address or method, is too old, was used before, or its signature does not fit." "Look at what the program was answered, and make a fresh proof for each request."
        "Het DPoP-bewijs klopt niet" "Het bewijs is voor een ander adres, te oud, al gebruikt, of de handtekening past niet." "Kijk wat het programma als antwoord kreeg. Maak voor elk verzoek een vers bewijs.";
    ProofNeeded
        "A DPoP proof is missing" "Tokens of this program are bound to a key. The request did not prove one." "Send a DPoP proof along, or have the key changed."
        "Er ontbreekt een DPoP-bewijs" "Tokens van dit programma horen bij een sleutel. Het verzoek bewijst er geen." "Stuur een DPoP-bewijs mee, of laat de instelling bij de sleutel aanpassen.";
    NotIssued
        "This program was never given this code or token" "It was given to nobody, to another program, or is over for so long that it is forgotten." "Begin anew: let the person sign in once more."
        "Dit programma heeft deze code of dit token niet gekregen" "Niemand kreeg het, een ander programma kreeg het, of het is al lang verlopen." "Begin opnieuw: laat de gebruiker nog een keer inloggen.";
    KeyOther
        "It is bound to another key" "The code or token belongs to a DPoP key. The request proved another one, or none." "Use the key with which it was asked. Lost it? Begin anew."
        "Het hoort bij een andere sleutel" "De code of het token hoort bij een DPoP-sleutel. Het verzoek bewees een andere, of geen." "Gebruik de sleutel waarmee het is gevraagd. Kwijt? Begin opnieuw.";
    CodeUsed
        "The code was used before" "A code works once. Somebody used this one a second time, so everything that came of it was ended." "Did the program only ask twice? Mend that and begin anew. If not, somebody has read the code along the way: look how."
        "De code is al eerder gebruikt" "Een code werkt één keer. Deze is nog eens gebruikt. Daarom is alles wat eruit kwam, beëindigd." "Vroeg het programma het gewoon twee keer? Herstel dat en begin opnieuw. Zo niet, dan heeft iemand de code meegelezen.";
    CodeExpired
        "The code came too late" "A code must be exchanged for tokens within a minute." "Let the program exchange the code at once. Begin anew."
        "De code kwam te laat" "Een code moet binnen een minuut worden geruild voor tokens." "Laat het programma de code meteen inwisselen. Begin opnieuw.";
    DeviceExpired
        "Nobody answered in time" "The code that the device showed is over." "Begin anew on the device."
        "Niemand heeft op tijd geantwoord" "De code die het apparaat liet zien, is verlopen." "Begin opnieuw op het apparaat.";
    GrantEnded
        "The consent was withdrawn" "The person had allowed this program something. That was ended, and the program's tokens with it." "Let the person sign in and agree once more."
        "De toestemming is ingetrokken" "De gebruiker gaf dit programma toestemming. Die is beëindigd, en de tokens van het programma ook." "Laat de gebruiker inloggen en opnieuw akkoord gaan.";
    VerifierWrong
        "The code_verifier does not fit" "With PKCE the program proves that it asked for the code itself. That proof is missing or wrong. The code cannot be used any more." "Keep the code_verifier with the request that it belongs to. Begin anew."
        "De code_verifier klopt niet" "Met PKCE bewijst het programma dat het de code zelf vroeg. Dat bewijs ontbreekt of is fout. De code is nu op." "Bewaar de code_verifier bij het verzoek waar hij bij hoort. Begin opnieuw.";
    RedirectOther
        "The redirect_uri is another one" "The code was asked with another redirect_uri than the one that came now. The code cannot be used any more." "Send exactly the same redirect_uri both times. Begin anew."
        "De redirect_uri is een andere" "De code is gevraagd met een andere redirect_uri dan er nu stond. De code is nu op." "Stuur beide keren precies dezelfde redirect_uri. Begin opnieuw.";
    RefreshReplayed
        "An old refresh token was used again" "Another refresh token had taken its place. So the server cannot know who has it, and ended all that came of this consent." "Let the program keep the new refresh token each time. Did it? Then somebody has a copy: look how. The person signs in once more."
        "Een oud refresh-token is nog eens gebruikt" "Er was al een nieuw token. Twee partijen kunnen het hebben. Daarom is alles van deze toestemming beëindigd." "Laat het programma steeds het nieuwste refresh-token bewaren. Doet het dat al? Dan heeft iemand een kopie. De gebruiker logt opnieuw in.";
    RefreshEnded
        "The refresh token was ended" "The program ended it itself, the code it came from was used twice, or the person signed out." "Let the person sign in once more."
        "Het refresh-token is beëindigd" "Het programma beëindigde het zelf, de code ervoor is twee keer gebruikt, of de gebruiker logde uit." "Laat de gebruiker opnieuw inloggen.";
    RefreshExpired
        "The time of this consent is over" "Refresh tokens last for a stated time from the consent on. Using them does not make that longer." "Let the person sign in once more."
        "De tijd van deze toestemming is om" "Refresh-tokens werken een vaste tijd vanaf de toestemming. Gebruik maakt die tijd niet langer." "Laat de gebruiker opnieuw inloggen.";
    RefreshIdle
        "The refresh token was not used for too long" "A refresh token that nobody uses ends by itself." "Let the person sign in once more."
        "Het refresh-token is te lang niet gebruikt" "Een refresh-token dat niemand gebruikt, verloopt vanzelf." "Laat de gebruiker opnieuw inloggen.";
    SessionEnded
        "The person has signed out" "The program could act because somebody was signed in. That session was ended." "Let the person sign in once more."
        "De gebruiker is uitgelogd" "Het programma mocht werken omdat iemand was ingelogd. Die sessie is beëindigd." "Laat de gebruiker opnieuw inloggen.";
    PersonInactive
        "The person is not active" "Whoever agreed was suspended, or is no longer a member." "Let somebody who is a member sign in."
        "De gebruiker is niet actief" "Wie akkoord ging, is stilgezet of is geen lid meer." "Laat iemand inloggen die lid is.";
    NotExchangeable
        "The token cannot be exchanged" "It does not work, is of another organisation or workspace, is bound to another key, or is no access token." "Exchange an access token of your own organisation that still works."
        "Het token kan niet worden geruild" "Het werkt niet, is van een andere organisatie of werkruimte, hoort bij een andere sleutel, of is geen toegangstoken." "Ruil een werkend toegangstoken van je eigen organisatie.";
    ResourceWrong
        "There is no such API for this" "The program named an API (resource) that is not known, takes no access tokens, or was not agreed to." "Use an address of an API from its documentation, the same as when the person agreed."
        "Deze API kan het niet zijn" "Het programma noemde een API (resource) die niet bekend is, of waarvoor geen toestemming is." "Gebruik het adres van een API uit de uitleg, hetzelfde als bij de toestemming.";
    ScopeWrong
        "The program cannot have these rights" "A scope is not known, is more than the key may have, or more than was agreed to." "Ask for fewer scopes, or have the rights added to the key."
        "Het programma kan deze rechten niet krijgen" "Een scope bestaat niet, is meer dan de sleutel mag, of meer dan is toegestaan." "Vraag minder scopes, of laat de rechten bij de sleutel zetten.";
    PushedUnknown
        "The prepared request is over" "The request_uri is not known, was used before, or is older than 90 seconds." "Begin anew in the program."
        "Het klaargezette verzoek is voorbij" "De request_uri is niet bekend, al gebruikt, of ouder dan 90 seconden." "Begin opnieuw in het programma.";
    RedirectUnknown
        "The return address is not registered" "The program wanted to send the browser to an address (redirect_uri) that does not stand at its key." "Is the address right? Have it added to the key, letter by letter the same."
        "Het adres om naar terug te gaan is niet bekend" "Het programma wilde naar een adres (redirect_uri) dat niet bij de sleutel staat." "Klopt het adres? Laat het bij de sleutel zetten, letter voor letter gelijk.";
    PersonNeeded
        "The person must answer, and may not be asked" "The program asked with prompt=none. But somebody must sign in, choose or agree first." "Ask again without prompt=none."
        "De gebruiker moet antwoorden, maar mag niets gevraagd worden" "Het programma vroeg het met prompt=none. Maar er moet eerst iemand inloggen, kiezen of akkoord gaan." "Vraag het opnieuw, zonder prompt=none.";
    ProofLevel
        "Signing in was not strong enough" "The program asked for a stronger way to sign in (acr_values) than this person has." "Let the person add a second step under Profile, and sign in anew."
        "Het inloggen was niet sterk genoeg" "Het programma vroeg om sterker inloggen (acr_values) dan deze gebruiker kan." "Laat de gebruiker bij Profiel een tweede stap instellen, en opnieuw inloggen.";
    NoMembership
        "The person is a member of no organisation" "A program gets access through an organisation. This person has none." "Ask a manager of your organisation for an invitation."
        "De gebruiker is geen lid van een organisatie" "Een programma krijgt toegang via een organisatie. Deze gebruiker heeft er geen." "Vraag een beheerder van je organisatie om een uitnodiging.";
    PersonRefused
        "The person said no" "Whoever was asked did not allow it." "Nothing is wrong. Ask again only if the person wants that."
        "De gebruiker zei nee" "Wie het gevraagd werd, gaf geen toestemming." "Er is niets mis. Vraag het alleen opnieuw als de gebruiker dat wil.";
    PageOver
        "The page was open for too long" "What waited for an answer is over, was answered before, or belongs to another browser." "Go back to the program and begin anew."
        "De pagina stond te lang open" "Wat op antwoord wachtte, is voorbij, al beantwoord, of hoort bij een andere browser." "Ga terug naar het programma en begin opnieuw.";
    PersonGone
        "Something was ended just before" "When the person agreed, the person, the membership or the program's key did not work any more." "Look whether all three still work, and begin anew."
        "Er is net iets beëindigd" "Toen de gebruiker akkoord ging, werkten de gebruiker, het lidmaatschap of de sleutel niet meer." "Kijk of alle drie nog werken, en begin opnieuw.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dutch_is_in_short_sentences() {
        for refusal in ClientRefusal::ALL {
            let Words { title, story, todo } = words(*refusal, Language::Nl);
            for sentence in [title, story, todo].into_iter().flat_map(|text| text.split(['.', '?', '!'])) {
                assert!(sentence.split_whitespace().count() < 20, "{sentence}");
            }
        }
    }
}
