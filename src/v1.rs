//! Functions as Postgres calls them directly (Postgres manual, "C-Language Functions", "Version 1 Calling
//! Conventions"), and not as `#[pg_extern]`s: called once per row, a wrapper's 25 ns and a copy of the value would
//! double the cost of a sequential scan. sql/native.sql and the files after it declare them.

use crate::row;
use crate::session::guarded;
use pgrx::FromDatum;
use pgrx::pg_sys::{Datum, FunctionCallInfo};

/// Defines a function with the record by which Postgres knows it as such. The body is unsafe code.
macro_rules! v1_function {
    ($(#[$doc:meta])* $name:ident, $info:ident, |$call:ident| $body:expr) => {
        #[unsafe(no_mangle)]
        #[doc(hidden)]
        pub extern "C" fn $info() -> &'static pgrx::pg_sys::Pg_finfo_record {
            &pgrx::pg_sys::Pg_finfo_record { api_version: 1 }
        }

        $(#[$doc])*
        ///
        /// # Safety
        /// Called by Postgres with a valid `fcinfo` whose `isnull` is false.
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $name($call: pgrx::pg_sys::FunctionCallInfo) -> pgrx::pg_sys::Datum {
            // SAFETY: `fcinfo` is valid, as the caller promises.
            unsafe { $body }
        }
    };
}
pub(crate) use v1_function;

/// Runs `work`, guarded; its None is SQL NULL.
///
/// # Safety
/// `fcinfo` is valid.
#[cold]
pub unsafe fn answer(fcinfo: FunctionCallInfo, work: impl FnOnce() -> Option<Datum>) -> Datum {
    let answer = guarded(work);
    // SAFETY: `fcinfo` is valid, as the caller promises.
    unsafe { (*fcinfo).isnull = answer.is_none() };
    answer.unwrap_or(Datum::null())
}

/// The bytes of an argument of type text; None for NULL. They live as long as the call.
///
/// # Safety
/// `fcinfo` is valid, of a function declared with more arguments than `number`, this one a text; within `answer`.
pub unsafe fn argument<'a>(fcinfo: FunctionCallInfo, number: usize) -> Option<&'a [u8]> {
    // SAFETY: as the caller promises.
    unsafe {
        let argument = (*fcinfo).args.as_slice(number + 1)[number];
        <&[u8]>::from_datum(argument.value, argument.isnull)
    }
}

/// The elements of the first argument, an array of text, but for NULLs; none for NULL.
///
/// # Safety
/// `fcinfo` is valid, of a function whose first argument is one; within `answer`.
pub unsafe fn texts(fcinfo: FunctionCallInfo) -> Vec<String> {
    // SAFETY: as the caller promises.
    let argument = unsafe { (*fcinfo).args.as_slice(1)[0] };
    match argument.isnull {
        true => Vec::new(),
        false => row::texts(argument.value),
    }
}
