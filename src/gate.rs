//! The gate's question, asked for each row that is let through: has the current role the rights of another?
//!
//! `pg_has_role()` per row would be dear. Once per statement, inside (SELECT …), it takes a short transaction a
//! fifth more of the server's time, for the sub-select is planned and started with each statement.

use core::ffi::c_char;
use pgrx::pg_sys::{Datum, FmgrInfo, FunctionCallInfo, Oid, Pg_finfo_record};

// As they are, without pgrx's guards, which would cost more than the rest. An error jumps over the frames below,
// which have nothing to drop.
unsafe extern "C-unwind" {
    fn GetUserId() -> Oid;
    fn get_role_oid(name: *const c_char, missing_ok: bool) -> Oid;
    fn has_privs_of_role(member: Oid, role: Oid) -> bool;
    fn get_fn_expr_arg_stable(flinfo: *mut FmgrInfo, argument: i32) -> bool;
}

#[unsafe(no_mangle)]
#[doc(hidden)]
pub extern "C" fn pg_finfo_tenancy_held_role() -> &'static Pg_finfo_record {
    &Pg_finfo_record { api_version: 1 }
}

/// `tenancy.held_role(role name) → regrole`: the role, if the current role has its rights; else NULL.
///
/// # Safety
/// Called by Postgres with a valid `fcinfo` whose `isnull` is false, for a function of one name.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn tenancy_held_role(fcinfo: FunctionCallInfo) -> Datum {
    const { assert!(usize::BITS == 64) };
    // SAFETY: `flinfo` is set for every function that a query calls, and its `fn_extra` is what `ask` put there
    // or null. GetUserId reads a global.
    unsafe {
        let kept = (*(*fcinfo).flinfo).fn_extra as usize;
        if kept >> 32 != GetUserId().to_u32() as usize {
            return ask(fcinfo);
        }
        (*fcinfo).isnull = kept as u32 == 0;
        Datum::from(kept as u32)
    }
}

/// Asks Postgres. The answer is kept for the rest of the query, as a sub-select's would be, in `fn_extra`, which is
/// never read as a pointer: the current role in the upper half, the held one in the lower, 0 where it is not held.
///
/// # Safety
/// As above.
#[cold]
#[inline(never)]
unsafe fn ask(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: a name is passed as a pointer to a C string. The rest is as above, and Postgres' own calls.
    unsafe {
        let name = (*fcinfo).args.as_slice(1)[0];
        let (flinfo, user) = ((*fcinfo).flinfo, GetUserId());
        let mut held = 0;
        if !name.isnull {
            let role = get_role_oid(name.value.cast_mut_ptr(), false);
            if has_privs_of_role(user, role) {
                held = role.to_u32();
            }
        }
        if get_fn_expr_arg_stable(flinfo, 0) {
            (*flinfo).fn_extra = ((user.to_u32() as usize) << 32 | held as usize) as *mut _;
        }
        (*fcinfo).isnull = held == 0;
        Datum::from(held)
    }
}
