//! Layouts: where claims name the tenant, and what they grant in it. The layouts themselves are data, told in
//! sql/layouts.sql; this reads claims by them. Whatever is not as it should be names no tenant and grants nothing.

use super::{Claims, clerk, uuid};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

/// How many tenants, roles or permissions claims may hold. Where they hold more, none of them counts: what is left out
/// could not be told from what was never there.
pub const MAX_KEPT: usize = 1000;

type Path = Vec<String>;

/// One layout; what the fields mean is told in sql/layouts.sql.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Layout {
    name: String,
    #[serde(default)]
    auto: bool,
    signs: Vec<Vec<Condition>>,
    tenant: Vec<Path>,
    tenants: Option<Path>,
    own: Option<String>,
    #[serde(default)]
    roles: Vec<Path>,
    role_prefix: Option<String>,
    #[serde(default)]
    permissions: Vec<Path>,
    masks: Option<[Path; 3]>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Condition {
    Present(Path),
    Is {
        path: Path,
        is: Value,
    },
    /// For tenancy.detect_layout(), which suggests; nothing is believed for its sake.
    Like {
        #[serde(rename = "path")]
        _path: Path,
        #[serde(rename = "like")]
        _like: String,
    },
}

/// All layouts, in the order in which claims are recognised.
fn layouts() -> &'static [Layout] {
    static LAYOUTS: OnceLock<Vec<Layout>> = OnceLock::new();
    LAYOUTS.get_or_init(|| {
        let data = include_str!("../../sql/layouts.sql").split("$layouts$").nth(1).unwrap_or_default();
        // (That it can be read is tested.)
        serde_json::from_str(data).unwrap_or_default()
    })
}

impl Layout {
    fn named(name: &str) -> Option<&'static Layout> {
        layouts().iter().find(|layout| layout.name == name)
    }

    /// The layout that these claims show by themselves; plain where they show none.
    fn guessed(claims: &Claims) -> Option<&'static Layout> {
        let shown = |condition: &Condition| match condition {
            Condition::Present(path) => claims.at(path).is_some(),
            Condition::Is { path, is } => claims.at(path) == Some(is),
            Condition::Like { .. } => false,
        };
        let mut guessable = layouts().iter().filter(|layout| layout.auto);
        guessable
            .find(|layout| layout.signs.iter().any(|sign| sign.iter().all(shown)))
            .or_else(|| Layout::named("plain"))
    }
}

/// Why a caller who is signed in gets no tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// Clerk: signed in, but not yet done with what the session must do first.
    Pending,
    Anonymous,
    Restricted,
    Banned,
}

impl Restriction {
    const ALL: [Restriction; 4] =
        [Restriction::Pending, Restriction::Anonymous, Restriction::Restricted, Restriction::Banned];

    fn name(self) -> &'static str {
        match self {
            Restriction::Pending => "pending",
            Restriction::Anonymous => "anonymous",
            Restriction::Restricted => "restricted",
            Restriction::Banned => "banned",
        }
    }

    /// Whether the claims say so: sts is not active, or one of the others is anything but false.
    fn holds(self, claims: &Claims) -> bool {
        let flag = |name| claims.at(&[name]).is_some_and(|flag| flag != &Value::Bool(false));
        match self {
            Restriction::Pending => claims.at(&["sts"]).is_some_and(|status| status != "active"),
            Restriction::Anonymous => {
                flag("is_anonymous")
                    || claims.at(&["firebase", "sign_in_provider"]).is_some_and(|by| by == "anonymous")
            }
            Restriction::Restricted => flag("is_restricted"),
            Restriction::Banned => flag("banned"),
        }
    }
}

impl fmt::Display for Restriction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a claim names.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    Nothing,
    Tenant(String),
    /// A claim is there, but it is neither a string that is not empty nor an integer.
    Unclear,
}

impl Named {
    fn by(claim: Option<&Value>) -> Named {
        match claim {
            None | Some(Value::Null) => Named::Nothing,
            Some(Value::String(id)) if !id.is_empty() => Named::Tenant(id.clone()),
            Some(Value::Number(id)) if id.is_i64() || id.is_u64() => Named::Tenant(id.to_string()),
            Some(_) => Named::Unclear,
        }
    }
}

/// What is granted: each once, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rights {
    pub roles: Vec<String>,
    pub permissions: Vec<String>,
}

impl Rights {
    fn unite(&mut self, other: &Rights) {
        unite(&mut self.roles, &other.roles);
        unite(&mut self.permissions, &other.permissions);
    }
}

fn unite(list: &mut Vec<String>, more: &[String]) {
    let known: HashSet<String> = list.iter().cloned().collect();
    list.extend(more.iter().filter(|word| !known.contains(*word)).cloned());
}

/// What claims say of tenants.
#[derive(Debug, PartialEq)]
pub struct Said {
    /// The first that the claims say and that is not allowed here.
    pub restriction: Option<Restriction>,
    /// The tenant marked active.
    pub tenant: Named,
    /// All that the claims list, the active one first, each once.
    pub tenants: Vec<String>,
    /// The claims name and list no tenant, not even one that cannot be read.
    silent: bool,
    /// What is granted in the active tenant alone.
    own: Rights,
    /// What is granted in every tenant that is listed.
    flat: Rights,
    /// What is granted in one tenant each.
    entries: Vec<(String, Rights)>,
}

impl Said {
    /// The rights that the claims give in this tenant: those that are its own, and those that name no tenant if the
    /// claims list this one or none at all. Where a layout grants by tenant, only the tenant's own count.
    pub fn rights_in(&self, tenant: &str) -> Rights {
        let mut rights = Rights::default();
        if matches!(&self.tenant, Named::Tenant(active) if same_tenant(active, tenant)) {
            rights.unite(&self.own);
        }
        if let Some((_, own)) = self.entries.iter().find(|(id, _)| same_tenant(id, tenant)) {
            rights.unite(own);
        }
        if self.silent || self.tenants.iter().any(|listed| same_tenant(listed, tenant)) {
            rights.unite(&self.flat);
        }
        rights
    }
}

/// Whether two texts name the same tenant: equal, or the same uuid in either case.
pub fn same_tenant(a: &str, b: &str) -> bool {
    a == b || a.eq_ignore_ascii_case(b) && uuid(a).is_some()
}

/// Where claims are looked at: a layout, and what was given by hand in its stead.
#[derive(Clone, Default)]
pub struct Places {
    /// None is auto: what the claims show by themselves.
    layout: Option<&'static Layout>,
    tenant: Option<Path>,
    roles: Option<Path>,
    permissions: Option<Path>,
    allowed: Vec<Restriction>,
}

/// The rights of one kind: roles, or permissions.
struct Kind<'a> {
    /// Paths that name no tenant, and whether they are given by hand.
    flat: Vec<&'a Path>,
    by_hand: bool,
    /// What comes after the tenant's entry in paths that have one.
    inside: Vec<&'a [String]>,
    words: fn(&str) -> Vec<&str>,
}

impl<'a> Kind<'a> {
    fn new(by_hand: Option<&'a Path>, layout: &'a [Path], words: fn(&str) -> Vec<&str>) -> Kind<'a> {
        let mut kind = Kind { flat: Vec::new(), by_hand: by_hand.is_some(), inside: Vec::new(), words };
        for path in by_hand.map_or(layout, std::slice::from_ref) {
            // A key given by hand may be a star.
            match path.iter().position(|key| key == "*").filter(|_| !kind.by_hand) {
                Some(star) => kind.inside.push(&path[star + 1..]),
                None => kind.flat.push(path),
            }
        }
        kind
    }

    /// What the flat paths grant, of which those under the claim `own` are the active tenant's alone, if `of_own`.
    fn granted(&self, claims: &Claims, own: Option<&String>, of_own: bool) -> Vec<String> {
        let paths = self.flat.iter().filter(|path| (!self.by_hand && path.first() == own) == of_own);
        distinct(paths.filter_map(|path| claim(claims, path)).flat_map(|claim| words(claim, self.words)))
    }

    fn granted_inside(&self, entry: &Value) -> Vec<String> {
        let claims = self.inside.iter().filter_map(|path| inside(entry, path));
        distinct(claims.flat_map(|claim| words(claim, self.words)))
    }
}

impl Places {
    /// None for a layout or a restriction of that name that there is not, and for a path that leads through what users
    /// write themselves.
    pub fn new(
        layout: &str,
        tenant: Option<Path>,
        roles: Option<Path>,
        permissions: Option<Path>,
        allow: &[String],
    ) -> Option<Places> {
        let layout = match layout {
            "auto" => None,
            name => Some(Layout::named(name)?),
        };
        let restriction = |name: &String| Restriction::ALL.into_iter().find(|one| one.name() == name);
        let allowed = allow.iter().map(restriction).collect::<Option<_>>()?;
        let places = Places { layout, tenant, roles, permissions, allowed };
        let given = [&places.tenant, &places.roles, &places.permissions];
        let users_own = given.into_iter().flatten().flatten().any(|key| users_write(key));
        (!users_own).then_some(places)
    }

    /// What the claims say.
    pub fn read(&self, claims: &Claims) -> Said {
        let restriction = Restriction::ALL
            .into_iter()
            .find(|restriction| !self.allowed.contains(restriction) && restriction.holds(claims));
        let mut said = Said {
            restriction,
            tenant: Named::Nothing,
            tenants: Vec::new(),
            silent: false,
            own: Rights::default(),
            flat: Rights::default(),
            entries: Vec::new(),
        };
        let Some(layout) = self.layout.or_else(|| Layout::guessed(claims)) else { return said };

        let paths = self.tenant.as_ref().map_or(&layout.tenant[..], std::slice::from_ref);
        let path = paths.iter().find(|path| claims.at(path).is_some());
        said.tenant = Named::by(path.and_then(|path| claims.at(path)));
        let listed = layout.tenants.as_ref().and_then(|path| listed(claims, path));
        let active = match &said.tenant {
            Named::Tenant(id) => Some(id.as_str()),
            Named::Nothing | Named::Unclear => None,
        };
        let entries = listed.iter().flatten().filter(|_| self.tenant.is_none());
        said.tenants = distinct_tenants(active.into_iter().chain(entries.map(|(id, _)| id.as_str())));
        said.silent = said.tenant == Named::Nothing && (listed.is_none() || self.tenant.is_some());

        let mut roles = Kind::new(self.roles.as_ref(), &layout.roles, between_commas);
        let mut permissions = Kind::new(self.permissions.as_ref(), &layout.permissions, between_blanks);
        if let Some(listed) = &listed {
            for kind in [&mut roles, &mut permissions].into_iter().filter(|kind| !kind.inside.is_empty()) {
                kind.flat.clear();
            }
            if !roles.inside.is_empty() || !permissions.inside.is_empty() {
                let rights = |entry| Rights {
                    roles: roles.granted_inside(entry),
                    permissions: permissions.granted_inside(entry),
                };
                said.entries = listed.iter().map(|(id, entry)| (id.clone(), rights(entry))).collect();
            }
        }
        let own = layout.own.as_ref();
        let rights = |of_own| Rights {
            roles: roles.granted(claims, own, of_own),
            permissions: permissions.granted(claims, own, of_own),
        };
        said.flat = rights(false);
        // The tenant that the rights beside it are for is the one that was named there.
        if own.is_some() && path.and_then(|path| path.first()) == own {
            said.own = rights(true);
            if let (Some(masks), None) = (&layout.masks, &self.permissions) {
                let texts = masks.each_ref().map(|path| claims.at(path).and_then(Value::as_str));
                if let [Some(features), Some(permissions), Some(masks)] = texts {
                    let granted = clerk::permissions(features, permissions, masks);
                    said.own.permissions = distinct(granted.iter().map(String::as_str));
                }
            }
        }
        if let (Some(prefix), None) = (&layout.role_prefix, &self.roles) {
            said.own.roles = prefixed(&said.own.roles, prefix);
            said.flat.roles = prefixed(&said.flat.roles, prefix);
        }
        said
    }

    /// Where the tenant is looked for, as words: paths separated by commas.
    pub fn sought(&self) -> String {
        let paths: Vec<&Path> = match (&self.tenant, self.layout) {
            (Some(path), _) => vec![path],
            (None, Some(layout)) => layout.tenant.iter().chain(&layout.tenants).collect(),
            (None, None) => layouts()
                .iter()
                .filter(|layout| layout.auto)
                .flat_map(|layout| layout.tenant.iter().chain(&layout.tenants))
                .collect(),
        };
        let paths: Vec<String> = paths.iter().map(|path| path.join(".")).collect();
        distinct(paths.iter().map(String::as_str)).join(", ")
    }
}

/// A claim that may grant. One whose value is elsewhere (OpenID Connect Core 1.0 section 5.6.2), as Entra ID has it for
/// users of many groups, grants nothing.
fn claim<'a>(claims: &'a Claims, path: &Path) -> Option<&'a Value> {
    let elsewhere = claims.at(&["_claim_names"]).and_then(|names| names.get(path.first()?));
    claims.at(path).filter(|_| elsewhere.is_none())
}

fn inside<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.as_object()?.get(key)).filter(|value| !value.is_null())
}

/// The tenants that a claim lists, each with its entry; None where it is not there or lists none. A claim that is no
/// list, or too long a one, lists nothing that could be read.
fn listed<'a>(claims: &'a Claims, path: &Path) -> Option<Vec<(String, &'a Value)>> {
    let star = path.iter().position(|key| key == "*")?;
    let list = claims.at(&path[..star])?;
    let mut found = Vec::new();
    match list {
        Value::Object(entries) if entries.is_empty() => return None,
        Value::Array(entries) if entries.is_empty() => return None,
        Value::Object(entries) => {
            for (key, entry) in entries.iter().filter(|(key, entry)| !key.is_empty() && !entry.is_null()) {
                match Named::by(inside(entry, &path[star + 1..]).filter(|_| star + 1 < path.len())) {
                    Named::Tenant(id) => found.push((id, entry)),
                    Named::Nothing => found.push((key.clone(), entry)),
                    Named::Unclear => {}
                }
            }
        }
        Value::Array(entries) => {
            found.extend(entries.iter().filter_map(|entry| match Named::by(Some(entry)) {
                Named::Tenant(id) if entry.is_string() => Some((id, entry)),
                _ => None,
            }));
        }
        _ => {}
    }
    found.truncate(if found.len() > MAX_KEPT { 0 } else { MAX_KEPT });
    Some(found)
}

/// Each tenant once, written as it first was.
pub fn distinct_tenants<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    let form = |id: &str| if uuid(id).is_some() { id.to_ascii_lowercase() } else { id.to_owned() };
    ids.filter(|id| seen.insert(form(id))).map(str::to_owned).collect()
}

/// Each once; none at all of more than `MAX_KEPT`.
fn distinct<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    let found: Vec<&str> = words.filter(|word| seen.insert(*word)).take(MAX_KEPT + 1).collect();
    match found.len() > MAX_KEPT {
        true => Vec::new(),
        false => found.into_iter().map(str::to_owned).collect(),
    }
}

/// What one claim grants: a string, which holds several words, or an array of strings, each of which is one.
fn words(claim: &Value, split: fn(&str) -> Vec<&str>) -> Vec<&str> {
    match claim {
        Value::String(text) => split(text),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.unwrap_or_default().into_iter().filter(|text| !text.is_empty()).collect()
        }
        _ => Vec::new(),
    }
}

/// As Better Auth writes roles.
fn between_commas(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// As OAuth writes scopes (RFC 6749 section 3.3).
fn between_blanks(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// With the prefix, which some write twice, once.
fn prefixed(roles: &[String], prefix: &str) -> Vec<String> {
    let bare = roles.iter().map(|role| role.trim_start_matches(prefix)).filter(|role| !role.is_empty());
    let roles: Vec<String> = bare.map(|role| format!("{prefix}{role}")).collect();
    distinct(roles.iter().map(String::as_str))
}

/// Whether a key names what users write themselves, as tenancy.require_path() has it.
fn users_write(key: &str) -> bool {
    let words: Vec<String> = key
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.iter().any(|word| matches!(word.as_str(), "usermetadata" | "unsafemetadata"))
        || words.windows(2).any(|pair| matches!(pair[0].as_str(), "user" | "unsafe") && pair[1] == "metadata")
}
