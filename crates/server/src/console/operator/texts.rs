//! What pages for whoever runs the installation say.

use crate::console::texts::words;

words! {
    Operators: "For operators", "Voor beheerders van de server";
    ShowToken: "This page is for whoever runs this server. Open it with an operator token as the password; the name may be anything.", "Deze pagina is voor wie deze server beheert. Open haar met een operator-token als wachtwoord; de naam mag van alles zijn.";
    Mailbox: "Mailbox", "Postvak";
    MailboxAbout: "Letters of this installation stay here, for trying: nobody gets them. The newest stands on top.", "Mail van deze installatie blijft hier, om te proberen: niemand krijgt die. De nieuwste staat bovenaan.";
    MailboxEmpty: "There is no mail yet.", "Er is nog geen mail.";
    To: "To", "Aan";
}
