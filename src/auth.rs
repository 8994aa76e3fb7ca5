//! The native functions of schema `auth`, thin: each answers from the cached identity.
//!
//! They are plain V1 C functions, declared in sql/native.sql, and not `#[pg_extern]`s: called once per row,
//! a wrapper's 25 ns and a copy of the value would double the cost of a sequential scan.

use crate::identity::{self, Answer, guarded};
use pgrx::pg_sys::{self, Datum, FunctionCallInfo, Pg_finfo_record};

/// Defines V1 functions, with the record by which Postgres knows them as such (Postgres manual, "C-Language
/// Functions", "Version 1 Calling Conventions"). `ready` is tried first, unguarded: a Datum or None. Then
/// `answer` is run, guarded, and its None is SQL NULL.
macro_rules! v1_functions {
    ($($(#[$doc:meta])* $name:ident, $info:ident: $ready:expr, $answer:expr;)*) => {$(
        #[unsafe(no_mangle)]
        #[doc(hidden)]
        pub extern "C" fn $info() -> &'static Pg_finfo_record {
            &Pg_finfo_record { api_version: 1 }
        }

        $(#[$doc])*
        ///
        /// # Safety
        /// Called by Postgres with a valid `fcinfo` whose `isnull` is false.
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $name(fcinfo: FunctionCallInfo) -> Datum {
            let ready: Option<Datum> = $ready;
            match ready {
                Some(datum) => datum,
                // SAFETY: `fcinfo` is valid, as the caller promises.
                None => unsafe { answer(fcinfo, || $answer) },
            }
        }
    )*};
}

v1_functions! {
    /// `auth.user_id() → text`
    auth_user_id, pg_finfo_auth_user_id: ready(Answer::UserId), identity::lend(Answer::UserId);
    /// `auth.uid() → uuid`
    auth_uid, pg_finfo_auth_uid: ready(Answer::Uid), identity::lend(Answer::Uid);
    /// `auth.role() → text`
    auth_role, pg_finfo_auth_role: ready(Answer::Role), identity::lend(Answer::Role);
    /// `auth.email() → text`
    auth_email, pg_finfo_auth_email: ready(Answer::Email), identity::lend(Answer::Email);
    /// `auth.tenant_id() → text`
    auth_tenant_id, pg_finfo_auth_tenant_id: ready(Answer::TenantId), identity::lend(Answer::TenantId);
    /// `auth.tenant_uuid() → uuid`
    auth_tenant_uuid, pg_finfo_auth_tenant_uuid: ready(Answer::TenantUuid), identity::lend(Answer::TenantUuid);
    /// `auth.tenant_bigint() → bigint`
    auth_tenant_bigint, pg_finfo_auth_tenant_bigint:
        identity::ready_bigint().map(Datum::from), identity::tenant_bigint().map(Datum::from);
    /// `auth.organization_id() → uuid`
    auth_organization_id, pg_finfo_auth_organization_id:
        ready(Answer::OrganizationId), identity::lend(Answer::OrganizationId);
    /// `auth.jwt() → jsonb`
    auth_jwt, pg_finfo_auth_jwt: ready(Answer::Jwt), identity::lend(Answer::Jwt);
    /// `tenancy.claims_problem() → text`: why the claims were refused, or NULL.
    tenancy_claims_problem, pg_finfo_tenancy_claims_problem: None, identity::problem();
    /// `tenancy.in_transaction_block() → boolean`
    tenancy_in_transaction_block, pg_finfo_tenancy_in_transaction_block:
        // SAFETY: reads the transaction's state.
        Some(Datum::from(unsafe { pg_sys::IsTransactionBlock() })), None;
}

#[inline(always)]
fn ready(answer: Answer) -> Option<Datum> {
    let pointer = identity::ready(answer);
    (!pointer.is_null()).then(|| Datum::from(pointer))
}

/// The slow path: taken at a caller's first question, and for NULL.
///
/// # Safety
/// `fcinfo` is valid.
#[cold]
unsafe fn answer(fcinfo: FunctionCallInfo, work: impl FnOnce() -> Option<Datum>) -> Datum {
    let answer = guarded(work);
    // SAFETY: `fcinfo` is valid, as the caller promises.
    unsafe { (*fcinfo).isnull = answer.is_none() };
    answer.unwrap_or(Datum::null())
}
