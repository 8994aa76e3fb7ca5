//! The native functions of schema `auth`, thin: each answers from the cached identity.
//!
//! They are plain V1 C functions, declared in sql/native.sql, and not `#[pg_extern]`s: called once per row,
//! a wrapper's 25 ns and a copy of the value would double the cost of a sequential scan.

use crate::identity::{self, Identity, Lend, Varlena};
use pgrx::pg_sys::{self, Datum, FunctionCallInfo, Pg_finfo_record};

/// Defines V1 functions, with the record by which Postgres knows them as such (Postgres manual, "C-Language
/// Functions", "Version 1 Calling Conventions"). Each body is a function of the call's `fcinfo`.
macro_rules! v1_functions {
    ($($(#[$doc:meta])* $name:ident, $info:ident = $answer:expr;)*) => {$(
        #[unsafe(no_mangle)]
        #[doc(hidden)]
        pub extern "C" fn $info() -> &'static Pg_finfo_record {
            &Pg_finfo_record { api_version: 1 }
        }

        $(#[$doc])*
        ///
        /// # Safety
        /// Called by Postgres with a valid `fcinfo`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $name(fcinfo: FunctionCallInfo) -> Datum {
            let answer: Option<Datum> = $answer;
            // SAFETY: `fcinfo` is valid, as the caller promises.
            unsafe { (*fcinfo).isnull = answer.is_none() };
            answer.unwrap_or(Datum::null())
        }
    )*};
}

v1_functions! {
    /// `auth.user_id() → text`
    auth_user_id, pg_finfo_auth_user_id = lent(|caller| caller.user_id.as_ref());
    /// `auth.uid() → uuid`
    auth_uid, pg_finfo_auth_uid = lent(|caller| caller.uid.as_ref());
    /// `auth.role() → text`
    auth_role, pg_finfo_auth_role = lent(|caller| caller.role.as_ref());
    /// `auth.email() → text`
    auth_email, pg_finfo_auth_email = lent(|caller| caller.email.as_ref());
    /// `auth.tenant_id() → text`
    auth_tenant_id, pg_finfo_auth_tenant_id = lent(|caller| caller.tenant_id.as_ref());
    /// `auth.tenant_uuid() → uuid`
    auth_tenant_uuid, pg_finfo_auth_tenant_uuid = lent(|caller| caller.tenant_uuid.as_ref());
    /// `auth.tenant_bigint() → bigint`
    auth_tenant_bigint, pg_finfo_auth_tenant_bigint = identity::with(|caller| caller.tenant_bigint.map(Datum::from));
    /// `auth.organization_id() → uuid`
    auth_organization_id, pg_finfo_auth_organization_id = lent(|caller| caller.organization_id.as_ref());
    /// `auth.jwt() → jsonb`
    auth_jwt, pg_finfo_auth_jwt = lent(Identity::jwt);
    /// `tenancy.claims_problem() → text`: why the claims were refused, or NULL.
    tenancy_claims_problem, pg_finfo_tenancy_claims_problem = identity::guarded(|| {
        let problem = identity::with(|caller| caller.problem)?;
        Some(identity::copy(&Varlena::new(problem.to_string().as_bytes())))
    });
    /// `tenancy.in_transaction_block() → boolean`
    tenancy_in_transaction_block, pg_finfo_tenancy_in_transaction_block = Some(Datum::from({
        // SAFETY: reads the transaction's state.
        unsafe { pg_sys::IsTransactionBlock() }
    }));
}

/// The caller's value, lent; None for SQL NULL.
#[inline(always)]
fn lent<T: Lend>(value: impl FnOnce(&Identity) -> Option<&T>) -> Option<Datum> {
    identity::with(|caller| value(caller).map(identity::lend))
}
