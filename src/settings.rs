//! The one parameter that carries claims, `request.jwt.claims`: its definition and its bytes.

use crate::identity;
use core::ffi::{CStr, c_char, c_void};
use core::ptr::{addr_of, addr_of_mut, null, null_mut};
use pgrx::pg_sys;
use std::cell::Cell;

const CLAIMS: &CStr = c"request.jwt.claims";

/// Where Postgres keeps the value of `request.jwt.claims` once `define` has run.
static mut VALUE: *mut c_char = null_mut();

thread_local! {
    /// Another library had defined the parameter before us: there is no hook to tell of a change.
    static FOREIGN: Cell<bool> = const { Cell::new(false) };
}

/// Whether a change of the claims is noticed by a hook; if not, callers compare the bytes each time.
pub fn changes_are_noticed() -> bool {
    !FOREIGN.get()
}

/// Defines `request.jwt.claims`, or adopts it where another library already has.
///
/// A value that was set before this library was loaded (a placeholder) is taken over by Postgres with its
/// whole stack of transaction states.
pub fn define() {
    // SAFETY: called from _PG_init, in the backend's only thread. The strings are static, as guc.c keeps
    // the pointers; `VALUE` is static and from here on written by guc.c alone.
    unsafe {
        if is_defined() {
            FOREIGN.set(true);
            return;
        }
        pg_sys::DefineCustomStringVariable(
            CLAIMS.as_ptr(),
            c"The claims of the caller: a JSON object.".as_ptr(),
            c"Set it with SET LOCAL or set_config(…, true), in the transaction that it speaks for.".as_ptr(),
            addr_of_mut!(VALUE),
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
    // SAFETY: `VALUE` is null or a C string, as is what GetConfigOption returns for a string parameter.
    unsafe {
        let value = match changes_are_noticed() {
            true => addr_of!(VALUE).read().cast_const(),
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

/// Called for each change of the value, rollbacks included, so it may neither fail nor allocate.
unsafe extern "C-unwind" fn on_assign(_new: *const c_char, _extra: *mut c_void) {
    identity::forget();
}
