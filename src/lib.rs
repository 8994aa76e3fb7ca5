//! pg_tenancy: Postgres decides who is calling, which tenants they belong to, and which rows they may
//! touch.
//!
//! Data flows one way: GUC or token → claims → identity → `auth.*` → policies. Rust holds what must be native;
//! the policy pack is SQL, in `sql/`, one file a topic.

use pgrx::prelude::*;

mod admin;
mod audit_log;
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
mod session;
mod settings;
mod snapshot;
mod standing;
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
extension_sql_file!("../sql/templates/tenant.sql", name = "tenant", requires = ["better_auth"]);
extension_sql_file!("../sql/policies.sql", name = "policies", requires = ["tenant"]);
extension_sql_file!("../sql/protect.sql", name = "protect", requires = ["policies"]);
extension_sql_file!("../sql/unprotect.sql", name = "unprotect", requires = ["protect"]);
extension_sql_file!("../sql/rights.sql", name = "rights", requires = ["unprotect"]);
