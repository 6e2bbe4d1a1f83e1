//! The source documents of groundwater level dossiers (GLD 1.0).

use super::Kind;
use super::rule::{Element, SourceDocument, Times, Value, inside, insides, lax, maybe, one, open, plain};

pub(super) const DOCUMENTS: &[SourceDocument] = &[
    SourceDocument { name: "GLD_StartRegistration", element: &START, starts: true, corrections: &[Kind::Replace] },
    SourceDocument { name: "GLD_Addition", element: &ADDITION, starts: false, corrections: &[Kind::Replace, Kind::Delete] },
    SourceDocument { name: "GLD_Closure", element: &CLOSURE, starts: false, corrections: &[Kind::Delete] },
];

const START: Element = plain(
    "Grondwaterstandonderzoek",
    "GroundwaterLevelDossier",
    &[
        maybe("objectIdAccountableParty", "object-ID bronhouder", Value::Some),
        insides("groundwaterMonitoringNet", "grondwatermonitoringnet", Times::Any, &NET_REFERENCE),
        insides("monitoringPoint", "meetpunt", Times::AtLeastOnce, &POINT_REFERENCE),
    ],
);

const NET_REFERENCE: Element =
    plain("Grondwatermonitoringnet", "GroundwaterMonitoringNet", &[inside("GroundwaterMonitoringNet", "grondwatermonitoringnet", &NET)]);

const NET: Element = plain("Grondwatermonitoringnet", "GroundwaterMonitoringNet", &[one("broId", "BRO-ID", Value::BroId("GMN"))]);

const POINT_REFERENCE: Element =
    plain("Meetpunt", "MonitoringPoint", &[inside("GroundwaterMonitoringTube", "grondwatermonitoringbuis", &TUBE)]);

const TUBE: Element = plain(
    "Grondwatermonitoringbuis",
    "GroundwaterMonitoringTube",
    &[one("broId", "BRO-ID", Value::BroId("GMW")), one("tubeNumber", "buisnummer", Value::Count)],
);

const ADDITION: Element = plain("Aanvulling", "GLD_Addition", &[inside("observation", "observatie", &OBSERVATION_REFERENCE)]);

const OBSERVATION_REFERENCE: Element = plain("Observatie", "Observation", &[inside("OM_Observation", "observatie", &OBSERVATION)]);

const OBSERVATION: Element = lax(
    "Observatie",
    "Observation",
    &[
        open("metadata", "observatiemetagegevens", Times::Once),
        open("phenomenonTime", "observatieperiode", Times::Once),
        open("resultTime", "tijdstip resultaat", Times::Once),
        open("procedure", "observatieproces", Times::Once),
        inside("result", "resultaat", &RESULT),
    ],
);

const RESULT: Element = plain("Resultaat", "Result", &[inside("MeasurementTimeseries", "meetreeks", &SERIES)]);

const SERIES: Element = lax("Meetreeks", "MeasurementTimeseries", &[insides("point", "meting", Times::AtLeastOnce, &POINT)]);

const POINT: Element = plain("Meting", "Point", &[inside("MeasurementTVP", "tijdmeetwaardepaar", &MEASUREMENT)]);

const MEASUREMENT: Element = plain(
    "Tijdmeetwaardepaar",
    "MeasurementTVP",
    &[
        one("time", "tijdstip meting", Value::Moment),
        one("value", "waarde", Value::Number),
        open("metadata", "metagegevens", Times::AtMostOnce),
    ],
);

const CLOSURE: Element = plain("Einde registratie", "GLD_Closure", &[]);
