//! The caller: what the claims say, whose member they are and what they have chosen, as Postgres datums.
//!
//! An identity is a pure function of the bytes of `request.jwt.claims`, `pg_tenancy.token`, `pg_tenancy.acting` and
//! `pg_tenancy.tenant`, of the configuration and the members as the active snapshot shows them, and of the time at which the client's statement
//! began. `session` keeps the present one.

use crate::acting::Acting;
use crate::caller::Caller;
use crate::claims::layout::Places;
use crate::claims::{self, Claims};
use crate::configuration::Settings;
use crate::definitions;
use crate::members::{self, Extent};
use crate::standing::{self, Circumstances, Members, Standing, Unreadable};
use crate::table::Stamp;
use crate::value::Value;
use crate::verified::Accepted;
use crate::{settings, snapshot};
use core::cell::OnceCell;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CString;
use std::rc::Rc;

/// The answers that are passed by reference.
#[derive(Clone, Copy)]
pub enum Answer {
    UserId,
    Uid,
    Role,
    Email,
    TenantId,
    TenantUuid,
    OrganizationId,
    Roles,
    Permissions,
    TenantIds,
    TenantUuids,
    TenantBigints,
    Jwt,
}
pub const ANSWERS: usize = Answer::Jwt as usize + 1;

/// What an identity rests on.
pub enum Basis {
    /// The bytes of `request.jwt.claims`, if any; they are kept only where no hook tells of a change.
    Claims(Option<Box<[u8]>>),
    Token(Rc<Accepted>),
    /// Of an administrator, who may be anybody. It counts before all others.
    Acting(Rc<Acting>),
    /// There is no token, and claims are not believed.
    Nothing,
}

/// What the table of members says of a caller.
pub type FromTable = Result<Rc<Members>, Unreadable>;

/// Whether the table said the same.
pub fn is_same(last: &Option<FromTable>, now: &Option<FromTable>) -> bool {
    match (last, now) {
        (Some(Ok(last)), Some(Ok(now))) => Rc::ptr_eq(last, now),
        (Some(Err(last)), Some(Err(now))) => last == now,
        (None, None) => true,
        _ => false,
    }
}

/// Who is calling; nothing of it is there for nobody.
pub struct Identity {
    pub basis: Basis,
    pub settings: Rc<Settings>,
    pub caller: Rc<Caller>,
    /// The bytes of `pg_tenancy.tenant`, if any.
    pub choice: Option<Box<[u8]>>,
    /// What the table of members says that the standing rests on, where one is in use.
    pub members: Option<FromTable>,
    pub standing: Option<Standing>,
    pub tenant_bigint: Option<i64>,
    /// The permissions in the active tenant and the definitions that gave them, once they were asked for.
    permissions: OnceCell<(Stamp, Vec<String>)>,
    /// All tenants and what the table said of them, once they were asked for.
    tenants: OnceCell<(Option<FromTable>, Vec<String>)>,
    values: [OnceCell<Value>; ANSWERS],
}

impl Identity {
    pub fn new(
        basis: Basis,
        settings: Rc<Settings>,
        caller: Rc<Caller>,
        choice: Option<Box<[u8]>>,
        members: Option<FromTable>,
    ) -> Identity {
        let chosen = choice.as_ref().and_then(|choice| caller.choice(choice));
        let (believed, roles) = match &basis {
            Basis::Claims(_) => (true, None),
            Basis::Acting(acting) => (true, acting.roles.as_deref()),
            Basis::Token(_) | Basis::Nothing => (false, None),
        };
        let mut circumstances = circumstances(&settings, &members, chosen.as_deref(), believed);
        circumstances.roles = roles;
        let standing = caller.said.as_ref().map(|said| Standing::new(said, &circumstances));
        let tenant = standing.as_ref().and_then(|standing| standing.tenant.as_deref().ok());
        let text = |text: Option<&str>| text.map(Value::text);
        let uuid = |text: Option<&str>| text.and_then(claims::uuid).map(Value::uuid);
        let values = [const { OnceCell::new() }; ANSWERS];
        for (answer, value) in [
            (Answer::UserId, text(caller.user.as_deref())),
            (Answer::Uid, uuid(caller.user.as_deref())),
            (Answer::Role, text(caller.role.as_deref())),
            (Answer::Email, text(caller.email.as_deref())),
            (Answer::TenantId, text(tenant)),
            (Answer::TenantUuid, uuid(tenant)),
            (Answer::OrganizationId, uuid(caller.organization.as_deref())),
        ] {
            if let Some(value) = value {
                let _ = values[answer as usize].set(value);
            }
        }
        let tenant_bigint = tenant.and_then(claims::bigint);
        let (permissions, tenants) = (OnceCell::new(), OnceCell::new());
        Identity {
            basis,
            settings,
            caller,
            choice,
            members,
            standing,
            tenant_bigint,
            permissions,
            tenants,
            values,
        }
    }

    pub fn token(&self) -> Option<Rc<Accepted>> {
        match &self.basis {
            Basis::Token(accepted) => Some(accepted.clone()),
            Basis::Claims(_) | Basis::Acting(_) | Basis::Nothing => None,
        }
    }

    /// Where the claims name tenant and roles; None where that cannot be known.
    pub fn places(&self) -> Option<&Places> {
        let issuer = match &self.basis {
            Basis::Token(accepted) => Some(&accepted.issuer),
            Basis::Acting(acting) => acting.issuer.as_ref(),
            Basis::Claims(_) | Basis::Nothing => None,
        };
        issuer.map(|issuer| &issuer.places).or(self.settings.places.as_ref())
    }

    /// The active tenant with the roles there.
    pub fn place(&self) -> Option<(&str, &Standing)> {
        let standing = self.standing.as_ref()?;
        Some((standing.tenant.as_deref().ok()?, standing))
    }

    pub fn permissions(&self) -> Option<&[String]> {
        let (tenant, Standing { rights, .. }) = self.place()?;
        let (_, permissions) = self.permissions.get_or_init(|| {
            let (stamp, mut permissions) =
                snapshot::with_active(|snapshot| definitions::permissions(&rights.roles, tenant, snapshot));
            // Those of claims are what they are: * stands for more only in our definitions.
            permissions
                .extend(rights.permissions.iter().filter(|permission| !permission.contains('*')).cloned());
            permissions.sort();
            permissions.dedup();
            (stamp, permissions)
        });
        Some(permissions)
    }

    /// Whether the definitions that gave the permissions, if they were asked for, are those of this snapshot.
    pub fn permissions_hold(&self, snapshot: pg_sys::Snapshot) -> bool {
        match (self.permissions.get(), self.place()) {
            (Some((seen, _)), Some((tenant, Standing { rights, .. }))) => {
                *seen == definitions::permissions(&rights.roles, tenant, snapshot).0
            }
            _ => true,
        }
    }

    /// What the table of members says of all tenants of the caller, as this snapshot shows it.
    fn all_memberships(&self, snapshot: pg_sys::Snapshot) -> Option<FromTable> {
        self.members.as_ref().map(|_| members::of(self.caller.user.as_deref(), Extent::All, snapshot))
    }

    fn tenants(&self) -> Option<&[String]> {
        let said = self.caller.said.as_ref()?;
        let (_, tenants) = self.tenants.get_or_init(|| {
            let members = snapshot::with_active(|snapshot| self.all_memberships(snapshot));
            let tenants = standing::tenants(said, &circumstances(&self.settings, &members, None, false));
            (members, tenants)
        });
        Some(tenants)
    }

    /// Whether all tenants were asked for, could be read, and are those of this snapshot.
    pub fn tenants_hold(&self, snapshot: pg_sys::Snapshot) -> bool {
        match self.tenants.get() {
            Some((Some(Ok(seen)), _)) => {
                self.all_memberships(snapshot).is_some_and(|now| now.is_ok_and(|now| Rc::ptr_eq(seen, &now)))
            }
            _ => false,
        }
    }

    /// Whether what was asked for later than the rest is as this snapshot shows it.
    pub fn holds(&self, snapshot: pg_sys::Snapshot) -> bool {
        let same_tenants =
            |(seen, _): &(Option<FromTable>, _)| is_same(seen, &self.all_memberships(snapshot));
        self.tenants.get().is_none_or(same_tenants) && self.permissions_hold(snapshot)
    }

    /// Whether the caller belongs to a tenant, whatever they have chosen.
    pub fn belongs_to(&self, tenant: &str) -> bool {
        let Some(said) = &self.caller.said else { return false };
        let extent = Extent::Tenant(tenant.to_owned());
        let members = self.members.as_ref().map(|_| {
            snapshot::with_active(|snapshot| members::of(self.caller.user.as_deref(), extent, snapshot))
        });
        let circumstances = circumstances(&self.settings, &members, Some(tenant), false);
        Standing::new(said, &circumstances).tenant.is_ok()
    }

    /// The value of an answer; of some made when first asked for.
    pub fn value(&self, answer: Answer) -> Option<&Value> {
        let cell = &self.values[answer as usize];
        if let Some(value) = cell.get() {
            return Some(value);
        }
        let tenants = || self.tenants().map(|tenants| tenants.iter().map(String::as_str));
        let made = match answer {
            Answer::Roles => Value::texts(self.place()?.1.rights.roles.iter().map(String::as_str)),
            Answer::Permissions => Value::texts(self.permissions()?.iter().map(String::as_str)),
            Answer::TenantIds => Value::texts(tenants()?),
            Answer::TenantUuids => {
                let uuids: Vec<Value> = tenants()?.filter_map(claims::uuid).map(Value::uuid).collect();
                Value::array(&uuids.iter().map(Value::datum).collect::<Vec<_>>(), pg_sys::UUIDOID)
            }
            Answer::TenantBigints => {
                let numbers = tenants()?.filter_map(claims::bigint).map(Datum::from);
                Value::array(&numbers.collect::<Vec<_>>(), pg_sys::INT8OID)
            }
            Answer::Jwt if self.caller.problem.is_none() => match &self.basis {
                Basis::Claims(_) => make_jsonb(settings::claims_value()?)?,
                Basis::Token(accepted) => make_jsonb(CString::new(&*accepted.verified.text).ok()?.as_ptr())?,
                Basis::Acting(acting) => make_jsonb(acting.text()?.as_ptr())?,
                Basis::Nothing => return None,
            },
            _ => return None,
        };
        Some(cell.get_or_init(|| made))
    }

    pub fn size(&self) -> usize {
        size_of::<Identity>()
            + self.values.iter().filter_map(OnceCell::get).map(|value| value.size).sum::<usize>()
            + self
                .tenants
                .get()
                .map_or(0, |(_, tenants)| tenants.iter().map(|tenant| tenant.len() + 64).sum())
            + self.choice.as_ref().map_or(0, |choice| choice.len())
            + self.caller.size
            + [self.members.as_ref(), self.tenants.get().and_then(|(members, _)| members.as_ref())]
                .into_iter()
                .flatten()
                .flatten()
                .flat_map(|members| &members.list)
                .map(|row| row.tenant.len() + 64 * (row.roles.len() + 1))
                .sum::<usize>()
            + self
                .permissions
                .get()
                .map_or(0, |(_, permissions)| permissions.iter().map(|p| p.len() + 24).sum())
            + match &self.basis {
                Basis::Claims(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len()),
                // The token, its payload and the claims read from that.
                Basis::Token(accepted) => 4 * accepted.token.len(),
                Basis::Acting(acting) => 4 * acting.size(),
                Basis::Nothing => 0,
            }
    }
}

fn circumstances<'a>(
    settings: &'a Settings,
    members: &'a Option<FromTable>,
    chosen: Option<&'a str>,
    choice_believed: bool,
) -> Circumstances<'a> {
    Circumstances {
        chosen,
        choice_believed,
        members: members.as_ref().map(|members| members.as_deref().map_err(|reason| *reason)),
        membership_required: settings.membership_required,
        pinned: settings.pinned.as_deref(),
        roles: None,
    }
}

/// Raises a Postgres error where there is no memory to parse this many bytes of JSON: in Rust the lack of memory ends
/// the process, and with it every session of the server. (At worst, objects of one member in each other, it takes 126
/// bytes for one.)
pub fn require_memory_to_parse(bytes: usize) {
    // SAFETY: palloc returns a block or raises an error.
    unsafe { pg_sys::pfree(pg_sys::palloc(bytes.min(claims::MAX_BYTES) * 160 + 16 * 1024)) }
}

/// Whether the database's encoding has all the characters of these claims: elsewhere than in UTF-8 one beyond ASCII
/// would have to be converted, and might not exist.
pub fn can_be_held(claims: &Claims) -> bool {
    // SAFETY: reads a global of the backend.
    claims.is_ascii() || unsafe { pg_sys::GetDatabaseEncoding() } == pg_sys::pg_enc::PG_UTF8 as i32
}

/// The jsonb of a text that `parse` has accepted.
fn make_jsonb(text: *const core::ffi::c_char) -> Option<Value> {
    // SAFETY: jsonb_in takes a C string in the database's encoding. Claims::parse accepts nothing that it
    // refuses. What comes back is a palloc'ed varlena with a 4-byte header, of no use once it is copied.
    unsafe {
        let made = pgrx::direct_function_call_as_datum(pg_sys::jsonb_in, &[Some(Datum::from(text))])?;
        let value = Value::varlena(pgrx::varlena_to_byte_slice(made.cast_mut_ptr()));
        pg_sys::pfree(made.cast_mut_ptr());
        Some(value)
    }
}
