//! What the pages of accounts say.

use crate::console::texts::words;

words! {
    SignUp: "Make an account", "Account maken";
    SignUpDo: "Make account", "Account maken";
    SignUpClosed: "You cannot make an account here yourself. Ask an administrator of your organisation for an invitation.", "Je kunt hier niet zelf een account maken. Vraag een beheerder van je organisatie om een uitnodiging.";
    HaveAccount: "I have an account", "Ik heb al een account";
    Name: "Name", "Naam";
    NameWrong: "Fill in your name: 1 to 200 characters.", "Vul je naam in: 1 tot 200 tekens.";
    EmailWrong: "Fill in one e-mail address, such as name@example.org.", "Vul één e-mailadres in, zoals naam@voorbeeld.nl.";
    PasswordHelp: "At least 12 characters. A sentence works well.", "Minstens 12 tekens. Een zin werkt goed.";
    PasswordShort: "Choose a password of at least 12 characters.", "Kies een wachtwoord van minstens 12 tekens.";
    PasswordLong: "This password is too long. Choose a shorter one.", "Dit wachtwoord is te lang. Kies een korter wachtwoord.";
    PasswordCommon: "This password is easy to guess. Choose another one.", "Dit wachtwoord is makkelijk te raden. Kies een ander wachtwoord.";

    SentTitle: "We have sent you a link", "We hebben je een link gestuurd";
    SentStory: "Open your e-mail and click on the link. It works for 24 hours. No e-mail? Look among the spam.", "Open je e-mail en klik op de link. De link werkt 24 uur. Geen e-mail? Kijk bij de spam.";
    NoMail: "This server sends no e-mail. Ask its administrator for help.", "Deze server verstuurt geen e-mail. Vraag de beheerder om hulp.";

    Verify: "Confirm your e-mail address", "E-mailadres bevestigen";
    VerifyStory: "From now on {email} is the address of your account.", "Vanaf nu is {email} het adres van je account.";
    VerifyDo: "Confirm address", "Adres bevestigen";
    Verified: "Your e-mail address is confirmed.", "Je e-mailadres is bevestigd.";
    AccountStory: "This makes an account for {name} with the address {email}.", "Hiermee maak je een account voor {name} met het adres {email}.";
    AccountDo: "Confirm and sign in", "Bevestigen en inloggen";
    OtherBrowser: "You began in another browser. That is why you choose your password here.", "Je begon in een andere browser. Daarom kies je hier je wachtwoord.";

    Forgotten: "Forgotten your password?", "Wachtwoord vergeten?";
    ForgottenStory: "We send you a link with which you choose a new password.", "We sturen je een link waarmee je een nieuw wachtwoord kiest.";
    ForgottenDo: "Send the link", "Link sturen";
    BackToSignIn: "Back to signing in", "Terug naar inloggen";
    NewPassword: "Choose a new password", "Nieuw wachtwoord kiezen";
    NewPasswordField: "New password", "Nieuw wachtwoord";
    NewPasswordEffect: "You are then signed out everywhere. Your second step, if you have one, stays.", "Je bent daarna overal uitgelogd. Je tweede stap, als je die hebt, blijft.";
    NewPasswordDo: "Save password", "Wachtwoord opslaan";
    PasswordIsChanged: "Your password is changed", "Je wachtwoord is gewijzigd";
    SignedOutEverywhere: "You are signed out everywhere now. Sign in with your new password.", "Je bent nu overal uitgelogd. Log in met je nieuwe wachtwoord.";
    ToSignIn: "Sign in", "Inloggen";

    PasswordHeading: "Password", "Wachtwoord";
    HasPassword: "You sign in with a password.", "Je logt in met een wachtwoord.";
    HasNoPassword: "You have no password.", "Je hebt geen wachtwoord.";
    ChangePassword: "Change password", "Wachtwoord wijzigen";
    SetPassword: "Set a password", "Wachtwoord instellen";
    ChangeEffect: "You stay signed in here. Everywhere else you are signed out.", "Hier blijf je ingelogd. Overal anders word je uitgelogd.";
    ChangedHere: "Your password is changed. Everywhere else you are signed out.", "Je wachtwoord is gewijzigd. Overal anders ben je uitgelogd.";

    OwnAddress: "Your e-mail address", "Je e-mailadres";
    AddressProven: "This address is confirmed. Another one counts once you have confirmed it.", "Dit adres is bevestigd. Een ander adres geldt pas als je het hebt bevestigd.";
    AddressUnproven: "This address is not confirmed yet. We send a link to it.", "Dit adres is nog niet bevestigd. We sturen er een link heen.";
    Unconfirmed: "not confirmed", "niet bevestigd";
    ChangeAddress: "Change or confirm", "Wijzigen of bevestigen";
    ProofSent: "We have sent a link to {email}. Until you click on it, nothing changes.", "We hebben een link gestuurd naar {email}. Tot je erop klikt, verandert er niets.";

    OtherWays: "Accounts elsewhere", "Accounts van elders";
    Provider: "Account", "Account";
    LinkedSince: "Linked since", "Gekoppeld sinds";
    NotLinked: "unlinked", "ontkoppeld";
    Unlink: "Unlink", "Ontkoppelen";
    LinkAgain: "Allow again", "Weer toestaan";
    UnlinkQuestion: "Unlink your account at {provider}?", "Account bij {provider} ontkoppelen?";
    UnlinkEffect: "You then no longer sign in here with {provider}.", "Je logt hier dan niet meer in met {provider}.";
    UnlinkDo: "Unlink account", "Account ontkoppelen";
    Unlinked: "You no longer sign in with {provider}.", "Je logt niet meer in met {provider}.";
    LinkAgainQuestion: "Sign in with {provider} again?", "Weer inloggen met {provider}?";
    LinkAgainEffect: "The next time you sign in with {provider}, your account there is linked again.", "Log je weer in met {provider}, dan wordt je account daar opnieuw gekoppeld.";
    LinkAgainDo: "Allow again", "Weer toestaan";
    LinkedAgain: "You can sign in with {provider} again.", "Je kunt weer inloggen met {provider}.";
    LastWay: "This is your only way to sign in. Set a password first.", "Dit is je enige manier om in te loggen. Stel eerst een wachtwoord in.";

    Invitation: "You are invited", "Je bent uitgenodigd";
    InvitedBy: "{person} invites you to become a member of {organisation}.", "{person} nodigt je uit om lid te worden van {organisation}.";
    Invited: "You are invited to become a member of {organisation}.", "Je bent uitgenodigd om lid te worden van {organisation}.";
    InvitedAs: "Your role: {roles}.", "Je rol: {roles}.";
    NewAccount: "Choose a name and a password for your new account.", "Kies een naam en een wachtwoord voor je nieuwe account.";
    JoinDo: "Join", "Meedoen";
    SignInToJoin: "Sign in to join", "Log in om mee te doen";
    Joined: "You are now a member of {organisation}.", "Je bent nu lid van {organisation}.";
    AlreadyMember: "You are a member of {organisation} already.", "Je bent al lid van {organisation}.";
    OtherAddress: "This invitation is for {email}. You are signed in as {own}.", "Deze uitnodiging is voor {email}. Je bent ingelogd als {own}.";
    OtherAccount: "This link belongs to another account than the one you are signed in with.", "Deze link hoort bij een ander account dan waarmee je bent ingelogd.";
    OtherSignIn: "Sign in with another account", "Met een ander account inloggen";

    SetUp: "Set up Poort", "Poort in gebruik nemen";
    SetUpStory: "Make the first organisation and its administrator's account. This link works once.", "Maak de eerste organisatie en het account van de beheerder. Deze link werkt één keer.";
    SetUpDo: "Set up", "In gebruik nemen";
    SetUpClosed: "This link does not work (any more). A set-up link works once.", "Deze link werkt niet (meer). Een link om Poort in gebruik te nemen werkt één keer.";
    SetUpDone: "Your first token is ready", "Je eerste token is klaar";
    SetUpOnce: "Copy the token now: you see it only once, and we do not keep it. Put it in a file and name that with POORT_TOKEN_FILE. Then this works: poort whoami.", "Kopieer het token nu: je ziet het maar één keer, en wij bewaren het niet. Zet het in een bestand en wijs dat aan met POORT_TOKEN_FILE. Dan werkt de opdracht: poort whoami.";
    FirstToken: "Your first token", "Je eerste token";
    TokenKept: "I have saved the token", "Ik heb het token bewaard";
    OrganisationName: "Name of the organisation", "Naam van de organisatie";
    OrganisationWrong: "Give the organisation a name of 1 to 200 characters.", "Geef de organisatie een naam van 1 tot 200 tekens.";
    OrganisationTaken: "There is an organisation with this name already. Choose another name.", "Er is al een organisatie met deze naam. Kies een andere naam.";
    EmailTaken: "There is an account with this address already. Fill in another one.", "Er is al een account met dit adres. Vul een ander adres in.";

    LinkOverTitle: "This link does not work", "Deze link werkt niet";
    LinkUnknown: "We do not know this link. Copy all of it from the e-mail, or ask for a new one.", "We kennen deze link niet. Kopieer de hele link uit de e-mail, of vraag een nieuwe aan.";
    LinkExpired: "This link worked for 24 hours. Ask for a new one.", "Deze link werkte 24 uur. Vraag een nieuwe aan.";
    LinkUsed: "This link was used already. It works once.", "Deze link is al gebruikt. Hij werkt één keer.";
    LinkVoid: "This link is no longer valid, because something has changed since. Ask for a new one.", "Deze link geldt niet meer, want er is intussen iets gewijzigd. Vraag een nieuwe aan.";
    InvitationExpired: "This invitation worked for 7 days. Ask whoever invited you for a new one.", "Deze uitnodiging werkte 7 dagen. Vraag een nieuwe aan degene die je uitnodigde.";
    InvitationWithdrawn: "This invitation was withdrawn. Ask whoever invited you why.", "Deze uitnodiging is ingetrokken. Vraag waarom aan degene die je uitnodigde.";
    InvitationVoid: "This invitation is no longer valid. Ask an administrator of the organisation for a new one.", "Deze uitnodiging geldt niet meer. Vraag een beheerder van de organisatie om een nieuwe.";
    AddressTaken: "There is an account with this address by now. Sign in with it.", "Er is intussen een account met dit adres. Log daarmee in.";
    NewLink: "Ask for a new link", "Nieuwe link aanvragen";
}
