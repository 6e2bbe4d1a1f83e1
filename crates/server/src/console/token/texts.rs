//! What the pages of API tokens say.

use crate::console::texts::words;

words! {
    ActiveTokens: "Active tokens", "Actieve tokens";
    About: "With a token a program works on your behalf, without your password. Do you delete a token? Then it stops working at once.", "Met een token werkt een programma namens jou, zonder je wachtwoord. Verwijder je een token? Dan werkt het meteen niet meer.";
    Empty: "You have no tokens yet. Make one to let a program work on your behalf, such as the PyCharm plugin.", "Je hebt nog geen tokens. Maak er een als je een programma namens jou wilt laten werken, bijvoorbeeld de PyCharm-plugin.";
    New: "New token", "Nieuw token";
    Description: "Description", "Beschrijving";
    May: "Permissions", "Rechten";
    LastUsed: "Last used", "Laatst gebruikt";
    WorksUntil: "Works until", "Werkt tot";
    Action: "Action", "Actie";
    Delete: "Delete", "Verwijderen";
    Renew: "renew", "vernieuwen";
    JustMade: "new", "nieuw";
    Paused: "paused", "gepauzeerd";
    Never: "Never", "Nooit";
    MadeOn: "made on {day}", "gemaakt op {day}";
    NoEnd: "no end date", "geen einddatum";
    Everything: "Everything that you may do", "Alles wat jij mag";
    Reading: "Reading", "Lezen";
    OnePermission: "1 permission", "1 recht";
    Permissions: "{count} permissions", "{count} rechten";
    DescriptionHelp: "Where do you use the token? For example ‘pycharm’.", "Waar gebruik je het token? Bijvoorbeeld ‘pycharm’.";
    DescriptionWrong: "Give the token a description of 3 to 80 characters.", "Geef het token een beschrijving van 3 tot 80 tekens.";
    DescriptionTaken: "You already have a token ‘{description}’. Choose another name.", "Je hebt al een token ‘{description}’. Kies een andere naam.";
    TooMany: "You have 500 tokens. Delete some first.", "Je hebt 500 tokens. Verwijder er eerst een paar.";
    Organisation: "In which organisation?", "In welke organisatie?";
    OrganisationMissing: "Choose an organisation.", "Kies een organisatie.";
    WhatMayIt: "What may the token do?", "Wat mag het token?";
    WhichPermissions: "Which permissions?", "Welke rechten?";
    ReadingHelp: "look at your data", "je gegevens bekijken";
    EverythingHelp: "send or change things on your behalf, too", "ook namens jou iets insturen of aanpassen";
    Chosen: "Choose yourself", "Kies zelf";
    MayMissing: "Choose what the token may do.", "Kies wat het token mag.";
    HowLong: "How long does the token work?", "Hoelang werkt het token?";
    Days7: "7 days", "7 dagen";
    Days30: "30 days", "30 dagen";
    Days90: "90 days", "90 dagen";
    Year: "1 year", "1 jaar";
    OtherDay: "Other date", "Andere datum";
    LifeMissing: "Choose how long the token works.", "Kies hoelang het token werkt.";
    Until: "Up to and including", "Tot en met";
    UntilLast: "Choose a day from today on. The last day can be {day}.", "Kies een dag vanaf vandaag. De laatste dag kan {day} zijn.";
    UntilWrong: "Choose a day that is still to come.", "Kies een dag die nog komt.";
    Make: "Make token", "Token maken";
    Templates: "Begin with", "Begin met";
    TemplateIde: "IDE plugin", "IDE-plugin";
    TemplateReport: "Report", "Rapport";
    TemplateTry: "Just trying", "Even proberen";
    FirstAQuestion: "First a question", "Eerst een vraag";
    NoTokenNeeded: "Do you use an app with a button to sign in here? Then you need no token.", "Gebruik je een app met een knop om hier in te loggen? Dan heb je geen token nodig.";
    AsSecret: "A token is as secret as your password. Do not put it in code or in a chat.", "Een token is net zo geheim als je wachtwoord. Zet het niet in code of in een chat.";

    Ready: "Your token ‘{description}’ is ready", "Je token ‘{description}’ is klaar";
    Once: "Copy the token now. You see it only once: we do not keep it, so we cannot show it again later.", "Kopieer het token nu. Je ziet het maar één keer: wij bewaren het niet, dus we kunnen het later niet meer laten zien.";
    YourToken: "Your token", "Je token";
    Kept: "I have saved the token", "Ik heb het token bewaard";
    PasteAndEnter: "paste the token and press Enter", "plak het token en druk op Enter";
    NotUsedYet: "No request with this token received yet.", "Nog geen verzoek met dit token ontvangen.";
    Works: "It works! First request at {time}.", "Werkt! Eerste verzoek om {time}.";
    WorksFrom: "It works! First request at {time} from {address}.", "Werkt! Eerste verzoek om {time} vanaf {address}.";
    ShownTitle: "Made already", "Al gemaakt";
    ShownBefore: "This token was already made and shown. Lost it? Delete it and make a new one.", "Dit token is al gemaakt en getoond. Kwijt? Verwijder het en maak een nieuw.";

    DeleteQuestion: "Delete token ‘{description}’?", "Token ‘{description}’ verwijderen?";
    DeleteEffect: "Programs that use this token are refused from now on.", "Programma's die dit token gebruiken, krijgen vanaf nu een weigering.";
    DeleteUnused: "This token was never used.", "Dit token is nooit gebruikt.";
    DeleteDo: "Delete token", "Token verwijderen";
    Deleted: "Token ‘{description}’ no longer works.", "Token ‘{description}’ werkt niet meer.";
    From: "Address", "Adres";

    RenewQuestion: "Renew token ‘{description}’?", "Token ‘{description}’ vernieuwen?";
    RenewEffect: "You get a new token with the same permissions. Put it where the old one is now.", "Je krijgt een nieuw token met dezelfde rechten. Zet het op de plek van het oude.";
    RenewDo: "Renew token", "Token vernieuwen";
    OldWorks: "How long does the old token still work?", "Hoelang werkt het oude token nog?";
    OldStops: "It stops at once", "Het stopt meteen";
    OldDay: "24 hours", "24 uur";
    OldWeek: "7 days", "7 dagen";
    OverlapMissing: "Choose how long the old token still works.", "Kies hoelang het oude token nog werkt.";
    Exposed: "This token came over an unsafe connection. Renew it.", "Dit token kwam via een onveilige verbinding. Vernieuw het.";
}
