//! What the pages of invitations say.

use crate::console::texts::words;

words! {
    Invite: "Invite people", "Mensen uitnodigen";
    InviteShort: "Invite", "Uitnodigen";
    InviteFirst: "Invite a colleague.", "Nodig een collega uit.";
    About: "Everybody gets an e-mail with a link that works for 7 days.", "Iedereen krijgt een e-mail met een link die 7 dagen werkt.";
    NoMail: "This server sends no e-mail, so nobody can be invited.", "Deze server verstuurt geen e-mail, dus je kunt niemand uitnodigen.";
    Emails: "E-mail addresses", "E-mailadressen";
    EmailsHelp: "One on each line.", "Eén per regel.";
    EmailsMissing: "Fill in at least one e-mail address.", "Vul minstens één e-mailadres in.";
    LineWrong: "Line {line}: ‘{text}’ is not an e-mail address.", "Regel {line}: ‘{text}’ is geen e-mailadres.";
    TooManyLines: "Invite at most {count} people at a time.", "Nodig hoogstens {count} mensen tegelijk uit.";
    IsMember: "{email} is a member already.", "{email} is al lid.";
    Roles: "Their roles", "Hun rollen";
    Send: "Send invitations", "Uitnodigingen sturen";
    SentOne: "An invitation was sent to {email}.", "Er is een uitnodiging gestuurd naar {email}.";
    SentMany: "{count} invitations were sent.", "Er zijn {count} uitnodigingen gestuurd.";

    Open: "Open invitations", "Open uitnodigingen";
    Sent: "Sent", "Gestuurd";
    WorksUntil: "Works until", "Werkt tot";
    Over: "over", "verlopen";
    Manage: "Manage", "Beheren";
    InvitationOf: "Invitation of {email}", "Uitnodiging van {email}";
    InvitedBy: "Invited by", "Uitgenodigd door";
    AgainEffect: "Send it once more: the e-mail has a new link, and the one before no longer works.", "Stuur hem opnieuw: de e-mail heeft een nieuwe link, en de vorige werkt niet meer.";
    Again: "Send again", "Opnieuw sturen";
    Withdraw: "Withdraw", "Intrekken";
    Withdrawn: "The invitation of {email} is withdrawn.", "De uitnodiging van {email} is ingetrokken.";
}
