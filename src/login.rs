//! `auth.login()`: in one native function, so that the token passes through no expression, plan or statement that
//! the server or another extension might log.

use crate::v1::{answer, argument, v1_function};
use crate::{configuration, error, identity, settings, snapshot, token};
use core::ffi::CStr;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::CString;

v1_function! {
    /// `auth.login(token text, tenant text) → void`
    auth_login, pg_finfo_auth_login,
    |fcinfo| answer(fcinfo, || {
        login(argument(fcinfo, 0), argument(fcinfo, 1));
        Some(Datum::null())
    })
}

/// Presents a token for this transaction and takes the database role that goes with it. Raises a Postgres error, and
/// then what was set is undone with the statement.
fn login(token: Option<&[u8]>, tenant: Option<&[u8]>) {
    // SAFETY: reads the transaction's state.
    if !unsafe { pg_sys::IsTransactionBlock() } {
        error::no_transaction_block("auth.login");
    }
    let Some(token) = token else { error::no_token() };
    if let Err(rule) = token::check_form(token) {
        error::refused(rule);
    }
    let Ok(token) = CString::new(token) else { error::refused(token::Rule::Form) };
    set_local(settings::TOKEN, &token);
    set_local(settings::CLAIMS, c"");
    let Some(accepted) = identity::token() else { error::refused(token::Rule::Form) };
    if tenant.is_some_and(|tenant| !identity::tenant_is(tenant)) {
        error::not_a_member();
    }
    match accepted.issuer.database_role(accepted.verified.claims.text("role")) {
        Some(role) => take_role(role),
        None => take_role(&snapshot::with_active(configuration::settings).authenticated),
    }
}

fn take_role(name: &str) {
    let Ok(role) = CString::new(name) else { error::no_such_role(name) };
    // SAFETY: C strings and oids in; names in the backend's memory out.
    unsafe {
        let oid = pg_sys::get_role_oid(role.as_ptr(), true);
        if oid == Oid::INVALID {
            error::no_such_role(name);
        }
        let session = pg_sys::GetSessionUserId();
        #[cfg(any(feature = "pg14", feature = "pg15"))]
        let may = pg_sys::is_member_of_role(session, oid);
        #[cfg(not(any(feature = "pg14", feature = "pg15")))]
        let may = pg_sys::member_can_set_role(session, oid);
        if !may {
            let session = CStr::from_ptr(pg_sys::GetUserNameFromId(session, false));
            let quoted = |name: &CStr| CStr::from_ptr(pg_sys::quote_identifier(name.as_ptr())).to_string_lossy();
            let grant = format!("GRANT {} TO {};", quoted(&role), quoted(session));
            error::may_not_act_as(&session.to_string_lossy(), name, grant);
        }
    }
    set_local(c"role", &role);
}

/// SET LOCAL. Raises a Postgres error for a value that is refused.
fn set_local(name: &CStr, value: &CStr) {
    // SAFETY: C strings, which guc.c copies.
    unsafe {
        let context = match pg_sys::superuser() {
            true => pg_sys::GucContext::PGC_SUSET,
            false => pg_sys::GucContext::PGC_USERSET,
        };
        let (source, action) = (pg_sys::GucSource::PGC_S_SESSION, pg_sys::GucAction::GUC_ACTION_LOCAL);
        pg_sys::set_config_option(name.as_ptr(), value.as_ptr(), context, source, action, true, 0, false);
    }
}
