//! The configuration as the active snapshot shows it: settings, issuers and their keys.
//!
//! Whoever needs it asks with each snapshot. The rows that the snapshot shows are looked at (their places and
//! writers, not their contents), and what was made from them is made anew only when they are others. So a change
//! acts at the next snapshot, a rollback undoes it, and a parallel worker, which has its leader's snapshot, agrees.

use crate::claims::layout::Places;
use crate::error;
use crate::row::{self, Row};
use crate::snapshot;
use crate::table::{self, Stamp, Table};
use crate::token::{Algorithm, Issuer, Keys};
use core::cell::RefCell;
use core::ffi::CStr;
use pgrx::pg_sys::{self, Oid};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::ffi::CString;
use std::rc::Rc;

/// Who may say who is calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Whoever sets `request.jwt.claims` is believed.
    Claims,
    /// They are if the login role is one of the gateway's; everybody else needs a token.
    Gateway,
    /// Everybody needs a token.
    Verified,
}

/// What `tenancy.configure()` has set, as far as it matters here.
pub struct Settings {
    pub mode: Mode,
    pub authenticated: String,
    pub audit_log: bool,
    /// Where claims that no token carries name the tenant, roles and permissions; None where that cannot be known.
    pub places: Option<Places>,
    /// A table says who is a member of what.
    pub members: bool,
    /// A tenant counts only while the caller is a member.
    pub membership_required: bool,
    /// The one tenant that is served.
    pub pinned: Option<String>,
}

impl Settings {
    /// Whether `request.jwt.claims` are believed in this session.
    pub fn claims_believed(&self, snapshot: pg_sys::Snapshot) -> bool {
        match self.mode {
            Mode::Claims => true,
            Mode::Gateway => is_gateway(snapshot),
            Mode::Verified => false,
        }
    }

    fn read(rows: Vec<Value>) -> Settings {
        let row = |name: &str| rows.iter().find(|row| row["setting"] == name);
        let value = |name: &str| row(name).and_then(|row| row["value"].as_str());
        // A JSON array. What is none would be a path that leads nowhere.
        let path = |name: &str| value(name).map(|path| serde_json::from_str(path).unwrap_or_default());
        Settings {
            mode: match value("mode") {
                _ if rows.contains(&Value::Null) => Mode::Verified,
                None | Some("claims") => Mode::Claims,
                Some("gateway") => Mode::Gateway,
                Some(_) => Mode::Verified,
            },
            authenticated: value("authenticated").unwrap_or("authenticated").to_owned(),
            audit_log: value("audit_log") == Some("on"),
            places: Places::new(
                value("layout").unwrap_or("auto"),
                path("tenant_path"),
                path("roles_path"),
                path("permissions_path"),
                &[],
            ),
            members: row("members").is_some(),
            membership_required: value("require_membership") != Some("off"),
            pinned: value("pinned_tenant").map(String::from),
        }
    }
}

/// Whether the login role of this session is one of the gateway's.
fn is_gateway(snapshot: pg_sys::Snapshot) -> bool {
    // SAFETY: reads a variable of the backend.
    let login = unsafe { pg_sys::GetSessionUserId() };
    let mut found = false;
    our_table(c"gateway_role").scan(snapshot, |row| found |= row.oid(1) == Some(login));
    found
}

/// An issuer whose tokens are accepted, with its keys as they are now. The same `Rc` is given out as long as
/// nothing of it has changed.
pub struct Trusted {
    pub rules: Issuer,
    /// Where its claims name the tenant and grant roles and permissions.
    pub places: Places,
    row: IssuerRow,
    keys_seen: Option<KeysSeen>,
}

/// A table of keys as it was when it was last read.
struct KeysSeen {
    stamp: Stamp,
    columns: Columns,
    /// When the first of them expires.
    until: i64,
}

/// The columns of a table of keys that are read; None where they cannot be.
type Columns = Option<(i16, i16, Option<i16>)>;

/// One row of `tenancy.issuer`; what the columns mean is told in sql/issuers.sql.
#[derive(Clone, Deserialize)]
struct IssuerRow {
    iss: String,
    jwks: Option<Value>,
    key_schema: Option<String>,
    key_table: Option<String>,
    key_id_column: Option<String>,
    key_column: Option<String>,
    key_expires_column: Option<String>,
    key_grace: Option<i64>,
    audience: Option<Vec<String>>,
    layout: String,
    tenant_path: Option<Vec<String>>,
    roles_path: Option<Vec<String>>,
    permissions_path: Option<Vec<String>>,
    allow: Option<Vec<String>>,
    algorithms: Option<Vec<String>>,
    types: Option<Vec<String>>,
    required: Map<String, Value>,
    leeway: i64,
    max_age: Option<i64>,
    require_exp: bool,
    database_role: Option<String>,
    token_roles: Option<Vec<String>>,
}

impl IssuerRow {
    /// Where its claims are looked at; None for what tenancy.add_issuer() refuses. A token's layout is never guessed:
    /// what is guessed could be a claim that users write themselves.
    fn places(&self) -> Option<Places> {
        let allow = self.allow.as_deref().unwrap_or_default();
        let (tenant, roles) = (self.tenant_path.clone(), self.roles_path.clone());
        let places = Places::new(&self.layout, tenant, roles, self.permissions_path.clone(), allow);
        places.filter(|_| self.layout != "auto")
    }
}

impl Trusted {
    fn new(row: IssuerRow, places: Places, keys: Keys, keys_seen: Option<KeysSeen>) -> Trusted {
        let rules = Issuer {
            name: row.iss.clone(),
            keys,
            audiences: row.audience.clone(),
            types: row.types.clone(),
            required: row.required.clone(),
            leeway: row.leeway,
            max_age: row.max_age,
            require_exp: row.require_exp,
        };
        Trusted { rules, places, row, keys_seen }
    }

    /// An issuer whose keys are in its row. If they cannot be used it has none, and its tokens are refused.
    /// None where the row says what tenancy.add_issuer() refuses.
    fn with_own_keys(row: IssuerRow) -> Option<Trusted> {
        let places = row.places()?;
        let allowed = allowed(row.algorithms.as_deref());
        let jwks = row.jwks.as_ref().map(Value::to_string);
        let keys = jwks.and_then(|jwks| Keys::parse(jwks.as_bytes(), &allowed).ok());
        Some(Trusted::new(row, places, keys.unwrap_or_else(|| Keys::new(&allowed)), None))
    }

    /// The same with the keys that its table has now, if it has one and that has changed since: its rows, its
    /// columns, or what the administrator may read of it.
    fn with_keys_of_now(&self, snapshot: pg_sys::Snapshot) -> Option<Trusted> {
        let name = |name: &Option<String>| CString::new(name.as_deref()?).ok();
        let (schema, table) = (name(&self.row.key_schema)?, name(&self.row.key_table)?);
        let table = table::find(&schema, &table).and_then(Table::open);
        let stamp = table.as_ref().map(|table| table.stamp(snapshot)).unwrap_or_default();
        let now = snapshot::statement_time();
        let last = self.keys_seen.as_ref().filter(|seen| seen.stamp == stamp && now < seen.until);
        let columns = table.as_ref().and_then(|table| self.key_columns(table, administrator(snapshot)?));
        if last.is_some_and(|seen| seen.columns == columns) {
            return None;
        }
        let mut keys = Keys::new(&allowed(self.row.algorithms.as_deref()));
        let mut until = i64::MAX;
        if let (Some(table), Some((id, key, expires))) = (&table, columns) {
            let grace = self.row.key_grace.unwrap_or(0).saturating_mul(1_000_000);
            let mut found = Vec::new();
            table.scan(snapshot, |row| {
                let end = expires
                    .and_then(|column| row.time(column))
                    .map_or(i64::MAX, |end| end.saturating_add(grace));
                if end > now {
                    until = until.min(end);
                    found.extend(row.text(id).zip(row.text(key)).map(|(id, key)| (end, id, key)));
                }
            });
            // Only so many are read: first those that are good for longest.
            found.sort_by_key(|(end, ..)| core::cmp::Reverse(*end));
            for (_, id, key) in found {
                // A key that cannot be used is as good as absent; the others are still there.
                let _ = keys.add(key.as_bytes(), Some(&id));
            }
        }
        let seen = KeysSeen { stamp, columns, until };
        Some(Trusted::new(self.row.clone(), self.places.clone(), keys, Some(seen)))
    }

    /// The columns to read, if they are there, of the right types, and the administrator may read them.
    fn key_columns(&self, table: &Table, administrator: Oid) -> Columns {
        let column = |name: &str, types: &[Oid]| table.column(&CString::new(name).ok()?, types);
        let id = column(self.row.key_id_column.as_deref()?, &row::TEXTS)?;
        let key = column(self.row.key_column.as_deref()?, &row::TEXTS)?;
        let expires = match self.row.key_expires_column.as_deref() {
            Some(name) => Some(column(name, &row::TIMES)?),
            None => None,
        };
        let names = [&self.row.key_id_column, &self.row.key_column, &self.row.key_expires_column];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        table::readable_by(table.oid(), administrator, &names).then_some((id, key, expires))
    }

    /// The database role that a token with this claim `role` takes: that one if the issuer's row lists it, else
    /// the issuer's; None for the role of all callers.
    pub fn database_role<'a>(&'a self, claimed: Option<&'a str>) -> Option<&'a str> {
        let listed = |role: &&str| self.row.token_roles.iter().flatten().any(|listed| listed == role);
        claimed.filter(listed).or(self.row.database_role.as_deref())
    }
}

/// The algorithms by their names; all there are where none are given.
pub fn allowed(names: Option<&[String]>) -> Vec<Algorithm> {
    match names {
        None => Algorithm::ALL.to_vec(),
        Some(names) => names.iter().filter_map(|name| Algorithm::named(name)).collect(),
    }
}

/// The owner of the extension.
pub fn administrator(snapshot: pg_sys::Snapshot) -> Option<Oid> {
    // SAFETY: a C string in, an oid or 0 out.
    let extension = unsafe { pg_sys::get_extension_oid(c"pg_tenancy".as_ptr(), true) };
    let table = Table::open(pg_sys::ExtensionRelationId)?;
    let mut owner = None;
    table.scan(snapshot, |row| {
        if row.oid(pg_sys::Anum_pg_extension_oid as i16) == Some(extension) {
            owner = row.oid(pg_sys::Anum_pg_extension_extowner as i16);
        }
    });
    owner
}

struct State {
    settings: RefCell<Option<(Stamp, Rc<Settings>)>>,
    issuers: RefCell<Option<(Stamp, Vec<Rc<Trusted>>)>>,
}

// SAFETY: a backend has one thread; nothing here is reached from any other.
unsafe impl Sync for State {}

static STATE: State = State { settings: RefCell::new(None), issuers: RefCell::new(None) };

/// The settings that this snapshot shows. Raises a Postgres error where the extension's tables are missing.
pub fn settings(snapshot: pg_sys::Snapshot) -> Rc<Settings> {
    if let (true, Some((_, settings))) = (snapshot::unchanged(), STATE.settings.borrow().as_ref()) {
        return settings.clone();
    }
    let mut rows = Vec::new();
    let seen = STATE.settings.borrow();
    // What cannot be read is null, and not as if it were not there.
    let stamp = changed(c"config", snapshot, seen.as_ref().map(|(stamp, _)| stamp), |row| {
        rows.push(row.json().unwrap_or_default());
    });
    drop(seen);
    if let Some(stamp) = stamp {
        STATE.settings.replace(Some((stamp, Rc::new(Settings::read(rows)))));
    }
    match STATE.settings.borrow().as_ref() {
        Some((_, settings)) => settings.clone(),
        None => error::incomplete(),
    }
}

/// The issuer of that name that this snapshot shows.
pub fn issuer(name: &str, snapshot: pg_sys::Snapshot) -> Option<Rc<Trusted>> {
    let mut issuers = Vec::new();
    let seen = STATE.issuers.borrow();
    let stamp = changed(c"issuer", snapshot, seen.as_ref().map(|(stamp, _)| stamp), |row| {
        let row = row.json().and_then(|row| serde_json::from_value(row).ok());
        issuers.extend(row.and_then(Trusted::with_own_keys).map(Rc::new));
    });
    drop(seen);
    if let Some(stamp) = stamp {
        STATE.issuers.replace(Some((stamp, issuers)));
    }
    let known = STATE.issuers.borrow().as_ref()?.1.iter().find(|issuer| issuer.rules.name == name)?.clone();
    let Some(fresh) = known.with_keys_of_now(snapshot).map(Rc::new) else { return Some(known) };
    if let Some((_, issuers)) = STATE.issuers.borrow_mut().as_mut() {
        issuers
            .iter_mut()
            .filter(|issuer| issuer.rules.name == name)
            .for_each(|issuer| *issuer = fresh.clone());
    }
    Some(fresh)
}

/// Calls `each` for the rows of one of our tables and returns their stamp, if that is another than was seen.
pub fn changed(
    table: &CStr,
    snapshot: pg_sys::Snapshot,
    seen: Option<&Stamp>,
    each: impl FnMut(Row),
) -> Option<Stamp> {
    // The snapshot counts as looked at once all has been: what was made from another is about to be replaced.
    snapshot::unmark();
    let table = our_table(table);
    let stamp = table.stamp(snapshot);
    if seen == Some(&stamp) {
        return None;
    }
    table.scan(snapshot, each);
    Some(stamp)
}

pub fn our_table(name: &CStr) -> Table {
    match table::find(c"tenancy", name).and_then(Table::open) {
        Some(table) => table,
        None => error::incomplete(),
    }
}
