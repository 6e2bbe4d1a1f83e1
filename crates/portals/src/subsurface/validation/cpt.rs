//! The source documents of geotechnical soundings (CPT 1.1).

use super::Kind;
use super::rule::{Condition, DATE, Element, SourceDocument, Times, Value, inside, insides, lax, maybe, one, open, plain};

pub(super) const DOCUMENTS: &[SourceDocument] =
    &[SourceDocument { name: "CPT", element: &CPT, starts: true, corrections: &[Kind::Replace, Kind::Correction] }];

const CPT: Element = Element {
    nl: "Geotechnisch sondeeronderzoek",
    en: "GeotechnicalCPTSurvey",
    children: &[
        one("objectIdAccountableParty", "object-ID bronhouder", Value::Some),
        one("deliveryContext", "kader aanlevering", Value::Some),
        one("surveyPurpose", "kader inwinning", Value::Some),
        inside("researchReportDate", "rapportagedatum onderzoek", &DATE),
        one("cptStandard", "sondeernorm", Value::Some),
        one("additionalInvestigationPerformed", "aanvullend onderzoek uitgevoerd", Value::YesNoUnknown),
        maybe("researchOperator", "uitvoerder onderzoek", Value::Some),
        inside("deliveredLocation", "aangeleverde locatie", &LOCATION),
        inside("deliveredVerticalPosition", "aangeleverde verticale positie", &VERTICAL_POSITION),
        open("additionalInvestigation", "aanvullend onderzoek", Times::AtMostOnce),
        inside("conePenetrometerSurvey", "sondeonderzoek", &SURVEY),
    ],
    closed: true,
    conditions: &[
        Condition::Requires("additionalInvestigationPerformed", "ja", "additionalInvestigation"),
        Condition::Forbids("additionalInvestigationPerformed", "nee", "additionalInvestigation"),
    ],
};

const LOCATION: Element = lax(
    "Aangeleverde locatie",
    "DeliveredLocation",
    &[
        open("location", "coördinaten", Times::Once),
        insides("horizontalPositioningDate", "datum locatiebepaling", Times::AtMostOnce, &DATE),
        one("horizontalPositioningMethod", "methode locatiebepaling", Value::Some),
    ],
);

const VERTICAL_POSITION: Element = lax(
    "Aangeleverde verticale positie",
    "DeliveredVerticalPosition",
    &[
        one("localVerticalReferencePoint", "lokaal verticaal referentiepunt", Value::Some),
        one("offset", "verschuiving", Value::Number),
        one("verticalDatum", "verticaal referentievlak", Value::Some),
        insides("verticalPositioningDate", "datum verticale positiebepaling", Times::AtMostOnce, &DATE),
        one("verticalPositioningMethod", "methode verticale positiebepaling", Value::Some),
    ],
);

const SURVEY: Element = Element {
    nl: "Sondeonderzoek",
    en: "ConePenetrometerSurvey",
    children: &[
        one("dissipationTestPerformed", "dissipatietest uitgevoerd", Value::YesNoUnknown),
        inside("finalProcessingDate", "datum laatste bewerking", &DATE),
        one("cptMethod", "sondeermethode", Value::Some),
        one("qualityClass", "kwaliteitsklasse", Value::Some),
        one("stopCriterion", "stopcriterium", Value::Some),
        inside("trajectory", "sondeertraject", &TRAJECTORY),
        open("conePenetrometer", "sondeerapparaat", Times::Once),
        open("conePenetrationTest", "sondering", Times::AtLeastOnce),
        open("dissipationTest", "dissipatietest", Times::Any),
    ],
    closed: false,
    conditions: &[
        Condition::Requires("dissipationTestPerformed", "ja", "dissipationTest"),
        Condition::Forbids("dissipationTestPerformed", "nee", "dissipationTest"),
    ],
};

const TRAJECTORY: Element = plain(
    "Sondeertraject",
    "Trajectory",
    &[one("predrilledDepth", "voorgeboorde diepte", Value::Number), one("finalDepth", "einddiepte", Value::Number)],
);
