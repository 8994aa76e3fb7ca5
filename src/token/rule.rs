//! The rules a token must hold to. Each refusal names one.

/// The rule a token broke.
///
/// `Display` is a sentence's predicate, "the token …", and never repeats anything of the token: what is
/// refused may be a secret of somebody else, or an attempt to write into our log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Size,
    Form,
    Base64,
    Header,
    Duplicate,
    Critical,
    Algorithm,
    Claims,
    Issuer,
    Key,
    Signature,
    Type,
    Time,
    NoExpiry,
    NoIssueTime,
    Expired,
    NotYetValid,
    IssuedInFuture,
    TooOld,
    Audience,
    RequiredClaim,
}

impl Rule {
    /// The rule's identifier, one lower-case word or several joined by `_`; for logs and tests.
    pub fn name(self) -> &'static str {
        self.texts().0
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Rule::Size => ("size", "is longer than 16384 bytes"),
            Rule::Form => ("form", "does not have the form header.payload.signature"),
            Rule::Base64 => ("base64", "is not written in base64url, strictly and without padding"),
            Rule::Header => ("header", "has a header that is not a JSON object with proper members"),
            Rule::Duplicate => ("duplicate", "holds a name twice in one JSON object"),
            Rule::Critical => ("critical", "asks for an extension that is not supported"),
            Rule::Algorithm => ("algorithm", "is signed with an algorithm that is not allowed"),
            Rule::Claims => ("claims", "has a payload that cannot be read as claims"),
            Rule::Issuer => ("issuer", "is of no issuer that is accepted here"),
            Rule::Key => ("key", "does not name one key of its issuer"),
            Rule::Signature => ("signature", "has a signature that does not match"),
            Rule::Type => ("type", "is of a type that is not accepted"),
            Rule::Time => ("time", "holds a time that is not a number of seconds before the year 10000"),
            Rule::NoExpiry => ("no_expiry", "does not say when it expires"),
            Rule::NoIssueTime => ("no_issue_time", "does not say when it was issued"),
            Rule::Expired => ("expired", "has expired"),
            Rule::NotYetValid => ("not_yet_valid", "is not valid yet"),
            Rule::IssuedInFuture => ("issued_in_future", "was issued in the future"),
            Rule::TooOld => ("too_old", "was issued too long ago"),
            Rule::Audience => ("audience", "is meant for another audience"),
            Rule::RequiredClaim => ("required_claim", "lacks a claim that its issuer requires"),
        }
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.texts().1)
    }
}
