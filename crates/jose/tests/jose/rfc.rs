//! The examples that the standards print.

use jose::dpop::{self, Rules};
use jose::{Algorithm, JwkSet, PublicKey, SigningKey, TypeRule};

use domain::Timestamp;
use std::time::Duration;

const RFC7638_KEY: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
const RFC8037_KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const RFC8037_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const RFC7515_ES256_KEY: &str =
    r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const RFC7515_ES256_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const RFC9449_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const RFC9449_PROOF_AT_API: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const RFC9449_ACCESS_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const RFC9449_JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

fn key(jwk: &str) -> PublicKey {
    PublicKey::from_jwk(jwk.as_bytes()).expect("a key")
}

fn payload(token: &str, jwk: &str) -> Vec<u8> {
    let set = JwkSet::new([key(jwk)]);
    jose::verify(token, TypeRule::or_none(&[]), &Algorithm::ALL, &set).expect("verified").payload
}

#[test]
fn rfc_7638_section_3_1_thumbprint() {
    assert_eq!(key(RFC7638_KEY).thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn rfc_8037_appendix_a_thumbprint_signature_and_verification() {
    assert_eq!(key(RFC8037_KEY).thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(payload(RFC8037_TOKEN, RFC8037_KEY), b"Example of Ed25519 signing");
    // The seed of appendix A.1, as PKCS#8 (RFC 8410 section 7).
    let seed = "302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let pkcs8: Vec<u8> = (0..seed.len()).step_by(2).map(|at| u8::from_str_radix(&seed[at..at + 2], 16).expect("a digit")).collect();
    let ours = SigningKey::from_pkcs8(Algorithm::EdDSA, &pkcs8).expect("a key");
    assert_eq!(ours.compact(r#"{"alg":"EdDSA"}"#, b"Example of Ed25519 signing").expect("signed"), RFC8037_TOKEN);
}

#[test]
fn rfc_7515_appendix_a_3_es256() {
    assert!(payload(RFC7515_ES256_TOKEN, RFC7515_ES256_KEY).starts_with(br#"{"iss":"joe""#));
}

#[test]
fn rfc_9449_sections_4_1_and_7_1_proofs() {
    let at_token_endpoint = Rules {
        method: "POST",
        url: "https://server.example.com/token",
        algorithms: &Algorithm::ALL,
        access_token: None,
        key: None,
        nonces: &[],
        longest_age: Duration::from_secs(60),
        now: Timestamp::from_unix_seconds(1_562_262_620),
    };
    let proof = dpop::verify(RFC9449_PROOF, &at_token_endpoint).expect("right");
    assert_eq!((proof.key.as_str(), proof.jti.as_str()), (RFC9449_JKT, "-BwC3ESc6acc2lTc"));
    let (method, url) = ("GET", "https://resource.example.org/protectedresource");
    let at_api = Rules { method, url, access_token: Some(RFC9449_ACCESS_TOKEN), key: Some(RFC9449_JKT), ..at_token_endpoint };
    assert_eq!(dpop::verify(RFC9449_PROOF_AT_API, &at_api).expect("right").jti, "e1j3V_bKic8-LAEB");
}
