//! The source documents of groundwater monitoring networks (GMN 1.0).

use super::Kind;
use super::rule::{DATE, Element, SourceDocument, Times, Value, inside, insides, one, plain};

const CORRECTIONS: &[Kind] = &[Kind::Replace, Kind::Insert, Kind::Move, Kind::Delete];

pub(super) const DOCUMENTS: &[SourceDocument] = &[
    SourceDocument { name: "GMN_StartRegistration", element: &START, starts: true, corrections: &[Kind::Replace, Kind::Move] },
    SourceDocument { name: "GMN_MeasuringPoint", element: &WITH_POINT, starts: false, corrections: CORRECTIONS },
    SourceDocument { name: "GMN_MeasuringPointEndDate", element: &POINT_ENDED, starts: false, corrections: CORRECTIONS },
    SourceDocument { name: "GMN_TubeReference", element: &WITH_POINT, starts: false, corrections: CORRECTIONS },
    SourceDocument { name: "GMN_Closure", element: &CLOSURE, starts: false, corrections: &[Kind::Move, Kind::Delete] },
];

const START: Element = plain(
    "Grondwatermonitoringnet",
    "GroundwaterMonitoringNet",
    &[
        one("objectIdAccountableParty", "object-ID bronhouder", Value::Some),
        one("name", "naam", Value::Some),
        one("deliveryContext", "kader aanlevering", Value::Some),
        one("monitoringPurpose", "monitoringdoel", Value::Some),
        one("groundwaterAspect", "grondwateraspect", Value::Some),
        inside("startDateMonitoring", "startdatum monitoring", &DATE),
        insides("measuringPoint", "meetpunt", Times::AtLeastOnce, &POINT_REFERENCE),
    ],
);

const POINT_REFERENCE: Element = plain("Meetpunt", "MeasuringPoint", &[inside("MeasuringPoint", "meetpunt", &POINT)]);

const POINT: Element = plain(
    "Meetpunt",
    "MeasuringPoint",
    &[one("measuringPointCode", "meetpuntcode", Value::Some), inside("monitoringTube", "monitoringbuis", &TUBE_REFERENCE)],
);

const TUBE_REFERENCE: Element =
    plain("Monitoringbuis", "MonitoringTube", &[inside("GroundwaterMonitoringTube", "grondwatermonitoringbuis", &TUBE)]);

const TUBE: Element = plain(
    "Grondwatermonitoringbuis",
    "GroundwaterMonitoringTube",
    &[one("broId", "BRO-ID", Value::BroId("GMW")), one("tubeNumber", "buisnummer", Value::Count)],
);

const WITH_POINT: Element = plain(
    "Meetpunt",
    "MeasuringPoint",
    &[inside("eventDate", "datum gebeurtenis", &DATE), inside("measuringPoint", "meetpunt", &POINT_REFERENCE)],
);

const POINT_ENDED: Element = plain(
    "Meetpunt",
    "MeasuringPoint",
    &[inside("eventDate", "datum gebeurtenis", &DATE), one("measuringPointCode", "meetpuntcode", Value::Some)],
);

const CLOSURE: Element = plain("Einde monitoring", "GMN_Closure", &[inside("endDateMonitoring", "einddatum monitoring", &DATE)]);
