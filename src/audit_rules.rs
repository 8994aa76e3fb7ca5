//! The rules of `tenancy.audit()`, one a file; `tenancy.audit_rules()` in sql/audit.sql names them too.

use pgrx::prelude::*;

extension_sql_file!(
    "../sql/audit/anonymous_writes.sql",
    name = "audit_anonymous_writes",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/bypassrls_role.sql", name = "audit_bypassrls_role", requires = ["audit"]);
extension_sql_file!("../sql/audit/cast_on_column.sql", name = "audit_cast_on_column", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/child_unprotected.sql",
    name = "audit_child_unprotected",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/claim_setting_form.sql",
    name = "audit_claim_setting_form",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/claims_in_role_settings.sql",
    name = "audit_claims_in_role_settings",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/client_writable_claim.sql",
    name = "audit_client_writable_claim",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/command_without_policy.sql",
    name = "audit_command_without_policy",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/correlated_call.sql", name = "audit_correlated_call", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/database_role_as_caller.sql",
    name = "audit_database_role_as_caller",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/default_privileges.sql",
    name = "audit_default_privileges",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/definer_function.sql",
    name = "audit_definer_function",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/duplicate_index.sql", name = "audit_duplicate_index", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/email_as_identity.sql",
    name = "audit_email_as_identity",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/excess_grants.sql", name = "audit_excess_grants", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/extension_in_public.sql",
    name = "audit_extension_in_public",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/foreign_key_to_identity.sql",
    name = "audit_foreign_key_to_identity",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/foreign_key_unindexed.sql",
    name = "audit_foreign_key_unindexed",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/foreign_key_without_tenant.sql",
    name = "audit_foreign_key_without_tenant",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/foreign_table.sql", name = "audit_foreign_table", requires = ["audit"]);
extension_sql_file!("../sql/audit/function_of_row.sql", name = "audit_function_of_row", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/function_search_path.sql",
    name = "audit_function_search_path",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/grant_to_public.sql", name = "audit_grant_to_public", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/identity_secrets.sql",
    name = "audit_identity_secrets",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/identity_view.sql", name = "audit_identity_view", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/immutable_reader.sql",
    name = "audit_immutable_reader",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/inverted_check.sql", name = "audit_inverted_check", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/leakproof_function.sql",
    name = "audit_leakproof_function",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/literal_tenant.sql", name = "audit_literal_tenant", requires = ["audit"]);
extension_sql_file!("../sql/audit/login_not_bound.sql", name = "audit_login_not_bound", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/materialized_view.sql",
    name = "audit_materialized_view",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/membership_by_subselect.sql",
    name = "audit_membership_by_subselect",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/multiple_permissive_policies.sql",
    name = "audit_multiple_permissive_policies",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/no_primary_key.sql", name = "audit_no_primary_key", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/no_restrictive_floor.sql",
    name = "audit_no_restrictive_floor",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/only_restrictive_policies.sql",
    name = "audit_only_restrictive_policies",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/or_without_column.sql",
    name = "audit_or_without_column",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/orphans.sql", name = "audit_orphans", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/owner_rights_view.sql",
    name = "audit_owner_rights_view",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/parameter_logging.sql",
    name = "audit_parameter_logging",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/pattern_on_claim.sql",
    name = "audit_pattern_on_claim",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policies_without_rls.sql",
    name = "audit_policies_without_rls",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policy_always_false.sql",
    name = "audit_policy_always_false",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policy_always_true.sql",
    name = "audit_policy_always_true",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policy_by_setting.sql",
    name = "audit_policy_by_setting",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policy_exists_unbound.sql",
    name = "audit_policy_exists_unbound",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policy_for_nobody.sql",
    name = "audit_policy_for_nobody",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policy_reads_unprotected.sql",
    name = "audit_policy_reads_unprotected",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policy_recursion.sql",
    name = "audit_policy_recursion",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policy_to_public.sql",
    name = "audit_policy_to_public",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/policy_without_own_column.sql",
    name = "audit_policy_without_own_column",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/protection_drifted.sql",
    name = "audit_protection_drifted",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/publication_without_filter.sql",
    name = "audit_publication_without_filter",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/rewriting_rule.sql", name = "audit_rewriting_rule", requires = ["audit"]);
extension_sql_file!("../sql/audit/rls_disabled.sql", name = "audit_rls_disabled", requires = ["audit"]);
extension_sql_file!("../sql/audit/rls_not_forced.sql", name = "audit_rls_not_forced", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/rls_without_policies.sql",
    name = "audit_rls_without_policies",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/role_claim_as_right.sql",
    name = "audit_role_claim_as_right",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/schema_create.sql", name = "audit_schema_create", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/sensitive_columns.sql",
    name = "audit_sensitive_columns",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/sequence_rights.sql", name = "audit_sequence_rights", requires = ["audit"]);
extension_sql_file!("../sql/audit/server_version.sql", name = "audit_server_version", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/signed_in_by_jwt.sql",
    name = "audit_signed_in_by_jwt",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/tenant_column_nullable.sql",
    name = "audit_tenant_column_nullable",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/tenant_column_type.sql",
    name = "audit_tenant_column_type",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/tenant_column_unindexed.sql",
    name = "audit_tenant_column_unindexed",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/trigger_sorts_after.sql",
    name = "audit_trigger_sorts_after",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/unique_without_tenant.sql",
    name = "audit_unique_without_tenant",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/unscoped_owner_column.sql",
    name = "audit_unscoped_owner_column",
    requires = ["audit"]
);
extension_sql_file!("../sql/audit/unwrapped_call.sql", name = "audit_unwrapped_call", requires = ["audit"]);
extension_sql_file!(
    "../sql/audit/volatile_in_policy.sql",
    name = "audit_volatile_in_policy",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/wrapped_call_skewed.sql",
    name = "audit_wrapped_call_skewed",
    requires = ["audit"]
);
extension_sql_file!(
    "../sql/audit/write_check_missing.sql",
    name = "audit_write_check_missing",
    requires = ["audit"]
);
