import { execFile } from 'node:child_process'

/** Runs a program for what it prints. Never throws: `ok` is false where it fails, is missing, or takes longer than `timeoutMs`. */
export function runBriefly(
  file: string,
  args: readonly string[],
  { env, timeoutMs }: { env: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8' } as const
    const child = execFile(file, [...args], options, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: stdout + stderr })
    })
    // Some wait for their input to end before they say a word.
    child.stdin?.end()
  })
}
