//! What is being looked at: the active snapshot, and the client statement that runs.
//!
//! What an identity rests on besides the parameters (the configuration, the keys, the time) is looked at anew
//! with each snapshot and with each client statement, and not in between.
//!
//! | what happens | what is called | what is looked at again |
//! |---|---|---|
//! | another snapshot is active | nothing: `unchanged` compares | configuration, members, keys, time |
//! | a client statement, transaction or subtransaction ends | `forget` | the same |
//! | a parameter changes | `session::forget`, and so `advance` | everything |
//! | configuration or keys are being looked at | `unmark`, and `mark` once the identity is settled | |

use core::cell::Cell;
use core::ffi::c_void;
use core::ptr::null_mut;
use pgrx::pg_sys;

// As they are, without pgrx's guards, which would cost more than the calls: none raises an error.
unsafe extern "C-unwind" {
    fn ActiveSnapshotSet() -> bool;
    fn GetActiveSnapshot() -> pg_sys::Snapshot;
    fn GetSessionUserId() -> pg_sys::Oid;
}

/// What tells two snapshots of one transaction apart: up to where transactions had ended (xmax), how many of those
/// before were under way (which, while xmax is the same, can only become fewer), and the transaction's command. And
/// the login role, which mode gateway goes by and a superuser can change.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    xmin: pg_sys::TransactionId,
    xmax: pg_sys::TransactionId,
    running: (u32, i32),
    command: u32,
    login: pg_sys::Oid,
}

struct State {
    /// Counts whatever ends the validity of what was found out: see `epoch`.
    epoch: Cell<usize>,
    /// The snapshot that was last looked at, until the client statement ends.
    seen: Cell<Option<Seen>>,
    /// `at_statement_end` will be called.
    watched: Cell<bool>,
    at_statement_end: Cell<pg_sys::MemoryContextCallback>,
}

// SAFETY: a backend has one thread; nothing here is reached from any other.
unsafe impl Sync for State {}

static STATE: State = State {
    epoch: Cell::new(1),
    seen: Cell::new(None),
    watched: Cell::new(false),
    at_statement_end: Cell::new(pg_sys::MemoryContextCallback {
        func: Some(at_statement_end),
        arg: null_mut(),
        next: null_mut(),
    }),
};

/// Whether the active snapshot and the client statement are those that were last marked.
pub fn unchanged() -> bool {
    STATE.seen.get().is_some_and(|seen| active() == Some(seen))
}

fn active() -> Option<Seen> {
    // SAFETY: called in the backend's one thread. GetActiveSnapshot may be called only where there is one.
    unsafe {
        ActiveSnapshotSet().then(|| {
            let snapshot = GetActiveSnapshot();
            Seen {
                xmin: (*snapshot).xmin,
                xmax: (*snapshot).xmax,
                running: ((*snapshot).xcnt, (*snapshot).subxcnt),
                command: (*snapshot).curcid,
                login: GetSessionUserId(),
            }
        })
    }
}

/// Marks the active snapshot and the client statement as looked at.
pub fn mark() {
    // A client statement ends when its memory, the message context, is reset. A parallel worker lives for one.
    // Any other background process has no such context: there every question is a new statement's.
    // SAFETY: reads two globals; the callback is static, and registered again only after it was called.
    unsafe {
        let watched = match pg_sys::MessageContext.is_null() {
            true => pg_sys::ParallelWorkerNumber >= 0,
            false => {
                if !STATE.watched.replace(true) {
                    pg_sys::MemoryContextRegisterResetCallback(
                        pg_sys::MessageContext,
                        STATE.at_statement_end.as_ptr(),
                    );
                }
                true
            }
        };
        STATE.seen.set(active().filter(|_| watched));
    }
}

/// A number that stays the same, and is never 0, while nothing has happened that a query under way would have to
/// look at: no change of a parameter or of the identity, no end of a statement, transaction or subtransaction.
#[inline(always)]
pub fn epoch() -> usize {
    STATE.epoch.get()
}

/// Begins a new epoch.
pub fn advance() {
    STATE.epoch.set(STATE.epoch.get() + 1);
}

/// Has what is being looked at now looked at again: it is about to be.
pub fn unmark() {
    STATE.seen.set(None);
}

/// Forgets what was looked at: at the end of a transaction or subtransaction.
pub fn forget() {
    STATE.seen.set(None);
    advance();
}

/// From 1970 to 2000, where Postgres' clock begins, in microseconds.
pub const EPOCH: i64 = 946_684_800_000_000;

/// When the client's statement began, in microseconds since 1970; the same in a parallel worker.
pub fn statement_time() -> i64 {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetCurrentStatementStartTimestamp() + EPOCH }
}

/// Runs `work` with an active snapshot: the one that there is, else a new one. (After an error the abort of the
/// transaction takes that away.)
pub fn with_active<T>(work: impl FnOnce(pg_sys::Snapshot) -> T) -> T {
    // SAFETY: called within a transaction, as every function is. What is popped is what was pushed.
    unsafe {
        if ActiveSnapshotSet() {
            return work(GetActiveSnapshot());
        }
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        let done = work(GetActiveSnapshot());
        pg_sys::PopActiveSnapshot();
        done
    }
}

unsafe extern "C-unwind" fn at_statement_end(_arg: *mut c_void) {
    forget();
    STATE.watched.set(false);
}
