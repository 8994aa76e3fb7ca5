//! The caller: what the claims say, parsed once per value and kept as Postgres datums.
//!
//! An identity is a pure function of the bytes of `request.jwt.claims` and `pg_tenancy.token`, of the configuration
//! as the active snapshot shows it, and of the time at which the client's statement began. The parameters' assign
//! hook marks the cached identity stale whenever Postgres changes a value (SET, RESET, ROLLBACK, the end of SET
//! LOCAL, a worker's start); a new snapshot or statement has the rest looked at anew. So a rollback undoes an
//! identity by undoing what it was made from.
//!
//! Readers are given pointers into the cached identity, which is what makes a call nearly free: per row a
//! load, a test and a return (see bench/). A pointer must outlive whoever holds it:
//!
//! - Within a transaction an identity that was lent is kept when another takes its place.
//! - What is kept is freed at a transaction end at which no statement is running. A procedure's scalar
//!   argument, as in `CALL p(auth.user_id())`, is not copied by Postgres and outlives a COMMIT inside `p`.
//! - Once `MAX_KEPT` bytes are kept, readers get copies instead, so that a loop that changes the caller a
//!   million times does not grow the backend.

use crate::claims::{self, Claims, Problem};
use crate::token::Rule;
use crate::verified::{self, Accepted};
use crate::{audit_log, configuration, error, settings, snapshot};
use core::cell::{Cell, OnceCell, RefCell};
use core::ffi::c_void;
use core::panic::AssertUnwindSafe;
use core::ptr::{null, null_mut};
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CString;
use std::rc::Rc;

/// How many bytes of replaced identities may be kept until their transaction ends.
const MAX_KEPT: usize = 256 * 1024;

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
    Jwt,
}
const ANSWERS: usize = Answer::Jwt as usize + 1;

/// A value as Postgres expects to find it in memory, aligned to 4 bytes.
struct Value {
    words: Box<[u32]>,
    size: usize,
}

impl Value {
    fn with_size(size: usize, fill: impl FnOnce(*mut u8)) -> Value {
        let mut words = vec![0; size.div_ceil(4)].into_boxed_slice();
        fill(words.as_mut_ptr().cast());
        Value { words, size }
    }

    /// A varlena with a 4-byte header, which is how text and jsonb are passed.
    fn varlena(bytes: &[u8]) -> Value {
        let size = bytes.len() + pg_sys::VARHDRSZ;
        // SAFETY: the block holds `size` bytes, the header's four and then `bytes`' own.
        Value::with_size(size, |start| unsafe {
            pgrx::set_varsize_4b(start.cast(), size as i32);
            start.add(pg_sys::VARHDRSZ).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        })
    }

    fn uuid(bytes: [u8; 16]) -> Value {
        // SAFETY: the block holds the sixteen bytes.
        Value::with_size(16, |start| unsafe { start.copy_from_nonoverlapping(bytes.as_ptr(), 16) })
    }

    /// A palloc'ed copy. Raises a Postgres error when memory runs out.
    fn copied(&self) -> Datum {
        // SAFETY: palloc returns `size` fresh bytes or raises an error; `words` holds as many.
        unsafe {
            let copy: *mut u8 = pg_sys::palloc(self.size).cast();
            copy.copy_from_nonoverlapping(self.words.as_ptr().cast(), self.size);
            Datum::from(copy)
        }
    }
}

/// What an identity rests on.
enum Basis {
    /// The bytes of `request.jwt.claims`, if any; they are kept only where no hook tells of a change.
    Claims(Option<Box<[u8]>>),
    Token(Rc<Accepted>),
    /// There is no token, and claims are not believed.
    Nothing,
}

/// Who is calling; nothing of it is there for nobody.
struct Identity {
    basis: Basis,
    /// Why the claims were refused, if they were.
    problem: Option<Problem>,
    tenant_bigint: Option<i64>,
    values: [OnceCell<Value>; ANSWERS],
}

impl Identity {
    fn read(basis: Basis) -> Identity {
        let mut identity = Identity {
            basis,
            problem: None,
            tenant_bigint: None,
            values: [const { OnceCell::new() }; ANSWERS],
        };
        let parsed = match &identity.basis {
            Basis::Claims(_) => settings::claims_bytes().map(parse),
            Basis::Token(_) | Basis::Nothing => None,
        };
        let token = identity.token();
        let claims = match (&token, &parsed) {
            (Some(token), _) => &token.verified.claims,
            (None, Some(Ok(claims))) => claims,
            (None, Some(Err(problem))) => {
                identity.problem = Some(*problem);
                return identity;
            }
            (None, None) => return identity,
        };
        let path = token.as_ref().and_then(|token| token.issuer.tenant_path.as_deref());
        let text = |text: Option<&str>| text.map(|text| Value::varlena(text.as_bytes()));
        let uuid = |text: Option<&str>| text.and_then(claims::uuid).map(Value::uuid);
        let (sub, tenant) = (claims.text("sub"), claims.tenant(path));
        let organization = claims.at(&["o", "id"]).and_then(|id| id.as_str());
        for (answer, value) in [
            (Answer::UserId, text(sub)),
            (Answer::Uid, uuid(sub)),
            (Answer::Role, text(claims.text("role"))),
            (Answer::Email, text(claims.text("email"))),
            (Answer::TenantId, text(tenant.as_deref())),
            (Answer::TenantUuid, uuid(tenant.as_deref())),
            (Answer::OrganizationId, uuid(organization)),
        ] {
            if let Some(value) = value {
                identity.values[answer as usize] = OnceCell::from(value);
            }
        }
        identity.tenant_bigint = tenant.as_deref().and_then(claims::bigint);
        identity
    }

    fn token(&self) -> Option<Rc<Accepted>> {
        match &self.basis {
            Basis::Token(accepted) => Some(accepted.clone()),
            Basis::Claims(_) | Basis::Nothing => None,
        }
    }

    /// The value of an answer; of the claims as jsonb, made when first asked for.
    fn value(&self, answer: Answer) -> Option<&Value> {
        let cell = &self.values[answer as usize];
        if let (Answer::Jwt, None, None) = (answer, self.problem, cell.get()) {
            let jsonb = match &self.basis {
                Basis::Claims(_) => make_jsonb(settings::claims_value()?)?,
                Basis::Token(accepted) => make_jsonb(CString::new(&*accepted.verified.text).ok()?.as_ptr())?,
                Basis::Nothing => return None,
            };
            return Some(cell.get_or_init(|| jsonb));
        }
        cell.get()
    }

    /// An answer of type text.
    fn text(&self, answer: Answer) -> Option<&str> {
        let value = self.values[answer as usize].get()?;
        // SAFETY: the block holds `size` bytes, of which the first four are the header.
        let bytes = unsafe { core::slice::from_raw_parts(value.words.as_ptr().cast::<u8>(), value.size) };
        core::str::from_utf8(&bytes[pg_sys::VARHDRSZ..]).ok()
    }

    fn size(&self) -> usize {
        size_of::<Identity>()
            + self.values.iter().filter_map(OnceCell::get).map(|value| value.size).sum::<usize>()
            + match &self.basis {
                Basis::Claims(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len()),
                // The token, its payload and the claims read from that.
                Basis::Token(accepted) => 4 * accepted.token.len(),
                Basis::Nothing => 0,
            }
    }
}

/// Raises a Postgres error where there is no memory to parse this many bytes of JSON: in Rust the lack of memory ends
/// the process, and with it every session of the server. (At worst, objects of one member in each other, it takes 126
/// bytes for one.)
pub fn require_memory_to_parse(bytes: usize) {
    // SAFETY: palloc returns a block or raises an error.
    unsafe { pg_sys::pfree(pg_sys::palloc(bytes.min(claims::MAX_BYTES) * 160 + 16 * 1024)) }
}

/// Parses claims in the database's encoding.
fn parse(bytes: &[u8]) -> Result<Claims, Problem> {
    require_memory_to_parse(bytes.len());
    let claims = Claims::parse(bytes)?;
    match can_be_held(&claims) {
        true => Ok(claims),
        false => Err(Problem::NotAscii),
    }
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
    let pointer: *const u8 = value.words.as_ptr().cast();
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
    try_current().ok()?.problem
}

/// The rule by which the token presented is refused; None where it is not, or there is none.
pub fn token_problem() -> Option<Rule> {
    try_current().err()
}

/// The token that the caller has presented. Raises a Postgres error for one that is refused.
pub fn token() -> Option<Rc<Accepted>> {
    current().token()
}

/// Where the caller's tenant is looked for, as words.
pub fn tenant_sought() -> String {
    let token = try_current().ok().and_then(Identity::token);
    match token.and_then(|token| token.issuer.tenant_path.as_ref().map(|path| path.join("."))) {
        Some(path) => path,
        None => claims::TENANT_PATHS.map(|path| path.join(".")).join(", "),
    }
}

/// Whether the active tenant is this one.
pub fn tenant_is(tenant: &[u8]) -> bool {
    current().text(Answer::TenantId).is_some_and(|active| active.as_bytes() == tenant)
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
    let basis = match settings::token_bytes() {
        Some(token) => Basis::Token(verified::accepted(token, snapshot)?),
        None if !settings.claims_believed(snapshot) => Basis::Nothing,
        None => Basis::Claims(settings::claims_bytes().filter(|_| !noticed).map(Box::from)),
    };
    // SAFETY: null or from Box::into_raw below, and not freed since.
    let last = unsafe { STATE.current.get().as_ref() };
    let same = last.is_some_and(|last| match (&last.basis, &basis) {
        (Basis::Token(last), Basis::Token(now)) => Rc::ptr_eq(last, now),
        (Basis::Claims(last), Basis::Claims(now)) => match noticed {
            true => !STATE.stale.get(),
            false => last == now,
        },
        (Basis::Nothing, Basis::Nothing) => true,
        _ => false,
    });
    if !same {
        replace(Identity::read(basis));
        if settings.audit_log {
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
        identity.text(Answer::UserId),
        identity.text(Answer::TenantId),
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
