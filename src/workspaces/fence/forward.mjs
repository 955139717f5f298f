// Runs inside the sandbox, which has no network: listens on ports of its loopback, carries every connection to the unix
// socket behind it, and runs the program beside that. Plain JavaScript: it must run wherever Drover was unpacked.
// forward.mjs PORT SOCKET [PORT SOCKET]... -- PROGRAM [ARGUMENT]...
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

const words = process.argv.slice(2)
const end = words.indexOf('--')
const [file, ...args] = words.slice(end + 1)

for (let n = 0; n < end; n += 2) {
  const server = createServer((inner) => {
    const outer = connect(words[n + 1])
    const close = () => {
      inner.destroy()
      outer.destroy()
    }
    // `pipe()` asks whether it may end the far side by looking at `process.stdout`, which opens that; the program shares it,
    // and from then on its writes fail (EAGAIN) wherever it writes faster than is read.
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ]) {
      from.pipe(to, { end: false })
      from.on('end', () => to.end())
      from.on('error', close)
    }
  })
  server.listen(Number(words[n]), '127.0.0.1')
  await once(server, 'listening')
}

const child = spawn(file, args, { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  console.error(`${file} could not be started: ${error.message}`)
  process.exit(127)
})
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGTERM' ? 143 : 137)))
