//! What is told about a document, in the words of the portal.

use super::document::Broken;
use super::rule::{Child, Content, Element, Value};

/// What a document is not read further for.
pub(super) fn broken(broken: &Broken) -> String {
    match broken {
        Broken::Encoding(found) => {
            format!("Het brondocument kan niet gelezen worden: het moet XML 1.0 in UTF-8 zijn, gevonden is {found}.")
        }
        Broken::DocumentType => "Het brondocument is geweigerd: een DTD (DOCTYPE) is niet toegestaan.".to_owned(),
        Broken::Entity(name) => format!("Het brondocument is geweigerd: de entiteit &{name}; is niet toegestaan."),
        Broken::Inclusion => {
            "Het brondocument is geweigerd: verwijzingen naar andere documenten (XInclude) zijn niet toegestaan.".to_owned()
        }
        Broken::Bound(what, most) => format!("Het brondocument is geweigerd: te groot ({what}: ten hoogste {most})."),
        Broken::IllFormed(why, at) => format!("Het brondocument is geen welgevormde XML: {why} (bij byte {at})."),
    }
}

pub(super) fn not_a_message(namespace: &str, name: &str) -> String {
    let (namespace, name) = (short(namespace), short(name));
    format!("Het brondocument is niet herkend als IMBRO-bericht: hoofdelement {name} in namespace '{namespace}' is onbekend.")
}

pub(super) fn header_missing(root: &str, nl: &str, name: &str) -> String {
    format!("Bericht.{nl} ({root}.{name}) ontbreekt: het is verplicht.")
}

pub(super) fn header_forbidden(root: &str, nl: &str, name: &str, why: &str) -> String {
    format!("Bericht.{nl} ({root}.{name}) mag niet aanwezig zijn:  {why}.")
}

pub(super) fn header_twice(root: &str, nl: &str, name: &str) -> String {
    format!("Bericht.{nl} ({root}.{name}) mag maar één keer voorkomen.")
}

pub(super) fn header_order(root: &str, nl: &str, name: &str) -> String {
    format!("Bericht.{nl} ({root}.{name}) staat niet op de juiste plaats.")
}

pub(super) fn header_value(root: &str, nl: &str, name: &str, value: Value, found: &str) -> String {
    format!("Bericht.{nl} ({root}.{name}) heeft een ongeldige waarde '{}': {}.", short(found), expected(value))
}

pub(super) fn header_unexpected(root: &str, namespace: &str, name: &str) -> String {
    format!("Bericht: het element {} in namespace '{}' wordt in {root} niet verwacht.", short(name), short(namespace))
}

pub(super) fn source_documents(count: u32) -> String {
    format!("Bericht.brondocument (sourceDocument) moet precies één brondocument bevatten, gevonden: {count}.")
}

pub(super) fn source_document_unknown(code: &str, namespace: &str, name: &str) -> String {
    format!("Het brondocument {} in namespace '{}' is onbekend in de registratie {code}.", short(name), short(namespace))
}

pub(super) fn request_unknown(root: &str, name: &str) -> String {
    format!("Het verzoek {root} bestaat niet voor het brondocument {name}.")
}

pub(super) fn missing(element: &Element, child: &Child) -> String {
    format!("{} ontbreekt: het is verplicht.", title(element, child))
}

pub(super) fn twice(element: &Element, child: &Child) -> String {
    format!("{} mag maar één keer voorkomen.", title(element, child))
}

pub(super) fn unexpected(element: &Element, name: &str) -> String {
    format!("{} ({}): het element {} wordt hier niet verwacht.", element.nl, element.en, short(name))
}

pub(super) fn foreign_namespace(element: &Element, namespace: &str, name: &str) -> String {
    format!("{} ({}): het element {} staat in de verkeerde namespace '{}'.", element.nl, element.en, short(name), short(namespace))
}

pub(super) fn value(element: &Element, child: &Child, value: Value, found: &str) -> String {
    match found {
        "" => format!("{} heeft geen waarde: {}.", title(element, child), expected(value)),
        found => format!("{} heeft een ongeldige waarde '{}': {}.", title(element, child), short(found), expected(value)),
    }
}

pub(super) fn forbidden(element: &Element, when: &Child, is: &str, child: &Child) -> String {
    format!("{} mag niet aanwezig zijn:  {} = {is} bepaalt dat het moet ontbreken.", title(element, child), title(element, when))
}

pub(super) fn required(element: &Element, when: &Child, is: &str, child: &Child) -> String {
    let (nl, en) = (element.nl, element.en);
    format!("{} ontbreekt: het moet aanwezig zijn als {nl}. {} ({en}.{}) = {is}.", entity(element, child), when.nl, when.name)
}

pub(super) fn counted(element: &Element, child: &Child, path: &str, said: u64, found: u32) -> String {
    let problem = if u64::from(found) < said { "ontbreekt" } else { "komt te vaak voor" };
    format!("{} {problem}, {{{path}}} = {said} waarde bepaalt het aantal keer dat dit gegeven voorkomt.", entity(element, child))
}

pub(super) fn one_of(element: &Element, names: &[&str]) -> String {
    format!("{} ({}): precies één van de volgende gegevens moet aanwezig zijn: {}.", element.nl, element.en, names.join(", "))
}

pub(super) fn together(element: &Element, names: &[&str]) -> String {
    format!("{} ({}): deze gegevens zijn alle aanwezig of geen van alle: {}.", element.nl, element.en, names.join(", "))
}

pub(super) fn accountable_party_missing() -> String {
    "Bericht.bronhouder (deliveryAccountableParty) ontbreekt: het is verplicht als de dataleverancier niet zelf de bronhouder is."
        .to_owned()
}

pub(super) fn accountable_party_differs(named: &str, number: &str) -> String {
    format!("Bericht.bronhouder (deliveryAccountableParty) = {named} komt niet overeen met de bronhouder {number} van de machtiging.")
}

/// A child's name within its element: `Grondwatermonitoringput.eigenaar (GroundwaterMonitoringWell.owner)`.
fn title(element: &Element, child: &Child) -> String {
    format!("{}.{} ({}.{})", element.nl, child.nl, element.en, child.name)
}

/// As [`title`], where the child is an entity of its own: `Zandvang (SedimentSump)`.
fn entity(element: &Element, child: &Child) -> String {
    match child.content {
        Content::Inside(inner) => format!("{} ({})", inner.nl, inner.en),
        _ => title(element, child),
    }
}

fn expected(value: Value) -> String {
    match value {
        Value::Some => "er moet een waarde staan".to_owned(),
        Value::YesNo => "toegestaan zijn ja en nee".to_owned(),
        Value::YesNoUnknown => "toegestaan zijn ja, nee en onbekend".to_owned(),
        Value::Count => "het moet een geheel getal van 0 of hoger zijn".to_owned(),
        Value::Number => "het moet een getal zijn".to_owned(),
        Value::Party => "het moet een KvK-nummer van 8 cijfers zijn".to_owned(),
        Value::QualityRegime => "toegestaan zijn IMBRO en IMBRO/A".to_owned(),
        Value::Date => "het moet een datum zijn (jjjj-mm-dd)".to_owned(),
        Value::YearMonth => "het moet een jaar en maand zijn (jjjj-mm)".to_owned(),
        Value::Year => "het moet een jaar zijn (jjjj)".to_owned(),
        Value::BroId(code) => format!("het moet {code} en 12 cijfers zijn"),
        Value::Moment => "het moet een datum en tijd zijn (jjjj-mm-ddTuu:mm:ss)".to_owned(),
    }
}

/// As much of what somebody wrote as is told back.
fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(100).collect()
}
