//! `tenancy.stored_rows()`: rows as they are stored, for the owner of a table whose row security binds its owner too. They
//! could lift FORCE instead, and would lock everybody out meanwhile. Rows are copied; nobody's code is run.

use crate::table::Table;
use crate::v1::{answer, v1_function};
use crate::{error, row, snapshot};
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use std::ffi::CString;

v1_function! {
    /// `tenancy.stored_rows(sample anyelement, columns text[], sought text[], most int) → anyarray`
    tenancy_stored_rows, pg_finfo_tenancy_stored_rows,
    |fcinfo| answer(fcinfo, || stored_rows(fcinfo))
}

/// At most so many rows of the table whose row type the sample is of: those that may have these texts in these columns
/// (`Table::find`), or any. None where it is no table, or the columns are none, that can be read so.
///
/// # Safety
/// `fcinfo` is valid, of a function with these arguments; within `answer`.
unsafe fn stored_rows(fcinfo: FunctionCallInfo) -> Option<Datum> {
    // SAFETY: as the caller promises.
    let (kind, arguments) =
        unsafe { (pg_sys::get_fn_expr_argtype((*fcinfo).flinfo, 0), (*fcinfo).args.as_slice(4)) };
    let texts = |n: usize| if arguments[n].isnull { Vec::new() } else { row::texts(arguments[n].value) };
    let (columns, sought) = (texts(1), texts(2));
    // SAFETY: the argument is declared as int.
    let most = unsafe { i32::from_datum(arguments[3].value, arguments[3].isnull) }?;
    // SAFETY: the oid of a type in, that of its table or 0 out; then a variable of the backend.
    let (table, reader) = unsafe { (pg_sys::get_typ_typrelid(kind), pg_sys::GetUserId()) };
    let table = Table::open(table)?;
    if !table.is_owned_by(reader) {
        error::not_the_owner();
    }
    let number = |name: &String| table.column(&CString::new(name.as_str()).ok()?, &row::KEYS);
    let numbers = columns.iter().map(number).collect::<Option<Vec<i16>>>()?;
    let keys: Vec<(i16, &str)> = numbers.into_iter().zip(sought.iter().map(String::as_str)).collect();
    let mut found = Vec::new();
    let each = |row: row::Row| {
        found.push(row.copied());
        found.len() < most as usize
    };
    snapshot::with_active(|snapshot| match &keys[..] {
        _ if most <= 0 => {}
        [] => table.scan_until(snapshot, each),
        keys => table.find(keys, snapshot, each),
    });
    // SAFETY: the elements are rows of this type, a composite one; construct_array copies them.
    Some(unsafe {
        let (start, count) = (found.as_mut_ptr(), found.len() as i32);
        Datum::from(pg_sys::construct_array(start, count, kind, -1, false, b'd' as _))
    })
}
