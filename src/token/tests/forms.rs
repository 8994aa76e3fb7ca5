use super::jws::MAX_BYTES;
use super::*;

/// An unsigned token; for rules that are seen before the signature.
fn token(header: &str, payload: &str) -> String {
    format!("{}.{}.AAAA", encode(header), encode(payload))
}

const HEADER: &str = r#"{"alg":"EdDSA"}"#;
const CLAIMS: &str = r#"{"iss":"a"}"#;

fn header(header: &str) -> Option<Rule> {
    unread(token(header, CLAIMS))
}

fn payload(payload: &str) -> Option<Rule> {
    unread(token(HEADER, payload))
}

#[test]
fn a_token_is_three_segments() {
    let good = token(HEADER, CLAIMS);
    assert_eq!(unread(&good), None);
    assert_eq!(check_form(good.as_bytes()), Ok(()));
    // JWE in compact form has five (RFC 7516 section 7.1); two, four and so on are nothing.
    for bad in ["", ".", "..", "...", "a", "a.b", "a.b.", ".a.b", "a..b", "a.b.c.d", "a.b.c.d.e", "a.b.c."] {
        assert_eq!(unread(bad), Some(Rule::Form), "{bad}");
        assert_eq!(check_form(bad.as_bytes()), Err(Rule::Form), "{bad}");
    }
    // An empty signature, with any header.
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    assert_eq!(unread(format!("{unsigned}.")), Some(Rule::Form));
    // RFC 7519 section 6.1: an unsecured JWT.
    let unsecured = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
        cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    assert_eq!(unread(unsecured), Some(Rule::Form));
    // JSON serialisation (RFC 7515 section 7.2), without dots and with two of them.
    let [header, payload] = [HEADER, CLAIMS].map(encode);
    let flat = format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"AAAA"}}"#);
    assert_eq!(unread(&flat), Some(Rule::Form));
    let dots = format!(r#"{{"payload":"{payload}","header":{{"a":"b.c.d"}},"signature":"AAAA"}}"#);
    assert_eq!(unread(&dots), Some(Rule::Base64));
    assert_eq!(check_form(dots.as_bytes()), Err(Rule::Base64));
}

#[test]
fn the_longest_token_is_16_kilobytes() {
    let sized = |bytes: usize| {
        let head = format!("{}.{}.", encode(HEADER), encode(CLAIMS));
        format!("{head}{}", "A".repeat(bytes - head.len()))
    };
    assert_eq!(MAX_BYTES, 16384);
    assert_eq!(unread(sized(MAX_BYTES)), None);
    assert_eq!(check_form(sized(MAX_BYTES).as_bytes()), Ok(()));
    for bytes in [MAX_BYTES + 1, 1024 * 1024] {
        assert_eq!(unread(sized(bytes)), Some(Rule::Size));
        assert_eq!(check_form(sized(bytes).as_bytes()), Err(Rule::Size));
    }
}

#[test]
fn base64url_is_strict() {
    let good = token(HEADER, CLAIMS);
    for end in ["\n", "\r\n", " ", "\t", "=", "==", "\0", "+", "/", "é", ","] {
        assert_eq!(unread(format!("{good}{end}")), Some(Rule::Base64), "{end:?} behind");
        assert_eq!(unread(format!("{end}{good}")), Some(Rule::Base64), "{end:?} before");
        assert_eq!(unread(good.replace('.', &format!("{end}."))), Some(Rule::Base64), "{end:?} within");
        assert_eq!(check_form(format!("{good}{end}").as_bytes()), Err(Rule::Base64), "{end:?}");
    }
    // A byte order mark; bytes that are no UTF-8; "Bearer" left in front.
    assert_eq!(unread(format!("\u{feff}{good}")), Some(Rule::Base64));
    assert_eq!(unread([good.as_bytes(), b"\xff"].concat()), Some(Rule::Base64));
    assert_eq!(unread(format!("Bearer {good}")), Some(Rule::Base64));
    // Lengths that no bytes have, and last characters with bits that count for nothing.
    let [header, payload] = [HEADER, CLAIMS].map(encode);
    for bad in ["A", "AAAAA", "AB", "AAB", "AAAAAB", "A=", "AA==", "AAA="] {
        assert_eq!(unread(format!("{header}.{payload}.{bad}")), Some(Rule::Base64), "{bad}");
        assert_eq!(unread(format!("{header}.{bad}.AAAA")), Some(Rule::Base64), "{bad}");
        assert_eq!(unread(format!("{bad}.{payload}.AAAA")), Some(Rule::Base64), "{bad}");
    }
}

#[test]
fn the_header_is_an_object_of_proper_members() {
    for bad in
        ["x", "null", "[]", "\"a\"", "1", "{}", "{", r#"{"alg":"EdDSA"} x"#, "\u{feff}{\"alg\":\"EdDSA\"}"]
    {
        assert_eq!(header(bad), Some(Rule::Header), "{bad}");
    }
    for member in
        [r#""kid":1"#, r#""kid":null"#, r#""kid":["a"]"#, r#""kid":{}"#, r#""typ":1"#, r#""typ":null"#]
    {
        assert_eq!(header(&format!("{{\"alg\":\"EdDSA\",{member}}}")), Some(Rule::Header), "{member}");
    }
    for alg in ["null", "1", "[\"EdDSA\"]", "{}", "true"] {
        assert_eq!(header(&format!("{{\"alg\":{alg}}}")), Some(Rule::Header), "{alg}");
    }
    assert_eq!(header(r#"{"alg":"EdDSA","x":"\ud800"}"#), Some(Rule::Header));
    assert_eq!(header(r#"{"alg":"EdDSA","x":1e999}"#), Some(Rule::Header));
    let bytes = [b"{\"alg\":\"EdDSA\",\"x\":\"\xff\"}".as_slice()].concat();
    assert_eq!(unread(format!("{}.{}.AAAA", encode(bytes), encode(CLAIMS))), Some(Rule::Header));
    // Nesting does not overflow the stack.
    let deep = format!("{{\"alg\":\"EdDSA\",\"x\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(header(&deep), Some(Rule::Header));
}

#[test]
fn only_signatures_with_public_keys_are_known() {
    let unknown = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "HS256",
        "HS384",
        "HS512",
        "es256",
        "Es256",
        "rs256",
        "EDDSA",
        "eddsa",
        "ed25519",
        "Ed448",
        "ES512",
        "ES256K",
        "RS1",
        "RS256 ",
        " RS256",
        "RS256\\u0000",
        "RSA-OAEP",
        "dir",
        "A256KW",
    ];
    for alg in unknown {
        assert_eq!(header(&format!("{{\"alg\":\"{alg}\"}}")), Some(Rule::Algorithm), "{alg}");
    }
    for algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::named(algorithm.name()), Some(algorithm));
        assert_eq!(header(&format!("{{\"alg\":\"{}\"}}", algorithm.name())), None);
    }
    assert_eq!(Algorithm::named("Ed25519"), Some(Algorithm::EdDSA));
}

#[test]
fn no_name_occurs_twice_at_any_depth() {
    for bad in [
        r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
        r#"{"alg":"none","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","\u0061lg":"none"}"#,
        r#"{"alg":"EdDSA","jwk":{"kty":"OKP","kty":"RSA"}}"#,
        r#"{"alg":"EdDSA","x":[[{"":1,"b":2,"":1}]]}"#,
    ] {
        assert_eq!(header(bad), Some(Rule::Duplicate), "{bad}");
    }
    for bad in [
        r#"{"iss":"a","iss":"a"}"#,
        r#"{"iss":"a","iss":"b"}"#,
        r#"{"iss":"a","i\u0073s":"b"}"#,
        r#"{"iss":"a","exp":1,"x":1,"exp":2}"#,
        r#"{"iss":"a","app_metadata":{"tenant_id":"x","tenant_id":"y"}}"#,
        r#"{"iss":"a","roles":[{"a":{"b":1,"b":1}}]}"#,
    ] {
        assert_eq!(payload(bad), Some(Rule::Duplicate), "{bad}");
    }
    // The same name in two objects is no duplicate, nor is another case of it.
    assert_eq!(payload(r#"{"iss":"a","ISS":"b","x":{"iss":1,"y":{"iss":1}},"z":[{"a":1},{"a":1}]}"#), None);
}

#[test]
fn thousands_of_names_cost_little() {
    let names: Vec<String> = (0..1500).map(|i| format!("\"{i:x}\":0")).collect();
    assert_eq!(payload(&format!("{{\"iss\":\"a\",{}}}", names.join(","))), None);
    assert_eq!(payload(&format!("{{\"iss\":\"a\",{},\"0\":1}}", names.join(","))), Some(Rule::Duplicate));
}

#[test]
fn extensions_are_refused() {
    // RFC 7515 section 4.1.11: names not understood; none; registered ones; absent ones; not an array.
    for crit in [
        r#"["http://example.com/x"]"#,
        r#"["exp"]"#,
        "[]",
        r#"["alg"]"#,
        r#"["kid"]"#,
        r#"["b64"]"#,
        "null",
        "1",
        "{}",
        "\"b64\"",
        "[1]",
    ] {
        let bad = format!("{{\"alg\":\"EdDSA\",\"exp\":1,\"crit\":{crit}}}");
        assert_eq!(header(&bad), Some(Rule::Critical), "{crit}");
    }
    // RFC 7797: an unencoded payload, announced or not; and true, which nobody needs to say.
    for b64 in ["false", "true", "null", "0", "\"false\""] {
        assert_eq!(header(&format!("{{\"alg\":\"EdDSA\",\"b64\":{b64}}}")), Some(Rule::Critical), "{b64}");
        let announced = format!("{{\"alg\":\"EdDSA\",\"b64\":{b64},\"crit\":[\"b64\"]}}");
        assert_eq!(header(&announced), Some(Rule::Critical), "{b64}");
    }
}

#[test]
fn the_payload_is_claims_that_jsonb_can_hold() {
    for bad in [
        "x",
        "null",
        "[]",
        "\"a\"",
        "1",
        "{",
        "{\"iss\":\"a\"} x",
        "\u{feff}{\"iss\":\"a\"}",
        r#"{"iss":"a","x":"\u0000"}"#,
        r#"{"iss":"a","x\u0000":1}"#,
        r#"{"iss":"a","x":"\ud800"}"#,
        r#"{"iss":"a","x":"\udc00\ud800"}"#,
        r#"{"iss":"a","x":1e999}"#,
        r#"{"iss":"a","exp":NaN}"#,
        r#"{"iss":"a","exp":Infinity}"#,
        r#"{"iss":"a",}"#,
    ] {
        assert_eq!(payload(bad), Some(Rule::Claims), "{bad}");
    }
    let nested =
        |depth: usize| format!("{{\"iss\":\"a\",\"x\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert_eq!(payload(&nested(64)), None);
    assert_eq!(payload(&nested(65)), Some(Rule::Claims));
    assert_eq!(payload(&"[".repeat(10_000)), Some(Rule::Claims));
    // UTF-8 only (RFC 8725 section 3.7): UTF-16, Latin-1, a lone continuation byte.
    let utf16: Vec<u8> = CLAIMS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [&utf16[..], b"{\"iss\":\"a\xe9\"}", b"{\"iss\":\"\x80\"}", b"{\"iss\":\"\xed\xa0\x80\"}"] {
        let bad = format!("{}.{}.AAAA", encode(HEADER), encode(bytes));
        assert_eq!(unread(bad), Some(Rule::Claims), "{bytes:?}");
    }
}

#[test]
fn the_issuer_is_a_text_that_is_not_empty() {
    for bad in
        ["{}", r#"{"iss":""}"#, r#"{"iss":1}"#, r#"{"iss":null}"#, r#"{"iss":["a"]}"#, r#"{"ISS":"a"}"#]
    {
        assert_eq!(payload(bad), Some(Rule::Issuer), "{bad}");
    }
    let read = Unverified::parse(token(HEADER, r#"{"iss":"https:\/\/a"}"#).as_bytes());
    assert_eq!(read.unwrap_or_else(|_| unreachable!()).issuer(), "https://a");
}
