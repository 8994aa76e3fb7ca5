//! A caller's standing: the tenants they belong to, the active one, and the roles they have there. A pure function of
//! what the claims say, what was chosen, and what the table of members says.

use crate::claims::layout::{Named, Restriction, Rights, Said, distinct_tenants, same_tenant};
use std::fmt;

#[cfg(test)]
mod tests;

/// One row of the table of members: a tenant, as Postgres writes its id, and the caller's roles there.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    pub tenant: String,
    pub roles: Vec<String>,
}

/// What the table of members says of a caller.
#[derive(Debug)]
pub struct Members {
    /// Whether there was a user to look for.
    pub of_somebody: bool,
    pub list: Vec<Membership>,
    /// The table says which roles a member has; if not, the claims do.
    pub with_roles: bool,
}

/// What a standing is made from, besides the claims.
pub struct Circumstances<'a> {
    /// The tenant that was chosen, for this caller; "" for a choice that cannot be read.
    pub chosen: Option<&'a str>,
    /// Whoever chose it may name any tenant: the claims are theirs too.
    pub choice_believed: bool,
    /// None where no table of members is in use; Err where it cannot be read.
    pub members: Option<Result<&'a Members, Unreadable>>,
    /// A tenant counts only while the caller is a member, as that table has it.
    pub membership_required: bool,
    /// The one tenant that is served here.
    pub pinned: Option<&'a str>,
    /// The roles in the active tenant, where an administrator says them who acts as the caller.
    pub roles: Option<&'a [String]>,
}

/// Why the table of members cannot be read. `Display` is a clause: "the table of members …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Gone,
    Columns,
    Denied,
    Users,
    TooMany,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unreadable::Gone => "is gone, or not an ordinary or partitioned table",
            Unreadable::Columns => {
                "lacks a column that tenancy.use_members() was given, or its type was changed"
            }
            Unreadable::Denied => {
                "may not be read by the administrator, who needs SELECT on it and, under row security, to own it"
            }
            Unreadable::TooMany => "holds more of the caller than is read, 10,000 rows or 4 MB",
            Unreadable::Users => {
                "cannot be matched: the table of users knows more than one by the caller's sub"
            }
        })
    }
}

/// Why there is no active tenant. `Display` is a sentence without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    Restricted(Restriction),
    Unreadable(Unreadable),
    /// There is a table of members, and no sub to look for.
    NoSub,
    /// Of the tenant that was chosen.
    NotChosen,
    /// Of the tenant that the claims name.
    NotMember,
    /// The claim is there, and is no tenant.
    Unclear,
    Several,
    NoMembership,
    /// The claims name none, and there is no table of members.
    NotNamed,
    Pinned,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Restricted(restriction) => write!(f, "the claims say that the caller is {restriction}"),
            Problem::Unreadable(reason) => write!(f, "the table of members {reason}"),
            Problem::NoSub => f.write_str("the claims hold no sub that is a string"),
            Problem::NotChosen => f.write_str("the caller is no member of the tenant chosen"),
            Problem::NotMember => f.write_str("the caller is no member of the tenant that the claims name"),
            Problem::Unclear => f.write_str("the claim that should name the tenant is no string or integer"),
            Problem::Several => f.write_str(
                "the caller belongs to several tenants, and has chosen none with auth.use_tenant()",
            ),
            Problem::NoMembership => f.write_str("the caller is a member of no tenant"),
            Problem::NotNamed => f.write_str("the claims name no tenant"),
            Problem::Pinned => f.write_str("the tenant pinned in this database is not the caller's"),
        }
    }
}

#[derive(Debug, PartialEq)]
pub struct Standing {
    /// The active tenant, or why there is none.
    pub tenant: Result<String, Problem>,
    /// Of the active tenant: roles, and the permissions that claims give besides those of the roles.
    pub rights: Rights,
}

impl Standing {
    /// The members given need hold no more than what `extent` says.
    pub fn new(said: &Said, given: &Circumstances) -> Standing {
        match find(said, given) {
            Ok((tenant, rights)) => Standing { tenant: Ok(tenant), rights },
            Err(problem) => Standing { tenant: Err(problem), rights: Rights::default() },
        }
    }
}

/// The tenant in question, if one is: then nothing needs to be known of the others.
pub fn in_question<'a>(said: &'a Said, chosen: Option<&'a str>, pinned: Option<&'a str>) -> Option<&'a str> {
    match (chosen, &said.tenant) {
        (Some(chosen), _) => Some(chosen),
        (None, Named::Tenant(claimed)) => Some(claimed),
        (None, Named::Nothing | Named::Unclear) => pinned,
    }
}

/// Every tenant the caller belongs to, as far as the members given hold them; each once.
pub fn tenants(said: &Said, given: &Circumstances) -> Vec<String> {
    let members = match given.members {
        _ if said.restriction.is_some() => return Vec::new(),
        Some(Ok(members)) => Some(members),
        Some(Err(_)) if given.membership_required => return Vec::new(),
        Some(Err(_)) | None => None,
    };
    let required = members.is_some() && given.membership_required;
    let of_rows = members.iter().flat_map(|members| &members.list).map(|row| row.tenant.as_str());
    let of_claims = said.tenants.iter().filter(|_| !required).map(String::as_str);
    let served = |tenant: &&str| given.pinned.is_none_or(|pinned| same_tenant(tenant, pinned));
    distinct_tenants(of_rows.chain(of_claims).filter(served))
}

fn find(said: &Said, given: &Circumstances) -> Result<(String, Rights), Problem> {
    if let Some(restriction) = said.restriction {
        return Err(Problem::Restricted(restriction));
    }
    let members = match given.members {
        Some(Ok(members)) => Some(members),
        Some(Err(reason)) if given.membership_required => return Err(Problem::Unreadable(reason)),
        Some(Err(_)) | None => None,
    };
    let required = members.is_some() && given.membership_required;
    if required && members.is_some_and(|members| !members.of_somebody) {
        return Err(Problem::NoSub);
    }
    let tenants = tenants(said, given);

    // The tenant as the list has it, so that a table of members decides how its id is written.
    let listed = |tenant: &str| tenants.iter().find(|known| same_tenant(known, tenant)).map(String::as_str);
    let pinned_out = |tenant: &str| given.pinned.is_some_and(|pinned| !same_tenant(pinned, tenant));
    let tenant = match (given.chosen, &said.tenant) {
        (Some(""), _) => Err(Problem::NotChosen),
        (Some(chosen), _) if pinned_out(chosen) => Err(Problem::Pinned),
        (Some(chosen), _) => match listed(chosen) {
            Some(tenant) => Ok(tenant),
            None if given.choice_believed && !required => Ok(chosen),
            None => Err(Problem::NotChosen),
        },
        (None, Named::Tenant(claimed)) if pinned_out(claimed) => Err(Problem::Pinned),
        (None, Named::Tenant(claimed)) => listed(claimed).ok_or(Problem::NotMember),
        (None, Named::Unclear) => Err(Problem::Unclear),
        (None, Named::Nothing) => match &tenants[..] {
            [only] => Ok(only.as_str()),
            [] if given.pinned.is_some() && (members.is_some() || !said.tenants.is_empty()) => {
                Err(Problem::Pinned)
            }
            [] if members.is_some() => Err(Problem::NoMembership),
            [] => Err(Problem::NotNamed),
            _ => Err(Problem::Several),
        },
    }?;
    let rights = match given.roles {
        Some(roles) => Rights { roles: roles.to_vec(), permissions: Vec::new() },
        None => rights(tenant, said, members),
    };
    Ok((tenant.to_owned(), rights))
}

/// Where the table of members tells roles, those of the caller's rows and nothing of the claims.
fn rights(tenant: &str, said: &Said, members: Option<&Members>) -> Rights {
    let rows: Vec<_> = members
        .filter(|members| members.with_roles)
        .map(|members| members.list.iter().filter(|row| same_tenant(&row.tenant, tenant)).collect())
        .unwrap_or_default();
    if rows.is_empty() {
        return said.rights_in(tenant);
    }
    let mut roles: Vec<String> = Vec::new();
    for role in rows.into_iter().flat_map(|row: &Membership| &row.roles) {
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
    Rights { roles, permissions: Vec::new() }
}

/// A role without the prefix of Clerk's organizations, which one of its tokens writes and another leaves out.
pub fn bare_role(role: &str) -> &str {
    role.trim_start_matches("org:")
}

/// Whether a permission that is held covers another: itself, or `resource.*` all of that resource, or `*.*` all.
pub fn covers(held: &str, permission: &str) -> bool {
    held == permission
        || held == "*.*"
        || held.strip_suffix('*').is_some_and(|resource| {
            resource.ends_with('.') && resource.len() > 1 && permission.starts_with(resource)
        })
}
