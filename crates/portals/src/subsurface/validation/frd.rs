//! The source documents of formation resistance dossiers (FRD 1.0).

use super::Kind;
use super::rule::{Condition, Element, SourceDocument, Times, Value, inside, insides, lax, maybe, one, open, plain};

const CORRECTIONS: &[Kind] = &[Kind::Replace, Kind::Insert, Kind::Move, Kind::Delete];
const CONFIGURATION_CORRECTIONS: &[Kind] = &[Kind::Replace, Kind::Delete];

pub(super) const DOCUMENTS: &[SourceDocument] = &[
    SourceDocument { name: "FRD_StartRegistration", element: &START, starts: true, corrections: &[Kind::Replace] },
    configuration("FRD_GEM_MeasurementConfiguration", &GEM_CONFIGURATIONS),
    configuration("FRD_EMM_InstrumentConfiguration", &EMM_CONFIGURATIONS),
    SourceDocument { name: "FRD_GEM_Measurement", element: &GEM_MEASUREMENT, starts: false, corrections: CORRECTIONS },
    SourceDocument { name: "FRD_EMM_Measurement", element: &EMM_MEASUREMENT, starts: false, corrections: CORRECTIONS },
    SourceDocument { name: "FRD_Closure", element: &CLOSURE, starts: false, corrections: &[Kind::Delete] },
];

const fn configuration(name: &'static str, element: &'static Element) -> SourceDocument {
    SourceDocument { name, element, starts: false, corrections: CONFIGURATION_CORRECTIONS }
}

const START: Element = plain(
    "Formatieweerstandonderzoek",
    "FormationResistanceDossier",
    &[
        maybe("objectIdAccountableParty", "object-ID bronhouder", Value::Some),
        open("groundwaterMonitoringNet", "grondwatermonitoringnet", Times::Any),
        inside("groundwaterMonitoringTube", "grondwatermonitoringbuis", &TUBE_REFERENCE),
    ],
);

const TUBE_REFERENCE: Element =
    plain("Grondwatermonitoringbuis", "GroundwaterMonitoringTube", &[inside("MonitoringTube", "monitoringbuis", &TUBE)]);

const TUBE: Element = plain(
    "Monitoringbuis",
    "MonitoringTube",
    &[one("broId", "BRO-ID", Value::BroId("GMW")), one("tubeNumber", "buisnummer", Value::Count)],
);

const GEM_CONFIGURATIONS: Element = plain(
    "Meetconfiguratie",
    "MeasurementConfiguration",
    &[insides("measurementConfiguration", "meetconfiguratie", Times::AtLeastOnce, &GEM_CONFIGURATION_REFERENCE)],
);

const GEM_CONFIGURATION_REFERENCE: Element =
    plain("Meetconfiguratie", "MeasurementConfiguration", &[inside("MeasurementConfiguration", "meetconfiguratie", &GEM_CONFIGURATION)]);

const GEM_CONFIGURATION: Element = plain(
    "Meetconfiguratie",
    "MeasurementConfiguration",
    &[
        one("measurementConfigurationID", "meetconfiguratie-ID", Value::Some),
        inside("measurementPair", "meetpaar", &PAIR),
        inside("currentPair", "stroompaar", &PAIR),
    ],
);

const PAIR: Element = plain(
    "Elektrodepaar",
    "ElectrodePair",
    &[inside("electrode1", "elektrode 1", &ELECTRODE), inside("electrode2", "elektrode 2", &ELECTRODE)],
);

const ELECTRODE: Element = plain(
    "Elektrode",
    "Electrode",
    &[one("cableNumber", "kabelnummer", Value::Count), one("electrodeNumber", "elektrodenummer", Value::Count)],
);

const EMM_CONFIGURATIONS: Element = plain(
    "Instrumentconfiguratie",
    "InstrumentConfiguration",
    &[insides("instrumentConfiguration", "instrumentconfiguratie", Times::AtLeastOnce, &EMM_CONFIGURATION_REFERENCE)],
);

const EMM_CONFIGURATION_REFERENCE: Element = plain(
    "Instrumentconfiguratie",
    "InstrumentConfiguration",
    &[inside("InstrumentConfiguration", "instrumentconfiguratie", &EMM_CONFIGURATION)],
);

const EMM_CONFIGURATION: Element = Element {
    nl: "Instrumentconfiguratie",
    en: "InstrumentConfiguration",
    children: &[
        one("instrumentConfigurationID", "instrumentconfiguratie-ID", Value::Some),
        one("relativePositionTransmitterCoil", "relatieve positie zendspoel", Value::Number),
        one("relativePositionPrimaryReceiverCoil", "relatieve positie primaire ontvangstspoel", Value::Number),
        one("secondaryReceiverCoilAvailable", "secundaire ontvangstspoel aanwezig", Value::YesNoUnknown),
        maybe("relativePositionSecondaryReceiverCoil", "relatieve positie secundaire ontvangstspoel", Value::Number),
        one("coilFrequencyKnown", "spoelfrequentie bekend", Value::YesNoUnknown),
        maybe("coilFrequency", "spoelfrequentie", Value::Number),
        one("instrumentLength", "lengte instrument", Value::Number),
    ],
    closed: true,
    conditions: &[
        Condition::Requires("secondaryReceiverCoilAvailable", "ja", "relativePositionSecondaryReceiverCoil"),
        Condition::Forbids("secondaryReceiverCoilAvailable", "nee", "relativePositionSecondaryReceiverCoil"),
        Condition::Requires("coilFrequencyKnown", "ja", "coilFrequency"),
        Condition::Forbids("coilFrequencyKnown", "nee", "coilFrequency"),
    ],
};

const GEM_MEASUREMENT: Element = plain(
    "Geo-elektrische meting",
    "GeoElectricMeasurement",
    &[inside("relatedGeoElectricMeasurement", "geo-elektrische meting", &GEM_REFERENCE)],
);

const GEM_REFERENCE: Element =
    plain("Geo-elektrische meting", "GeoElectricMeasurement", &[inside("GeoElectricMeasurement", "geo-elektrische meting", &GEM)]);

const GEM: Element = lax(
    "Geo-elektrische meting",
    "GeoElectricMeasurement",
    &[
        open("measurementDate", "datum meting", Times::Once),
        open("measurementOperator", "uitvoerder meting", Times::Once),
        one("determinationProcedure", "bepalingsprocedure", Value::Some),
        one("evaluationProcedure", "beoordelingsprocedure", Value::Some),
        insides("measure", "gemeten waarde", Times::AtLeastOnce, &MEASURE),
    ],
);

const MEASURE: Element = plain(
    "Gemeten waarde",
    "Measure",
    &[one("resistance", "weerstand", Value::Number), open("relatedMeasurementConfiguration", "meetconfiguratie", Times::Once)],
);

const EMM_MEASUREMENT: Element = plain(
    "Elektromagnetische meting",
    "ElectromagneticMeasurement",
    &[inside("relatedElectromagneticMeasurement", "elektromagnetische meting", &EMM_REFERENCE)],
);

const EMM_REFERENCE: Element = plain(
    "Elektromagnetische meting",
    "ElectromagneticMeasurement",
    &[inside("ElectromagneticMeasurement", "elektromagnetische meting", &EMM)],
);

const EMM: Element = lax(
    "Elektromagnetische meting",
    "ElectromagneticMeasurement",
    &[
        open("measurementDate", "datum meting", Times::Once),
        open("measurementOperator", "uitvoerder meting", Times::Once),
        one("determinationProcedure", "bepalingsprocedure", Value::Some),
        one("evaluationProcedure", "beoordelingsprocedure", Value::Some),
        open("measurementSeries", "meetreeks", Times::Once),
        open("relatedInstrumentConfiguration", "instrumentconfiguratie", Times::Once),
    ],
);

const CLOSURE: Element = plain("Einde registratie", "FRD_Closure", &[]);
