/** An agent that does nothing but call its model: as many times as its prompt says, one after the other, going on where it was. */
import { readFileSync, writeFileSync } from 'node:fs'

const wanted = Number(process.argv[2])
const { ANTHROPIC_BASE_URL = '', ANTHROPIC_API_KEY = '' } = process.env
const FILE = 'calls.txt'

function done(): number {
  try {
    return Number(readFileSync(FILE, 'utf8'))
  } catch {
    return 0
  }
}

for (let call = done(); call < wanted; call++) {
  const response = await fetch(`${ANTHROPIC_BASE_URL}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': ANTHROPIC_API_KEY },
    body: JSON.stringify({ model: 'claude-opus-4-5', max_tokens: 99, messages: [{ role: 'user', content: 'hi' }] }),
  })
  if (!response.ok) {
    console.error(`HTTP ${response.status} ${await response.text()}`)
    process.exit(1)
  }
  writeFileSync(FILE, String(call + 1))
}
console.log(`Called ${done()} times with ${ANTHROPIC_API_KEY.length} characters of a key.`)
