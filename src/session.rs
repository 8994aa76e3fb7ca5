//! The identity of this session now, kept from call to call.
//!
//! The parameters' assign hook marks it stale whenever Postgres changes a value (SET, RESET, ROLLBACK, the end of SET
//! LOCAL, a worker's start); a new snapshot or statement has the rest looked at anew. So a rollback undoes an identity by
//! undoing what it was made from.
//!
//! Readers are given pointers into the cached identity, which is what makes a call nearly free: per row a
//! load, a test and a return (see bench/). A pointer must outlive whoever holds it:
//!
//! - Within a transaction an identity that was lent is kept when another takes its place.
//! - What is kept is freed at a transaction end at which no statement is running. A procedure's scalar
//!   argument, as in `CALL p(auth.user_id())`, is not copied by Postgres and outlives a COMMIT inside `p`.
//! - Once `MAX_KEPT` bytes are kept, readers get copies instead, so that a loop that changes the caller a
//!   million times does not grow the backend.

use crate::acting::Acting;
use crate::caller::Caller;
use crate::claims::Problem;
use crate::identity::{self, ANSWERS, Answer, Basis, Identity};
use crate::members::{self, Extent};
use crate::standing::{self, Standing, bare_role, covers};
use crate::token::Rule;
use crate::verified::{self, Accepted};
use crate::{audit_log, configuration, error, settings, snapshot};
use core::cell::{Cell, RefCell};
use core::ffi::c_void;
use core::panic::AssertUnwindSafe;
use core::ptr::{null, null_mut};
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Datum};
use std::rc::Rc;

/// How many bytes of replaced identities may be kept until their transaction ends.
const MAX_KEPT: usize = 256 * 1024;

/// The state of this backend. A rollback need not undo any of it: `stale` says whether a parameter has changed since
/// `current` was read, rollbacks included, and `snapshot` whether anything else may have.
struct State {
    stale: Cell<bool>,
    /// The identity last read, from `Box::into_raw`; null before the first.
    current: Cell<*mut Identity>,
    /// Pointers into `current` may be held by others.
    lent: Cell<bool>,
    /// What the fast path returns: pointers into `current`, null unless it is not stale and `lent` is set.
    ready: [Cell<*const u8>; ANSWERS],
    /// The same for the one answer that is passed by value.
    ready_bigint: Cell<Option<i64>>,
    /// Replaced identities, each lent and perhaps still held.
    kept: RefCell<Vec<*mut Identity>>,
    kept_bytes: Cell<usize>,
}

// SAFETY: a backend has one thread; nothing here is reached from any other.
unsafe impl Sync for State {}

static STATE: State = State {
    stale: Cell::new(true),
    current: Cell::new(null_mut()),
    lent: Cell::new(false),
    ready: [const { Cell::new(null()) }; ANSWERS],
    ready_bigint: Cell::new(None),
    kept: RefCell::new(Vec::new()),
    kept_bytes: Cell::new(0),
};

/// The fast path, taken once per row: a pointer to the answer of the identity last read, or null where `lend` must
/// find out. It is good where that is known to be still the identity (`snapshot`).
#[inline(always)]
pub fn ready(answer: Answer) -> *const u8 {
    STATE.ready[answer as usize].get()
}

/// The same for `auth.tenant_bigint()`; None where `tenant_bigint` must find out.
#[inline(always)]
pub fn ready_bigint() -> Option<i64> {
    STATE.ready_bigint.get()
}

/// The caller's answer, or None for SQL NULL: a pointer into the current identity or, if too much is being
/// kept, a copy. Raises a Postgres error for a token that is refused.
pub fn lend(answer: Answer) -> Option<Datum> {
    let value = current().value(answer)?;
    if STATE.kept_bytes.get() >= MAX_KEPT {
        return Some(value.copied());
    }
    let pointer = value.pointer();
    STATE.lent.set(true);
    if settings::changes_are_noticed() {
        STATE.ready[answer as usize].set(pointer);
    }
    Some(Datum::from(pointer))
}

/// The active tenant as bigint.
pub fn tenant_bigint() -> Option<i64> {
    let tenant = current().tenant_bigint;
    if settings::changes_are_noticed() {
        STATE.ready_bigint.set(tenant);
    }
    tenant
}

/// Why the claims were refused, as words; None where they were not, or none are believed.
pub fn claims_problem() -> Option<Problem> {
    try_current().ok()?.caller.problem
}

/// The rule by which the token presented is refused; None where it is not, or there is none.
pub fn token_problem() -> Option<Rule> {
    try_current().err()
}

/// Why a caller has no active tenant, as words; None where they have one, or there is no caller.
pub fn tenant_problem() -> Option<String> {
    let identity = try_current().ok()?;
    match (&identity.standing, &identity.basis) {
        (Some(standing), _) => standing.tenant.as_ref().err().map(ToString::to_string),
        (None, Basis::Claims(_) | Basis::Acting(_)) if identity.places().is_none() => {
            Some("setting layout, tenant_path, roles_path or permissions_path is not valid".into())
        }
        (None, _) => None,
    }
}

/// By which word of the claims a caller is kept from all tenants.
pub fn restriction() -> Option<String> {
    current().caller.said.as_ref()?.restriction.map(|restriction| restriction.to_string())
}

/// The token that the caller has presented. Raises a Postgres error for one that is refused.
pub fn token() -> Option<Rc<Accepted>> {
    current().token()
}

/// Where the caller's tenant is looked for, as words.
pub fn tenant_sought() -> Option<String> {
    try_current().ok()?.places().map(|places| places.sought())
}

/// What a choice of this tenant by the caller looks like, for `pg_tenancy.tenant`.
pub fn choosing(tenant: &str) -> String {
    current().caller.choosing(tenant)
}

/// Whether the caller belongs to this tenant, whatever they have chosen.
pub fn belongs_to(tenant: &str) -> bool {
    current().belongs_to(tenant)
}

/// Whether the caller has the tenant that was just chosen; if not, why.
pub fn check_choice() -> Result<(), String> {
    match &current().standing {
        Some(Standing { tenant: Err(problem), .. }) => Err(problem.to_string()),
        _ => Ok(()),
    }
}

/// Whether the caller has one of these roles in the active tenant.
pub fn has_role(asked: &[String]) -> bool {
    let same = |role: &String| asked.iter().any(|asked| bare_role(asked) == bare_role(role));
    current().place().is_some_and(|(_, standing)| standing.rights.roles.iter().any(same))
}

/// Whether the caller has one of these permissions in the active tenant.
pub fn has_permission(asked: &[String]) -> bool {
    let covered = |held: &String| asked.iter().any(|asked| covers(held, asked));
    current().permissions().is_some_and(|permissions| permissions.iter().any(covered))
}

/// Marks the cached identity stale. Called from the assign hook: it neither fails nor allocates.
pub fn forget() {
    STATE.stale.set(true);
    unready();
}

fn unready() {
    snapshot::advance();
    STATE.ready.iter().for_each(|pointer| pointer.set(null()));
    STATE.ready_bigint.set(None);
}

/// The identity now. The reference is good until the next call. Raises a Postgres error for a token that is refused.
fn current() -> &'static Identity {
    match try_current() {
        Ok(identity) => identity,
        Err(rule) => error::refused(rule),
    }
}

fn try_current() -> Result<&'static Identity, Rule> {
    let changed = STATE.stale.get() || !snapshot::unchanged() || claims_have_changed();
    if changed && let Err(rule) = snapshot::with_active(refresh) {
        unready();
        return Err(rule);
    }
    // SAFETY: `refresh` has set it, and frees it only when it runs again.
    Ok(unsafe { &*STATE.current.get() })
}

/// Whether the claims are others than those read, where no hook tells of it.
fn claims_have_changed() -> bool {
    // SAFETY: null or from Box::into_raw in `replace`, and not freed since.
    let read = unsafe { STATE.current.get().as_ref() }.map(|identity| &identity.basis);
    match read {
        Some(Basis::Claims(bytes)) if !settings::changes_are_noticed() => {
            bytes.as_deref() != settings::claims_bytes()
        }
        _ => false,
    }
}

/// Looks at all that an identity rests on, and reads it anew if any of that has changed.
fn refresh(snapshot: pg_sys::Snapshot) -> Result<(), Rule> {
    let settings = configuration::settings(snapshot);
    let noticed = settings::changes_are_noticed();
    // SAFETY: null or from Box::into_raw below, and not freed since.
    let last = unsafe { STATE.current.get().as_ref() };
    let last_acting = match last.map(|last| &last.basis) {
        Some(Basis::Acting(acting)) => Some(acting),
        _ => None,
    };
    let basis = match (settings::acting_bytes(), settings::token_bytes()) {
        (Some(acting), _) => Basis::Acting(Acting::read(acting, last_acting, snapshot)),
        (None, Some(token)) => Basis::Token(verified::accepted(token, snapshot)?),
        (None, None) if !settings.claims_believed(snapshot) => Basis::Nothing,
        (None, None) => Basis::Claims(settings::claims_bytes().filter(|_| !noticed).map(Box::from)),
    };
    let same_claims = last.filter(|last| Rc::ptr_eq(&last.settings, &settings)).filter(|last| {
        match (&last.basis, &basis) {
            (Basis::Token(last), Basis::Token(now)) => Rc::ptr_eq(last, now),
            (Basis::Acting(last), Basis::Acting(now)) => Rc::ptr_eq(last, now),
            (Basis::Claims(last), Basis::Claims(now)) => match noticed {
                true => !STATE.stale.get(),
                false => last == now,
            },
            (Basis::Nothing, Basis::Nothing) => true,
            _ => false,
        }
    });
    let caller = match (same_claims, &basis) {
        (Some(last), _) => last.caller.clone(),
        (None, Basis::Token(token)) => {
            Caller::new(&token.verified.claims, token.token.len(), Some(&token.issuer.places)).into()
        }
        (None, Basis::Acting(acting)) => acting.caller(&settings).into(),
        (None, Basis::Claims(_)) => Caller::parse(settings::claims_bytes(), settings.places.as_ref()).into(),
        (None, Basis::Nothing) => Rc::default(),
    };
    let choice = settings::tenant_bytes();
    // Whoever was asked for all their tenants is looked up once: where these rows are the same, so are some of them.
    let settled = same_claims.filter(|last| last.choice.as_deref() == choice && last.tenants_hold(snapshot));
    let looked_up = || {
        let said = caller.said.as_ref().filter(|_| settings.members)?;
        let chosen = choice.and_then(|choice| caller.choice(choice));
        let extent = match standing::in_question(said, chosen.as_deref(), settings.pinned.as_deref()) {
            Some(tenant) => Extent::Tenant(tenant.to_owned()),
            None => Extent::Few,
        };
        Some(members::of(caller.user.as_deref(), extent, snapshot))
    };
    let members = settled.map_or_else(looked_up, |last| last.members.clone());
    let same = match settled {
        Some(last) => last.permissions_hold(snapshot),
        None => same_claims.is_some_and(|last| {
            last.choice.as_deref() == choice
                && identity::is_same(&last.members, &members)
                && last.holds(snapshot)
        }),
    };
    if !same {
        let audit_log = settings.audit_log;
        replace(Identity::new(basis, settings, caller, choice.map(Box::from), members));
        if audit_log {
            log_caller();
        }
    }
    STATE.stale.set(false);
    snapshot::mark();
    Ok(())
}

fn replace(next: Identity) {
    unready();
    let last = STATE.current.replace(Box::into_raw(Box::new(next)));
    if STATE.lent.replace(false) {
        // SAFETY: `last` was lent, so it is an identity.
        STATE.kept_bytes.set(STATE.kept_bytes.get() + unsafe { &*last }.size());
        STATE.kept.borrow_mut().push(last);
    } else {
        free(last);
    }
}

fn log_caller() {
    // SAFETY: from Box::into_raw in `replace`, and not freed since.
    let identity = unsafe { &*STATE.current.get() };
    let token = identity.token();
    audit_log::caller(
        token.as_ref().map(|token| token.issuer.rules.name.as_str()),
        identity.caller.user.as_deref(),
        identity.place().map(|(tenant, _)| tenant),
        token.as_ref().map(|token| &*token.token),
    );
}

/// Frees an identity that nobody holds a pointer into.
fn free(identity: *mut Identity) {
    if !identity.is_null() {
        // SAFETY: from Box::into_raw in `replace`, and each is freed once: it leaves `current` or `kept`
        // as it comes here.
        drop(unsafe { Box::from_raw(identity) });
    }
}

/// Runs `work` so that a panic or a Postgres error inside becomes a Postgres error outside, as it must in a
/// function that Postgres calls directly.
#[cold]
pub fn guarded<T: Copy>(work: impl FnOnce() -> T) -> T {
    // SAFETY: called in the backend's one thread, from a function that Postgres called and whose own
    // frames hold nothing that needs dropping, so that the error may jump over them.
    unsafe { pg_sys::panic::pgrx_extern_c_guard(AssertUnwindSafe(work)) }
}

/// Registers, once per backend, what is done at the ends of transactions: the freeing of what was kept.
pub fn watch_transactions() {
    // SAFETY: called from _PG_init; the callbacks are static and the library is never unloaded.
    unsafe {
        pg_sys::RegisterXactCallback(Some(at_transaction_event), null_mut());
        pg_sys::RegisterSubXactCallback(Some(at_subtransaction_event), null_mut());
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn at_transaction_event(event: pg_sys::XactEvent::Type, _arg: *mut c_void) {
    use pg_sys::XactEvent::*;
    let ended = matches!(
        event,
        XACT_EVENT_COMMIT
            | XACT_EVENT_ABORT
            | XACT_EVENT_PREPARE
            | XACT_EVENT_PARALLEL_COMMIT
            | XACT_EVENT_PARALLEL_ABORT
    );
    // A procedure commits or rolls back while its CALL still runs in a portal; under a background worker there
    // may be no portal, but a non-atomic SPI context. (That alone would not do: where a deferred trigger makes
    // a commit fail and the procedure survives that, as PL/Perl's can, the innermost context is the trigger's.)
    // What is not freed now waits for the next end.
    // SAFETY: read two globals of the backend.
    let running = unsafe { !pg_sys::ActivePortal.is_null() || pg_sys::SPI_inside_nonatomic_context() };
    if ended {
        snapshot::forget();
    }
    if !ended || running {
        return;
    }
    for identity in STATE.kept.borrow_mut().drain(..) {
        free(identity);
    }
    STATE.kept_bytes.set(0);
    STATE.lent.set(false);
    unready();
}

/// A subtransaction that is undone takes changes of the configuration with it, while the snapshot stays.
unsafe extern "C-unwind" fn at_subtransaction_event(
    _event: pg_sys::SubXactEvent::Type,
    _subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _arg: *mut c_void,
) {
    snapshot::forget();
}
