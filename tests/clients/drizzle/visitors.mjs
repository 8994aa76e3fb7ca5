// Visitors of two tenants ask the example at the same time: visitors.mjs URL TENANT TOKEN TENANT TOKEN. Whatever one sees
// or touches that is not their tenant's is counted as foreign.
const [url, ...rest] = process.argv.slice(2)
const visitors = [{ tenant: rest[0], token: rest[1] }, { tenant: rest[2], token: rest[3] }]
const notesEach = 20
const rounds = 100
let foreign = 0
const problems = []

const ask = async (token, method, path, body) => {
  const response = await fetch(url + path, { method, body: body && JSON.stringify(body), headers: { Authorization: `Bearer ${token}` } })
  return { status: response.status, rows: await response.json() }
}
const expect = (what, wanted, got) => {
  if (JSON.stringify(wanted) !== JSON.stringify(got)) problems.push(`${what}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`)
}
const both = (work) => Promise.all(visitors.map((visitor, i) => work(visitor, visitors[1 - i])))
const times = (n, work) => Promise.all(Array.from({ length: n }, (_, i) => work(i)))

// The column fills itself in.
await both(async (visitor) => {
  const made = await times(notesEach, (i) => ask(visitor.token, 'POST', '/notes', { body: `note ${i}` }))
  visitor.ids = made.map(({ rows }) => rows[0]?.id)
  expect('tenants of new notes', Array(notesEach).fill(visitor.tenant), made.map(({ rows }) => rows[0]?.tenantId))
})
// All notes, by a query without a tenant; by turns on the same two server connections.
await times(rounds, () => both(async (visitor) => {
  const { rows } = await ask(visitor.token, 'GET', '/notes')
  const own = rows.filter((row) => row.tenantId === visitor.tenant)
  foreign += rows.length - own.length
  expect('own notes', notesEach, own.length)
}))
// Another tenant's note, by its id.
await both(async (visitor, other) => {
  const id = other.ids[0]
  for (const [method, body] of [['GET'], ['PUT', { body: 'changed' }], ['DELETE']]) {
    const { status, rows } = await ask(visitor.token, method, `/notes/${id}`, body)
    expect(`${method} of a foreign note`, 200, status)
    foreign += rows.length
  }
  for (const [method, path, body] of [['POST', '/notes', { tenantId: other.tenant, body: 'smuggled' }], ['PUT', `/notes/${visitor.ids[0]}`, { tenantId: other.tenant }]]) {
    const { status } = await ask(visitor.token, method, path, body)
    expect(`${method} into a foreign tenant`, 403, status)
    foreign += status === 200 ? 1 : 0
  }
})
const [{ token }] = visitors
const [head, payload, signature] = token.split('.')
for (const [what, bad] of [['no token', ''], ['a changed token', [head, payload, signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))].join('.')]]) {
  expect(what, 401, (await ask(bad, 'GET', '/notes')).status)
}
console.log(`${rounds * 2} lists of notes, foreign rows: ${foreign}`)
for (const problem of problems.slice(0, 10)) console.error(problem)
process.exit(foreign || problems.length ? 1 : 0)
