import { sql } from 'drizzle-orm'
import { bigserial, index, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core'

export const notes = pgTable('notes', {
  id: bigserial({ mode: 'number' }).primaryKey(),
  tenantId: uuid('tenant_id').notNull().default(sql`auth.tenant_uuid()`),
  author: text().notNull().default(sql`auth.user_id()`),
  body: text().notNull(),
}, // From here to the bracket as SELECT tenancy.drizzle('notes') prints it.
(table) => [
  index('notes_tenant_id_tenancy_idx').on(table.tenantId),
  pgPolicy('tenancy_delete', { as: 'permissive', for: 'delete', to: 'authenticated', using: sql`(tenant_id = auth.tenant_uuid())` }),
  pgPolicy('tenancy_insert', { as: 'permissive', for: 'insert', to: 'authenticated', withCheck: sql`(tenant_id = auth.tenant_uuid())` }),
  pgPolicy('tenancy_select', { as: 'permissive', for: 'select', to: 'authenticated', using: sql`(tenant_id = auth.tenant_uuid())` }),
  pgPolicy('tenancy_update', { as: 'permissive', for: 'update', to: 'authenticated', using: sql`(tenant_id = auth.tenant_uuid())`, withCheck: sql`(tenant_id = auth.tenant_uuid())` }),
  pgPolicy('tenancy_floor', { as: 'restrictive', for: 'all', to: 'public', using: sql`(tenant_id = auth.tenant_uuid())`, withCheck: sql`(tenant_id = auth.tenant_uuid())` }),
  pgPolicy('tenancy_gate', { as: 'restrictive', for: 'all', to: 'public', using: sql`(tenancy.held_role('authenticated'::name) IS NOT NULL)` }),
]).enableRLS()
