//! `tenancy.run_as()`: one statement with the rights of another role, and no way back from it. Policies, triggers and
//! casts of somebody's table are run by it where a superuser tries the table out: with SET ROLE alone, any of them could
//! take the session's role again. It is what REFRESH MATERIALIZED VIEW and VACUUM do for the functions of an owner.

use crate::error;
use crate::v1::{answer, argument, v1_function};
use core::ffi::CStr;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::CString;

v1_function! {
    /// `tenancy.run_as(database_role name, statement text, argument jsonb) → text`
    tenancy_run_as, pg_finfo_tenancy_run_as,
    |fcinfo| answer(fcinfo, || {
        let arguments = (*fcinfo).args.as_slice(3);
        if arguments[0].isnull || arguments[1].isnull {
            return None;
        }
        let role = pg_sys::get_role_oid(arguments[0].value.cast_mut_ptr(), false);
        let statement = CString::new(argument(fcinfo, 1)?).ok()?;
        let argument = (!arguments[2].isnull).then_some(arguments[2].value);
        // (In the database's encoding, whatever it is.)
        let answer = run_as(role, &statement, argument)?;
        Some(Datum::from(pg_sys::cstring_to_text_with_len(answer.as_ptr().cast(), answer.len() as i32)))
    })
}

/// Whether this session may run something so: as the current role, or any that it could take with SET ROLE. (To have a
/// role's rights is not enough: its attributes, such as SUPERUSER, come with being it.) And not from within code that
/// already runs with rights of others.
fn require_role(role: Oid) {
    // SAFETY: reads the backend's state; oids of roles in, verdicts out.
    unsafe {
        #[cfg(any(feature = "pg14", feature = "pg15"))]
        let may = pg_sys::is_member_of_role(pg_sys::GetSessionUserId(), role);
        #[cfg(not(any(feature = "pg14", feature = "pg15")))]
        let may = pg_sys::member_can_set_role(pg_sys::GetSessionUserId(), role);
        let (mut user, mut context) = (Oid::INVALID, 0);
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        if context != 0 || !(may || user == role) {
            error::may_not_run_as(role);
        }
    }
}

/// Runs the statement, whose $1 the argument is. Returns the first value of the first row, or else how many rows there
/// were. What an error leaves is undone by the subtransaction that catches it.
fn run_as(role: Oid, statement: &CStr, argument: Option<Datum>) -> Option<Vec<u8>> {
    require_role(role);
    let (mut user, mut context) = (Oid::INVALID, 0);
    let restricted = (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION) as i32;
    let mut kind = pg_sys::JSONBOID;
    let mut value = argument.unwrap_or(Datum::null());
    let null = if argument.is_some() { c" " } else { c"n" };
    // SAFETY: the role is there; the rights and parameters set here are set back below or, where an error is raised, by
    // the end of the subtransaction. The statement is a C string, its one parameter of the type named, and what SPI
    // returns is read before SPI_finish.
    unsafe {
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        let level = pg_sys::NewGUCNestLevel();
        if pg_sys::SPI_connect() != pg_sys::SPI_OK_CONNECT as i32 {
            pgrx::ereport!(ERROR, PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "SPI is not to be had");
        }
        pg_sys::SetUserIdAndSecContext(role, context | restricted);
        let status = pg_sys::SPI_execute_with_args(
            statement.as_ptr(),
            1,
            &mut kind,
            &mut value,
            null.as_ptr(),
            false,
            0,
        );
        let table = pg_sys::SPI_tuptable
            .as_ref()
            .filter(|table| status == pg_sys::SPI_OK_SELECT as i32 && (*table.tupdesc).natts > 0);
        let rows = pg_sys::SPI_processed;
        let answer = match table {
            Some(table) if rows > 0 => {
                let text = pg_sys::SPI_getvalue(*table.vals, table.tupdesc, 1);
                (!text.is_null()).then(|| CStr::from_ptr(text).to_bytes().to_vec())
            }
            Some(_) => None,
            None => Some(rows.to_string().into_bytes()),
        };
        pg_sys::SetUserIdAndSecContext(user, context);
        pg_sys::AtEOXact_GUC(false, level);
        pg_sys::SPI_finish();
        if status < 0 {
            pgrx::ereport!(ERROR, PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "the statement could not be run");
        }
        answer
    }
}
