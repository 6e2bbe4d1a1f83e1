//! What the pages of an organisation and its members say.

use crate::console::texts::words;

words! {
    Members: "Members", "Leden";
    About: "Members act for the organisation, as far as their roles let them.", "Leden handelen namens de organisatie, zover hun rollen dat toelaten.";
    Alone: "You are still alone here.", "Je bent nog alleen.";
    Name: "Name", "Naam";
    Email: "E-mail address", "E-mailadres";
    Roles: "Roles", "Rollen";
    SecondFactor: "Second factor", "2e factor";
    Yes: "Yes", "Ja";
    No: "No", "Nee";
    Since: "Member since", "Lid sinds";
    Action: "Action", "Actie";
    You: "you", "jij";
    Erased: "erased person", "gewiste persoon";
    Suspended: "suspended", "stilgezet";
    NoRole: "no role", "geen rol";
    More: "More members", "Meer leden";
    Change: "Change roles", "Rollen wijzigen";
    Remove: "Remove", "Verwijderen";

    Owner: "Administrator", "Beheerder";
    OwnerHelp: "manages the organisation, its members and everything below", "beheert de organisatie, de leden en alles hieronder";
    KeyManager: "Key manager", "Sleutelbeheerder";
    KeyManagerHelp: "makes and ends keys and tokens of the organisation", "maakt en stopt sleutels en tokens van de organisatie";
    ProjectManager: "Project manager", "Projectbeheerder";
    ProjectManagerHelp: "manages projects, and who may do something in them", "beheert projecten, en wie er iets in mag";
    Member: "Member", "Lid";
    MemberHelp: "makes tokens for itself", "maakt tokens voor zichzelf";

    AuditReader: "Log reader", "Lezer logboek";
    AuditReaderHelp: "sees what was done in the organisation", "ziet wat er in de organisatie is gedaan";

    RolesQuestion: "Change the roles of {name}", "Rollen van {name} wijzigen";
    RolesEffect: "Tokens that may do less from now on are refused at once.", "Tokens die vanaf nu minder mogen, krijgen meteen een weigering.";
    RolesMissing: "Choose at least one role.", "Kies minstens één rol.";
    LastOwner: "Make somebody else administrator first.", "Maak eerst iemand anders beheerder.";
    Save: "Save", "Opslaan";
    Saved: "{name} now has these roles: {roles}.", "{name} heeft nu deze rollen: {roles}.";

    EndQuestion: "Remove {name} from {organisation}?", "{name} verwijderen uit {organisation}?";
    EndEffect: "This person's tokens and connected apps in this organisation stop at once. Keys and tokens of the organisation itself work on.", "De tokens en apps van deze persoon in deze organisatie stoppen meteen. Sleutels en tokens van de organisatie zelf werken door.";
    TokensStop: "Personal tokens that stop", "Persoonlijke tokens die stoppen";
    AppsStop: "Connected apps that stop", "Gekoppelde apps die stoppen";
    EndDo: "Remove member", "Lid verwijderen";
    Ended: "{name} is no longer a member.", "{name} is geen lid meer.";

    InNumbers: "In numbers", "In cijfers";
    Keys: "API keys", "API-sleutels";
    Tokens: "Tokens of the organisation", "Tokens van de organisatie";
    Given: "Delegations given", "Machtigingen gegeven";
    Got: "Delegations received", "Machtigingen ontvangen";
    OwnTokens: "Your own tokens here", "Je eigen tokens hier";
    RefusedToday: "Requests refused today", "Verzoeken geweigerd vandaag";
    LastDone: "What was done last", "Wat er het laatst is gedaan";
    WholeLog: "To the whole audit log", "Naar het hele logboek";
    Soon: "Ends within 30 days", "Stopt binnen 30 dagen";
    SoonNothing: "Nothing ends within 30 days.", "Er stopt niets binnen 30 dagen.";
    What: "What", "Wat";
    Ends: "Ends", "Stopt";
    OldPrivateKey: "old private key", "oude private sleutel";
    Token: "token of the organisation", "token van de organisatie";
    GivenOne: "delegation to {name}", "machtiging aan {name}";
    GotOne: "delegation from {name}", "machtiging van {name}";
    OwnToken: "your own token", "je eigen token";
}
