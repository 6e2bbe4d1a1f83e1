//! What the pages of organisations' tokens say.

use crate::console::texts::words;

words! {
    Tokens: "Tokens", "Tokens";
    NewButton: "+Create new token", "+Nieuw token aanmaken";
    New: "New token", "Nieuw token";
    OnlyYours: "A token is only for your organisation. Do not share it with anybody outside.", "Een token is alleen voor jouw organisatie. Deel het niet met iemand daarbuiten.";
    WorksInOne: "The token works in projects that you have a delegation for: 1 project.", "Het token werkt in projecten waarvoor je een machtiging hebt: 1 project.";
    WorksIn: "The token works in projects that you have a delegation for: {count} projects.", "Het token werkt in projecten waarvoor je een machtiging hebt: {count} projecten.";
    NoDelegation: "Your organisation has no delegation yet. The token only works when a project manager gives one.", "Je organisatie heeft nog geen machtiging. Het token werkt pas als een projectbeheerder die geeft.";
    NoDelegationYet: "Your organisation has no delegation yet.", "Je organisatie heeft nog geen machtiging.";
    OwnProjects: "In the projects of your own organisation it always works.", "In de projecten van je eigen organisatie werkt het altijd.";
    Empty: "There are no tokens yet. Make one to let your software deliver.", "Er zijn nog geen tokens. Maak er een om je software te laten aanleveren.";

    Username: "Username", "Gebruikersnaam";
    Code: "Code", "Code";
    Description: "Description", "Beschrijving";
    Api: "API", "API";
    LastUsed: "Last used", "Laatst gebruikt";
    Never: "Never used", "Nooit gebruikt";
    WorksUntil: "Works until", "Werkt tot";
    NoEnd: "No end", "Geen einddatum";
    Action: "Action", "Actie";
    Delete: "Delete", "Verwijderen";
    JustMade: "new", "nieuw";
    Paused: "paused", "gepauzeerd";
    Exposed: "This token came over an unsafe connection. Replace it.", "Dit token kwam via een onveilige verbinding. Vervang het.";

    DescriptionHelp: "What is it for? Such as: field teams.", "Waar is het voor? Bijvoorbeeld: veldploegen.";
    DescriptionWrong: "Give the token a description of at least 3 characters, and 80 at most.", "Geef het token een beschrijving van minstens 3 tekens, en hoogstens 80.";
    UsernameHelp: "3 to 40 small letters, digits and hyphens.", "3 tot 40 kleine letters, cijfers en streepjes.";
    UsernameWrong: "A username has 3 to 40 small letters, digits and hyphens.", "Een gebruikersnaam heeft 3 tot 40 kleine letters, cijfers en streepjes.";
    UsernameTaken: "This username is taken. Choose another one.", "Deze gebruikersnaam is al in gebruik. Kies een andere.";
    WhichApi: "Which API is it for?", "Voor welke API is het?";
    ApiMissing: "This API is not there any more. Choose another one.", "Deze API is er niet meer. Kies een andere.";
    NoApi: "There is no API here yet that takes such tokens.", "Er is hier nog geen API die zulke tokens aanneemt.";
    May: "What may the token do?", "Wat mag het token?";
    MayMissing: "Choose what the token may do.", "Kies wat het token mag.";
    HowLong: "How long?", "Hoelang?";
    Until: "Until when?", "Tot en met welke dag?";
    TooMany: "Your organisation has 500 tokens. Delete some first.", "Je organisatie heeft 500 tokens. Verwijder er eerst een paar.";
    Make: "Create token", "Token aanmaken";
    WhereItWorks: "Where does it work?", "Waar werkt het?";

    Ready: "Your token ‘{username}’ is ready", "Je token ‘{username}’ is klaar";
    Once: "Keep both the username and the code. You see the code only once.", "Bewaar de gebruikersnaam en de code allebei. De code zie je maar één keer.";
    Kept: "I have saved the token", "Ik heb het token bewaard";
    PasteAndEnter: "paste the code and press Enter", "plak de code en druk op Enter";
    AddressOf: "address of {api}", "adres van {api}";
    NotUsedYet: "No request with this token received yet.", "Nog geen verzoek met dit token ontvangen.";
    ShownTitle: "Made already", "Al gemaakt";
    ShownBefore: "This token was already made and shown. Lost it? Delete it and make a new one.", "Dit token is al gemaakt en getoond. Kwijt? Verwijder het en maak een nieuw.";

    DeleteQuestion: "Delete token ‘{username}’?", "Token ‘{username}’ verwijderen?";
    DeleteEffect: "Programs that use this token are refused from now on.", "Programma's die dit token gebruiken, krijgen vanaf nu een weigering.";
    DeleteUnused: "This token was never used.", "Dit token is nooit gebruikt.";
    DeleteDo: "Delete token", "Token verwijderen";
    Deleted: "Token ‘{username}’ no longer works.", "Token ‘{username}’ werkt niet meer.";
    From: "Address", "Adres";
}
