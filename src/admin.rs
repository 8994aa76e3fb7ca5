//! The native functions of schema `tenancy` that explain and check; sql/ tells what each is for.

use crate::token::{Algorithm, Keys, Unverified};
use crate::v1::{answer, argument, v1_function};
use crate::{configuration, identity, session, snapshot, verified};
use pgrx::{IntoDatum, pg_sys};

v1_function! {
    /// `tenancy.claims_problem() → text`: why the claims were refused, or NULL.
    tenancy_claims_problem, pg_finfo_tenancy_claims_problem,
    |fcinfo| answer(fcinfo, || session::claims_problem()?.to_string().into_datum())
}
v1_function! {
    /// `tenancy.token_problem() → text`: why the token is refused, or NULL.
    tenancy_token_problem, pg_finfo_tenancy_token_problem,
    |fcinfo| answer(fcinfo, || {
        let rule = session::token_problem()?;
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
    |fcinfo| answer(fcinfo, || session::tenant_sought()?.into_datum())
}
v1_function! {
    /// `tenancy.tenant_problem() → text`: why the caller has no active tenant, or NULL.
    tenancy_tenant_problem, pg_finfo_tenancy_tenant_problem,
    |fcinfo| answer(fcinfo, || session::tenant_problem()?.into_datum())
}
v1_function! {
    /// `tenancy.belongs_to(tenant text) → boolean`, strict
    tenancy_belongs_to, pg_finfo_tenancy_belongs_to,
    |fcinfo| answer(fcinfo, || {
        session::belongs_to(&String::from_utf8_lossy(argument(fcinfo, 0)?)).into_datum()
    })
}
v1_function! {
    /// `tenancy.restriction() → text`: by which word of the claims the caller is kept from all tenants, or NULL.
    tenancy_restriction, pg_finfo_tenancy_restriction,
    |fcinfo| answer(fcinfo, || session::restriction()?.into_datum())
}
v1_function! {
    /// `tenancy.in_transaction_block() → boolean`
    tenancy_in_transaction_block, pg_finfo_tenancy_in_transaction_block,
    |fcinfo| answer(fcinfo, || pg_sys::IsTransactionBlock().into_datum())
}
v1_function! {
    /// `tenancy.token_verdict(token text) → text`, strict
    tenancy_token_verdict, pg_finfo_tenancy_token_verdict,
    |fcinfo| answer(fcinfo, || verdict(argument(fcinfo, 0)?).into_datum())
}
v1_function! {
    /// `tenancy.jwks_problem(jwks text, algorithms text) → text`
    tenancy_jwks_problem, pg_finfo_tenancy_jwks_problem,
    |fcinfo| answer(fcinfo, || jwks_problem(argument(fcinfo, 0)?, argument(fcinfo, 1))?.into_datum())
}

/// What a token would meet now: a JSON object of `accepted`, `rule` (null if accepted) and `claims` (null where
/// they cannot be read).
fn verdict(token: &[u8]) -> String {
    identity::require_memory_to_parse(token.len());
    let (claims, broken) = match Unverified::parse(token) {
        Ok(token) => {
            let claims = identity::can_be_held(token.claims()).then(|| token.text().to_owned());
            (claims, snapshot::with_active(|snapshot| verified::verify(token, snapshot)).err())
        }
        Err(rule) => (None, Some(rule)),
    };
    // The claims as they were written: no number is rounded.
    let claims = claims.as_deref().unwrap_or("null");
    let rule = broken.map_or_else(|| "null".into(), |rule| format!("\"{}\"", rule.name()));
    format!("{{\"accepted\": {}, \"rule\": {rule}, \"claims\": {claims}}}", broken.is_none())
}

/// Why a JWKS cannot be used with these algorithms (names separated by commas; None for all), or None.
fn jwks_problem(jwks: &[u8], algorithms: Option<&[u8]>) -> Option<String> {
    identity::require_memory_to_parse(jwks.len());
    let names = algorithms
        .map(|names| String::from_utf8_lossy(names).split(',').map(String::from).collect::<Vec<_>>());
    if let Some(unknown) = names.iter().flatten().find(|name| Algorithm::named(name).is_none()) {
        let known: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
        return Some(format!("{unknown:?} is no algorithm that is supported; they are {}", known.join(", ")));
    }
    Keys::parse(jwks, &configuration::allowed(names.as_deref())).err().map(|problem| problem.to_string())
}
