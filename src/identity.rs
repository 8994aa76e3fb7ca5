//! The caller: what the claims say, parsed once per value and kept as Postgres datums.
//!
//! An identity is a pure function of the bytes of `request.jwt.claims`. Nothing else is remembered: the
//! parameter's assign hook marks the cached identity stale whenever Postgres changes the value (SET,
//! RESET, ROLLBACK, the end of SET LOCAL, a worker's start), and the next read parses the value anew. So a
//! rollback undoes an identity by undoing the parameter.
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
use crate::settings;
use core::cell::{Cell, OnceCell, RefCell};
use core::ffi::c_void;
use core::panic::AssertUnwindSafe;
use core::ptr::{null, null_mut};
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Datum};

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

/// What one claims value says; nothing of it is there for nobody.
#[derive(Default)]
struct Identity {
    /// Why the claims were refused, if they were.
    problem: Option<Problem>,
    tenant_bigint: Option<i64>,
    values: [OnceCell<Value>; ANSWERS],
    /// The bytes this was read from; kept only where no hook tells of a change.
    source: Option<Box<[u8]>>,
}

impl Identity {
    fn read(bytes: Option<&[u8]>) -> Identity {
        let mut identity = Identity::default();
        let claims = match bytes.map(parse) {
            None => return identity,
            Some(Err(problem)) => {
                identity.problem = Some(problem);
                return identity;
            }
            Some(Ok(claims)) => claims,
        };
        let text = |text: Option<&str>| text.map(|text| Value::varlena(text.as_bytes()));
        let uuid = |text: Option<&str>| text.and_then(claims::uuid).map(Value::uuid);
        let (sub, tenant) = (claims.text("sub"), claims.tenant());
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

    /// The value of an answer; of the claims as jsonb, made when first asked for.
    fn value(&self, answer: Answer) -> Option<&Value> {
        let cell = &self.values[answer as usize];
        if let (Answer::Jwt, None, None) = (answer, self.problem, cell.get()) {
            let jsonb = make_jsonb(settings::claims_value()?)?;
            return Some(cell.get_or_init(|| jsonb));
        }
        cell.get()
    }

    fn size(&self) -> usize {
        size_of::<Identity>()
            + self.values.iter().filter_map(OnceCell::get).map(|value| value.size).sum::<usize>()
            + self.source.as_ref().map_or(0, |bytes| bytes.len())
    }
}

/// Parses claims in the database's encoding.
fn parse(bytes: &[u8]) -> Result<Claims, Problem> {
    let claims = Claims::parse(bytes)?;
    // Elsewhere than in UTF-8 a character beyond ASCII would have to be converted, and might not exist.
    // SAFETY: reads a global of the backend.
    let utf8 = unsafe { pg_sys::GetDatabaseEncoding() } == pg_sys::pg_enc::PG_UTF8 as i32;
    match utf8 || claims.is_ascii() {
        true => Ok(claims),
        false => Err(Problem::NotAscii),
    }
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

/// The state of this backend. A rollback need not undo any of it: `stale` says whether `current` was read
/// from the parameter's present value, and the parameter's assign hook runs at rollback too.
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

/// The fast path, taken once per row: a pointer to the answer, or null where `lend` must find out.
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
/// kept, a copy. May raise a Postgres error (out of memory).
pub fn lend(answer: Answer) -> Option<Datum> {
    let value = current().value(answer)?;
    if STATE.kept_bytes.get() >= MAX_KEPT {
        return Some(value.copied());
    }
    let pointer: *const u8 = value.words.as_ptr().cast();
    STATE.lent.set(true);
    if !STATE.stale.get() {
        STATE.ready[answer as usize].set(pointer);
    }
    Some(Datum::from(pointer))
}

/// The active tenant as bigint.
pub fn tenant_bigint() -> Option<i64> {
    let tenant = current().tenant_bigint;
    if !STATE.stale.get() {
        STATE.ready_bigint.set(tenant);
    }
    tenant
}

/// Why the claims were refused, as a palloc'ed text, or None. May raise a Postgres error.
pub fn problem() -> Option<Datum> {
    current().problem.map(|problem| Value::varlena(problem.to_string().as_bytes()).copied())
}

/// Marks the cached identity stale. Called from the assign hook: it neither fails nor allocates.
pub fn forget() {
    STATE.stale.set(true);
    unready();
}

fn unready() {
    STATE.ready.iter().for_each(|pointer| pointer.set(null()));
    STATE.ready_bigint.set(None);
}

/// The identity of the parameter's present value. The reference is good until the next call.
fn current() -> &'static Identity {
    if STATE.stale.get() {
        refresh();
    }
    // SAFETY: `refresh` has set it, and frees it only when it runs again.
    unsafe { &*STATE.current.get() }
}

/// Reads the parameter and makes what it says the current identity.
fn refresh() {
    let bytes = settings::claims_bytes();
    let noticed = settings::changes_are_noticed();
    // SAFETY: null or from Box::into_raw below, and not freed since.
    let last = unsafe { STATE.current.get().as_ref() };
    if !noticed && last.is_some_and(|last| last.source.as_deref() == bytes) {
        return;
    }
    let mut next = Box::new(Identity::read(bytes));
    next.source = bytes.filter(|_| !noticed).map(Box::from);

    let last = STATE.current.replace(Box::into_raw(next));
    if STATE.lent.replace(false) {
        // SAFETY: `last` was lent, so it is an identity.
        STATE.kept_bytes.set(STATE.kept_bytes.get() + unsafe { &*last }.size());
        STATE.kept.borrow_mut().push(last);
    } else {
        free(last);
    }
    STATE.stale.set(!noticed);
}

/// Frees an identity that nobody holds a pointer into.
fn free(identity: *mut Identity) {
    if !identity.is_null() {
        // SAFETY: from Box::into_raw in `refresh`, and each is freed once: it leaves `current` or `kept`
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

/// Registers, once per backend, the freeing of what was kept.
pub fn watch_transactions() {
    // SAFETY: called from _PG_init; the callback is static and the library is never unloaded.
    unsafe { pg_sys::RegisterXactCallback(Some(at_transaction_event), null_mut()) };
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
