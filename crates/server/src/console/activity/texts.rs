//! What the pages of activity say, and what lists say of uses.

use crate::console::texts::words;

words! {
    Own: "What your tokens did", "Wat je tokens deden";
    Ours: "Our tokens and keys", "Onze tokens en sleutels";
    InProjects: "In our projects", "In onze projecten";
    ProjectsHelp: "You see which organisation worked in your projects, not with which token.", "Je ziet welke organisatie in je projecten werkte, niet met welk token.";
    WhyLink: "Why was one request refused?", "Waarom is één verzoek geweigerd?";

    By: "Token or key", "Token of sleutel";
    ByOrganisation: "Organisation", "Organisatie";
    Everything: "All", "Alle";
    Project: "Project", "Project";
    Reason: "Refused because", "Geweigerd omdat";
    AnyReason: "Accepted and refused", "Toegestaan en geweigerd";
    From: "From", "Van";
    To: "Up to and including", "Tot en met";
    Show: "Show", "Toon";
    Today: "Today", "Vandaag";
    Days: "{count} days", "{count} dagen";
    DayWrong: "Choose a day of the past 13 months.", "Kies een dag van de afgelopen 13 maanden.";
    OrderWrong: "Choose a last day that is not before the first.", "Kies een laatste dag die niet voor de eerste ligt.";
    TooMuch: "This is too much to show at once. Choose fewer days.", "Dit is te veel om in één keer te tonen. Kies minder dagen.";
    UnknownChoice: "Choose one from the list.", "Kies er een uit de lijst.";

    Empty: "Nothing has happened yet.", "Er is nog niets gebeurd.";
    ByDay: "Requests per day", "Verzoeken per dag";
    ByWeek: "Requests per week", "Verzoeken per week";
    Story: "{from} to {to}: {accepted} accepted, {refused} refused.", "{from} tot en met {to}: {accepted} toegestaan, {refused} geweigerd.";
    ByReason: "Refusals by reason", "Weigeringen per reden";
    ReasonStory: "{refused} refused requests, with why.", "{refused} geweigerde verzoeken, met de reden.";
    NoRefusals: "No request was refused.", "Er is geen verzoek geweigerd.";
    Most: "Most requests", "Meeste verzoeken";
    AsTable: "Show as table", "Toon als tabel";
    Day: "Day", "Dag";
    Week: "Week from", "Week vanaf";
    Accepted: "Accepted", "Toegestaan";
    Refused: "Refused", "Geweigerd";
    Who: "Who", "Wie";
    Course: "Course", "Verloop";
    Requests: "Requests", "Verzoeken";
    Nobody: "an app without an organisation", "een app zonder organisatie";
    Ended: "no longer known", "niet meer bekend";
    Download: "Download", "Download";
    Uncounted: "{count} requests, of everybody together, could not be counted in these days.", "{count} verzoeken, van iedereen samen, konden in deze dagen niet worden geteld.";

    Lately: "14 days", "14 dagen";
    None: "No requests", "Geen verzoeken";
    Same: "{most} requests per day", "{most} verzoeken per dag";
    Between: "{least} to {most} requests per day", "{least} tot {most} verzoeken per dag";
    UnusedSince: "Not used since {day}. Delete?", "Niet gebruikt sinds {day}. Verwijderen?";
    Week7: "Requests in 7 days", "Verzoeken in 7 dagen";
    RequestsToday: "{count} requests today", "{count} verzoeken vandaag";
    NotUsedYet: "not used yet", "nog niet gebruikt";
    OldAndNew: "Old: {old}. New: {new}.", "Oud: {old}. Nieuw: {new}.";

    UsedOf: "used {used} of {held} permissions in {days} days", "gebruikte {used} van {held} rechten in {days} dagen";
    UsedToday: "used {used} of {held} permissions today", "gebruikte {used} van {held} rechten vandaag";
    Narrow: "take away what is not used", "weghalen wat niet is gebruikt";
    NarrowQuestion: "Take away unused permissions of ‘{name}’?", "Ongebruikte rechten van ‘{name}’ weghalen?";
    GoesAway: "Goes away", "Gaat weg";
    Stays: "Stays", "Blijft";
    UsedOn: "{title}, used on {day}", "{title}, gebruikt op {day}";
    NarrowEffect: "It may do nothing else from now on. We counted since {day}.", "Het mag vanaf nu niets anders meer. We hebben geteld sinds {day}.";
    NarrowDo: "Take away permissions", "Rechten weghalen";
    Narrowed: "‘{name}’ may now do only what it uses.", "‘{name}’ mag nu alleen nog wat het gebruikt.";
    NothingToNarrow: "There is nothing to take away.", "Er is niets om weg te halen.";
    ChangedMeanwhile: "Something changed meanwhile. Please look again.", "Er is intussen iets veranderd. Kijk nog eens.";
}
