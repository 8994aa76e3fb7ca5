//! What the claims say of a caller, whoever vouches for them.

use crate::claims::layout::{Places, Said};
use crate::claims::{Claims, Problem};
use crate::identity::{can_be_held, require_memory_to_parse};

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
}

impl Caller {
    /// The caller of claims, of which these places tell tenant and roles.
    pub fn new(claims: &Claims, places: Option<&Places>) -> Caller {
        let text = |name| claims.text(name).map(String::from);
        Caller {
            problem: None,
            issuer: text("iss"),
            user: text("sub"),
            role: text("role"),
            email: text("email"),
            organization: claims.at(&["o", "id"]).and_then(|id| id.as_str()).map(String::from),
            said: places.map(|places| places.read(claims)),
        }
    }

    /// The caller of claims in the database's encoding; nobody where there are none, or they are refused.
    pub fn parse(bytes: Option<&[u8]>, places: Option<&Places>) -> Caller {
        let Some(bytes) = bytes else { return Caller::default() };
        require_memory_to_parse(bytes.len());
        let problem = match Claims::parse(bytes) {
            Ok(claims) if can_be_held(&claims) => return Caller::new(&claims, places),
            Ok(_) => Problem::NotAscii,
            Err(problem) => problem,
        };
        Caller { problem: Some(problem), ..Caller::default() }
    }

    /// What a choice of a tenant by this caller looks like; see `choice`.
    pub fn choosing(&self, tenant: &str) -> String {
        serde_json::json!({ "tenant": tenant, "user": self.user, "issuer": self.issuer }).to_string()
    }

    /// The tenant that this caller has chosen. The choice of another caller, in the same transaction, is none of
    /// theirs.
    pub fn choice(&self, bytes: &[u8]) -> Option<String> {
        const MAX_BYTES: usize = 8 * 1024;
        let choice: serde_json::Value =
            (bytes.len() <= MAX_BYTES).then(|| serde_json::from_slice(bytes).ok())??;
        let theirs = choice["user"].as_str() == self.user.as_deref()
            && choice["issuer"].as_str() == self.issuer.as_deref();
        choice["tenant"].as_str().filter(|tenant| theirs && !tenant.is_empty()).map(String::from)
    }
}
