import { defineConfig } from 'drizzle-kit'

// Without "entities": with entities.roles, push drops the database roles that schema.ts does not make.
export default defineConfig({
  dialect: 'postgresql',
  schema: './src/schema.ts',
  out: './migrations',
  dbCredentials: { url: process.env.OWNER_URL! },
})
