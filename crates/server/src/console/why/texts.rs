//! What the page says beside the words of refusals themselves.

use crate::console::texts::words;

words! {
    Title: "Why was this request refused?", "Waarom is dit verzoek geweigerd?";
    About: "Every answer has a request number, also when a program signs in. You find it in the header", "Elk antwoord heeft een verzoeknummer, ook als een programma inlogt. Je vindt het in de header";
    Number: "Request number", "Verzoeknummer";
    Search: "Search", "Zoek";
    Unknown: "We do not know this request, or it is not of your organisation. We keep refused requests for 30 days.", "Dit verzoek kennen we niet, of het is niet van jouw organisatie. We bewaren geweigerde verzoeken 30 dagen.";
    NoNumber: "This is not a request number. It has 36 characters.", "Dit is geen verzoeknummer. Een verzoeknummer heeft 36 tekens.";
    Checked: "What we checked", "Wat we hebben gecontroleerd";
    WhatToDo: "What can you do?", "Wat kun je doen?";
    Request: "The request", "Het verzoek";
    At: "When", "Wanneer";
    Asked: "What was asked", "Wat werd gevraagd";
    Flow: "Asked by", "Gevraagd met";
    Answer: "The program was answered", "Antwoord aan het programma";
    Permission: "Permission", "Recht";
    Workspace: "Workspace", "Werkruimte";
    Credential: "Token or key", "Token of sleutel";
    Organisation: "Organisation", "Organisatie";
    From: "From address", "Vanaf adres";
    Delegation: "Delegation", "Machtiging";
    Reason: "Reason", "Reden";
    Changed: "{by} changed this on {at}.", "{by} heeft dit veranderd op {at}.";
    ByOperator: "Whoever runs this installation", "De beheerder van deze installatie";
    ByClient: "The program itself", "Het programma zelf";
    ByServer: "The server", "De server";
    BySomebody: "Somebody", "Iemand";
}
