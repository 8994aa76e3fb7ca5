//! Tokens that were accepted, so that the next statement, or the same caller's next transaction, need not check
//! the signature again.
//!
//! An entry counts only while its issuer, with its keys, is what the snapshot shows, and until it expires. So it
//! says nothing that the token's bytes, the configuration and the time do not.

use crate::configuration::{self, Trusted};
use crate::token::{Rule, Unverified, Verified};
use crate::{identity, snapshot};
use core::cell::RefCell;
use pgrx::pg_sys;
use std::rc::Rc;

/// How many tokens are remembered, and how many bytes of them.
const MAX_TOKENS: usize = 64;
const MAX_BYTES: usize = 256 * 1024;

/// A token that was accepted.
pub struct Accepted {
    pub token: Box<[u8]>,
    pub verified: Verified,
    pub issuer: Rc<Trusted>,
}

struct State(RefCell<Vec<Rc<Accepted>>>);

// SAFETY: a backend has one thread; nothing here is reached from any other.
unsafe impl Sync for State {}

/// The last used comes last.
static REMEMBERED: State = State(RefCell::new(Vec::new()));

/// The token, if this snapshot's configuration accepts it now; the same `Rc` as long as that stays so.
pub fn accepted(token: &[u8], snapshot: pg_sys::Snapshot) -> Result<Rc<Accepted>, Rule> {
    let now = snapshot::statement_time();
    let known = take(token);
    let issuer = match &known {
        Some(known) => configuration::issuer(&known.issuer.rules.name, snapshot),
        None => None,
    };
    let accepted = match (known, issuer) {
        (Some(known), Some(issuer)) if Rc::ptr_eq(&known.issuer, &issuer) => {
            known.verified.times.check(now)?;
            known
        }
        _ => {
            identity::require_memory_to_parse(token.len());
            let (verified, issuer) = verify(Unverified::parse(token)?, snapshot)?;
            Rc::new(Accepted { token: token.into(), verified, issuer })
        }
    };
    remember(accepted.clone());
    Ok(accepted)
}

/// Checks a token against its issuer as this snapshot shows it.
pub fn verify(token: Unverified, snapshot: pg_sys::Snapshot) -> Result<(Verified, Rc<Trusted>), Rule> {
    let issuer = configuration::issuer(token.issuer(), snapshot).ok_or(Rule::Issuer)?;
    let verified = token.verify(&issuer.rules, snapshot::statement_time())?;
    match identity::can_be_held(&verified.claims) {
        true => Ok((verified, issuer)),
        false => Err(Rule::Claims),
    }
}

fn take(token: &[u8]) -> Option<Rc<Accepted>> {
    let mut remembered = REMEMBERED.0.borrow_mut();
    // Tokens of one issuer differ at their ends rather than where they begin.
    let end = &token[token.len().saturating_sub(16)..];
    let place = remembered.iter().rposition(|known| known.token.ends_with(end) && *known.token == *token)?;
    Some(remembered.remove(place))
}

fn remember(accepted: Rc<Accepted>) {
    let mut remembered = REMEMBERED.0.borrow_mut();
    let mut bytes: usize = remembered.iter().map(|known| known.token.len()).sum();
    bytes += accepted.token.len();
    while remembered.len() >= MAX_TOKENS || (bytes > MAX_BYTES && !remembered.is_empty()) {
        bytes -= remembered.remove(0).token.len();
    }
    remembered.push(accepted);
}
