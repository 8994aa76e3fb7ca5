//! Acting: an administrator has this transaction speak for a caller of their choice, in any mode, to test what that
//! caller sees. sql/act_as.sql tells how it is used.
//!
//! The value of `pg_tenancy.acting` is a line with the roles, a JSON array or null, and then the claims, or nothing for
//! nobody. Only the code here writes it (`settings::set_acting`), once it has asked who wants it.

use crate::caller::Caller;
use crate::claims::{Claims, Problem};
use crate::configuration::{self, Settings, Trusted};
use crate::identity::{can_be_held, require_memory_to_parse};
use crate::v1::{answer, argument, texts, v1_function};
use crate::{claims, error, settings, snapshot};
use core::ffi::CStr;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{FromDatum, IntoDatum};
use std::ffi::CString;
use std::rc::Rc;

v1_function! {
    /// `tenancy.act(roles text[], claims text) → text`: the database role of the issuer that the claims name, or NULL.
    tenancy_act, pg_finfo_tenancy_act,
    |fcinfo| answer(fcinfo, || {
        require_administrator();
        let roles = (*fcinfo).args.as_slice(1)[0];
        if !roles.isnull && pg_sys::toast_raw_datum_size(roles.value) > claims::MAX_BYTES {
            error::unreadable("roles", Problem::TooLong);
        }
        let count = pgrx::Array::<&str>::from_datum(roles.value, roles.isnull).map(|roles| roles.len());
        let roles = count.map(|_| texts(fcinfo));
        // (Those that are NULL are not among them.)
        if roles.as_ref().map(Vec::len) != count {
            error::no_roles();
        }
        act(roles, argument(fcinfo, 1))?.into_datum()
    })
}
v1_function! {
    /// `tenancy.stop_acting() → void`
    tenancy_stop_acting, pg_finfo_tenancy_stop_acting,
    |fcinfo| answer(fcinfo, || {
        stop();
        Some(Datum::null())
    })
}

/// Whom an administrator acts as.
pub struct Acting {
    value: Box<[u8]>,
    /// None for nobody.
    claims: Option<Claims>,
    /// Their roles in the active tenant, if these were given.
    pub roles: Option<Vec<String>>,
    /// The issuer that the claims name, if there is one of that name.
    pub issuer: Option<Rc<Trusted>>,
}

impl Acting {
    /// What the value says, with the issuer as this snapshot shows it; the same `Rc` as `last` if that is no other.
    pub fn read(value: &[u8], last: Option<&Rc<Acting>>, snapshot: pg_sys::Snapshot) -> Rc<Acting> {
        if let Some(last) = last.filter(|last| *last.value == *value) {
            let same = match (&last.issuer, issuer(last.claims.as_ref(), snapshot)) {
                (Some(last), Some(now)) => Rc::ptr_eq(last, &now),
                (None, None) => true,
                _ => false,
            };
            if same {
                return last.clone();
            }
        }
        let (roles, claims) = parts(value);
        require_memory_to_parse(roles.len().max(claims.len()));
        let claims = Claims::parse(claims).ok().filter(can_be_held);
        Rc::new(Acting {
            value: value.into(),
            issuer: issuer(claims.as_ref(), snapshot),
            roles: serde_json::from_slice(roles).unwrap_or_default(),
            claims,
        })
    }

    pub fn caller(&self, settings: &Settings) -> Caller {
        let places = self.issuer.as_ref().map(|issuer| &issuer.places).or(settings.places.as_ref());
        self.claims.as_ref().map_or_else(Caller::default, |claims| Caller::new(claims, self.size(), places))
    }

    /// The claims as they were given.
    pub fn text(&self) -> Option<CString> {
        self.claims.as_ref().and_then(|_| CString::new(parts(&self.value).1).ok())
    }

    pub fn size(&self) -> usize {
        self.value.len()
    }
}

/// The line of roles, and the claims.
fn parts(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(|&byte| byte == b'\n').unwrap_or(value.len());
    (&value[..end], value.get(end + 1..).unwrap_or_default())
}

fn issuer(claims: Option<&Claims>, snapshot: pg_sys::Snapshot) -> Option<Rc<Trusted>> {
    configuration::issuer(claims?.text("iss")?, snapshot)
}

/// Begins to act, for this transaction, as the caller of these claims, or as nobody. Returns the database role of the
/// issuer that the claims name, if it has one.
fn act(roles: Option<Vec<String>>, claims: Option<&[u8]>) -> Option<String> {
    let roles = serde_json::to_string(&roles).unwrap_or_default();
    // (As the only claim, so that the same limits hold.)
    if let Err(problem) = readable(format!("{{\"roles\": {roles}}}").as_bytes()) {
        error::unreadable("roles", problem);
    }
    let read =
        claims.map(|claims| readable(claims).unwrap_or_else(|problem| error::unreadable("claims", problem)));
    let value = [roles.as_bytes(), b"\n", claims.unwrap_or_default()].concat();
    let Ok(value) = CString::new(value) else { error::unreadable("claims", Problem::NulCharacter) };
    settings::set_acting(&value);
    let issuer = snapshot::with_active(|snapshot| issuer(read.as_ref(), snapshot))?;
    issuer.database_role(read.as_ref()?.text("role")).map(String::from)
}

/// Ends acting, whoever asks.
pub fn stop() {
    if settings::acting_bytes().is_some() {
        settings::set_acting(c"");
    }
}

fn readable(claims: &[u8]) -> Result<Claims, Problem> {
    require_memory_to_parse(claims.len().min(claims::MAX_BYTES));
    Claims::parse(claims).and_then(|claims| match can_be_held(&claims) {
        true => Ok(claims),
        false => Err(Problem::NotAscii),
    })
}

/// Raises a Postgres error unless the login role administers pg_tenancy and, to begin, the current role does: code that
/// an administrator has running with the rights of others begins nothing. What it acts as is no matter: who may become
/// the administrator again, with RESET ROLE, may as well act as somebody else; within code that cannot, it is.
fn require_administrator() {
    let owner = snapshot::with_active(configuration::administrator);
    // SAFETY: oids of roles in, which are there; a name in the backend's memory out.
    unsafe {
        let administers = |role: Oid| {
            pg_sys::superuser_arg(role) || owner.is_some_and(|owner| pg_sys::has_privs_of_role(role, owner))
        };
        let name =
            |role| CStr::from_ptr(pg_sys::GetUserNameFromId(role, false)).to_string_lossy().into_owned();
        let (login, current) = (pg_sys::GetSessionUserId(), pg_sys::GetUserId());
        if !administers(login) {
            error::no_administrator(name(login));
        } else if (settings::acting_bytes().is_none() || pg_sys::InLocalUserIdChange())
            && !administers(current)
        {
            error::not_as_administrator(name(current));
        }
    }
}
