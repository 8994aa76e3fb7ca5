//! The claims `exp`, `nbf` and `iat` (RFC 7519 section 4.1).
//!
//! All times are microseconds since the Unix epoch. Sums saturate: no number can turn a limit round.

use super::{Issuer, Rule};
use crate::claims::Claims;
use serde_json::Value;

const MICROSECONDS: i64 = 1_000_000;
/// The last second of the year 9999. A date in milliseconds, a common mistake, is beyond it.
const LAST_SECOND: i64 = 253_402_300_799;

/// When a verified token ceases to be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    expires: Option<i64>,
    too_old: Option<i64>,
}

impl Times {
    /// Reads the times and checks them. Errors: `time`, `no_expiry`, `no_issue_time`, `not_yet_valid`,
    /// `issued_in_future`, and those of `check`.
    pub(super) fn read(claims: &Claims, issuer: &Issuer, now: i64) -> Result<Times, Rule> {
        let leeway = issuer.leeway.saturating_mul(MICROSECONDS);
        let [exp, nbf, iat] = [date(claims, "exp")?, date(claims, "nbf")?, date(claims, "iat")?];
        if exp.is_none() && issuer.require_exp {
            return Err(Rule::NoExpiry);
        }
        let too_old = match (issuer.max_age, iat) {
            (None, _) => None,
            (Some(_), None) => return Err(Rule::NoIssueTime),
            (Some(age), Some(iat)) => {
                Some(iat.saturating_add(age.saturating_mul(MICROSECONDS)).saturating_add(leeway))
            }
        };
        let times = Times { expires: exp.map(|exp| exp.saturating_add(leeway)), too_old };
        times.check(now)?;
        let is_ahead = |date: Option<i64>| date.is_some_and(|date| date > now.saturating_add(leeway));
        match (is_ahead(nbf), is_ahead(iat)) {
            (true, _) => Err(Rule::NotYetValid),
            (_, true) => Err(Rule::IssuedInFuture),
            _ => Ok(times),
        }
    }

    /// Whether the token is still good at `now`, in microseconds since the Unix epoch, with the leeway and
    /// the age that its issuer had when it was verified. Errors: `expired`, `too_old`.
    pub fn check(&self, now: i64) -> Result<(), Rule> {
        if self.expires.is_some_and(|end| end <= now) {
            return Err(Rule::Expired);
        }
        if self.too_old.is_some_and(|end| end <= now) {
            return Err(Rule::TooOld);
        }
        Ok(())
    }
}

/// A NumericDate (RFC 7519 section 2): seconds, possibly with a fraction, after 1970 and before 10000.
fn date(claims: &Claims, name: &str) -> Result<Option<i64>, Rule> {
    let Some(value) = claims.at(&[name]) else { return Ok(None) };
    let microseconds = match value {
        Value::Number(seconds) => match seconds.as_i64() {
            Some(whole) if whole <= LAST_SECOND => Some(whole.saturating_mul(MICROSECONDS)),
            Some(_) => None,
            None => seconds
                .as_f64()
                .filter(|seconds| *seconds <= LAST_SECOND as f64)
                .map(|seconds| (seconds * MICROSECONDS as f64) as i64),
        },
        _ => None,
    };
    match microseconds {
        Some(date) if date > 0 => Ok(Some(date)),
        _ => Err(Rule::Time),
    }
}
