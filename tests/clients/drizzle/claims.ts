// The app's queries without asCaller(), with its database role alone, and with claims; beside the example's own files.
import { sql } from 'drizzle-orm'
import { asCaller, causeOf, db } from './caller.ts'
import { notes } from './schema.ts'

const [a, b] = process.argv.slice(2)
try {
  await db.select().from(notes)
} catch (error) {
  const { code, message } = causeOf(error)
  console.log(`without asCaller(): ${code} ${message}`)
}
await asCaller({ sub: 'ann', tenant_id: a }, (tx) => tx.insert(notes).values({ body: 'of ann' }))
await asCaller({ sub: 'bob', tenant_id: b }, (tx) => tx.insert(notes).values({ body: 'of bob' }))
const forgotten = await db.transaction(async (tx) => {
  await tx.execute(sql`SET LOCAL ROLE authenticated`)
  return tx.select().from(notes)
})
console.log(`the role alone: ${forgotten.length} rows`)
for (const [sub, tenant] of [['ann', a], ['bob', b]]) {
  const rows = await asCaller({ sub, tenant_id: tenant }, (tx) => tx.select().from(notes))
  console.log(`${sub}: ${rows.map((row) => row.body).join(', ')}`)
}
await db.$client.end()
