// A Better Auth server with its tables in schema neon_auth, and tokens as Neon Auth's are. It finds the database by
// PGHOST and the like, takes a free port, and prints its address once it can be asked.
//   IDS=uuid   ids are UUIDs, as Neon Auth has them; otherwise Better Auth's own, which are text
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt, organization } from 'better-auth/plugins'
import pg from 'pg'

const database = new pg.Pool({ options: '-c search_path=neon_auth', connectionTimeoutMillis: 10_000 })

// The address is the issuer of the tokens, so that the port comes first.
let handle = (_, response) => response.writeHead(503).end()
const server = createServer((request, response) => handle(request, response))
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
const baseURL = `http://127.0.0.1:${server.address().port}`

async function definePayload({ user, session }) {
  const active = await database.query(
    `SELECT o.id, o.slug, m.role FROM organization o JOIN member m ON m."organizationId" = o.id
     WHERE o.id::text = $1 AND m."userId"::text = $2`, [session.activeOrganizationId, user.id])
  return { ...user, role: 'authenticated', banned: false, ...(active.rows[0] && { o: active.rows[0] }) }
}

const options = {
  baseURL,
  database,
  secret: randomBytes(32).toString('hex'),
  emailAndPassword: { enabled: true },
  advanced: process.env.IDS === 'uuid' ? { database: { generateId: 'uuid' } } : {},
  telemetry: { enabled: false },
  plugins: [
    organization(),
    jwt({ jwks: { rotationInterval: 3600 }, jwt: { definePayload } }),
  ],
}
await (await getMigrations(options)).runMigrations()
handle = toNodeHandler(betterAuth(options))
console.log(baseURL)
