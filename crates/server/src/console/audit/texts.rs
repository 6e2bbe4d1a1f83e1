//! What the pages of audit logs say.

use crate::console::texts::words;

words! {
    AboutOrganisation: "What was done in the organisation, newest first. Of other organisations you see the name only.", "Wat er in de organisatie is gedaan, het nieuwste eerst. Van andere organisaties zie je alleen de naam.";
    AboutOwn: "What you did, and what was done to what is yours.", "Wat jij deed, en wat er met jouw spullen is gedaan.";
    AboutAll: "Everything that was done here, newest first.", "Alles wat hier is gedaan, het nieuwste eerst.";
    Filter: "Choose what you see", "Kies wat je ziet";
    Action: "What", "Wat";
    AnyAction: "Everything", "Alles";
    Person: "Who", "Wie";
    Anybody: "Everybody", "Iedereen";
    From: "From", "Vanaf";
    Until: "Until and including", "Tot en met";
    Show: "Show", "Tonen";
    Lines: "What was done", "Wat er is gedaan";
    Nothing: "Nothing has happened yet.", "Er is nog niets gebeurd.";
    NothingFound: "There is nothing like this in the log.", "Zoiets staat niet in het logboek.";
    Behind: "The newest {count} changes are still to be added. Look again in a moment.", "De nieuwste {count} wijzigingen komen er nog bij. Kijk zo nog eens.";
    Download: "Download this", "Dit downloaden";
    DownloadHelp: "Exactly what you have chosen, without a page's end. That you did stands in the log.", "Precies wat je hebt gekozen, zonder bladzijden. Dat je dit doet, komt in het logboek.";
    Older: "Older", "Ouder";
}
