//! The native functions of schema `tenancy` that explain and check; sql/ tells what each is for.

use crate::token::{Algorithm, Keys, Rule, Unverified};
use crate::v1::{answer, argument, v1_function};
use crate::{configuration, identity, snapshot};
use pgrx::{IntoDatum, pg_sys};
use serde_json::{Value, json};

v1_function! {
    /// `tenancy.claims_problem() → text`: why the claims were refused, or NULL.
    tenancy_claims_problem, pg_finfo_tenancy_claims_problem,
    |fcinfo| answer(fcinfo, || identity::claims_problem()?.to_string().into_datum())
}
v1_function! {
    /// `tenancy.token_problem() → text`: why the token is refused, or NULL.
    tenancy_token_problem, pg_finfo_tenancy_token_problem,
    |fcinfo| answer(fcinfo, || {
        let rule = identity::token_problem()?;
        format!("rule \"{}\": it {rule}", rule.name()).into_datum()
    })
}
v1_function! {
    /// `tenancy.claims_believed() → boolean`
    tenancy_claims_believed, pg_finfo_tenancy_claims_believed,
    |fcinfo| answer(fcinfo, || {
        snapshot::with_active(|snapshot| configuration::settings(snapshot).claims_believed(snapshot)).into_datum()
    })
}
v1_function! {
    /// `tenancy.tenant_sought() → text`: where the caller's tenant was looked for.
    tenancy_tenant_sought, pg_finfo_tenancy_tenant_sought,
    |fcinfo| answer(fcinfo, || identity::tenant_sought().into_datum())
}
v1_function! {
    /// `tenancy.in_transaction_block() → boolean`
    tenancy_in_transaction_block, pg_finfo_tenancy_in_transaction_block,
    |fcinfo| answer(fcinfo, || pg_sys::IsTransactionBlock().into_datum())
}
v1_function! {
    /// `tenancy.token_verdict(token text) → text`, strict
    tenancy_token_verdict, pg_finfo_tenancy_token_verdict,
    |fcinfo| answer(fcinfo, || verdict(argument(fcinfo, 0)?).to_string().into_datum())
}
v1_function! {
    /// `tenancy.jwks_problem(jwks text, algorithms text) → text`
    tenancy_jwks_problem, pg_finfo_tenancy_jwks_problem,
    |fcinfo| answer(fcinfo, || jwks_problem(argument(fcinfo, 0)?, argument(fcinfo, 1))?.into_datum())
}

/// What a token would meet now: a JSON object of `accepted`, `rule` (null if accepted) and `claims` (null where
/// they cannot be read).
fn verdict(token: &[u8]) -> Value {
    snapshot::with_active(|snapshot| {
        let unverified = match Unverified::parse(token) {
            Ok(unverified) => unverified,
            Err(rule) => return json!({ "accepted": false, "rule": rule.name(), "claims": null }),
        };
        let claims: Value = serde_json::from_str(unverified.text()).unwrap_or_default();
        let verified = match configuration::issuer(unverified.issuer(), snapshot) {
            Some(issuer) => unverified.verify(&issuer.rules, snapshot::statement_time()).err(),
            None => Some(Rule::Issuer),
        };
        json!({ "accepted": verified.is_none(), "rule": verified.map(|rule| rule.name()), "claims": claims })
    })
}

/// Why a JWKS cannot be used with these algorithms (names separated by commas; None for all), or None.
fn jwks_problem(jwks: &[u8], algorithms: Option<&[u8]>) -> Option<String> {
    let names = algorithms
        .map(|names| String::from_utf8_lossy(names).split(',').map(String::from).collect::<Vec<_>>());
    if let Some(unknown) = names.iter().flatten().find(|name| Algorithm::named(name).is_none()) {
        let known: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
        return Some(format!("{unknown:?} is no algorithm that is supported; they are {}", known.join(", ")));
    }
    Keys::parse(jwks, &configuration::allowed(names.as_deref())).err().map(|problem| problem.to_string())
}
