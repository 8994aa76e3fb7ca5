//! pg_tenancy: Postgres decides who is calling, which tenants they belong to, and which rows they may
//! touch.
//!
//! Data flows one way: GUC or token → claims → identity → `auth.*` → policies. Rust holds what must be native;
//! the policy pack is SQL, in `sql/`, one file a topic.

use pgrx::prelude::*;

mod acting;
mod admin;
mod audit_log;
#[rustfmt::skip] // (One line for each, which tools read.)
mod audit_rules;
mod auth;
mod caller;
mod claims;
mod configuration;
mod definitions;
mod error;
mod gate;
mod identity;
mod login;
mod members;
mod row;
mod run_as;
mod session;
mod settings;
mod snapshot;
mod standing;
mod stored;
mod table;
mod token;
mod v1;
mod value;
mod verified;

pgrx::pg_module_magic!(name, version);

/// Runs once in each backend, when the library is first loaded.
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    settings::define();
    session::watch_transactions();
}

extension_sql_file!("../sql/schemas.sql", name = "schemas", bootstrap);
extension_sql_file!("../sql/layouts.sql", name = "layouts", requires = ["schemas"]);
extension_sql_file!("../sql/native.sql", name = "native", requires = ["layouts"]);
extension_sql_file!("../sql/modes.sql", name = "modes", requires = ["native"]);
extension_sql_file!("../sql/settings.sql", name = "settings", requires = ["modes"]);
extension_sql_file!("../sql/auth.sql", name = "auth", requires = ["settings"]);
extension_sql_file!("../sql/roles.sql", name = "roles", requires = ["auth"]);
extension_sql_file!("../sql/definitions.sql", name = "definitions", requires = ["roles"]);
extension_sql_file!("../sql/checks.sql", name = "checks", requires = ["definitions"]);
extension_sql_file!("../sql/whoami.sql", name = "whoami", requires = ["checks"]);
extension_sql_file!("../sql/issuers.sql", name = "issuers", requires = ["whoami"]);
extension_sql_file!("../sql/members.sql", name = "members", requires = ["issuers"]);
extension_sql_file!("../sql/better_auth.sql", name = "better_auth", requires = ["members"]);
extension_sql_file!("../sql/family.sql", name = "family", requires = ["better_auth"]);
extension_sql_file!("../sql/policies.sql", name = "policies", requires = ["family"]);
extension_sql_file!("../sql/templates/column.sql", name = "column", requires = ["policies"]);
extension_sql_file!("../sql/templates/conditions.sql", name = "conditions", requires = ["column"]);
extension_sql_file!("../sql/templates/staff.sql", name = "staff", requires = ["conditions"]);
extension_sql_file!("../sql/templates/tenant.sql", name = "tenant", requires = ["staff"]);
extension_sql_file!("../sql/templates/tenant_or_global.sql", name = "or_global", requires = ["tenant"]);
extension_sql_file!("../sql/templates/tenant_root.sql", name = "root", requires = ["or_global"]);
extension_sql_file!("../sql/templates/user.sql", name = "user", requires = ["root"]);
extension_sql_file!("../sql/templates/any_tenant.sql", name = "any_tenant", requires = ["user"]);
extension_sql_file!("../sql/templates/public_read.sql", name = "public_read", requires = ["any_tenant"]);
extension_sql_file!("../sql/templates/via_parent.sql", name = "via_parent", requires = ["public_read"]);
extension_sql_file!("../sql/columns.sql", name = "columns", requires = ["via_parent"]);
extension_sql_file!("../sql/triggers.sql", name = "triggers", requires = ["columns"]);
extension_sql_file!("../sql/grants.sql", name = "grants", requires = ["triggers"]);
extension_sql_file!("../sql/side_doors.sql", name = "side_doors", requires = ["grants"]);
extension_sql_file!("../sql/protect.sql", name = "protect", requires = ["side_doors"]);
extension_sql_file!("../sql/unprotect.sql", name = "unprotect", requires = ["protect"]);
extension_sql_file!("../sql/protect_schema.sql", name = "protect_schema", requires = ["unprotect"]);
extension_sql_file!("../sql/watch.sql", name = "watch", requires = ["protect_schema"]);
extension_sql_file!("../sql/drizzle.sql", name = "drizzle", requires = ["watch"]);
extension_sql_file!("../sql/act_as.sql", name = "act_as", requires = ["drizzle"]);
extension_sql_file!("../sql/trial.sql", name = "trial", requires = ["act_as"]);
extension_sql_file!("../sql/prove.sql", name = "prove", requires = ["trial"]);
extension_sql_file!("../sql/expressions.sql", name = "expressions", requires = ["prove"]);
extension_sql_file!("../sql/explain_access.sql", name = "explain_access", requires = ["expressions"]);
extension_sql_file!("../sql/audit_scope.sql", name = "audit_scope", requires = ["explain_access"]);
extension_sql_file!("../sql/audit_ties.sql", name = "audit_ties", requires = ["audit_scope"]);
extension_sql_file!("../sql/audit_policies.sql", name = "audit_policies", requires = ["audit_ties"]);
extension_sql_file!("../sql/audit_claims.sql", name = "audit_claims", requires = ["audit_policies"]);
extension_sql_file!("../sql/audit.sql", name = "audit", requires = ["audit_claims"]);
extension_sql_file!("../sql/rights.sql", name = "rights", finalize);
