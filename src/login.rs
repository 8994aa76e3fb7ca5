//! `auth.login()`: in one native function, so that the token passes through no expression, plan or statement that
//! the server or another extension might log. The one plan that may hold it is its caller's, where a parameter
//! becomes a constant: there the planner is told that it is of type `tenancy.secret`, which prints as `***`.

use crate::v1::{answer, argument, v1_function};
use crate::{acting, configuration, error, session, settings, snapshot, table, token};
use core::ffi::CStr;
use pgrx::pg_guard;
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

v1_function! {
    /// `tenancy.token_support(internal) → internal`: the planner support function of those that take a token.
    tenancy_token_support, pg_finfo_tenancy_token_support,
    |fcinfo| {
        let request: *mut pg_sys::Node = (*fcinfo).args.as_slice(1)[0].value.cast_mut_ptr();
        match (*request).type_ {
            pg_sys::NodeTag::T_SupportRequestSimplify => Datum::from(sealed(request.cast())),
            _ => Datum::null(),
        }
    }
}
v1_function! {
    /// `tenancy.secret_out(tenancy.secret) → cstring`
    tenancy_secret_out, pg_finfo_tenancy_secret_out,
    |_fcinfo| Datum::from(pg_sys::pstrdup(c"***".as_ptr()))
}
v1_function! {
    /// `tenancy.secret_in(cstring) → tenancy.secret`: there is nothing to read.
    tenancy_secret_in, pg_finfo_tenancy_secret_in,
    |fcinfo| answer(fcinfo, || error::no_input())
}

/// The call with a token that does not print, where it is a constant; null to leave it as it is.
#[pg_guard]
unsafe extern "C-unwind" fn sealed(request: *mut pg_sys::SupportRequestSimplify) -> *mut pg_sys::FuncExpr {
    // SAFETY: the planner passes a call with its arguments, of which the first is a text. The types have the same
    // values; nothing but how the constant is shown goes by its type.
    unsafe {
        let is_constant = |call: *mut pg_sys::FuncExpr| {
            let token = pg_sys::list_nth((*call).args, 0).cast::<pg_sys::Const>();
            (!token.is_null() && (*token).xpr.type_ == pg_sys::NodeTag::T_Const).then_some(token)
        };
        let secret = table::find_type(c"tenancy", c"secret");
        if let (Some(token), Some(secret)) = (is_constant((*request).fcall), secret)
            && (*token).consttype != secret
        {
            let call: *mut pg_sys::FuncExpr = pg_sys::copyObjectImpl((*request).fcall.cast()).cast();
            if let Some(token) = is_constant(call) {
                (*token).consttype = secret;
                (*token).constcollid = Oid::INVALID;
                return call;
            }
        }
        core::ptr::null_mut()
    }
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
    if tenant == Some(b"") {
        error::empty_tenant();
    }
    acting::stop();
    set_local(settings::TOKEN, &token);
    if settings::claims_value().is_some() {
        set_local(settings::CLAIMS, c"");
    }
    let Some(accepted) = session::token() else { error::refused(token::Rule::Form) };
    match tenant.map(|tenant| CString::new(session::choosing(&String::from_utf8_lossy(tenant)))) {
        Some(Ok(choice)) => set_local(settings::TENANT, &choice),
        Some(Err(_)) => error::empty_tenant(),
        None if settings::tenant_bytes().is_some() => set_local(settings::TENANT, c""),
        None => {}
    }
    if tenant.is_some()
        && let Err(reason) = session::check_choice()
    {
        error::not_a_member(reason);
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
            let quoted =
                |name: &CStr| CStr::from_ptr(pg_sys::quote_identifier(name.as_ptr())).to_string_lossy();
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
