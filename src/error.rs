//! Every error that the native code raises, once: SQLSTATE, message, DETAIL, HINT. No token, key or claim is ever
//! part of one.

use crate::claims::Problem;
use crate::token::Rule;
use core::ffi::CStr;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, Oid};
use pgrx::{PgLogLevel, PgSqlErrorCode as Code, function_name};
use std::borrow::Cow;

fn raise(code: Code, message: impl Into<Cow<'static, str>>, detail: Option<String>, hint: String) -> ! {
    let mut report = ErrorReport::new(code, message, function_name!()).set_hint(hint);
    if let Some(detail) = detail {
        report = report.set_detail(detail);
    }
    report.report(PgLogLevel::ERROR);
    unreachable!("an error does not return")
}

/// 28000: the token presented breaks a rule.
pub fn refused(rule: Rule) -> ! {
    raise(
        Code::ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
        format!("the token is refused by rule \"{}\"", rule.name()),
        Some(format!("The token {rule}.")),
        match rule {
            Rule::Expired | Rule::TooOld => "Log in with a new token.",
            Rule::Key => "If its issuer has changed keys, the administrator gives the new ones: tenancy.set_jwks().",
            Rule::Issuer => "Its claim iss must be that of an issuer that was added, byte by byte; a slash at the end counts.",
            Rule::Form | Rule::Base64 => "Give the bare token, without \"Bearer \".",
            _ => "tenancy.check_token() tells the administrator which claims it has.",
        }
        .into(),
    )
}

/// 25P01: a function whose effect ends with the transaction was called outside a transaction block.
pub fn no_transaction_block(function: &str) -> ! {
    raise(
        Code::ERRCODE_NO_ACTIVE_SQL_TRANSACTION,
        format!("{function}() can only be used in a transaction block"),
        Some("The caller it sets is forgotten when the transaction ends.".into()),
        format!("Send BEGIN first, then {function}() as a statement of its own, then the queries."),
    )
}

/// 22023
pub fn no_token() -> ! {
    raise(
        Code::ERRCODE_INVALID_PARAMETER_VALUE,
        "token must not be null",
        None,
        "To speak for nobody, call auth.logout().".into(),
    )
}

/// 22023
pub fn empty_tenant() -> ! {
    raise(
        Code::ERRCODE_INVALID_PARAMETER_VALUE,
        "tenant must not be empty",
        None,
        "Leave it out, or give NULL, to use the tenant that the token names.".into(),
    )
}

/// 42501: the caller does not belong to the tenant that was asked for; `reason` is a sentence without its end.
pub fn not_a_member(reason: String) -> ! {
    raise(
        Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
        "the caller is no member of the tenant asked for",
        Some(format!("The reason: {reason}.")),
        "Leave tenant out to use the one that the token names, or the caller's only one.".into(),
    )
}

/// 42501: whoever logged in may not act as others.
pub fn no_administrator(login: String) -> ! {
    raise(
        Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
        "only an administrator may act as somebody",
        Some(format!("Login role \"{login}\" is no superuser and has not the rights of pg_tenancy's administrator.")),
        "Connect as one, to a database for tests. In an application auth.login() and auth.set_claims() say who is calling."
            .into(),
    )
}

/// 42501: an administrator logged in, but this is run with the rights of another role.
pub fn not_as_administrator(current: String) -> ! {
    raise(
        Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
        "only an administrator may act as somebody",
        Some(format!("The current role, \"{current}\", is none.")),
        "RESET ROLE first; tenancy.act_as_myself() does that too.".into(),
    )
}

/// 22023
pub fn no_roles() -> ! {
    raise(
        Code::ERRCODE_INVALID_PARAMETER_VALUE,
        "roles must be a list of names",
        None,
        "Give '{}' for no roles, and NULL for those that the claims or the table of members give.".into(),
    )
}

/// 22023 or 54000: claims, or roles, that are not read.
pub fn unreadable(what: &str, problem: Problem) -> ! {
    let code = match problem {
        Problem::NotJson | Problem::NotAnObject => Code::ERRCODE_INVALID_PARAMETER_VALUE,
        _ => Code::ERRCODE_PROGRAM_LIMIT_EXCEEDED,
    };
    let hint = "Give a JSON object of at most 64 KB and 64 levels, in characters that the database can hold.";
    raise(code, format!("the {what} {problem}"), None, hint.into())
}

/// 42704
pub fn no_such_role(role: &str) -> ! {
    raise(
        Code::ERRCODE_UNDEFINED_OBJECT,
        format!("role \"{role}\" does not exist"),
        None,
        "SELECT tenancy.bootstrap_roles() makes the role of all callers; an issuer may name another.".into(),
    )
}

/// 42501: the session may not take the database role that the token calls for.
pub fn may_not_act_as(session: &str, role: &str, grant: String) -> ! {
    raise(
        Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
        format!("role \"{session}\" may not act as \"{role}\""),
        None,
        grant,
    )
}

/// 42501
pub fn may_not_run_as(role: Oid) -> ! {
    // SAFETY: the oid of a role that is there in, a name in the backend's memory out.
    let name = unsafe { CStr::from_ptr(pg_sys::GetUserNameFromId(role, false)) }.to_string_lossy();
    raise(
        Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
        format!("nothing may be run as role \"{name}\" from here"),
        None,
        "A session runs statements as roles that it can take with SET ROLE, and not within a SECURITY DEFINER function. \
         Tables that are tried out, their parents and the table of members are read as their owners."
            .into(),
    )
}

/// 42501
pub fn not_the_owner() -> ! {
    raise(
        Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
        "only the owner of a table reads its rows as they are stored",
        None,
        "Ask as its owner, or as a role that row security does not bind.".into(),
    )
}

/// 55000: the library runs where its extension is not whole.
pub fn incomplete() -> ! {
    raise(
        Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        "the tables of extension pg_tenancy are missing",
        None,
        "Install it again: DROP EXTENSION pg_tenancy, CREATE EXTENSION pg_tenancy.".into(),
    )
}

/// 0A000
pub fn no_input() -> ! {
    raise(
        Code::ERRCODE_FEATURE_NOT_SUPPORTED,
        "a value of type tenancy.secret cannot be entered",
        None,
        "The type is there to hide tokens in plans.".into(),
    )
}
