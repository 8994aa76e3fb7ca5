//! The parameters that say who is calling, `request.jwt.claims`, `pg_tenancy.token` and `pg_tenancy.acting`, and which of
//! their tenants they have chosen, `pg_tenancy.tenant`: definitions and bytes.

use crate::{session, token};
use core::ffi::{CStr, c_char, c_void};
use core::ptr::{addr_of, addr_of_mut, null, null_mut};
use pgrx::pg_sys;
use std::cell::Cell;

pub const CLAIMS: &CStr = c"request.jwt.claims";
pub const TOKEN: &CStr = c"pg_tenancy.token";
pub const ACTING: &CStr = c"pg_tenancy.acting";
pub const TENANT: &CStr = c"pg_tenancy.tenant";

/// Where Postgres keeps the values once `define` has run.
static mut CLAIMS_VALUE: *mut c_char = null_mut();
static mut TOKEN_VALUE: *mut c_char = null_mut();
static mut ACTING_VALUE: *mut c_char = null_mut();
static mut TENANT_VALUE: *mut c_char = null_mut();

thread_local! {
    /// Another library had defined the parameter before us: there is no hook to tell of a change.
    static FOREIGN: Cell<bool> = const { Cell::new(false) };
    /// `set_acting` is setting the parameter.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// Whether a change of the claims is noticed by a hook; if not, callers compare the bytes each time.
pub fn changes_are_noticed() -> bool {
    !FOREIGN.get()
}

/// Defines `pg_tenancy.token`, `pg_tenancy.acting` and `pg_tenancy.tenant`; and `request.jwt.claims`, or adopts it where another library already has.
///
/// A value that was set before this library was loaded (a placeholder) is taken over by Postgres with its
/// whole stack of transaction states.
pub fn define() {
    // SAFETY: called from _PG_init, in the backend's only thread. The strings are static, as guc.c keeps
    // the pointers; the values are static and from here on written by guc.c
    // alone.
    unsafe {
        pg_sys::DefineCustomStringVariable(
            TOKEN.as_ptr(),
            c"The token of the caller: a compact JWS.".as_ptr(),
            c"auth.login() sets it. It is verified when first used, and never shown.".as_ptr(),
            addr_of_mut!(TOKEN_VALUE),
            null(),
            pg_sys::GucContext::PGC_USERSET,
            (pg_sys::GUC_NO_SHOW_ALL | pg_sys::GUC_NOT_IN_SAMPLE | pg_sys::GUC_DISALLOW_IN_FILE) as i32,
            Some(check_token),
            Some(on_assign),
            Some(show_token),
        );
        pg_sys::DefineCustomStringVariable(
            ACTING.as_ptr(),
            c"Whom an administrator acts as, in tests.".as_ptr(),
            c"tenancy.act_as() sets it, and nothing else can.".as_ptr(),
            addr_of_mut!(ACTING_VALUE),
            null(),
            pg_sys::GucContext::PGC_SUSET,
            (pg_sys::GUC_NO_SHOW_ALL | pg_sys::GUC_NOT_IN_SAMPLE | pg_sys::GUC_DISALLOW_IN_FILE) as i32,
            Some(check_acting),
            Some(on_assign),
            Some(show_acting),
        );
        pg_sys::DefineCustomStringVariable(
            TENANT.as_ptr(),
            c"The tenant that the caller has chosen: a JSON object.".as_ptr(),
            c"auth.use_tenant() sets it. It counts for that caller alone, and only if they belong to the tenant.".as_ptr(),
            addr_of_mut!(TENANT_VALUE),
            null(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GUC_NOT_IN_SAMPLE as i32,
            Some(check_tenant),
            Some(on_assign),
            None,
        );
        #[cfg(not(feature = "pg14"))]
        pg_sys::MarkGUCPrefixReserved(c"pg_tenancy".as_ptr());
        if is_defined() {
            FOREIGN.set(true);
            return;
        }
        pg_sys::DefineCustomStringVariable(
            CLAIMS.as_ptr(),
            c"The claims of the caller: a JSON object.".as_ptr(),
            c"Set it with SET LOCAL or set_config(…, true), in the transaction that it speaks for.".as_ptr(),
            addr_of_mut!(CLAIMS_VALUE),
            null(),
            pg_sys::GucContext::PGC_USERSET,
            0,
            None,
            Some(on_assign),
            None,
        );
    }
}

/// The claims now, as a C string in the database's encoding; None where nothing, or nothing but '', is set.
///
/// It is guc.c's own: valid until the parameter changes, so it must not be kept.
pub fn claims_value() -> Option<*const c_char> {
    // SAFETY: the value is null or a C string, as is what GetConfigOption returns for a string parameter.
    unsafe {
        let value = match changes_are_noticed() {
            true => addr_of!(CLAIMS_VALUE).read().cast_const(),
            false => pg_sys::GetConfigOption(CLAIMS.as_ptr(), true, false),
        };
        (!value.is_null() && *value != 0).then_some(value)
    }
}

/// The same as bytes, without the closing NUL.
pub fn claims_bytes<'a>() -> Option<&'a [u8]> {
    // SAFETY: a C string that lives until the parameter changes; callers let go of the bytes before that.
    claims_value().map(|value| unsafe { CStr::from_ptr(value) }.to_bytes())
}

/// The bytes of the token now; None where nothing, or nothing but '', is set. They are guc.c's own, as above.
pub fn token_bytes<'a>() -> Option<&'a [u8]> {
    // SAFETY: the value is null or a C string, and lives until the parameter changes.
    let value = unsafe { addr_of!(TOKEN_VALUE).read().as_ref().map(|value| CStr::from_ptr(value)) };
    value.map(CStr::to_bytes).filter(|bytes| !bytes.is_empty())
}

/// The bytes of `pg_tenancy.acting`, likewise.
pub fn acting_bytes<'a>() -> Option<&'a [u8]> {
    // SAFETY: as above.
    let value = unsafe { addr_of!(ACTING_VALUE).read().as_ref().map(|value| CStr::from_ptr(value)) };
    value.map(CStr::to_bytes).filter(|bytes| !bytes.is_empty())
}

/// Sets `pg_tenancy.acting` for this transaction, whatever the current role. Whoever calls this has made sure that the
/// login role may.
pub fn set_acting(value: &CStr) {
    /// As it was, when that has been done or has failed.
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            OURS.set(self.0);
        }
    }
    let _restore = Restore(OURS.replace(true));
    let (source, action) = (pg_sys::GucSource::PGC_S_SESSION, pg_sys::GucAction::GUC_ACTION_LOCAL);
    let context = pg_sys::GucContext::PGC_SUSET;
    // SAFETY: C strings, which guc.c copies.
    unsafe {
        pg_sys::set_config_option(ACTING.as_ptr(), value.as_ptr(), context, source, action, true, 0, false)
    };
}

/// The bytes of the choice of a tenant, likewise.
pub fn tenant_bytes<'a>() -> Option<&'a [u8]> {
    // SAFETY: as above.
    let value = unsafe { addr_of!(TENANT_VALUE).read().as_ref().map(|value| CStr::from_ptr(value)) };
    value.map(CStr::to_bytes).filter(|bytes| !bytes.is_empty())
}

/// Whether some library has defined the parameter, as against somebody having set a placeholder.
///
/// # Safety
/// As for any call into the backend: from its only thread.
unsafe fn is_defined() -> bool {
    let mut name: *const c_char = null();
    // SAFETY: the name is a C string; `name` is written only if the parameter exists.
    unsafe {
        pg_sys::GetConfigOptionByName(CLAIMS.as_ptr(), &mut name, true);
        !name.is_null()
            && pg_sys::GetConfigOptionFlags(CLAIMS.as_ptr(), true) & pg_sys::GUC_CUSTOM_PLACEHOLDER as i32
                == 0
    }
}

/// Called for each change of a value, rollbacks included, so it may neither fail nor allocate.
unsafe extern "C-unwind" fn on_assign(_new: *const c_char, _extra: *mut c_void) {
    session::forget();
}

/// Refuses what has not the form of a token, and a token from anywhere but the session: in a file, a role's or a
/// database's settings, or a function's SET clause others could read it. The message never holds the value, which
/// Postgres' own would.
unsafe extern "C-unwind" fn check_token(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: guc.c passes a pointer to null or to a C string.
    let token = unsafe { (*value).as_ref().map_or(c"", |token| CStr::from_ptr(token)) };
    let message = match source {
        _ if token.is_empty() => return true,
        pg_sys::GucSource::PGC_S_SESSION => match token::check_form(token.to_bytes()) {
            Ok(()) => return true,
            Err(token::Rule::Size) => c"the token is refused by rule \"size\"",
            Err(_) => c"the token is refused by rule \"form\"",
        },
        _ => c"pg_tenancy.token can only be set in a session",
    };
    refuse(message)
}

/// Refuses all but what `set_acting` sets, here or in the leader of this parallel worker: whoever may set the parameter
/// could be anybody. (What a rollback gives back is not asked about.)
unsafe extern "C-unwind" fn check_acting(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: guc.c passes a pointer to null or to a C string; reads a variable of the backend.
    let (empty, restored) =
        unsafe { ((*value).is_null() || **value == 0, pg_sys::InitializingParallelWorker) };
    empty || OURS.get() || restored || refuse(c"pg_tenancy.acting can only be set by tenancy.act_as()")
}

/// Refuses a choice from anywhere but the session: it is made in a transaction, for that.
unsafe extern "C-unwind" fn check_tenant(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: guc.c passes a pointer to null or to a C string.
    let empty = unsafe { (*value).is_null() || **value == 0 };
    empty
        || source == pg_sys::GucSource::PGC_S_SESSION
        || refuse(c"pg_tenancy.tenant can only be set in a session")
}

/// What a check hook returns to refuse a value, with this message.
fn refuse(message: &'static CStr) -> bool {
    // SAFETY: guc.c reads these variables right after the hook has said no; the string is static, and it does not
    // write to it.
    unsafe {
        pg_sys::GUC_check_errcode(pgrx::PgSqlErrorCode::ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION as i32);
        pg_sys::GUC_check_errmsg_string = message.as_ptr().cast_mut();
    }
    false
}

unsafe extern "C-unwind" fn show_token() -> *const c_char {
    hidden(token_bytes())
}

unsafe extern "C-unwind" fn show_acting() -> *const c_char {
    hidden(acting_bytes())
}

fn hidden(value: Option<&[u8]>) -> *const c_char {
    value.map_or(c"", |_| c"***").as_ptr()
}
