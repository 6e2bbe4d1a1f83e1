//! What letters say, in both languages.

use crate::language::texts;

texts! {
    Greeting: "Hello {name},", "Dag {name},";
    GreetingUnknown: "Hello,", "Dag,";
    Closing: "This letter was sent by {name} ({url}). Answers to it are read by nobody.", "Deze mail is verstuurd door {name} ({url}). Antwoorden leest niemand.";
    LinkUntil: "The link works until {moment}.", "De link werkt tot {moment}.";
    NotYou: "Was this not you? Then you do not have to do anything.", "Was jij dit niet? Dan hoef je niets te doen.";
    At: "When: {moment}", "Wanneer: {moment}";
    Browser: "Browser: {browser}", "Browser: {browser}";
    Address: "Address: {address}", "Adres: {address}";
    Reason: "Reason: {reason}", "Reden: {reason}";

    VerificationSubject: "Confirm your e-mail address", "Bevestig je e-mailadres";
    VerificationStory: "Somebody gave this address for an account here. Was that you? Then confirm your address.", "Iemand gaf dit adres op voor een account. Was jij dat? Bevestig dan je adres.";
    VerificationDo: "Confirm the address", "Adres bevestigen";

    ExistsSubject: "You already have an account", "Je hebt al een account";
    ExistsStory: "Somebody wanted to make an account with this address. But you have one already. You can sign in with it.", "Iemand wilde met dit adres een account maken. Maar je hebt er al een. Daarmee kun je inloggen.";
    ExistsForgotten: "Did you forget your password? Choose another one on the page where you sign in.", "Ben je je wachtwoord vergeten? Op de inlogpagina kies je een nieuw wachtwoord.";
    SignIn: "Sign in", "Inloggen";

    InvitationSubject: "Invitation to {organisation}", "Uitnodiging voor {organisation}";
    InvitationStory: "You are invited to {organisation}.", "Je bent uitgenodigd bij {organisation}.";
    InvitationStoryBy: "{person} invites you to {organisation}.", "{person} nodigt je uit bij {organisation}.";
    InvitationDo: "Look at the invitation", "Uitnodiging bekijken";

    ForgottenSubject: "Choose another password", "Kies een nieuw wachtwoord";
    ForgottenStory: "Somebody says that they forgot the password of your account. Was that you? Then choose another one.", "Iemand zegt het wachtwoord van jouw account te zijn vergeten. Was jij dat? Kies dan een nieuw wachtwoord.";
    ForgottenDo: "Choose a password", "Wachtwoord kiezen";
    ForgottenKeeps: "Until then your password stays as it is.", "Tot die tijd blijft je wachtwoord zoals het is.";

    PasswordSubject: "Your password was changed", "Je wachtwoord is gewijzigd";
    PasswordStory: "The password of your account was changed.", "Het wachtwoord van je account is gewijzigd.";
    PasswordNotYou: "Was this not you? Then choose another password at once, with ‘Forgot your password?’ where you sign in. Then look where you are signed in.", "Was jij dit niet? Kies dan meteen een nieuw wachtwoord, via ‘Wachtwoord vergeten?’ op de inlogpagina. Kijk daarna waar je bent ingelogd.";
    WhereSignedIn: "Where you are signed in", "Waar je bent ingelogd";

    AddressSubject: "The e-mail address of your account was changed", "Het e-mailadres van je account is gewijzigd";
    AddressStory: "Your account here has another e-mail address. You sign in with that one from now on. This is the last letter to the old address.", "Je account heeft een ander e-mailadres. Vanaf nu log je daarmee in. Dit is de laatste mail naar het oude adres.";
    AddressNotYou: "Was this not you? Then somebody else can get into your account. Are you still signed in somewhere? Then change the address back, and choose another password.", "Was jij dit niet? Dan kan iemand anders in je account. Ben je nog ergens ingelogd? Zet dan je adres terug, en kies een ander wachtwoord.";
    AddressLocked: "Can you not get in any more? Ask an administrator of your organisation at once to have your account suspended.", "Kom je er niet meer in? Vraag een beheerder van je organisatie dan meteen om je account te laten stilzetten.";
    OwnAddress: "Your e-mail address", "Je e-mailadres";

    FactorCodes: "codes from an app", "codes uit een app";
    FactorPasskey: "a passkey", "een passkey";
    FactorRecovery: "recovery codes", "herstelcodes";
    FactorNamed: "{factor} (‘{name}’)", "{factor} (‘{name}’)";
    FactorAddedSubject: "Added to your account: {factor}", "Toegevoegd aan je account: {factor}";
    FactorAddedStory: "From now on you can sign in with {factor}.", "Vanaf nu kun je inloggen met {factor}.";
    FactorRemovedSubject: "Removed from your account: {factor}", "Weggehaald uit je account: {factor}";
    FactorRemovedStory: "From now on you can no longer sign in with {factor}.", "Vanaf nu kun je niet meer inloggen met {factor}.";
    FactorNotYou: "Was this not you? Then change your password, and look at what is set up for signing in.", "Was jij dit niet? Wijzig dan je wachtwoord, en kijk wat er voor inloggen is ingesteld.";
    SigningIn: "Signing in", "Inloggen";

    SignInSubject: "Signed in with another browser", "Ingelogd in een andere browser";
    SignInStory: "Somebody signed in to your account with a browser that we did not see before.", "Iemand logde in op jouw account, in een browser die we nog niet kenden.";
    SignInNotYou: "Was this not you? Then end that session, and change your password.", "Was jij dit niet? Stop dan die sessie, en wijzig je wachtwoord.";

    TokenMadeSubject: "A token was made: ‘{name}’", "Er is een token gemaakt: ‘{name}’";
    TokenMadeNotYou: "Was this not you? Delete it.", "Was jij dit niet? Verwijder het.";
    TokenWorksUntil: "It works until {moment}.", "Het werkt tot {moment}.";
    TokenHasNoEnd: "It has no end date.", "Het heeft geen einddatum.";
    YourTokens: "Your tokens", "Je tokens";

    TokenEndsSubject: "Token ‘{name}’ works for {count} more days", "Token ‘{name}’ werkt nog {count} dagen";
    TokenEndsDay: "Token ‘{name}’ works for 1 more day", "Token ‘{name}’ werkt nog 1 dag";
    TokenEndsToday: "Token ‘{name}’ stops working today", "Token ‘{name}’ stopt vandaag";
    KeyEndsSubject: "Key ‘{name}’ works for {count} more days", "Sleutel ‘{name}’ werkt nog {count} dagen";
    KeyEndsDay: "Key ‘{name}’ works for 1 more day", "Sleutel ‘{name}’ werkt nog 1 dag";
    KeyEndsToday: "Key ‘{name}’ stops working today", "Sleutel ‘{name}’ stopt vandaag";
    EndsStory: "From {moment} on, programs that use it are refused. Do you still need it? Then renew it before that.", "Vanaf {moment} krijgen programma's die dit gebruiken een weigering. Heb je het nog nodig? Vernieuw het dan op tijd.";
    EndsOf: "It is of {organisation}.", "Het hoort bij {organisation}.";
    OrganisationTokens: "Tokens of {organisation}", "Tokens van {organisation}";

    OldKeySubject: "The old key of ‘{name}’ stops soon, and is still used", "De oude sleutel van ‘{name}’ stopt bijna, en wordt nog gebruikt";
    OldKeyStory: "‘{name}’ of {organisation} has a new private key. The old one works until {moment}. It was last used at {used}. Some of your software still uses it: give that the new key.", "‘{name}’ van {organisation} heeft een nieuwe private sleutel. De oude werkt tot {moment}. Hij is het laatst gebruikt op {used}. Een van je programma's gebruikt hem nog: geef dat de nieuwe sleutel.";
    TheKey: "Look at the key", "Sleutel bekijken";

    OfferedSubject: "Delegation to {to} offered", "Machtiging aan {to} aangeboden";
    OfferedStory: "{from} offers {to} a delegation. It counts when {to} has accepted it.", "{from} biedt {to} een machtiging aan. Die geldt pas als {to} haar heeft aanvaard.";
    OpenedSubject: "Delegation to {to} opened", "Machtiging aan {to} geopend";
    OpenedStory: "{from} has opened a delegation to {to}.", "{from} heeft een machtiging aan {to} geopend.";
    WillCloseSubject: "Delegation to {to} closes on {moment}", "Machtiging aan {to} sluit op {moment}";
    WillCloseStory: "The delegation of {from} to {to} closes on {moment}. From then on, requests that rest on it are refused.", "De machtiging van {from} aan {to} sluit op {moment}. Vanaf dan worden verzoeken geweigerd die erop rusten.";
    ClosedSubject: "Delegation to {to} closed", "Machtiging aan {to} gesloten";
    ClosedStory: "The delegation of {from} to {to} is closed. Requests that rest on it are refused.", "De machtiging van {from} aan {to} is gesloten. Verzoeken die erop rusten, worden geweigerd.";
    WillEndSubject: "Delegation to {to} ends on {moment}", "Machtiging aan {to} eindigt op {moment}";
    WillEndStory: "The delegation of {from} to {to} ends on {moment}. From then on, requests that rest on it are refused. Must it go on? Then {from} chooses a later end before that.", "De machtiging van {from} aan {to} eindigt op {moment}. Vanaf dan worden verzoeken geweigerd die erop rusten. Moet zij doorgaan? Dan kiest {from} voor die tijd een later einde.";
    WillLapseSubject: "Delegation to {to} ends on {moment}, unless it is confirmed", "Machtiging aan {to} eindigt op {moment}, tenzij zij wordt bevestigd";
    WillLapseStory: "{from} must confirm the delegation to {to} before {moment}. Otherwise it ends, and requests that rest on it are refused.", "{from} moet de machtiging aan {to} bevestigen vóór {moment}. Anders eindigt zij, en worden verzoeken geweigerd die erop rusten.";
    EndedSubject: "Delegation to {to} has ended", "Machtiging aan {to} is afgelopen";
    EndedStory: "The time of the delegation of {from} to {to} is over. Requests that rest on it are refused. Is it still needed? Then {from} gives a new one.", "De tijd van de machtiging van {from} aan {to} is voorbij. Verzoeken die erop rusten, worden geweigerd. Is zij nog nodig? Dan geeft {from} een nieuwe.";
    Project: "Project: {workspace}", "Project: {workspace}";
    TheDelegation: "Look at the delegation", "Machtiging bekijken";

    AnnouncementSubject: "{api}: {title}", "{api}: {title}";
    AnnouncementRoutes: "It is about: {routes}", "Het gaat om: {routes}";
    AnnouncementDiscouraged: "From {moment} on, use it for nothing new.", "Gebruik dit vanaf {moment} niet meer voor iets nieuws.";
    AnnouncementEnds: "It stops working on {moment}.", "Het stopt op {moment}.";
    AnnouncementMore: "More about it: {link}", "Meer hierover: {link}";
    AnnouncementWhy: "You get this because you use {api} with: {credentials}.", "Je krijgt dit omdat je {api} gebruikt met: {credentials}.";
    AnnouncementContact: "You get this as the contact of: {credentials}.", "Je krijgt dit als contactpersoon van: {credentials}.";
    AnnouncementOf: "Organisation: {organisation}", "Organisatie: {organisation}";
    TheOrganisation: "To the organisation", "Naar de organisatie";

    TrialSubject: "Letters arrive", "Mail komt aan";
    TrialStory: "An operator tried whether letters of this installation arrive. This one did.", "Een beheerder probeerde of mail van deze installatie aankomt. Dat is gelukt.";
}

#[cfg(test)]
mod tests {
    use super::Text;
    use crate::language::Language;

    #[test]
    fn both_languages_say_it() {
        for text in Text::ALL {
            crate::console::check_texts((text.of(Language::En), text.of(Language::Nl)));
        }
    }
}
