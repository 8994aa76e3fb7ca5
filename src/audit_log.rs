//! A line in the server's log for each change of the caller, where setting `audit_log` is on.

use aws_lc_rs::digest::{SHA256, digest};
use core::cell::RefCell;
use core::ffi::{CStr, c_char, c_int};
use core::fmt::Write;
use pgrx::pg_sys;
use std::ffi::CString;

// pgrx has no errhidestmt in its reports: the statement that Postgres would add may be anything.
unsafe extern "C-unwind" {
    fn errstart(level: c_int, domain: *const c_char) -> bool;
    fn errmsg_internal(format: *const c_char, ...) -> c_int;
    fn errhidestmt(hide: bool) -> c_int;
    fn errhidecontext(hide: bool) -> c_int;
    fn errfinish(file: *const c_char, line: c_int, function: *const c_char);
}

/// The last line, so that it is not repeated.
struct Last(RefCell<Option<CString>>);
// SAFETY: a backend has one thread; nothing here is reached from any other.
unsafe impl Sync for Last {}
static LAST: Last = Last(RefCell::new(None));

/// JSON in printable ASCII: of other characters some end a line for one reader or another, or turn its direction.
fn ascii(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            ' '..='~' => line.push(character),
            _ => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(line, "\\u{unit:04x}");
            }),
        }
    }
    line
}

/// Says who is calling now: a JSON object, so that nothing in a claim can pass for another line. Of the token it
/// tells the SHA-256, in hexadecimal. (One caller may have several forms of one token: ECDSA's signatures can be
/// altered without becoming wrong. Where that matters, go by issuer and sub.)
pub fn caller(issuer: Option<&str>, user: Option<&str>, tenant: Option<&str>, token: Option<&[u8]>) {
    // SAFETY: reads a variable of the backend. A worker only repeats what its leader has said.
    if unsafe { pg_sys::ParallelWorkerNumber } >= 0 {
        return;
    }
    let hash = token.map(|token| {
        digest(&SHA256, token).as_ref().iter().fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        })
    });
    let line = serde_json::json!({ "issuer": issuer, "sub": user, "tenant": tenant, "token_sha256": hash });
    let Ok(line) = CString::new(ascii(&line.to_string())) else { return };
    // The same caller in the next transaction is no change.
    if LAST.0.borrow().as_ref() == Some(&line) {
        return;
    }
    const FILE: &CStr = c"audit_log.rs";
    // SAFETY: the calls that the macro ereport() makes, for a level at which errfinish returns; the strings live
    // until it has.
    unsafe {
        if errstart(pg_sys::LOG_SERVER_ONLY as c_int, core::ptr::null()) {
            errmsg_internal(c"pg_tenancy: the caller is %s".as_ptr(), line.as_ptr());
            errhidestmt(true);
            errhidecontext(true);
            errfinish(FILE.as_ptr(), line!() as c_int, c"caller".as_ptr());
        }
    }
    LAST.0.replace(Some(line));
}
