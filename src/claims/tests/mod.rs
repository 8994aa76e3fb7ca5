use super::*;
use proptest::prelude::*;

mod clerk;
mod layouts;
mod providers;

fn parse(text: &str) -> Result<Claims, Problem> {
    Claims::parse(text.as_bytes())
}

fn problem(text: &str) -> Option<Problem> {
    parse(text).err()
}

fn claims(text: &str) -> Claims {
    parse(text).unwrap_or_else(|problem| unreachable!("{text}: the claims {problem}"))
}

/// An object of the given depth, itself level 1.
fn nested(depth: usize) -> String {
    format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1))
}

// Limits.

#[test]
fn the_longest_claims_are_64_kilobytes() {
    let sized = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    assert_eq!(sized(MAX_BYTES).len(), 65536);
    assert_eq!(problem(&sized(MAX_BYTES)), None);
    assert_eq!(problem(&sized(MAX_BYTES + 1)), Some(Problem::TooLong));
}

#[test]
fn the_deepest_claims_have_64_levels() {
    assert_eq!(problem(&nested(64)), None);
    assert_eq!(problem(&nested(65)), Some(Problem::TooDeep));
    // Brackets side by side add no depth, nor do brackets inside strings.
    assert_eq!(problem(&format!("{{\"a\":[{}[]]}}", "[],".repeat(100))), None);
    assert_eq!(problem(&format!("{{\"a\":\"{}\"}}", "[".repeat(100))), None);
    assert_eq!(problem(&format!("{{\"a\":\"\\\"{}\"}}", "{".repeat(100))), None);
    // A string that ends in a backslash ends there.
    assert_eq!(problem(&format!("{{\"a\":\"\\\\\",\"b\":{}}}", "[".repeat(64))), Some(Problem::TooDeep));
    // Depth is seen before the text is parsed, so it cannot overflow the stack.
    assert_eq!(problem(&"[".repeat(60_000)), Some(Problem::TooDeep));
}

#[test]
fn numbers_that_jsonb_or_a_double_cannot_hold_are_out_of_range() {
    for number in ["1e400", "-1e400", "1e309", "1e401", "1e-401", "1e-20000", "0e99999999999999999999"] {
        assert_eq!(problem(&format!("{{\"a\":{number}}}")), Some(Problem::NumberTooLarge), "{number}");
        assert_eq!(
            problem(&format!("{{\"a\":[{{\"b\":{number}}}]}}")),
            Some(Problem::NumberTooLarge),
            "{number}"
        );
    }
    let digits = |count| format!("{{\"a\":0.{}}}", "1".repeat(count));
    assert_eq!(problem(&digits(398)), None);
    assert_eq!(problem(&digits(399)), Some(Problem::NumberTooLarge));
    assert_eq!(problem(&format!("{{\"a\":{}}}", "9".repeat(500))), Some(Problem::NumberTooLarge));
    for number in
        ["1.7976931348623157e308", "1e-400", "1e+00000000000000000000000000000000000000000005", "-0", "0e0"]
    {
        assert_eq!(problem(&format!("{{\"a\":{number}}}")), None, "{number}");
    }
    // What looks like a number in a string is none.
    assert_eq!(problem("{\"a\":\"1e400\"}"), None);
}

// What is no JSON object.

#[test]
fn other_json_than_an_object_is_refused() {
    for text in ["null", "true", "1", "\"{}\"", "[]", "[{}]"] {
        assert_eq!(problem(text), Some(Problem::NotAnObject), "{text}");
    }
    assert_eq!(problem(" \t\r\n{} \t\r\n"), None);
}

#[test]
fn other_text_than_json_is_refused() {
    let texts = [
        "",
        " ",
        "{",
        "}",
        "{]",
        "{}}",
        "{} {}",
        "{},",
        "{}x",
        "// {}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":'1'}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":0x1}",
        "{\"a\":TRUE}",
        "{\"a\":undefined}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\u00\"}",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "{}\u{c}",
        "{}\u{a0}",
        // A byte order mark is no white space (RFC 8259 section 8.1).
        "\u{feff}{}",
        // A surrogate alone is no character.
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
        "{\"\\ud800x\":1}",
    ];
    for text in texts {
        assert_eq!(problem(text), Some(Problem::NotJson), "{text:?}");
    }
    assert_eq!(claims("{\"sub\":\"\\ud83d\\ude00\"}").text("sub"), Some("😀"));
}

#[test]
fn other_bytes_than_utf8_are_refused() {
    for bytes in [
        &b"\xff"[..],
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\xc0\x80\"}",
        b"{\"a\":\"\xed\xa0\x80\"}",
        b"\xff\xfe{\0}\0",
    ] {
        assert_eq!(Claims::parse(bytes).err(), Some(Problem::NotUtf8), "{bytes:?}");
    }
}

#[test]
fn the_character_nul_is_refused_wherever_it_is() {
    for text in
        ["{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}", "{\"a\":[\"x\\u0000\"]}", "{\"a\":[{\"b\\u0000\":1}]}"]
    {
        assert_eq!(problem(text), Some(Problem::NulCharacter), "{text}");
    }
    // An equal key that comes later does not hide it: jsonb reads them all.
    assert_eq!(problem("{\"a\":\"\\u0000\",\"a\":1}"), Some(Problem::NulCharacter));
    assert_eq!(problem("{\"a\":\"\0\"}"), Some(Problem::NotJson));
    // A backslash and then "u0000" is six characters, none of them NUL.
    assert_eq!(claims("{\"sub\":\"\\\\u0000\"}").text("sub"), Some("\\u0000"));
}

// Claims.

#[test]
fn of_equal_keys_the_last_counts_as_in_jsonb() {
    let claims = claims("{\"sub\":\"first\",\"o\":{\"id\":1,\"id\":2},\"s\\u0075b\":\"last\"}");
    assert_eq!(claims.text("sub"), Some("last"));
    assert_eq!(claims.at(&["o", "id"]), Some(&Value::from(2)));
}

#[test]
fn a_text_is_a_string_that_is_not_empty() {
    let claims = claims(
        "{\"a\":\"x\",\"b\":\"\",\"c\":1,\"d\":null,\"e\":[\"x\"],\"f\":{\"a\":\"x\"},\"g\":true,\"h\":\" \"}",
    );
    let texts = ["a", "b", "c", "d", "e", "f", "g", "h", "z"].map(|name| claims.text(name));
    assert_eq!(texts, [Some("x"), None, None, None, None, None, None, Some(" "), None]);
}

#[test]
fn a_path_leads_through_objects_only() {
    let claims = claims("{\"a\":{\"b\":{\"c\":1,\"n\":null}},\"l\":[{\"b\":1}],\"s\":\"b\"}");
    assert_eq!(claims.at(&["a", "b", "c"]), Some(&Value::from(1)));
    for path in [
        &[][..],
        &["a", "b", "n"],
        &["a", "x"],
        &["a", "b", "c", "d"],
        &["l", "b"],
        &["l", "0", "b"],
        &["s", "b"],
    ] {
        assert_eq!(claims.at(path), None, "{path:?}");
    }
}

// Written forms.

#[test]
fn a_uuid_has_one_written_form() {
    let bytes =
        [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
    assert_eq!(uuid("01234567-89ab-cdef-0123-456789abcdef"), Some(bytes));
    assert_eq!(uuid("01234567-89AB-CDEF-0123-456789abcDEF"), Some(bytes));
    // Postgres' uuid type would read the first four of these too.
    for text in [
        "0123456789abcdef0123456789abcdef",
        "{01234567-89ab-cdef-0123-456789abcdef}",
        "0123-4567-89ab-cdef-0123-4567-89ab-cdef",
        " 01234567-89ab-cdef-0123-456789abcdef ",
        "01234567-89ab-cdef-0123-456789abcde",
        "01234567-89ab-cdef-0123-456789abcdefa",
        "01234567-89ab-cdef-0123-456789abcdeg",
        "0123456-789ab-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-456789abcd-f",
        "01234567_89ab-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-456789abcdé",
        "",
        "urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
    ] {
        assert_eq!(uuid(text), None, "{text}");
    }
}

#[test]
fn a_bigint_has_one_written_form() {
    for number in [0, 1, -1, 42, i64::MAX, i64::MIN] {
        assert_eq!(bigint(&number.to_string()), Some(number));
    }
    for text in [
        "",
        "-",
        "+1",
        "01",
        "-0",
        "00",
        " 1",
        "1 ",
        "1\n",
        "1.0",
        "1e2",
        "0x1",
        "1_000",
        "१",
        "9223372036854775808",
        "-9223372036854775809",
    ] {
        assert_eq!(bigint(text), None, "{text}");
    }
}

#[test]
fn every_problem_has_words_that_follow_the_claims() {
    use Problem::*;
    for problem in [TooLong, TooDeep, NumberTooLarge, NotUtf8, NotJson, NotAnObject, NulCharacter, NotAscii] {
        let words = problem.to_string();
        assert!(words.starts_with("are ") || words.starts_with("hold "), "{words}");
    }
}

#[test]
fn ascii_is_looked_for_in_keys_and_values() {
    assert!(claims("{\"a\":[{\"b\":\"c\"}],\"d\":1}").is_ascii());
    for text in [
        "{\"é\":1}",
        "{\"a\":\"é\"}",
        "{\"a\":[\"é\"]}",
        "{\"a\":{\"é\":1}}",
        "{\"a\":\"\\u00e9\"}",
        "{\"a\":\"\\u00e9\",\"a\":1}",
    ] {
        assert!(!claims(text).is_ascii(), "{text}");
    }
}

// Properties.

/// JSON values that claims can hold, up to five levels deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(|text| Value::from(text.replace('\0', ""))),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            object(inner).prop_map(Value::Object),
        ]
    })
}

fn object(of: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![
        any::<String>().prop_map(|text| text.replace('\0', "")),
        prop::sample::select(vec!["sub", "tenant_id", "org_id", "o", "id", "app_metadata"])
            .prop_map(String::from),
    ];
    prop::collection::btree_map(key, of, 0..5).prop_map(|map| map.into_iter().collect())
}

/// Text made of the pieces of JSON, in any order: seldom JSON, but always close.
fn nearly_json() -> impl Strategy<Value = String> {
    let pieces = vec![
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\\"", "\\u0000", "\\u0041", "\\ud800", "\\udc00",
        "\"a\"", "\"sub\"", "\"\":", "null", "true", "0", "1", "-", "+", ".", "e", "E", "1e9", "1e400", "\n",
        " ", "é", "\u{feff}", "\0",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// What holds for every text, whatever it is.
fn check(bytes: &[u8]) {
    let parsed = Claims::parse(bytes);
    let json = serde_json::from_slice::<Value>(bytes);
    let Ok(claims) = parsed else {
        // What was refused was no JSON object, or within reach of a limit or of NUL.
        let excused = matches!(
            parsed,
            Err(Problem::TooLong | Problem::TooDeep | Problem::NumberTooLarge | Problem::NulCharacter)
        );
        assert!(excused || !matches!(json, Ok(Value::Object(_))), "{json:?}");
        return;
    };
    let object = Value::Object(claims.object.clone());
    assert_eq!(json.ok().as_ref(), Some(&object));
    assert!(bytes.len() <= MAX_BYTES && depth(&object) <= MAX_DEPTH);
    // As text, characters beyond ASCII are written as they are, and U+0000 with an escape.
    assert!(!claims.is_ascii() || object.to_string().is_ascii());
    assert!(!object.to_string().replace("\\\\", "").contains("\\u0000"));
    layouts::check(&claims);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }

    #[test]
    fn any_text_near_json_is_answered(text in nearly_json()) {
        check(text.as_bytes());
        check(format!("{{\"a\":{text}}}").as_bytes());
    }

    #[test]
    fn an_object_comes_back_as_it_went(object in object(value())) {
        let text = Value::Object(object.clone()).to_string();
        prop_assert_eq!(parse(&text).map(|claims| claims.is_ascii()), Ok(text.is_ascii()));
        prop_assert_eq!(parse(&text).map(|claims| claims.object), Ok(object));
        check(text.as_bytes());
    }

    #[test]
    fn an_object_cut_short_is_refused(object in object(value()), cut in any::<prop::sample::Index>()) {
        let text = Value::Object(object).to_string();
        prop_assert!(Claims::parse(&text.as_bytes()[..cut.index(text.len())]).is_err());
    }

    #[test]
    fn the_limit_on_depth_is_the_parsed_depth(inner in value(), levels in 0..80usize) {
        let text = format!("{{\"a\":{}{inner}{}}}", "[".repeat(levels), "]".repeat(levels));
        let deep = depth(&inner) + levels + 1;
        prop_assert_eq!(check_limits(text.as_bytes()).is_err(), deep > MAX_DEPTH);
        prop_assert_eq!(parse(&text).is_ok(), deep <= MAX_DEPTH);
    }

    #[test]
    fn any_uuid_is_read_as_it_is_written(bytes in any::<[u8; 16]>()) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
        prop_assert_eq!(uuid(&text), Some(bytes));
        prop_assert_eq!(uuid(&text.to_uppercase()), Some(bytes));
    }

    #[test]
    fn two_texts_never_name_one_bigint(text in "[-+0-9 ]{1,21}") {
        if let Some(number) = bigint(&text) {
            prop_assert_eq!(number.to_string(), text);
        }
    }

    #[test]
    fn any_text_is_perhaps_a_uuid_or_a_bigint(text in prop_oneof![any::<String>(), "[0-9a-fé-]{32,36}"]) {
        prop_assert!(uuid(&text).is_none() || text.len() == 36);
        prop_assert!(bigint(&text).is_none_or(|number| number.to_string() == text));
    }
}
