//! The source documents of groundwater monitoring wells (GMW 1.1).

use super::Kind;
use super::rule::{Child, Condition, DATE, Element, SourceDocument, Times, Value, inside, insides, maybe, one, open, plain};

const CORRECTIONS: &[Kind] = &[Kind::Replace, Kind::Insert, Kind::Move, Kind::Delete];

pub(super) const DOCUMENTS: &[SourceDocument] = &[
    SourceDocument { name: "GMW_Construction", element: &CONSTRUCTION, starts: true, corrections: &[Kind::Replace, Kind::Move] },
    SourceDocument { name: "GMW_ConstructionWithHistory", element: &WITH_HISTORY, starts: true, corrections: &[] },
    event("GMW_WellHeadProtector", &WELL_HEAD_PROTECTOR),
    event("GMW_Lengthening", &LENGTHENING),
    event("GMW_Shortening", &SHORTENING),
    event("GMW_GroundLevel", &GROUND_LEVEL),
    event("GMW_GroundLevelMeasuring", &GROUND_LEVEL_MEASURING),
    event("GMW_Owner", &OWNER),
    event("GMW_Maintainer", &MAINTAINER),
    event("GMW_Positions", &POSITIONS),
    event("GMW_PositionsMeasuring", &POSITIONS_MEASURING),
    event("GMW_ElectrodeStatus", &ELECTRODE_STATUS),
    event("GMW_TubeStatus", &TUBE_STATUS),
    event("GMW_Insertion", &INSERTION),
    event("GMW_Shift", &SHIFT),
    event("GMW_SubsequentAdditionSurveys", &SURVEYS),
    SourceDocument { name: "GMW_Removal", element: &REMOVAL, starts: false, corrections: &[Kind::Move, Kind::Delete] },
];

const fn event(name: &'static str, element: &'static Element) -> SourceDocument {
    SourceDocument { name, element, starts: false, corrections: CORRECTIONS }
}

const EVENT_DATE: Child = inside("eventDate", "datum gebeurtenis", &DATE);
const GROUND_LEVEL_POSITION: Child = one("groundLevelPosition", "positie maaiveld", Value::Number);
const GROUND_LEVEL_METHOD: Child = one("groundLevelPositioningMethod", "methode positiebepaling maaiveld", Value::Some);
const MAYBE_GROUND_LEVEL_POSITION: Child = maybe("groundLevelPosition", "positie maaiveld", Value::Number);
const MAYBE_GROUND_LEVEL_METHOD: Child = maybe("groundLevelPositioningMethod", "methode positiebepaling maaiveld", Value::Some);
const STABLE: Child = one("groundLevelStable", "maaiveld stabiel", Value::YesNoUnknown);
const STABILITY: Child = maybe("wellStability", "put stabiliteit", Value::Some);
const TUBE_NUMBER: Child = one("tubeNumber", "buisnummer", Value::Count);
const TUBES: Child = one("numberOfMonitoringTubes", "aantal monitoringbuizen", Value::Count);
const TUBE_TOP: Child = one("tubeTopPosition", "positie bovenkant buis", Value::Number);
const TUBE_TOP_METHOD: Child = one("tubeTopPositioningMethod", "methode positiebepaling bovenkant buis", Value::Some);
const TUBE_PART: Child = insides("plainTubePart", "stijgbuisdeel", Times::AtMostOnce, &PLAIN_TUBE_PART);
const CONSTRUCTION_DATE: Child = inside("wellConstructionDate", "datum inrichting", &DATE);

const CONSTRUCTION: Element = Element {
    nl: "Grondwatermonitoringput",
    en: "GroundwaterMonitoringWell",
    children: &[
        one("objectIdAccountableParty", "object-ID bronhouder", Value::Some),
        one("deliveryContext", "kader aanlevering", Value::Some),
        one("constructionStandard", "kwaliteitsnorm inrichting", Value::Some),
        one("initialFunction", "initiële functie", Value::Some),
        TUBES,
        STABLE,
        STABILITY,
        maybe("nitgCode", "NITG-code", Value::Some),
        maybe("mapSheetCode", "kaartbladnummer", Value::Some),
        one("owner", "eigenaar", Value::Party),
        maybe("maintenanceResponsibleParty", "onderhoudende instantie", Value::Party),
        one("wellHeadProtector", "beschermconstructie", Value::Some),
        CONSTRUCTION_DATE,
        inside("deliveredLocation", "aangeleverde locatie", &LOCATION),
        inside("deliveredVerticalPosition", "aangeleverde verticale positie", &VERTICAL_POSITION),
        insides("monitoringTube", "monitoringbuis", Times::AtLeastOnce, &TUBE),
        maybe("geometricDataPubliclyAvailable", "geometriegegevens openbaar", Value::Some),
        maybe("isAbroad", "ligt in het buitenland", Value::Some),
        open("IsRelatedTo", "gerelateerd onderzoek", Times::Any),
    ],
    closed: true,
    conditions: &[
        Condition::Forbids("groundLevelStable", "ja", "wellStability"),
        Condition::Requires("groundLevelStable", "nee", "wellStability"),
        Condition::Counts("numberOfMonitoringTubes", "monitoringTube", "GroundwaterMonitoringWell.numberOfMonitoringTubes"),
    ],
};

const WITH_HISTORY: Element = plain(
    "Grondwatermonitoringput",
    "GroundwaterMonitoringWell",
    &[
        inside("construction", "inrichting", &CONSTRUCTION),
        open("intermediateEvent", "tussentijdse gebeurtenis", Times::Any),
        open("removal", "opruimen", Times::AtMostOnce),
        open("wellRemovalDate", "datum opruimen", Times::AtMostOnce),
    ],
);

const LOCATION: Element = plain(
    "Aangeleverde locatie",
    "DeliveredLocation",
    &[open("location", "coördinaten", Times::Once), one("horizontalPositioningMethod", "methode locatiebepaling", Value::Some)],
);

const VERTICAL_POSITION: Element = plain(
    "Aangeleverde verticale positie",
    "DeliveredVerticalPosition",
    &[
        one("localVerticalReferencePoint", "lokaal verticaal referentiepunt", Value::Some),
        one("offset", "verschuiving", Value::Number),
        one("verticalDatum", "verticaal referentievlak", Value::Some),
        GROUND_LEVEL_POSITION,
        GROUND_LEVEL_METHOD,
    ],
);

const TUBE: Element = Element {
    nl: "Monitoringbuis",
    en: "MonitoringTube",
    children: &[
        TUBE_NUMBER,
        one("tubeType", "buistype", Value::Some),
        one("artesianWellCapPresent", "voorzien van drukdop", Value::YesNoUnknown),
        one("sedimentSumpPresent", "voorzien van zandvang", Value::YesNoUnknown),
        one("numberOfGeoOhmCables", "aantal geo-ohmkabels", Value::Count),
        one("tubeTopDiameter", "diameter bovenkant buis", Value::Number),
        one("variableDiameter", "variabele diameter", Value::YesNoUnknown),
        one("tubeStatus", "buisstatus", Value::Some),
        TUBE_TOP,
        TUBE_TOP_METHOD,
        inside("materialUsed", "gebruikt materiaal", &MATERIAL),
        inside("screen", "filter", &SCREEN),
        insides("plainTubePart", "stijgbuisdeel", Times::Once, &PLAIN_TUBE_PART),
        insides("sedimentSump", "zandvang", Times::AtMostOnce, &SEDIMENT_SUMP),
        insides("geoOhmCable", "geo-ohmkabel", Times::Any, &GEO_OHM_CABLE),
    ],
    closed: true,
    conditions: &[
        Condition::Counts("numberOfGeoOhmCables", "geoOhmCable", "GroundwaterMonitoringWell.monitoringTube.numberOfGeoOhmCables"),
        Condition::Requires("sedimentSumpPresent", "ja", "sedimentSump"),
        Condition::Forbids("sedimentSumpPresent", "nee", "sedimentSump"),
    ],
};

const MATERIAL: Element = plain(
    "Gebruikt materiaal",
    "MaterialUsed",
    &[
        one("tubePackingMaterial", "aanvulmateriaal buis", Value::Some),
        one("tubeMaterial", "buismateriaal", Value::Some),
        one("glue", "lijm", Value::Some),
    ],
);

const SCREEN: Element = plain(
    "Filter",
    "Screen",
    &[
        one("screenLength", "filterlengte", Value::Number),
        one("sockMaterial", "kousmateriaal", Value::Some),
        maybe("screenProtection", "filterbescherming", Value::Some),
    ],
);

const PLAIN_TUBE_PART: Element =
    plain("Stijgbuisdeel", "PlainTubePart", &[one("plainTubePartLength", "lengte stijgbuisdeel", Value::Number)]);

const SEDIMENT_SUMP: Element = plain("Zandvang", "SedimentSump", &[one("sedimentSumpLength", "lengte zandvang", Value::Number)]);

const GEO_OHM_CABLE: Element = plain(
    "Geo-ohmkabel",
    "GeoOhmCable",
    &[one("cableNumber", "kabelnummer", Value::Count), insides("electrode", "elektrode", Times::AtLeastOnce, &ELECTRODE)],
);

const ELECTRODE: Element = plain(
    "Elektrode",
    "Electrode",
    &[
        one("electrodeNumber", "elektrodenummer", Value::Count),
        one("electrodePackingMaterial", "aanvulmateriaal elektrode", Value::Some),
        one("electrodeStatus", "elektrodestatus", Value::Some),
        one("electrodePosition", "positie elektrode", Value::Number),
    ],
);

const WELL_HEAD_PROTECTOR: Element = plain(
    "Beschermconstructie veranderd",
    "WellHeadProtector",
    &[EVENT_DATE, one("wellHeadProtector", "beschermconstructie", Value::Some)],
);

const LENGTHENING: Element = Element {
    nl: "Buis verlengd",
    en: "Lengthening",
    children: &[
        EVENT_DATE,
        maybe("wellHeadProtector", "beschermconstructie", Value::Some),
        one("numberOfTubesLengthened", "aantal verlengde buizen", Value::Count),
        insides("monitoringTube", "monitoringbuis", Times::AtLeastOnce, &CHANGED_TUBE),
    ],
    closed: true,
    conditions: &[Condition::Counts("numberOfTubesLengthened", "monitoringTube", "Lengthening.numberOfTubesLengthened")],
};

const SHORTENING: Element = Element {
    nl: "Buis ingekort",
    en: "Shortening",
    children: &[
        EVENT_DATE,
        maybe("wellHeadProtector", "beschermconstructie", Value::Some),
        one("numberOfTubesShortened", "aantal ingekorte buizen", Value::Count),
        insides("monitoringTube", "monitoringbuis", Times::AtLeastOnce, &CHANGED_TUBE),
    ],
    closed: true,
    conditions: &[Condition::Counts("numberOfTubesShortened", "monitoringTube", "Shortening.numberOfTubesShortened")],
};

/// A tube in a document that tells what changed about it; what that is differs from event to event.
const CHANGED_TUBE: Element = plain(
    "Monitoringbuis",
    "MonitoringTube",
    &[
        TUBE_NUMBER,
        maybe("tubeTopDiameter", "diameter bovenkant buis", Value::Number),
        maybe("variableDiameter", "variabele diameter", Value::YesNoUnknown),
        maybe("tubeTopPosition", "positie bovenkant buis", Value::Number),
        maybe("tubeTopPositioningMethod", "methode positiebepaling bovenkant buis", Value::Some),
        maybe("tubePackingMaterial", "aanvulmateriaal buis", Value::Some),
        maybe("tubeMaterial", "buismateriaal", Value::Some),
        maybe("glue", "lijm", Value::Some),
        open("materialUsed", "gebruikt materiaal", Times::AtMostOnce),
        maybe("plainTubePartLength", "lengte stijgbuisdeel", Value::Number),
        TUBE_PART,
    ],
);

const GROUND_LEVEL: Element = Element {
    nl: "Maaiveld verlegd",
    en: "GroundLevel",
    children: &[EVENT_DATE, STABILITY, STABLE, GROUND_LEVEL_POSITION, GROUND_LEVEL_METHOD],
    closed: true,
    conditions: &[
        Condition::Forbids("groundLevelStable", "ja", "wellStability"),
        Condition::Requires("groundLevelStable", "nee", "wellStability"),
    ],
};

const GROUND_LEVEL_MEASURING: Element =
    plain("Nieuwe inmeting maaiveld", "GroundLevelMeasuring", &[EVENT_DATE, GROUND_LEVEL_POSITION, GROUND_LEVEL_METHOD]);

const OWNER: Element = plain("Eigenaar veranderd", "Owner", &[EVENT_DATE, one("owner", "eigenaar", Value::Party)]);

const MAINTAINER: Element = plain(
    "Onderhoudende instantie veranderd",
    "Maintainer",
    &[EVENT_DATE, one("maintenanceResponsibleParty", "onderhoudende instantie", Value::Party)],
);

const POSITIONS: Element = Element {
    nl: "Nieuwe bepaling posities",
    en: "Positions",
    children: &[
        EVENT_DATE,
        STABILITY,
        STABLE,
        TUBES,
        GROUND_LEVEL_POSITION,
        GROUND_LEVEL_METHOD,
        insides("monitoringTube", "monitoringbuis", Times::AtLeastOnce, &MEASURED_TUBE),
    ],
    closed: true,
    conditions: &[
        Condition::Requires("groundLevelStable", "nee", "wellStability"),
        Condition::Counts("numberOfMonitoringTubes", "monitoringTube", "Positions.numberOfMonitoringTubes"),
    ],
};

const POSITIONS_MEASURING: Element = Element {
    nl: "Nieuwe inmeting posities",
    en: "PositionsMeasuring",
    children: &[
        EVENT_DATE,
        TUBES,
        MAYBE_GROUND_LEVEL_POSITION,
        MAYBE_GROUND_LEVEL_METHOD,
        insides("monitoringTube", "monitoringbuis", Times::AtLeastOnce, &MEASURED_TUBE),
    ],
    closed: true,
    conditions: &[
        Condition::Together(&["groundLevelPosition", "groundLevelPositioningMethod"]),
        Condition::Counts("numberOfMonitoringTubes", "monitoringTube", "PositionsMeasuring.numberOfMonitoringTubes"),
    ],
};

const MEASURED_TUBE: Element = plain("Monitoringbuis", "MonitoringTube", &[TUBE_NUMBER, TUBE_TOP, TUBE_TOP_METHOD]);

const ELECTRODE_STATUS: Element = Element {
    nl: "Elektrodestatus veranderd",
    en: "ElectrodeStatus",
    children: &[
        EVENT_DATE,
        one("numberOfElectrodesChanged", "aantal veranderde elektroden", Value::Count),
        insides("electrode", "elektrode", Times::AtLeastOnce, &CHANGED_ELECTRODE),
    ],
    closed: true,
    conditions: &[Condition::Counts("numberOfElectrodesChanged", "electrode", "ElectrodeStatus.numberOfElectrodesChanged")],
};

const CHANGED_ELECTRODE: Element = plain(
    "Elektrode",
    "Electrode",
    &[
        TUBE_NUMBER,
        one("cableNumber", "kabelnummer", Value::Count),
        one("electrodeNumber", "elektrodenummer", Value::Count),
        one("electrodeStatus", "elektrodestatus", Value::Some),
    ],
);

const TUBE_STATUS: Element = Element {
    nl: "Buisstatus veranderd",
    en: "TubeStatus",
    children: &[
        EVENT_DATE,
        one("numberOfTubesChanged", "aantal veranderde buizen", Value::Count),
        insides("monitoringTube", "monitoringbuis", Times::AtLeastOnce, &TUBE_WITH_STATUS),
    ],
    closed: true,
    conditions: &[Condition::Counts("numberOfTubesChanged", "monitoringTube", "TubeStatus.numberOfTubesChanged")],
};

const TUBE_WITH_STATUS: Element = plain("Monitoringbuis", "MonitoringTube", &[TUBE_NUMBER, one("tubeStatus", "buisstatus", Value::Some)]);

const INSERTION: Element = plain(
    "Buisdeel ingeplaatst",
    "Insertion",
    &[
        maybe("tubeNumber", "buisnummer", Value::Count),
        EVENT_DATE,
        maybe("tubeTopPosition", "positie bovenkant buis", Value::Number),
        maybe("tubeTopPositioningMethod", "methode positiebepaling bovenkant buis", Value::Some),
        maybe("insertedPartLength", "lengte ingeplaatst deel", Value::Number),
        maybe("insertedPartDiameter", "diameter ingeplaatst deel", Value::Number),
        maybe("insertedPartMaterial", "materiaal ingeplaatst deel", Value::Some),
        open("monitoringTube", "monitoringbuis", Times::Any),
    ],
);

const SHIFT: Element = plain("Maaiveld verlegd", "Shift", &[EVENT_DATE, GROUND_LEVEL_POSITION, GROUND_LEVEL_METHOD]);

const SURVEYS: Element = plain(
    "Gerelateerd onderzoek toegevoegd",
    "SubsequentAdditionSurveys",
    &[EVENT_DATE, open("IsRelatedTo", "gerelateerd onderzoek", Times::AtLeastOnce)],
);

const REMOVAL: Element = plain("Put opgeruimd", "Removal", &[inside("wellRemovalDate", "datum opruimen", &DATE)]);
