//! The caller: what the claims say, parsed once per value and kept as Postgres datums.
//!
//! An identity is a pure function of the bytes of `request.jwt.claims`. Nothing else is remembered: the
//! parameter's assign hook marks the cached identity stale whenever Postgres changes the value (SET,
//! RESET, ROLLBACK, the end of SET LOCAL, a worker's start), and the next read parses the value anew. So a
//! rollback undoes an identity by undoing the parameter.
//!
//! Readers are given pointers into the cached identity, which is what makes a call nearly free (see
//! bench/). A pointer must outlive whoever holds it:
//!
//! - Within a transaction an identity that was lent is kept when another takes its place.
//! - What is kept is freed at a transaction end at which no procedure is running. A procedure's scalar
//!   argument, as in `CALL p(auth.user_id())`, is not copied by Postgres and outlives a COMMIT inside `p`.
//! - Once `MAX_KEPT` bytes are kept, readers get copies instead, so that a loop that changes the caller a
//!   million times does not grow the backend.

use crate::claims::{self, Claims, Problem};
use crate::settings;
use core::cell::{Cell, OnceCell, RefCell};
use core::ffi::c_void;
use core::panic::AssertUnwindSafe;
use core::ptr::null_mut;
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Datum};

/// How many bytes of replaced identities may be kept until their transaction ends.
const MAX_KEPT: usize = 256 * 1024;

/// A varlena with a 4-byte header, aligned as Postgres expects.
pub struct Varlena(Box<[u32]>);

impl Varlena {
    /// A copy of `bytes` with a header before it.
    pub fn new(bytes: &[u8]) -> Varlena {
        let size = bytes.len() + pg_sys::VARHDRSZ;
        let mut words = vec![0u32; size.div_ceil(4)].into_boxed_slice();
        let start: *mut u8 = words.as_mut_ptr().cast();
        // SAFETY: the block holds at least `size` bytes, the header's four and `bytes`' own.
        unsafe {
            pgrx::set_varsize_4b(start.cast(), size as i32);
            start.add(pg_sys::VARHDRSZ).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        Varlena(words)
    }
}

/// A value of an identity, lent to Postgres by pointer.
pub trait Lend {
    fn start(&self) -> *const u8;
    fn size(&self) -> usize;
}

impl Lend for Varlena {
    fn start(&self) -> *const u8 {
        self.0.as_ptr().cast()
    }
    fn size(&self) -> usize {
        self.0.len() * 4
    }
}

impl Lend for [u8; 16] {
    fn start(&self) -> *const u8 {
        self.as_ptr()
    }
    fn size(&self) -> usize {
        self.len()
    }
}

/// What one claims value says; all of it None for nobody.
#[derive(Default)]
pub struct Identity {
    /// Why the claims were refused, if they were.
    pub problem: Option<Problem>,
    pub user_id: Option<Varlena>,
    pub uid: Option<[u8; 16]>,
    pub role: Option<Varlena>,
    pub email: Option<Varlena>,
    pub tenant_id: Option<Varlena>,
    pub tenant_uuid: Option<[u8; 16]>,
    pub tenant_bigint: Option<i64>,
    pub organization_id: Option<[u8; 16]>,
    /// All claims as jsonb, made when first asked for.
    pub jwt: OnceCell<Varlena>,
    /// The bytes this was read from; kept only where no hook tells of a change.
    source: Option<Box<[u8]>>,
}

impl Identity {
    fn read(bytes: Option<&[u8]>) -> Identity {
        match bytes.map(parse) {
            None => Identity::default(),
            Some(Err(problem)) => Identity { problem: Some(problem), ..Identity::default() },
            Some(Ok(claims)) => {
                let text = |name| claims.text(name).map(|s: &str| Varlena::new(s.as_bytes()));
                let tenant = claims.tenant();
                Identity {
                    user_id: text("sub"),
                    uid: claims.text("sub").and_then(claims::uuid),
                    role: text("role"),
                    email: text("email"),
                    tenant_id: tenant.as_ref().map(|t| Varlena::new(t.as_bytes())),
                    tenant_uuid: tenant.as_deref().and_then(claims::uuid),
                    tenant_bigint: tenant.as_deref().and_then(claims::bigint),
                    organization_id: claims.at(&["o", "id"]).and_then(|id| claims::uuid(id.as_str()?)),
                    ..Identity::default()
                }
            }
        }
    }

    /// All claims as jsonb, or None for nobody.
    pub fn jwt(&self) -> Option<&Varlena> {
        if self.problem.is_some() {
            return None;
        }
        if self.jwt.get().is_none() {
            guarded(|| self.make_jwt());
        }
        self.jwt.get()
    }

    fn make_jwt(&self) {
        let Some(text) = settings::claims_value() else { return };
        // SAFETY: jsonb_in takes a C string in the database's encoding. Claims::parse has accepted this one,
        // so it is accepted again. What comes back is a palloc'ed jsonb with a 4-byte header, of no use once
        // it is copied.
        unsafe {
            let Some(made) =
                pgrx::direct_function_call_as_datum(pg_sys::jsonb_in, &[Some(Datum::from(text))])
            else {
                return;
            };
            let copied = Varlena::new(pgrx::varlena_to_byte_slice(made.cast_mut_ptr()));
            pg_sys::pfree(made.cast_mut_ptr());
            self.jwt.get_or_init(|| copied);
        }
    }

    fn size(&self) -> usize {
        let varlenas = [
            self.user_id.as_ref(),
            self.role.as_ref(),
            self.email.as_ref(),
            self.tenant_id.as_ref(),
            self.jwt.get(),
        ];
        size_of::<Identity>()
            + varlenas.into_iter().flatten().map(Lend::size).sum::<usize>()
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

/// The state of this backend. A rollback need not undo any of it: `stale` says whether `current` was read
/// from the parameter's present value, and the parameter's assign hook runs at rollback too.
struct State {
    stale: Cell<bool>,
    /// The identity last read, from `Box::into_raw`; null before the first.
    current: Cell<*mut Identity>,
    /// A pointer into `current` was lent and may still be held.
    lent: Cell<bool>,
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
    kept: RefCell::new(Vec::new()),
    kept_bytes: Cell::new(0),
};

/// Marks the cached identity stale. Called from the assign hook: it neither fails nor allocates.
pub fn forget() {
    STATE.stale.set(true);
}

/// Runs `answer` on the caller's identity, reading it first if it is stale.
///
/// The fast path, taken once per row, is a load and a branch: no guard, no allocation. `answer` may panic
/// or raise a Postgres error only where the caller is itself guarded.
#[inline(always)]
pub fn with<T>(answer: impl FnOnce(&Identity) -> T) -> T {
    if STATE.stale.get() {
        guarded(refresh);
    }
    // SAFETY: `refresh` has set `current`, and frees it only when it runs again, which `answer` cannot
    // cause: it calls nothing that reads an identity.
    answer(unsafe { &*STATE.current.get() })
}

/// Runs `work` so that a panic or a Postgres error inside becomes a Postgres error outside. Needed on the
/// slow paths of functions that Postgres calls directly.
#[cold]
pub fn guarded<T: Copy>(work: impl FnOnce() -> T) -> T {
    // SAFETY: called in the backend's one thread, from a function that Postgres called and whose own
    // frames hold nothing that needs dropping, so that the error may jump over them.
    unsafe { pg_sys::panic::pgrx_extern_c_guard(AssertUnwindSafe(work)) }
}

/// Reads the parameter and makes what it says the current identity.
fn refresh() {
    let bytes = settings::claims_bytes();
    let noticed = settings::changes_are_noticed();
    // SAFETY: null or from Box::into_raw below, and not freed since.
    if !noticed
        && unsafe { STATE.current.get().as_ref() }.is_some_and(|current| current.source.as_deref() == bytes)
    {
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

/// A pointer to `value`, which is part of the current identity; or a copy, if too much is being kept.
#[inline(always)]
pub fn lend(value: &(impl Lend + ?Sized)) -> Datum {
    if STATE.kept_bytes.get() < MAX_KEPT {
        STATE.lent.set(true);
        return Datum::from(value.start());
    }
    guarded(|| copy(value))
}

/// A palloc'ed copy of `value`. Raises a Postgres error when memory runs out.
pub fn copy(value: &(impl Lend + ?Sized)) -> Datum {
    // SAFETY: palloc returns `size` fresh bytes or raises an error; `start` is valid for `size`.
    unsafe {
        let copy: *mut u8 = pg_sys::palloc(value.size()).cast();
        copy.copy_from_nonoverlapping(value.start(), value.size());
        Datum::from(copy)
    }
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
    // A procedure that commits or rolls back is in a non-atomic SPI context. An ABORT that unwinds one may
    // look the same; then what is kept waits for the next end.
    // SAFETY: reads the SPI stack; allowed at any time.
    if !ended || unsafe { pg_sys::SPI_inside_nonatomic_context() } {
        return;
    }
    for identity in STATE.kept.borrow_mut().drain(..) {
        free(identity);
    }
    STATE.kept_bytes.set(0);
    STATE.lent.set(false);
}
