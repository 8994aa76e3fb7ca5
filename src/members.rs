//! The table of members: a table of the user's that says who belongs to which tenant, with which roles
//! (`tenancy.use_members`).
//!
//! Its rows are read as they lie, as the active snapshot shows them: no policy, rule, trigger, view or function of
//! anybody's comes between, and callers need no right on it. What may be read is what the administrator may SELECT,
//! asked again each time.

use crate::claims::{self, layout::same_tenant};
use crate::configuration;
use crate::row::{self, Row};
use crate::standing::{Members, Membership, Unreadable};
use crate::table::{self, Stamp, Table};
use core::cell::RefCell;
use pgrx::pg_sys::{self, Oid};
use serde::Deserialize;
use std::ffi::CString;
use std::rc::Rc;

/// The row of `tenancy.member_source`; what the columns mean is told in sql/members.sql.
struct Source {
    table: Oid,
    users: Option<Oid>,
    columns: Columns,
}

/// Names of columns.
#[derive(Deserialize)]
struct Columns {
    user_column: String,
    tenant_column: String,
    role_column: Option<String>,
    active_column: Option<String>,
    inactive_column: Option<String>,
    subject_column: Option<String>,
    key_column: Option<String>,
}

/// How many rows of one caller are read, and how many bytes of tenants and roles: in Rust the lack of memory would end
/// the process.
const MAX_ROWS: usize = 10_000;
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The word in a text column that says that a member is active.
const ACTIVE: &str = "active";

struct State {
    source: RefCell<Option<(Stamp, Option<Rc<Source>>)>>,
    /// What was last found: to know the active tenant, and all.
    last: [RefCell<Option<Found>>; 2],
}

/// What was found: of whom, where, from which rows.
struct Found {
    subject: Option<String>,
    extent: Extent,
    source: Rc<Source>,
    stamp: Stamp,
    members: Rc<Members>,
}

// SAFETY: a backend has one thread; nothing here is reached from any other.
unsafe impl Sync for State {}

static STATE: State = State { source: RefCell::new(None), last: [const { RefCell::new(None) }; 2] };

/// How much needs to be known of a caller, who may be a member of hundreds of tenants.
#[derive(Clone, Debug, PartialEq)]
pub enum Extent {
    /// Whether they are a member of this tenant. What is found may hold others.
    Tenant(String),
    /// Whether they are a member of none, one or several tenants: no more than two are found.
    Few,
    All,
}

/// The memberships of the caller with this `sub`, none without one, as this snapshot shows them; the same `Rc` as long
/// as nothing of that has changed.
pub fn of(
    subject: Option<&str>,
    extent: Extent,
    snapshot: pg_sys::Snapshot,
) -> Result<Rc<Members>, Unreadable> {
    let source = source(snapshot).ok_or(Unreadable::Gone)?;
    let administrator = configuration::administrator(snapshot).ok_or(Unreadable::Denied)?;
    let user = match (source.users, subject) {
        (Some(users), Some(subject)) => {
            key_of_user(subject, users, &source.columns, administrator, snapshot)?
        }
        (_, subject) => subject.map(String::from),
    };
    let tables = Table::open_family(source.table).ok_or(Unreadable::Gone)?;
    let numbers = tables.iter().map(|table| Numbers::new(table, &source.columns)).collect::<Option<Vec<_>>>();
    let numbers = numbers.ok_or(Unreadable::Columns)?;
    readable(source.table, administrator, &source.columns.of_members())?;
    let tables: Vec<(&Table, Numbers)> = tables.iter().zip(numbers).collect();

    let slot = &STATE.last[usize::from(extent == Extent::All)];
    let last = slot.take().filter(|found| {
        found.subject.as_deref() == subject && found.extent == extent && Rc::ptr_eq(&found.source, &source)
    });
    // Where most likely nothing has changed, the rows need not be read: enough if they are the same. (Values of an
    // enumeration are renamed without a change of rows; to know a few, what they say must be known.)
    let renamable = tables.iter().any(|(table, numbers)| {
        [numbers.roles, numbers.active].into_iter().flatten().any(|column| table.is_renamable(column))
    });
    let mut read = last.is_none() || renamable || extent == Extent::Few;
    let members = loop {
        let (stamp, list) = look(&tables, user.as_deref(), &extent, read, snapshot)?;
        match &last {
            Some(found) if found.stamp == stamp && (!read || found.members.list == list) => {
                break found.members.clone();
            }
            _ if !read => read = true,
            _ => {
                let with_roles = source.columns.role_column.is_some();
                let members = Rc::new(Members { of_somebody: subject.is_some(), list, with_roles });
                let subject = subject.map(String::from);
                let found = Found { subject, extent, source, stamp, members: members.clone() };
                slot.replace(Some(found));
                return Ok(members);
            }
        }
    };
    slot.replace(last);
    Ok(members)
}

/// Which rows there are of a user and, if they are to be read, what they say.
fn look(
    tables: &[(&Table, Numbers)],
    user: Option<&str>,
    extent: &Extent,
    read: bool,
    snapshot: pg_sys::Snapshot,
) -> Result<(Stamp, Vec<Membership>), Unreadable> {
    let (mut stamp, mut list) = (Stamp::default(), Vec::<Membership>::new());
    let (mut rows, mut bytes) = (0, 0);
    for (table, numbers) in tables {
        stamp.add_table(table);
        numbers.all().for_each(|column| stamp.add(column as u64));
        let Some(user) = user else { continue };
        let by_user = (numbers.user, user);
        let mut each = |row: Row| {
            stamp.add_row(&row);
            rows += 1;
            if let Some(membership) = read.then(|| numbers.membership(&row)).flatten() {
                bytes += membership.tenant.len() + membership.roles.iter().map(String::len).sum::<usize>();
                list.push(membership);
            }
            let too_many = rows > MAX_ROWS || bytes > MAX_BYTES;
            let several = || list.last().is_some_and(|last| !same_tenant(&last.tenant, &list[0].tenant));
            !too_many && (*extent != Extent::Few || !several())
        };
        match extent {
            // (In a column of text a uuid may be written in either case.)
            Extent::Tenant(tenant) if !table.is_text(numbers.tenant) || claims::uuid(tenant).is_none() => {
                table.find(&[by_user, (numbers.tenant, tenant)], snapshot, &mut each);
            }
            _ => table.find(&[by_user], snapshot, &mut each),
        }
    }
    match rows > MAX_ROWS || bytes > MAX_BYTES {
        true => Err(Unreadable::TooMany),
        false => Ok((stamp, list)),
    }
}

/// The table that is in use.
fn source(snapshot: pg_sys::Snapshot) -> Option<Rc<Source>> {
    let mut found = None;
    let changed = configuration::changed(
        c"member_source",
        snapshot,
        STATE.source.borrow().as_ref().map(|(stamp, _)| stamp),
        |row| {
            let columns = row.json().and_then(|row| serde_json::from_value(row).ok());
            // The first two columns: source, users.
            found = row
                .oid(1)
                .zip(columns)
                .map(|(table, columns)| Rc::new(Source { table, users: row.oid(2), columns }));
        },
    );
    if let Some(stamp) = changed {
        STATE.source.replace(Some((stamp, found)));
    }
    STATE.source.borrow().as_ref().and_then(|(_, source)| source.clone())
}

/// The user's key in the table of users; None for a stranger.
fn key_of_user(
    subject: &str,
    users: Oid,
    columns: &Columns,
    administrator: Oid,
    snapshot: pg_sys::Snapshot,
) -> Result<Option<String>, Unreadable> {
    let names = [columns.subject_column.as_deref(), columns.key_column.as_deref()];
    let tables = Table::open_family(users).ok_or(Unreadable::Gone)?;
    readable(users, administrator, &names.map(Option::unwrap_or_default))?;
    let mut found = Vec::new();
    for table in tables {
        let column = |name: Option<&str>| table.column(&CString::new(name?).ok()?, &row::KEYS);
        let [Some(subject_column), Some(key)] = names.map(column) else { return Err(Unreadable::Columns) };
        table.find(&[(subject_column, subject)], snapshot, |row| {
            found.push(row.text(key));
            true
        });
    }
    match found.len() {
        0 | 1 => Ok(found.pop().flatten()),
        _ => Err(Unreadable::Users),
    }
}

/// Whether the administrator may SELECT these columns.
fn readable(table: Oid, administrator: Oid, names: &[&str]) -> Result<(), Unreadable> {
    match table::readable_by(table, administrator, names) {
        true => Ok(()),
        false => Err(Unreadable::Denied),
    }
}

impl Columns {
    fn of_members(&self) -> Vec<&str> {
        let optional = [&self.role_column, &self.active_column, &self.inactive_column];
        let given = optional.into_iter().flatten().map(String::as_str);
        [self.user_column.as_str(), &self.tenant_column].into_iter().chain(given).collect()
    }
}

/// Numbers of columns in one table, where those named are there and of types that can be read.
struct Numbers {
    user: i16,
    tenant: i16,
    roles: Option<i16>,
    active: Option<i16>,
    inactive: Option<i16>,
}

impl Numbers {
    fn new(table: &Table, columns: &Columns) -> Option<Numbers> {
        let find =
            |name: &str, accepted: fn(Oid) -> bool| table.column_of(&CString::new(name).ok()?, accepted);
        let optional = |name: &Option<String>, accepted| match name {
            Some(name) => find(name, accepted).map(Some),
            None => Some(None),
        };
        Some(Numbers {
            user: find(&columns.user_column, |kind| row::KEYS.contains(&kind))?,
            tenant: find(&columns.tenant_column, |kind| row::KEYS.contains(&kind))?,
            roles: optional(&columns.role_column, row::is_list)?,
            active: optional(&columns.active_column, |kind| row::is_flag(kind) || row::is_word(kind))?,
            inactive: optional(&columns.inactive_column, row::is_flag)?,
        })
    }

    fn all(&self) -> impl Iterator<Item = i16> {
        let optional = [self.roles, self.active, self.inactive].map(Option::unwrap_or_default);
        [self.user, self.tenant].into_iter().chain(optional)
    }

    /// What a row says; None if it is no longer, or not yet, a membership.
    fn membership(&self, row: &Row) -> Option<Membership> {
        let active = self.active.is_none_or(|column| row.says(column, ACTIVE));
        let inactive = self.inactive.is_some_and(|column| row.says(column, ACTIVE));
        let tenant = row.text(self.tenant).filter(|tenant| !tenant.is_empty());
        let roles = || self.roles.map(|column| row.list(column)).unwrap_or_default();
        tenant.filter(|_| active && !inactive).map(|tenant| Membership { tenant, roles: roles() })
    }
}
