// Runs inside the sandbox, which has no network: listens on its loopback, carries every connection to the egress proxy's
// socket, and runs the program beside it. Plain JavaScript: it must run wherever Drover was unpacked.
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'

const [socketPath, port, file, ...args] = process.argv.slice(2)

const server = createServer((inner) => {
  const outer = connect(socketPath)
  const end = () => {
    inner.destroy()
    outer.destroy()
  }
  inner.pipe(outer).pipe(inner)
  inner.on('error', end)
  outer.on('error', end)
})

server.listen(Number(port), '127.0.0.1', () => {
  const child = spawn(file, args, { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`${file} could not be started: ${error.message}`)
    process.exit(127)
  })
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGTERM' ? 143 : 137)))
})
