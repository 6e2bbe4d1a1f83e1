//! Everything that the command line says to people, in each language. Machine output is never translated.

use crate::language::texts;

pub use crate::language::Language;

texts! {
    Error: "Error:", "Fout:";
    RequestNumber: "Request:", "Nummer:";
    ConfirmMark: "[y/N]", "[j/N]";

    ExitDone: "done", "gelukt";
    ExitFailed: "failed", "mislukt";
    ExitUsage: "wrong usage, or cancelled", "verkeerd gebruikt, of afgebroken";
    ExitSignIn: "sign-in needed: no token, or one that does not work", "aanmelden nodig: er is geen token, of het werkt niet";
    ExitNotFound: "not found", "niet gevonden";
    ExitRefused: "refused, or not valid", "geweigerd, of niet geldig";
    ExitConflict: "clashes with what is there, or was changed meanwhile (409, 412)", "botst met wat er al is, of is intussen gewijzigd (409, 412)";
    ExitPartly: "an import was done in part", "een import is voor een deel gelukt";
    ExitLater: "try again later (429, 503, 504, or the server cannot be reached)", "probeer het later (429, 503, 504, of de server is niet bereikbaar)";

    TodoUsage: "Run the command with --help to see how it is used.", "Met --help ziet u hoe het commando werkt.";
    TodoSignIn: "Put a token in a file and name it with POORT_TOKEN_FILE or --token-file.", "Zet een token in een bestand en noem dat met POORT_TOKEN_FILE of --token-file.";
    TodoNotFound: "Look for the right id with the command `list`.", "Zoek het juiste id met het commando `list`.";
    TodoRefused: "Correct what is named, or use a token that may do this.", "Verbeter wat er staat, of gebruik een token dat dit mag.";
    TodoConflict: "Look at how it is now and try again.", "Kijk hoe het nu is en probeer het opnieuw.";
    TodoLater: "Try again in a moment.", "Probeer het zo opnieuw.";

    NoToken: "no token was given", "er is geen token gegeven";
    TokenFileUnreadable: "the token file {file} cannot be read: {cause}", "het tokenbestand {file} is niet te lezen: {cause}";
    TokenUnfit: "the given token is not one line of visible characters", "het token is niet één regel met zichtbare tekens";
    TokenFileOpen: "Others on this machine can read {file}. Close it: chmod 600 {file}", "Anderen op deze computer kunnen {file} lezen. Sluit het: chmod 600 {file}";
    TokenInEnvironment: "The token comes from POORT_TOKEN. A file (POORT_TOKEN_FILE) is safer.", "Het token komt uit POORT_TOKEN. Een bestand (POORT_TOKEN_FILE) is veiliger.";
    BadUrl: "{url} is not the address of a server", "{url} is geen adres van een server";
    TodoUrl: "Give an address such as https://poort.example with POORT_URL or --url.", "Geef een adres zoals https://poort.example met POORT_URL of --url.";
    PlainHttp: "{host} would get the token without encryption", "{host} zou het token zonder versleuteling krijgen";
    TodoPlainHttp: "Use https://, or say --insecure if you accept that others can read it.", "Gebruik https://, of geef --insecure als u accepteert dat anderen meelezen.";
    Unreachable: "{url} cannot be reached: {cause}", "{url} is niet bereikbaar: {cause}";
    TodoUnreachable: "Is the server running, and is the address right (POORT_URL)?", "Draait de server, en klopt het adres (POORT_URL)?";
    TimedOut: "{url} did not answer within {seconds} s", "{url} gaf geen antwoord binnen {seconds} s";
    TodoTimedOut: "It is not known whether it was done: look with `list`. Give more time with --timeout.", "Het is niet zeker of het is gedaan: kijk met `list`. Meer tijd geven kan met --timeout.";
    TodoTimedOutReading: "Try again in a moment, or give more time with --timeout.", "Probeer het zo opnieuw, of geef meer tijd met --timeout.";
    BrokenAnswer: "the answer of {url} cannot be read: {cause}", "het antwoord van {url} is niet te lezen: {cause}";
    TodoBrokenAnswer: "Is this the address of a Poort server (POORT_URL)?", "Is dit het adres van een Poort-server (POORT_URL)?";
    Status: "the server answered {status}", "de server antwoordde {status}";
    NoRandomness: "the source of randomness is not available", "de bron van willekeur is niet beschikbaar";
    WriteFailed: "the result cannot be written: {cause}", "het resultaat is niet te schrijven: {cause}";

    Cancelled: "cancelled: nothing was changed", "afgebroken: er is niets gewijzigd";
    TodoCancelled: "Run it again and answer `y`, or add --yes.", "Voer het opnieuw uit en antwoord `j`, of voeg --yes toe.";
    NeedsYes: "this asks for a confirmation, and nobody can answer", "dit vraagt om een bevestiging, en niemand kan antwoorden";
    TodoYes: "Add --yes if you are sure.", "Voeg --yes toe als u het zeker weet.";
    AskRevokeToken: "End the token \"{what}\" ({id})? It stops working at once.", "Het token \"{what}\" ({id}) intrekken? Het werkt dan direct niet meer.";
    AskRevokeCredential: "End the credential {id}? It stops working at once.", "De sleutel {id} intrekken? Hij werkt dan direct niet meer.";
    AskRevokeKey: "End the key \"{what}\" ({id})? Its private keys, its access tokens and what people have let it do stop working at once.", "De sleutel \"{what}\" ({id}) intrekken? De privésleutels, de toegangstokens en de toestemmingen van mensen werken dan direct niet meer.";
    AskSuspendKey: "Suspend the key \"{what}\" ({id})? Neither it nor its access tokens work until it is resumed.", "De sleutel \"{what}\" ({id}) pauzeren? De sleutel en de toegangstokens ervan werken niet tot u hem hervat.";
    AskEndPrivateKey: "End the private key {what}? It and the access tokens that came with it stop working at once.", "De privésleutel {what} intrekken? De sleutel en de toegangstokens ervan werken dan direct niet meer.";
    AskEndTokens: "End all access tokens of \"{what}\" ({id})? The key works on.", "Alle toegangstokens van \"{what}\" ({id}) intrekken? De sleutel zelf blijft werken.";
    AskRevokeAll: "End all tokens of {id}? They stop working at once.", "Alle tokens van {id} intrekken? Ze werken dan direct niet meer.";
    AskSuspendToken: "Suspend the token \"{what}\" ({id})? It does not work until it is resumed.", "Het token \"{what}\" ({id}) pauzeren? Het werkt niet tot u het hervat.";
    AskSuspendPerson: "Suspend {what} ({id})? None of their tokens work until they are resumed.", "{what} ({id}) blokkeren? Geen enkel token van deze persoon werkt tot u het hervat.";
    AskDismissOperator: "Let {what} ({id}) not run this installation any more?", "{what} ({id}) deze installatie niet meer laten beheren?";
    AskRemoveSecondFactors: "Remove all second factors of {what} ({id})? The password alone is then enough, and {what} is signed out everywhere.", "Alle tweede factoren van {what} ({id}) weghalen? Het wachtwoord is dan genoeg, en {what} wordt overal uitgelogd.";
    AskErase: "Erase {what} ({id})? Name, mail address and all tokens end. This cannot be undone.", "{what} ({id}) wissen? Naam, e-mailadres en alle tokens vervallen. Dit kan niet ongedaan worden gemaakt.";
    AskSuspendOrganisation: "Suspend {what} ({id})? No token of its members works until it is resumed.", "{what} ({id}) blokkeren? Geen enkel token van de leden werkt tot u het hervat.";
    AskRemoveMembership: "Remove the membership {id}? Its tokens stop working at once.", "Het lidmaatschap {id} verwijderen? De tokens ervan werken dan direct niet meer.";
    AskCloseDelegation: "Close the delegation {id} to {what}? From then on its requests are refused.", "De machtiging {id} van {what} sluiten? Vanaf dan worden verzoeken geweigerd.";
    AskPauseDelegation: "Pause the delegation \"{what}\" ({id})? It does not count until it is resumed.", "De machtiging \"{what}\" ({id}) pauzeren? Ze telt niet tot u haar hervat.";
    AskDecline: "Decline the delegation \"{what}\" ({id})? It cannot be accepted afterwards.", "De machtiging \"{what}\" ({id}) afwijzen? Daarna kunt u haar niet meer aannemen.";
    AskCloseWorkspace: "Close the workspace {what} ({id}) for good? Nothing works in it any more.", "De werkruimte {what} ({id}) voorgoed sluiten? Er werkt dan niets meer in.";
    AskWithdraw: "Withdraw the announcement {id}? Answers and pages say nothing of it any more.", "De aankondiging {id} intrekken? Antwoorden en pagina's melden haar dan niet meer.";
    AskRemoveApi: "Remove the API {id}? Its credentials stop working at once.", "De API {id} verwijderen? De sleutels ervan werken dan direct niet meer.";

    Created: "Made.", "Gemaakt.";
    Rotated: "The token has a new secret.", "Het token heeft een nieuw geheim.";
    Opened: "Opened.", "Geopend.";
    Offered: "Offered: it counts once it is accepted.", "Aangeboden: de machtiging telt zodra ze is aangenomen.";
    Accepted: "Accepted.", "Aangenomen.";
    Declined: "Declined.", "Afgewezen.";
    DelegationConfirmed: "Confirmed.", "Bevestigd.";
    DelegationResumed: "Resumed: it counts again.", "Hervat: de machtiging telt weer.";
    DelegationClosed: "Closed: its requests are refused.", "Gesloten: verzoeken worden geweigerd.";
    ClosingAnnounced: "The closing is announced.", "Het sluiten is aangekondigd.";
    UnderWay: "Under way: {deliveries} deliveries with {documents} documents, which go on, and {uploads} uploads that can no longer be delivered.", "Onderweg: {deliveries} leveringen met {documents} documenten, die gaan door, en {uploads} uploads die niet meer geleverd kunnen worden.";
    Impact: "Delegations that close: {delegations}. Credentials that stop in this workspace: {stopping}, that can do less: {narrowed}. Used in the last 7 days: {uses} times. Version: {version}.", "Machtigingen die sluiten: {delegations}. Tokens die in deze werkruimte stoppen: {stopping}, die minder mogen: {narrowed}. Gebruikt in de laatste 7 dagen: {uses} keer. Versie: {version}.";
    RotatedKey: "The key has a new private key.", "De sleutel heeft een nieuwe privésleutel.";
    PrivateKeyEnded: "Ended: that private key no longer works.", "Ingetrokken: die privésleutel werkt niet meer.";
    TokensEnded: "Ended: no access token from before works any more.", "Ingetrokken: geen toegangstoken van daarvoor werkt nog.";
    NoSuchPrivateKey: "this key has no private key that begins with {prefix}", "deze sleutel heeft geen privésleutel die begint met {prefix}";
    RotatedCode: "The token has a new code.", "Het token heeft een nieuwe code.";
    Closed: "Closed for good: nothing works in it any more.", "Voorgoed gesloten: er werkt niets meer in.";
    Changed: "Changed.", "Gewijzigd.";
    Announced: "Announced. Whom it concerns is told.", "Aangekondigd. Wie het aangaat, krijgt bericht.";
    AnnouncementWithdrawn: "Withdrawn. Who was told, was.", "Ingetrokken. Wie al bericht kreeg, heeft dat gehad.";
    Ended: "Ended: it no longer works.", "Ingetrokken: het werkt niet meer.";
    EndedAll: "Ended. Tokens that no longer work: {count}.", "Ingetrokken. Tokens die niet meer werken: {count}.";
    Suspended: "Suspended.", "Gepauzeerd.";
    Resumed: "Resumed: it works again.", "Hervat: het werkt weer.";
    Erased: "Erased.", "Gewist.";
    OperatorAppointed: "This person runs the installation from now on, on the console's pages for operators.", "Deze persoon beheert de installatie vanaf nu, op de pagina's voor beheerders.";
    OperatorDismissed: "This person does not run the installation any more.", "Deze persoon beheert de installatie niet meer.";
    SecondFactorsRemoved: "The second factors are removed.", "De tweede factoren zijn weggehaald.";
    Removed: "Removed.", "Verwijderd.";
    Invited: "Invited.", "Uitgenodigd.";
    Withdrawn: "Withdrawn.", "Ingetrokken.";
    ReceiptLine: "Change {sequence}: known to {confirmed} of {nodes} nodes after {milliseconds} ms.", "Wijziging {sequence}: bekend bij {confirmed} van {nodes} servers na {milliseconds} ms.";
    OnlyTime: "This is the only time that you see it. Keep it in a safe place.", "Dit is de enige keer dat u het ziet. Bewaar het op een veilige plek.";
    SecretWritten: "The secret is in {file}; only you can read it.", "Het geheim staat in {file}; alleen u kunt het lezen.";
    SecretUnwritten: "the secret was made but cannot be written: {cause}", "het geheim is gemaakt maar niet te schrijven: {cause}";
    TodoSecretUnwritten: "Rotate or revoke {id}: nobody has its secret.", "Vernieuw {id} of trek het in: niemand heeft het geheim.";
    NoSecret: "the answer holds no secret", "in het antwoord staat geen geheim";
    FileExists: "{file} exists already", "{file} bestaat al";
    TodoFileExists: "Choose another file, or add --overwrite.", "Kies een ander bestand, of voeg --overwrite toe.";
    FileUnwritable: "{file} cannot be written: {cause}", "{file} is niet te schrijven: {cause}";
    FileUnreadable: "{file} cannot be read: {cause}", "{file} is niet te lezen: {cause}";
    NotJson: "{file} is not JSON: {cause}", "{file} is geen JSON: {cause}";
    NoApiName: "{file} names no API: the member \"name\" is missing", "{file} noemt geen API: het veld \"name\" ontbreekt";
    NoSuchPerson: "nobody has the mail address {email}", "niemand heeft het e-mailadres {email}";
    NoSuchOrganisation: "there is no organisation named {name}", "er is geen organisatie met de naam {name}";
    NoSuchWorkspace: "there is no workspace with the number {number}", "er is geen werkruimte met het nummer {number}";
    WhichOrganisation: "an operator token belongs to no organisation: which one is meant?", "een beheerderstoken is van geen organisatie: welke is bedoeld?";
    TodoWhichOrganisation: "Add --organisation with an id or a name.", "Voeg --organisation toe met een id of een naam.";
    WhoseToken: "an operator token belongs to nobody: whose token is meant?", "een beheerderstoken is van niemand: van wie is het token?";
    TodoWhoseToken: "Add --person with an id or a mail address.", "Voeg --person toe met een id of een e-mailadres.";
    NothingToChange: "nothing to change was given", "er is niets gegeven om te wijzigen";
    Nothing: "Nothing found.", "Niets gevonden.";
    More: "There is more: add --all, or --cursor {cursor}", "Er is meer: voeg --all toe, of --cursor {cursor}";

    VerifyOwn: "Well-formed: {kind} of installation \"{installation}\". Whether it works, only the server knows.", "Goed gevormd: {kind} van installatie \"{installation}\". Of het werkt, weet alleen de server.";
    VerifyMalformed: "not well-formed: it begins like a credential, but a character is wrong or missing", "niet goed gevormd: het begint als een sleutel, maar er is een teken fout of weg";
    VerifyForeign: "not in the form of this installation's credentials", "niet in de vorm van de sleutels van deze installatie";
    VerifyEmpty: "there is no text to look at", "er is geen tekst om te bekijken";
    TodoVerify: "Copy the whole text again, without spaces.", "Kopieer de hele tekst opnieuw, zonder spaties.";
    VerifyArgument: "A secret in an argument can be seen by others on this machine: give it on standard input.", "Een geheim in een argument is zichtbaar voor anderen op deze computer: geef het via de standaardinvoer.";

    ImportTitle: "Importing", "Importeren";
    ImportPart: "{title} {percent} % ({done}/{total})", "{title} {percent} % ({done}/{total})";
    ImportDone: "{imported} imported, {unchanged} there already, {rejected} rejected.", "{imported} geïmporteerd, {unchanged} waren er al, {rejected} afgewezen.";
    ImportDry: "{good} lines are fit to import, {rejected} are not. Nothing was changed.", "{good} regels zijn geschikt, {rejected} niet. Er is niets gewijzigd.";
    ImportRejected: "{rejected} of {total} lines were rejected", "{rejected} van de {total} regels zijn afgewezen";
    TodoRejects: "See why in {file}, correct those lines and import them alone.", "Kijk in {file} waarom, verbeter die regels en importeer alleen die.";
    Interrupted: "stopped by Ctrl-C", "gestopt met Ctrl-C";
    ImportStopped: "the import stopped after line {line}: {imported} imported, {rejected} rejected", "de import stopte na regel {line}: {imported} geïmporteerd, {rejected} afgewezen";
    TodoResume: "Continue with the same command and --resume.", "Ga verder met hetzelfde commando en --resume.";
    ImportUnfinished: "an earlier import of {file} did not finish", "een eerdere import van {file} is niet klaar";
    TodoUnfinished: "Add --resume to continue, or remove {state} to begin again.", "Voeg --resume toe om verder te gaan, of verwijder {state} om opnieuw te beginnen.";
    ResumeChanged: "{file} is not the file that the earlier import read", "{file} is niet het bestand van de eerdere import";
    ResumeNothing: "there is no unfinished import of {file}", "er is geen onafgemaakte import van {file}";
    ResumeInput: "--resume needs a file: standard input cannot be read again", "--resume heeft een bestand nodig: de standaardinvoer is niet opnieuw te lezen";
    BackupMade: "{file}: {rows} rows, up to change {sequence}. It holds no master key: keep a copy of {key} elsewhere.", "{file}: {rows} rijen, tot en met wijziging {sequence}. De hoofdsleutel zit er niet in: bewaar {key} ergens anders.";
    EndedMade: "{file}: {rows} changes since the backup.", "{file}: {rows} wijzigingen sinds de back-up.";
    EndedNotFinal: "A server can still end things: make this file again when none is running, and before one is started anew.", "Een server kan nog dingen intrekken: maak dit bestand opnieuw als er geen meer draait, en voor er weer een start.";
    BackupWhole: "{file} is whole: made at {at} by version {program}, {rows} rows, up to change {sequence}.", "{file} is heel: gemaakt op {at} door versie {program}, {rows} rijen, tot en met wijziging {sequence}.";
    BackupSealed: "The master key here is the right one.", "De hoofdsleutel hier is de juiste.";
    BackupUnsealed: "It needs the master key with the fingerprint {fingerprint}…, which is not here.", "Het heeft de hoofdsleutel met de vingerafdruk {fingerprint}… nodig. Die is hier niet.";
    BackupExists: "{file} exists already; a backup is never written over another one", "{file} bestaat al; een back-up komt nooit over een andere heen";
    BackupUnwritable: "{file} cannot be written: {cause}", "{file} is niet te schrijven: {cause}";
    BackupDamaged: "{file} cannot be used: {cause}", "{file} is niet te gebruiken: {cause}";
    RestoreNoKey: "there is no master key at {key}; the backup needs the one with the fingerprint {fingerprint}…", "er is geen hoofdsleutel op {key}; de back-up heeft die met de vingerafdruk {fingerprint}… nodig";
    RestoreOtherKey: "the master key at {key} is another one (fingerprint {given}…); the backup needs the one with {fingerprint}…", "de hoofdsleutel op {key} is een andere (vingerafdruk {given}…); de back-up heeft die met {fingerprint}… nodig";
    RestoreNotEmpty: "the database is not empty: add --replace to remove what is in it", "de database is niet leeg: voeg --replace toe om te verwijderen wat erin staat";
    RestoreDone: "Restored: {rows} rows, as they were at {at} (change {sequence}).", "Hersteld: {rows} rijen, zoals ze waren op {at} (wijziging {sequence}).";
    RestoreEnded: "All {count} changes since the backup are known; what they ended is ended again. Credentials work at once.", "Alle {count} wijzigingen sinds de back-up zijn bekend. Wat daarmee is ingetrokken, is weer ingetrokken. Sleutels werken direct.";
    RestoreFenced: "What was ended since the backup is not known. So every credential that is in it is refused as suspended, until you confirm it: poort restore confirm", "Wat sinds de back-up is ingetrokken, is niet bekend. Daarom wordt elke sleutel uit de back-up geweigerd als gepauzeerd, tot u die bevestigt: poort restore confirm";
    RestorePartly: "{count} changes since the backup are known and made again, but there may be more.", "{count} wijzigingen sinds de back-up zijn bekend en opnieuw gedaan, maar er kunnen er meer zijn.";
    RestoreOperator: "The earlier operator tokens are refused, too. A new one is in {file}.", "De eerdere beheerderstokens worden ook geweigerd. Een nieuw token staat in {file}.";
    Fenced: "Credentials of the backup are refused as suspended until you confirm them: poort restore confirm", "Sleutels uit de back-up worden geweigerd als gepauzeerd, tot u ze bevestigt: poort restore confirm";
    NotFenced: "Nothing waits for a confirmation.", "Er hoeft niets te worden bevestigd.";
    AskConfirmAll: "Let every credential of the backup work again? Those that were ended after it work again, too.", "Elke sleutel uit de back-up weer laten werken? Ook die na de back-up zijn ingetrokken, werken dan weer.";
    AskConfirmPart: "Let the credentials of {what} work again? Those that were ended after the backup work again, too.", "De sleutels van {what} weer laten werken? Ook die na de back-up zijn ingetrokken, werken dan weer.";
    KeyPublished: "The new key is known on every node and in the JWK set. It signs after the time of the setting signing_key_publish_seconds.", "De nieuwe sleutel is op elke server en in de JWK-set bekend. Hij ondertekent na de tijd van de instelling signing_key_publish_seconds.";
    AskEndKey: "End signing key {id}? Every token that it has signed is refused from now on.", "Ondertekensleutel {id} beëindigen? Elk token dat ermee is ondertekend, wordt vanaf nu geweigerd.";
    KeyEnded: "Ended: what it has signed is refused from now on.", "Beëindigd: wat ermee is ondertekend, wordt vanaf nu geweigerd.";
    KeyRotated: "The new key is in use on every node.", "De nieuwe sleutel is op elke server in gebruik.";
    Confirmed: "Confirmed: they work again.", "Bevestigd: ze werken weer.";
    NoSuchTopic: "there is no help about {topic}", "er is geen hulp over {topic}";

    ColumnId: "ID", "ID";
    ColumnKid: "KID", "KID";
    ColumnWorkspace: "WORKSPACE", "WERKRUIMTE";
    ColumnGiver: "FROM", "VAN";
    ColumnReceiver: "TO", "AAN";
    ColumnPassesOn: "PASSES ON", "GEEFT DOOR";
    ColumnMayPassOn: "MAY PASS ON", "MAG DOORGEVEN";
    ColumnDay: "DAY", "DAG";
    ColumnReason: "REASON", "REDEN";
    ColumnNote: "NOTE", "NOTITIE";
    ColumnOpens: "OPENS", "VANAF";
    ColumnUntil: "UNTIL", "TOT";
    ColumnReview: "CONFIRM BEFORE", "BEVESTIGEN VOOR";
    ColumnStops: "STOPS", "STOPT";
    ColumnElsewhere: "WORKS ELSEWHERE", "WERKT ELDERS";
    ColumnLately: "LAST 7 DAYS", "LAATSTE 7 DAGEN";
    ColumnNumber: "NUMBER", "NUMMER";
    ColumnUsername: "USERNAME", "GEBRUIKERSNAAM";
    ColumnClientId: "PUBLIC ID", "PUBLIEKE ID";
    ColumnPrivateKeys: "PRIVATE KEYS", "PRIVÉSLEUTELS";
    ColumnContact: "CONTACT", "CONTACT";
    ColumnRedirectUris: "REDIRECTS", "TERUGKEERADRESSEN";
    ColumnPostLogoutUris: "AFTER SIGN-OUT", "NA AFMELDEN";
    ColumnOrigins: "ORIGINS", "HERKOMSTEN";
    ColumnGrantTypes: "GRANT TYPES", "TOKENAANVRAGEN";
    ColumnDefaultScopes: "DEFAULT SCOPES", "STANDAARDSCOPES";
    ColumnAuthentication: "AUTHENTICATION", "AUTHENTICATIE";
    ColumnApplicationType: "RUNS", "DRAAIT";
    ColumnProfile: "PROFILE", "PROFIEL";
    ColumnRegistration: "REGISTERED BY", "GEREGISTREERD DOOR";
    ColumnJwksUri: "PUBLIC KEYS AT", "PUBLIEKE SLEUTELS OP";
    ColumnPushed: "PUSHED ONLY", "ALLEEN PAR";
    ColumnDpop: "DPOP ONLY", "ALLEEN DPOP";
    ColumnLogoutUri: "SIGN-OUT TOLD TO", "AFMELDEN MELDEN AAN";
    ColumnPage: "PAGE", "PAGINA";
    ColumnTakes: "TAKES", "NEEMT";
    ColumnName: "NAME", "NAAM";
    ColumnEmail: "MAIL", "E-MAIL";
    ColumnSecondFactor: "SECOND FACTOR", "TWEEDE FACTOR";
    ColumnAppointed: "APPOINTED", "AANGEWEZEN";
    ColumnState: "STATE", "STATUS";
    ColumnCreated: "MADE", "GEMAAKT";
    ColumnPerson: "PERSON", "PERSOON";
    ColumnOrganisation: "ORGANISATION", "ORGANISATIE";
    ColumnMembership: "MEMBERSHIP", "LIDMAATSCHAP";
    ColumnRoles: "ROLES", "ROLLEN";
    ColumnSent: "SENT", "GESTUURD";
    ColumnDescription: "DESCRIPTION", "OMSCHRIJVING";
    ColumnPermissions: "PERMISSIONS", "RECHTEN";
    ColumnPrefix: "BEGINS WITH", "BEGINT MET";
    ColumnExposed: "EXPOSED", "UITGELEKT";
    ColumnLastUsed: "LAST USED", "LAATST GEBRUIKT";
    ColumnFrom: "FROM", "VANAF";
    ColumnUses: "USES", "KEREN";
    ColumnExpires: "EXPIRES", "VERLOOPT";
    ColumnSuspended: "SUSPENDED", "GEPAUZEERD";
    ColumnOldSecret: "OLD SECRET ENDS", "OUDE GEHEIM STOPT";
    ColumnRevision: "REVISION", "VERSIE";
    ColumnTitle: "TITLE", "TITEL";
    ColumnText: "TEXT", "TEKST";
    ColumnDeprecated: "DISCOURAGED", "AFGERADEN";
    ColumnWithdrawn: "WITHDRAWN", "INGETROKKEN";
    ColumnLink: "MORE", "MEER";
    ColumnToldUntil: "TOLD UNTIL", "GEMELD TOT";
    ColumnRoutes: "ROUTES", "ROUTES";
    ColumnMethod: "METHOD", "METHODE";
    ColumnPath: "PATH", "PAD";
    ColumnNeeds: "NEEDS", "NODIG";
    ColumnApi: "API", "API";
    ColumnPermission: "PERMISSION", "RECHT";
    ColumnCredential: "CREDENTIAL", "TOKEN OF SLEUTEL";
    ColumnAddress: "FROM", "VANAF";
    ColumnDelegation: "DELEGATION", "MACHTIGING";
    ColumnFlow: "ASKED BY", "GEVRAAGD MET";
    ColumnAnswer: "ANSWERED", "ANTWOORD";
    WhyDecision: "{what} {at} by {by}.", "{what} {at} door {by}.";
    ColumnSequence: "NO", "NR";
    ColumnAt: "AT", "TIJD";
    ColumnActor: "BY", "DOOR";
    ColumnEvent: "EVENT", "GEBEURTENIS";
    ColumnSubject: "ABOUT", "OVER";
    ColumnRequest: "REQUEST", "NUMMER";
    ColumnKind: "KIND", "SOORT";
    ColumnLive: "LIVE", "ACTIEF";
    ColumnLease: "LEASE MS", "LEASE MS";
    ColumnAcknowledged: "CONFIRMED", "BEVESTIGD";
    ColumnRenewals: "RENEWALS", "VERNIEUWINGEN";
    ColumnLag: "LAG", "ACHTER";
    ColumnRenewed: "RENEWED", "VERNIEUWD";

    ColumnPurpose: "FOR", "VOOR";
    ColumnActivated: "IN USE SINCE", "IN GEBRUIK SINDS";
    ColumnRetired: "REPLACED", "VERVANGEN";
    ColumnFenced: "FENCED", "AFGESCHERMD";
    ColumnRestored: "RESTORED", "HERSTELD";
    ColumnBackup: "BACKUP", "BACK-UP";

    StateActive: "active", "actief";
    StateSuspended: "suspended", "gepauzeerd";
    StateExpired: "expired", "verlopen";
    StateInvited: "invited", "uitgenodigd";
    StateOpen: "open", "open";
    StateClosing: "closing", "sluit binnenkort";
    StateEnded: "ended", "verlopen";
    StateClosed: "closed", "gesloten";
    StateErased: "erased", "gewist";
    StateRevoked: "ended", "ingetrokken";
    All: "all", "alle";
    Exposed: ", SENT OVER PLAIN HTTP: rotate it", ", VERSTUURD OVER HTTP ZONDER BEVEILIGING: vernieuw hem";
    NotUsed: "not used", "niet gebruikt";
    UsedTimes: "{count} times, last {when}", "{count} keer, laatst {when}";
    Stops: "stops {when}", "stopt {when}";
    Public: "public", "openbaar";
    Never: "never", "nooit";
    AgoSeconds: "{count} s ago", "{count} s geleden";
    AgoMinutes: "{count} min ago", "{count} min geleden";
    AgoHours: "{count} h ago", "{count} uur geleden";
    AgoDays: "{count} d ago", "{count} d geleden";
    InSeconds: "in {count} s", "over {count} s";
    InMinutes: "in {count} min", "over {count} min";
    InHours: "in {count} h", "over {count} uur";
    InDays: "in {count} d", "over {count} d";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::places;

    #[test]
    fn both_languages_have_the_same_places() {
        for text in Text::ALL {
            assert_eq!(places(text.of(Language::En)), places(text.of(Language::Nl)), "{text:?}");
        }
    }

    #[test]
    fn a_value_is_not_read_as_a_place() {
        let values = [("url", "{cause}".to_owned()), ("cause", "x".to_owned())];
        assert_eq!(Text::Unreachable.filled(Language::En, &values), "{cause} cannot be reached: x");
    }

    #[test]
    fn locales_are_read() {
        for (locale, language) in
            [("nl_NL.UTF-8", Language::Nl), ("nl", Language::Nl), ("C", Language::En), ("", Language::En), ("nlx", Language::En)]
        {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }
}
