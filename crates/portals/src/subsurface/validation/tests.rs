//! Documents as clients send them, documents as nobody should, and bytes at random.

use std::io::{BufReader, Cursor, Read};

use proptest::prelude::*;

use super::*;

pub(super) const DOCUMENTS: [(&str, &str); 6] = [
    ("GMW_Construction", include_str!("../../../tests/subsurface/documents/gmw_construction.xml")),
    ("GLD_StartRegistration", include_str!("../../../tests/subsurface/documents/gld_start.xml")),
    ("GLD_Addition", include_str!("../../../tests/subsurface/documents/gld_addition.xml")),
    ("GMN_StartRegistration", include_str!("../../../tests/subsurface/documents/gmn_start.xml")),
    ("FRD_StartRegistration", include_str!("../../../tests/subsurface/documents/frd_start.xml")),
    ("CPT", include_str!("../../../tests/subsurface/documents/cpt.xml")),
];
const GMW: &str = DOCUMENTS[0].1;

fn check(document: impl AsRef<[u8]>) -> Report {
    validate(document.as_ref()).expect("read")
}

fn errors(document: impl AsRef<[u8]>) -> Vec<String> {
    check(document).errors
}

/// The one error of a document after a change.
fn one(document: &str, from: &str, to: &str) -> String {
    assert!(document.contains(from), "{from} stands in the document");
    let found = errors(document.replacen(from, to, 1));
    assert_eq!(found.len(), 1, "{from} -> {to}: {found:#?}");
    found[0].clone()
}

#[test]
fn a_document_of_each_register_is_valid() {
    for (name, document) in DOCUMENTS {
        let report = check(document);
        assert_eq!(report.errors, Vec::<String>::new(), "{name}");
        assert_eq!((report.recognised, report.facts.source_document), (true, Some(name)));
        assert_eq!(report.facts.accountable_party.as_deref(), Some("27376655"), "{name}");
        assert_eq!(report.lines(), Vec::<String>::new());
        let with_mark = format!("\u{feff}{document}");
        assert!(check(with_mark).is_valid(), "{name} with a byte order mark");
        assert!(check(document.replace('\n', "\r\n")).is_valid(), "{name} with Windows line ends");
    }
    let facts = check(GMW).facts;
    assert_eq!(facts.request_reference.as_deref(), Some("put Dorpsstraat 1"));
    assert_eq!((facts.object_id.as_deref(), facts.quality_regime.as_deref()), (Some("PB-0042"), Some("IMBRO/A")));
    assert_eq!((facts.domain, facts.kind, facts.starts), (Some(Domain::Gmw), Some(Kind::Registration), true));
    assert_eq!(check(DOCUMENTS[2].1).facts.bro_id.as_deref(), Some("GLD000000054499"));
}

#[test]
fn the_recorded_errors_have_the_recorded_words() {
    let document = GMW.replace("<is:groundLevelStable>nee", "<is:groundLevelStable>ja");
    let (start, end) = (document.find("<is:sedimentSump>").expect("there"), document.find("</is:monitoringTube>").expect("there"));
    let document = format!("{}{}", &document[..start], &document[end..]);
    let expected = [
        "Grondwatermonitoringput.put stabiliteit (GroundwaterMonitoringWell.wellStability) mag niet aanwezig zijn:  \
         Grondwatermonitoringput.maaiveld stabiel (GroundwaterMonitoringWell.groundLevelStable) = ja bepaalt dat het moet ontbreken.",
        "Geo-ohmkabel (GeoOhmCable) ontbreekt, {GroundwaterMonitoringWell.monitoringTube.numberOfGeoOhmCables} = 1 waarde bepaalt het \
         aantal keer dat dit gegeven voorkomt.",
        "Zandvang (SedimentSump) ontbreekt: het moet aanwezig zijn als Monitoringbuis. voorzien van zandvang \
         (MonitoringTube.sedimentSumpPresent) = ja.",
        "Er zijn 1 of meer fouten geconstateerd in het brondocument.",
    ];
    assert_eq!(check(document).lines(), expected);
}

#[test]
fn each_rule_can_fail() {
    let cases = [
        ("<is:owner>27376655</is:owner>", "", "Grondwatermonitoringput.eigenaar (GroundwaterMonitoringWell.owner) ontbreekt"),
        ("<is:owner>27376655", "<is:owner>2737665", "heeft een ongeldige waarde '2737665': het moet een KvK-nummer"),
        ("<is:owner>27376655</is:owner>", "<is:owner/>", "heeft geen waarde"),
        ("<is:owner>", "<is:owner>27376655</is:owner><is:owner>", "mag maar één keer voorkomen"),
        ("<is:owner>", "<is:colour>red</is:colour><is:owner>", "het element colour wordt hier niet verwacht"),
        ("<is:owner>", "<gml:owner>1</gml:owner><is:owner>", "staat in de verkeerde namespace"),
        ("<is:numberOfMonitoringTubes>1", "<is:numberOfMonitoringTubes>2", "Monitoringbuis (MonitoringTube) ontbreekt"),
        ("<is:numberOfMonitoringTubes>1", "<is:numberOfMonitoringTubes>0", "komt te vaak voor"),
        ("<bro:date>2021-06-30</bro:date>", "<bro:date>2021-06-31</bro:date>", "(Date.date) heeft een ongeldige waarde '2021-06-31'"),
        ("<bro:date>2021-06-30</bro:date>", "", "precies één van de volgende gegevens"),
        ("IMBRO/A", "IMBRO-A", "(registrationRequest.qualityRegime) heeft een ongeldige waarde"),
        (
            "<bro:requestReference>put Dorpsstraat 1</bro:requestReference>",
            "",
            "kenmerk verzoek (registrationRequest.requestReference) ontbreekt",
        ),
        (
            "<bro:qualityRegime>",
            "<bro:broId>GMW000000000001</bro:broId><bro:qualityRegime>",
            "(registrationRequest.broId) mag niet aanwezig zijn",
        ),
        ("<is:sourceDocument>", "<is:correctionReason>eigen</is:correctionReason><is:sourceDocument>", "er wordt niets gecorrigeerd"),
        ("<is:sourceDocument>", "<bro:colour/><is:sourceDocument>", "wordt in registrationRequest niet verwacht"),
        ("</is:sourceDocument>", "</is:sourceDocument><bro:underPrivilege>ja</bro:underPrivilege>", "mag maar één keer"),
        (" xsi:nil=\"true\"/>", "/>", "diameter bovenkant buis (MonitoringTube.tubeTopDiameter) heeft geen waarde"),
    ];
    for (from, to, expected) in cases {
        let found = one(GMW, from, to);
        assert!(found.contains(expected), "{from} -> {to}: {found}");
    }
    let order = "<bro:underPrivilege>ja</bro:underPrivilege>";
    let moved = GMW.replace(order, "").replace("<bro:requestReference>", &format!("{order}<bro:requestReference>"));
    assert!(errors(moved).iter().all(|error| error.contains("staat niet op de juiste plaats")));
    let addition = DOCUMENTS[2].1;
    assert!(one(addition, "<bro:broId>GLD000000054499</bro:broId>", "").contains("broId) ontbreekt"));
    assert!(one(addition, "GLD000000054499", "GMW000000054499").contains("het moet GLD en 12 cijfers zijn"));
    assert!(one(addition, "2026-03-02T00:00:00Z", "gisteren").contains("tijdstip meting"));
    assert!(one(DOCUMENTS[5].1, "Performed>nee</add", "Performed>ja</add").contains("aanvullend onderzoek"));
}

#[test]
fn corrections_have_their_own_grammar() {
    let replace = GMW
        .replace("registrationRequest", "replaceRequest")
        .replace("<bro:qualityRegime>", "<bro:broId>GMW000000000001</bro:broId><bro:qualityRegime>")
        .replace("<is:sourceDocument>", "<is:correctionReason>eigenCorrectie</is:correctionReason><is:sourceDocument>");
    assert_eq!(errors(&replace), Vec::<String>::new());
    assert!(one(&replace, "<is:correctionReason>eigenCorrectie</is:correctionReason>", "").contains("reden correctie"));
    let moved = replace.replace("replaceRequest", "moveRequest");
    assert!(errors(&moved)[0].contains("te corrigeren datum (moveRequest.dateToBeCorrected) ontbreekt"));
    let date = "</is:sourceDocument><is:dateToBeCorrected><bro:date>2021-06-30</bro:date></is:dateToBeCorrected>";
    assert_eq!(errors(moved.replace("</is:sourceDocument>", date)), Vec::<String>::new());
    let deleted = replace.replace("replaceRequest", "deleteRequest");
    assert_eq!(errors(deleted), ["Het verzoek deleteRequest bestaat niet voor het brondocument GMW_Construction."]);
    let sounding = DOCUMENTS[5].1.replace("registrationRequest", "correctionRequest");
    let sounding = sounding.replace("<sourceDocument>", "<correctionReason>eigenCorrectie</correctionReason><sourceDocument>");
    assert_eq!(errors(sounding), Vec::<String>::new());
}

#[test]
fn what_is_no_message_is_not_recognised() {
    for (document, expected) in [
        ("<a/>", "niet herkend"),
        ("<registrationRequest/>", "niet herkend"),
        ("<registrationRequest xmlns='http://www.broservices.nl/xsd/isgmw/9.9'/>", "niet herkend"),
        ("<otherRequest xmlns='http://www.broservices.nl/xsd/isgmw/1.1'/>", "niet herkend"),
        ("<registrationRequest xmlns='http://www.broservices.nl/xsd/isgmw/1.1'/>", "precies één brondocument"),
    ] {
        let report = check(document);
        assert!(!report.recognised && report.errors[0].contains(expected), "{document}: {:?}", report.errors);
        assert_eq!(report.lines().last().map(String::as_str), Some(SUMMARY));
    }
    let unknown = GMW.replace("GMW_Construction", "GMW_Demolition");
    assert!(!check(unknown).recognised);
    let two = GMW.replace("</is:sourceDocument>", "<is:GMW_Removal/></is:sourceDocument>");
    assert!(errors(two).iter().any(|error| error.contains("gevonden: 2")));
}

#[test]
fn hostile_documents_are_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY a 'a'><!ENTITY b '&a;&a;'>]><a>&b;</a>";
    let external = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>";
    for document in [bomb, external, "<!DOCTYPE a><a/>", "<?xml version='1.0'?><!doctype a><a/>"] {
        assert!(errors(document)[0].contains("DTD"), "{document}");
    }
    for document in ["<a>&b;</a>", "<a b='&c;'/>", "<a>&#0;</a>", "<a>&#xd800;</a>", "<a>&#xFFFFFFFFF;</a>", "<a>&#;</a>", "<a>&;</a>"] {
        assert!(errors(document)[0].contains("entiteit"), "{document}: {:?}", errors(document));
    }
    let include = "<a xmlns:x='http://www.w3.org/2001/XInclude'><x:include href='http://169.254.169.254/'/></a>";
    assert!(errors(include)[0].contains("XInclude"));
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert!(errors(deep)[0].contains("diepte"));
    let attributes: String = (0..70).map(|number| format!(" a{number}=''")).collect();
    assert!(errors(format!("<a{attributes}/>"))[0].contains("aantal attributen"));
    assert!(errors(format!("<{}/>", "a".repeat(300)))[0].contains("lengte van een naam"));
    assert!(errors(format!("<a>{}</a>", "x".repeat(document::MAX_PIECE_BYTES + 100_000)))[0].contains("één onderdeel"));
    assert!(errors(format!("<a b='{}'/>", "x".repeat(document::MAX_PIECE_BYTES + 100_000)))[0].contains("één onderdeel"));
    assert!(errors(format!("<a><!--{}--></a>", "x".repeat(document::MAX_PIECE_BYTES + 100_000)))[0].contains("één onderdeel"));
}

#[test]
fn other_encodings_are_refused() {
    let sixteen = |little: bool, mark: bool| -> Vec<u8> {
        let text = if mark { format!("\u{feff}{GMW}") } else { GMW.to_owned() };
        text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    for (little, mark) in [(true, true), (false, true), (true, false), (false, false)] {
        assert!(errors(sixteen(little, mark))[0].contains("UTF-16"), "{little} {mark}");
    }
    for (from, to) in [("UTF-8", "UTF-16"), ("UTF-8", "ISO-8859-1"), ("UTF-8", "utf-7"), ("1.0\"", "1.1\""), ("version=\"1.0\"", "")] {
        assert!(errors(GMW.replacen(from, to, 1))[0].contains("UTF-8"), "{to}");
    }
    assert!(check(GMW.replacen("UTF-8", "utf-8", 1)).is_valid());
    let latin = [b"<a>caf".as_slice(), &[0xe9], b"</a>"].concat();
    assert!(errors(latin)[0].contains("geen UTF-8"));
    let overlong = [b"<a>".as_slice(), &[0xc0, 0xbc], b"</a>"].concat();
    assert!(errors(overlong)[0].contains("geen UTF-8"));
}

#[test]
fn ill_formed_documents_are_told_so() {
    for document in [
        "",
        " ",
        "text",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>text",
        "text<a/>",
        "<a",
        "</a>",
        "<a b></a>",
        "<a b=c/>",
        "<a b='<'/>",
        "<a b='1' b='2'/>",
        "<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>",
        "<x:a/>",
        "<a x:b=''/>",
        "<1a/>",
        "<a:b:c xmlns:a='u'/>",
        "<a>]]></a>",
        "<a>\u{1}</a>",
        "<a>\u{ffff}</a>",
        "<a b='\u{1}'/>",
        "<a><!-- a -- b --></a>",
        "<a/><![CDATA[x]]>",
        " <?xml version='1.0'?><a/>",
        "<a><?xml version='1.0'?></a>",
        "<a><?XML x?></a>",
        "<a><![cdata[x]]></a>",
        "<a>&amp</a>",
        "<a b='&amp'/>",
        "<a xmlns:xml='u'/>",
        "\u{feff}\u{feff}<a/>",
        "<a></a b='1'>",
    ] {
        let report = check(document);
        assert!(!report.recognised && report.errors.len() == 1, "{document}: {report:?}");
        assert!(report.errors[0].contains("geen welgevormde XML"), "{document}: {:?}", report.errors);
    }
}

#[test]
fn the_source_holder_is_compared() {
    let holder = |number: Option<&str>, is_sender| SourceHolder { number: number.map(str::to_owned), is_sender };
    let said = |document: &str, holder: &SourceHolder| {
        let mut report = check(document);
        report.check_source_holder(holder);
        report.errors
    };
    let without = GMW.replace("<bro:deliveryAccountableParty>27376655</bro:deliveryAccountableParty>", "");
    assert_eq!(said(GMW, &holder(None, false)), Vec::<String>::new());
    assert_eq!(said(GMW, &holder(Some("27376655"), false)), Vec::<String>::new());
    assert!(said(GMW, &holder(Some("12345678"), true))[0].contains("komt niet overeen"));
    assert!(said(&without, &holder(Some("27376655"), false))[0].contains("ontbreekt"));
    assert_eq!(said(&without, &holder(Some("27376655"), true)), Vec::<String>::new());
}

#[test]
fn errors_are_bounded() {
    let many = GMW.replace("<is:owner>", &format!("{}<is:owner>", "<is:x/>".repeat(10_000)));
    assert_eq!(errors(many).len(), MAX_ERRORS);
}

/// Gives an endless document of measurements piece by piece.
struct Measurements {
    head: Cursor<String>,
    points: u32,
    tail: Cursor<String>,
}

impl Read for Measurements {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        const POINT: &[u8] = b"<wml2:point><wml2:MeasurementTVP><wml2:time>2026-03-01T00:00:00Z</wml2:time>\
            <wml2:value uom=\"m\">-0.12</wml2:value></wml2:MeasurementTVP></wml2:point>\n";
        let read = self.head.read(buffer)?;
        if read > 0 || buffer.len() < POINT.len() {
            return Ok(read);
        }
        if self.points == 0 {
            return self.tail.read(buffer);
        }
        self.points -= 1;
        buffer[..POINT.len()].copy_from_slice(POINT);
        Ok(POINT.len())
    }
}

fn measurements(points: u32) -> Measurements {
    let (head, tail) = DOCUMENTS[2].1.split_at(DOCUMENTS[2].1.find("<wml2:point>").expect("a point"));
    Measurements { head: Cursor::new(head.to_owned()), points, tail: Cursor::new(tail.to_owned()) }
}

#[test]
fn a_long_document_is_read_to_its_end_and_a_longer_one_is_not() {
    let report = validate(BufReader::new(measurements(20_000))).expect("read");
    assert_eq!(report.errors, Vec::<String>::new());
    let length = GMW.len() as u64;
    assert!(validate_within(GMW.as_bytes(), length).expect("read").is_valid());
    for (document, most) in [(GMW.as_bytes(), length - 1), (b"<a/>", 0), (b"<a", 1)] {
        let longer = validate_within(document, most);
        assert!(matches!(longer, Err(ReadError::TooLarge)), "{longer:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let report = check(&bytes);
        prop_assert!(!report.is_valid());
    }

    #[test]
    fn no_markup_panics(parts in proptest::collection::vec(prop_oneof![
        Just("<"), Just(">"), Just("/"), Just("<a>"), Just("</a>"), Just("<!--"), Just("-->"), Just("<![CDATA["), Just("]]>"),
        Just("<?"), Just("?>"), Just("<!DOCTYPE"), Just("["), Just("]"), Just("&"), Just(";"), Just("#"), Just("xmlns"), Just("="),
        Just("'"), Just("\""), Just(":"), Just(" "), Just("\u{feff}"), Just("x"), Just("é"), Just("<?xml version='1.0'?>"),
    ], 0..60)) {
        check(parts.concat());
    }

    /// A document with bytes put in, taken out or changed: never a panic, and the same verdict however it comes in.
    #[test]
    fn a_changed_document_is_judged_alike_in_any_pieces(
        which in 0..DOCUMENTS.len(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3), 0..4),
        piece in 1_usize..100,
    ) {
        let mut bytes = DOCUMENTS[which].1.as_bytes().to_vec();
        for (place, byte, what) in changes {
            let place = place.index(bytes.len());
            match what {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => _ = bytes.remove(place),
            }
        }
        let whole = check(&bytes);
        let pieces = validate(BufReader::with_capacity(piece.max(3), bytes.as_slice())).expect("read");
        prop_assert_eq!(whole, pieces);
    }
}
