//! What the claims say of a caller, whoever vouches for them.

use crate::claims::layout::{Places, Said};
use crate::claims::{Claims, Problem};
use crate::identity::{can_be_held, require_memory_to_parse};
use serde::{Deserialize, Serialize};

/// All absent for nobody.
#[derive(Default)]
pub struct Caller {
    /// Why the claims were refused, if they were.
    pub problem: Option<Problem>,
    pub issuer: Option<String>,
    pub user: Option<String>,
    pub role: Option<String>,
    pub email: Option<String>,
    pub organization: Option<String>,
    pub said: Option<Said>,
    /// About how many bytes all of that takes at most.
    pub size: usize,
}

impl Caller {
    /// The caller of claims, of so many bytes, of which these places tell tenant and roles.
    pub fn new(claims: &Claims, bytes: usize, places: Option<&Places>) -> Caller {
        let text = |name| claims.text(name).map(String::from);
        Caller {
            problem: None,
            issuer: text("iss"),
            user: text("sub"),
            role: text("role"),
            email: text("email"),
            organization: claims.at(&["o", "id"]).and_then(|id| id.as_str()).map(String::from),
            said: places.map(|places| places.read(claims)),
            // A word in a list of words takes 24 bytes besides its own, and may be there twice.
            size: 16 * bytes,
        }
    }

    /// The caller of claims in the database's encoding; nobody where there are none, or they are refused.
    pub fn parse(bytes: Option<&[u8]>, places: Option<&Places>) -> Caller {
        let Some(bytes) = bytes else { return Caller::default() };
        require_memory_to_parse(bytes.len());
        let problem = match Claims::parse(bytes) {
            Ok(claims) if can_be_held(&claims) => return Caller::new(&claims, bytes.len(), places),
            Ok(_) => Problem::NotAscii,
            Err(problem) => problem,
        };
        Caller { problem: Some(problem), ..Caller::default() }
    }

    /// What a choice of a tenant by this caller looks like; see `choice`.
    pub fn choosing(&self, tenant: &str) -> String {
        let (user, issuer) = (self.user.clone(), self.issuer.clone());
        serde_json::to_string(&Choice { tenant: tenant.into(), user, issuer }).unwrap_or_default()
    }

    /// The tenant that this caller has chosen; "" where that cannot be read. The choice of another caller, in the same
    /// transaction, is none of theirs.
    pub fn choice(&self, bytes: &[u8]) -> Option<String> {
        const MAX_BYTES: usize = 8 * 1024;
        let small = Some(bytes).filter(|bytes| bytes.len() <= MAX_BYTES);
        match small.and_then(|bytes| serde_json::from_slice::<Choice>(bytes).ok()) {
            Some(choice) => {
                (choice.user == self.user && choice.issuer == self.issuer).then_some(choice.tenant)
            }
            None => Some(String::new()),
        }
    }
}

/// The value of `pg_tenancy.tenant`.
#[derive(Serialize, Deserialize)]
struct Choice {
    tenant: String,
    user: Option<String>,
    issuer: Option<String>,
}
