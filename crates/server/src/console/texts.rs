//! Everything that the pages say to people, in each language.

/// A table of texts of the pages, each in both languages, with the test that they are fit to be read.
macro_rules! words {
    ($($table:tt)*) => {
        $crate::language::texts! { $($table)* }

        #[cfg(test)]
        #[test]
        fn the_texts_are_complete_and_short() {
            let texts = Text::ALL.iter().map(|text| (text.of($crate::language::Language::En), text.of($crate::language::Language::Nl)));
            texts.for_each($crate::console::texts::check);
        }
    };
}
pub(super) use words;

words! {
    Skip: "Skip to content", "Naar de inhoud";
    OtherLanguage: "Nederlands", "English";
    SignOut: "Sign out", "Uitloggen";
    MainMenu: "Main menu", "Hoofdmenu";
    Parts: "Parts of this page", "Onderdelen van deze pagina";
    Accessibility: "Accessibility", "Toegankelijkheid";
    MyProfile: "My profile", "Mijn profiel";
    Details: "Details", "Gegevens";
    SigningIn: "Signing in", "Inloggen";
    ApiTokens: "API tokens", "API-tokens";
    ConnectedApps: "Connected apps", "Gekoppelde apps";
    MyOrganisation: "My organisation", "Mijn organisatie";
    MyOrganisations: "My organisations", "Mijn organisaties";
    NoOrganisation: "You are not a member of an organisation. Ask an administrator to invite you.", "Je bent nog geen lid van een organisatie. Vraag een beheerder om je uit te nodigen.";
    Overview: "Overview", "Overzicht";
    Members: "Members", "Leden";
    ApiKeys: "API keys", "API-sleutels";
    Options: "Options", "Opties";
    Projects: "Projects", "Projecten";
    Received: "Received", "Ontvangen";
    Activity: "Activity", "Activiteit";
    WhyRefused: "Why refused?", "Waarom geweigerd?";
    AuditLog: "Audit log", "Logboek";
    Settings: "Settings", "Instellingen";
    Operator: "Operator", "Beheer";
    Organisations: "Organisations", "Organisaties";
    People: "People", "Personen";
    Apis: "APIs", "API's";
    Policies: "Policies", "Beleid";
    SigningKeys: "Server keys", "Serversleutels";
    Health: "Health", "Werking";
    Mailbox: "Mailbox", "Postvak";

    OneProblem: "One more thing", "Nog één ding";
    Problems: "{count} more things", "Nog {count} dingen";
    FillAll: "Fill in all fields. What may be left out says so.", "Vul alle velden in. Hoeft iets niet, dan staat het erbij.";
    Cancel: "Cancel", "Annuleren";
    ShowPassword: "Show password", "Wachtwoord tonen";
    HidePassword: "Hide password", "Wachtwoord verbergen";
    Copy: "Copy", "Kopiëren";
    Copied: "Copied", "Gekopieerd";
    DownloadSettings: "Download as .env", "Downloaden als .env";
    SeenOnce: "to see", "te zien";
    Example: "Example", "Voorbeeld";
    TryIt: "Try whether it works", "Probeer of het werkt";

    JustNow: "just now", "zojuist";
    MinuteAgo: "1 minute ago", "1 minuut geleden";
    MinutesAgo: "{count} minutes ago", "{count} minuten geleden";
    HourAgo: "1 hour ago", "1 uur geleden";
    HoursAgo: "{count} hours ago", "{count} uur geleden";
    LastDay: "the last day", "de laatste dag";
    OneDayLeft: "1 day left", "nog 1 dag";
    DaysLeft: "{count} days left", "nog {count} dagen";
    Number: "Number: {id}", "Nummer: {id}";

    SignIn: "Sign in", "Inloggen";
    SignInFor: "Sign in to continue to {client}.", "Log in om verder te gaan naar {client}.";
    Email: "E-mail address", "E-mailadres";
    Password: "Password", "Wachtwoord";
    SignInFailed: "E-mail or password is not right.", "E-mail of wachtwoord klopt niet.";
    TooManyTries: "You have tried too often. Try again in {minutes} minutes.", "Je hebt het te vaak geprobeerd. Probeer het over {minutes} minuten opnieuw.";
    TooManyTriesOne: "You have tried too often. Try again in 1 minute.", "Je hebt het te vaak geprobeerd. Probeer het over 1 minuut opnieuw.";
    Fenced: "Poort was restored from a backup. An operator must confirm your organisation first. Then you can sign in again.", "Poort is hersteld uit een back-up. Een beheerder moet je organisatie eerst bevestigen. Daarna kun je weer inloggen.";
    SignInAgain: "Just checking that it is you. Sign in again.", "Even checken of jij het bent. Log opnieuw in.";
    Or: "or", "of";
    SignInWith: "Sign in with {provider}", "Inloggen met {provider}";
    ProviderNext: "You now go to {provider}.", "Je gaat nu naar {provider}.";
    ProviderGo: "Go on", "Verder";
    ProviderAway: "{provider} cannot be reached now. Try again later, or sign in with your password.", "{provider} is nu niet bereikbaar. Probeer het later opnieuw, of log in met je wachtwoord.";
    ProviderRefused: "Signing in with {provider} did not work. Try again, or sign in with your password.", "Inloggen met {provider} is niet gelukt. Probeer het opnieuw, of log in met je wachtwoord.";
    ProviderUnknown: "Nobody here has the verified e-mail address that {provider} gives. Ask your administrator for an account.", "Niemand hier heeft het gecontroleerde e-mailadres dat {provider} doorgeeft. Vraag je beheerder om een account.";

    NeedsHttps: "This page is reached over an unsafe connection. Open it with https:// at the start.", "Deze pagina is geopend via een onveilige verbinding. Open de pagina met https:// ervoor.";


    SignOutQuestion: "Sign out?", "Uitloggen?";
    SignOutEffect: "You sign out of Poort in this browser.", "Je logt in deze browser uit bij Poort.";
    SignOutFor: "{client} asks to sign you out.", "{client} vraagt om je uit te loggen.";
    StaySignedIn: "Stay signed in", "Ingelogd blijven";
    SignedOutTitle: "You are signed out", "Je bent uitgelogd";
    SignedOutStory: "You can close this page.", "Je kunt deze pagina sluiten.";
    BackTo: "Back to {client}", "Terug naar {client}";

    ConsentPage: "Give access?", "Toegang geven?";
    ConsentTitle: "{client} wants access to your data", "{client} wil toegang tot jouw gegevens";
    SignedInAs: "You are signed in as", "Je bent ingelogd als";
    OtherAccount: "Other account", "Ander account";
    MadeBy: "The app is from {organisation}.", "De app is van {organisation}.";
    RegisteredByOwn: "Registered by your organisation, {organisation}.", "Aangemeld door jouw organisatie, {organisation}.";
    RegisteredByOther: "Registered by another organisation: {organisation}.", "Aangemeld door een andere organisatie: {organisation}.";
    RegisteredByOperator: "Registered by the operator of this server.", "Aangemeld door de beheerder van deze server.";
    RegisteredByItself: "This app registered itself. We do not know its maker.", "Deze app heeft zichzelf aangemeld. We kennen de maker niet.";
    PublicClient: "It runs on your device or in your browser, and cannot prove which app it is.", "De app draait op je apparaat of in je browser, en kan niet bewijzen welke app het is.";
    May: "The app may then", "De app mag dan";
    MayNothing: "know who you are, and nothing else", "weten wie je bent, en verder niets";
    New: "new", "nieuw";
    Optional: "optional", "niet verplicht";
    WhichWorkspace: "For which workspace?", "Voor welke werkruimte?";
    InWorkspace: "This is for {workspace} only.", "Dit geldt alleen voor {workspace}.";
    WholeOrganisation: "This is for all of {organisation}.", "Dit geldt voor heel {organisation}.";
    UntilDay: "This lasts until {day}. You can end it sooner.", "Dit geldt tot {day}. Je kunt het eerder stoppen.";
    UntilEnded: "This lasts until you end it.", "Dit geldt tot je het stopt.";
    Refuse: "Refuse", "Weigeren";
    Allow: "Give access", "Toegang geven";
    ThenYouGoTo: "You then go to", "Daarna ga je naar";
    Technical: "Technical details", "Technische gegevens";
    ConsentMissing: "Choose a workspace.", "Kies een werkruimte.";

    WhichOrganisation: "For which organisation?", "Voor welke organisatie?";
    OrganisationMissing: "Choose an organisation.", "Kies een organisatie.";
    ScopeOpenid: "know who you are", "weten wie je bent";
    ScopeProfile: "see your name", "je naam zien";
    ScopeEmail: "see your e-mail address", "je e-mailadres zien";
    ScopeOffline: "do this also when you are not there", "dit ook doen als je er niet bij bent";

    Onward: "One moment", "Een moment";
    GoOn: "Go on", "Verder";
    GoOnTo: "Go on to {host} all the same", "Toch verder naar {host}";
    Unvouched: "The app {client} registered itself: we do not know its maker. Its request is not right. The app wants to send you to {host}. Only go there if you know that place.", "De app {client} heeft zichzelf aangemeld: we kennen de maker niet. De aanvraag klopt niet. De app wil je naar {host} sturen. Ga daar alleen heen als je die plek kent.";

    DeviceTitle: "Connect a device", "Apparaat koppelen";
    DeviceIntro: "Type the code that you see on your device.", "Typ de code die je op je apparaat ziet.";
    DeviceCode: "Code", "Code";
    DeviceUnknown: "We do not know this code, or it is too old. Look at your device again.", "Deze code kennen we niet, of hij is te oud. Kijk nog eens op je apparaat.";
    DeviceNext: "Next", "Verder";
    DeviceWarning: "A device elsewhere then gets access: the one that shows code {code}. Do you not have it with you? Then refuse.", "Een ander apparaat krijgt dan toegang: het apparaat dat code {code} toont. Heb je dat niet bij je? Weiger dan.";
    DeviceAsked: "It asked for this on {moment}, from address {address}.", "Het vroeg hierom op {moment}, vanaf adres {address}.";
    DeviceElsewhere: "That is not the network that you are in now. Has somebody sent you this code? Then refuse.", "Dat is niet het netwerk waar jij nu in zit. Heeft iemand je deze code gestuurd? Weiger dan.";
    DeviceCallsItself: "It calls itself: {name}.", "Het noemt zichzelf: {name}.";
    DeviceDone: "Done", "Gelukt";
    DeviceDoneStory: "You can go back to your device.", "Je kunt terug naar je apparaat.";
    DeviceRefused: "Refused", "Geweigerd";
    DeviceRefusedStory: "The device gets no access. You can close this page.", "Het apparaat krijgt geen toegang. Je kunt deze pagina sluiten.";

    NotFound: "This page does not exist, or you may not see it.", "Deze pagina bestaat niet, of je mag hem niet zien.";
    Forbidden: "You may not do this. Ask an administrator of your organisation.", "Je mag dit niet doen. Vraag het een beheerder van je organisatie.";
    ForbiddenAsk: "You may not do this. Administrators: {names}.", "Je mag dit niet doen. Beheerders: {names}.";
    OrganisationSuspended: "{organisation} is suspended. Ask the operator of this server why.", "{organisation} is stilgezet. Vraag de beheerder van deze server waarom.";
    ErrorTitle: "This did not work", "Dit is niet gelukt";
    AppMistake: "The app has sent us something that is not right. You are signed in nowhere by it. Tell the maker of the app.", "De app heeft ons iets gestuurd dat niet klopt. Je bent nergens aangemeld. Meld het bij de maker van de app.";
    FormOutdated: "This form was open for too long, or came from elsewhere. Nothing was changed. Open the page again.", "Dit formulier stond te lang open, of kwam ergens anders vandaan. Er is niets gewijzigd. Open de pagina opnieuw.";
    OpenAgain: "Open the page again", "Pagina opnieuw openen";
    NoMember: "You are not a member of any organisation here. So you cannot give access.", "Je bent hier van geen organisatie lid. Daarom kun je geen toegang geven.";
    NoSecondFactor: "Your organisation asks all members for a second step after their password. Set one up on your profile. Then begin again.", "Je organisatie vraagt alle leden om een tweede stap na hun wachtwoord. Stel die in bij je profiel. Begin daarna opnieuw.";
    InteractionOver: "This request is too old, or was begun in another browser. Go back to the app and begin again.", "Deze aanvraag is te oud, of is in een andere browser begonnen. Ga terug naar de app en begin opnieuw.";
    TooManyRequests: "There are too many requests from your network. Try again in a few minutes.", "Er komen te veel aanvragen van jouw netwerk. Probeer het over een paar minuten opnieuw.";
    Unavailable: "Poort cannot answer now. Nothing was changed. Try again in a moment.", "Poort kan nu geen antwoord geven. Er is niets gewijzigd. Probeer het zo opnieuw.";
    OutcomeUnknown: "We do not know whether this was done. Look again in a moment.", "We weten niet of dit is gelukt. Kijk het zo nog eens na.";
}

/// Both languages have a text, with the same places and the same names of the protocols, which are never translated; Dutch sentences
/// have fewer than 20 words.
#[cfg(test)]
pub(crate) fn check((english, dutch): (&str, &str)) {
    use crate::language::places;
    assert_eq!(places(english), places(dutch), "{english}");
    assert_eq!(wire_names(english), wire_names(dutch), "{english}");
    for text in [english, dutch] {
        assert!(!text.is_empty() && !text.contains('Ã') && !text.contains('\u{fffd}') && text.trim() == text, "{text}");
    }
    for sentence in dutch.split(['.', '?', ':']) {
        assert!(sentence.split_whitespace().count() < 20, "too long to read at once: {sentence}");
    }
}

/// Names as protocols write them: with an underscore, or with a capital inside.
#[cfg(test)]
fn wire_names(text: &str) -> Vec<&str> {
    let words = text.split(|character: char| !(character.is_alphanumeric() || character == '_'));
    let is_name = |word: &&str| word.contains('_') || word.chars().skip(1).any(char::is_uppercase) && word.starts_with(char::is_lowercase);
    let mut names: Vec<&str> = words.filter(is_name).collect();
    names.sort_unstable();
    names
}
