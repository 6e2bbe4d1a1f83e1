//! What everybody's own page says.

use crate::console::texts::words;

words! {
    Name: "Name", "Naam";
    NameWrong: "Fill in your name: 1 to 200 characters.", "Vul je naam in: 1 tot 200 tekens.";
    EmailHelp: "Only an administrator can change this.", "Alleen een beheerder kan dit wijzigen.";
    LanguageOfPages: "Language", "Taal";
    Dutch: "Nederlands", "Nederlands";
    English: "English", "English";
    Theme: "Theme", "Thema";
    ThemeSystem: "As your system", "Zoals je systeem";
    ThemeLight: "Light", "Licht";
    ThemeDark: "Dark", "Donker";
    Save: "Save details", "Gegevens opslaan";
    Saved: "Your details are saved.", "Je gegevens zijn opgeslagen.";
    AllTokens: "All tokens ({count})", "Alle tokens ({count})";
    WhereSignedIn: "Where you are signed in", "Waar je bent ingelogd";

    AppsAbout: "These apps may do something on your behalf. Do you stop one? Then it has to ask you again.", "Deze apps mogen iets namens jou. Stop je er een? Dan moet die het je opnieuw vragen.";
    NoApps: "No app has access.", "Geen enkele app heeft toegang.";
    App: "App", "App";
    Since: "Since", "Sinds";
    LastGiven: "Last given", "Laatst gegeven";
    Stop: "Stop", "Stoppen";
    StopQuestion: "Stop the access of {app}?", "Toegang van {app} stoppen?";
    StopEffect: "The app is signed out at once, and can do nothing on your behalf any more.", "De app is dan meteen uitgelogd, en mag niets meer namens jou.";
    StopDo: "Stop access", "Toegang stoppen";
    Stopped: "{app} no longer has access.", "{app} heeft geen toegang meer.";
    UnknownApp: "An app that is no longer there", "Een app die er niet meer is";

    SessionsIntro: "End what you do not know. Apps that you use there are then signed out too.", "Stop wat je niet kent. Apps die je daar gebruikt, worden dan ook uitgelogd.";
    SessionsEnded: "Done. That is signed out now.", "Gelukt. Daar ben je nu uitgelogd.";
    ThisBrowser: "this browser", "deze browser";
    Browser: "Browser", "Browser";
    LastUsed: "Last used", "Laatst gebruikt";
    SignedInSince: "Signed in", "Ingelogd op";
    EndsAt: "Ends at the latest", "Stopt uiterlijk";
    End: "End", "Stoppen";
    EndEverywhere: "Sign out everywhere else", "Overal anders uitloggen";
    UnknownBrowser: "unknown", "onbekend";
}
