#!/usr/bin/env node
/**
 * Plays Aider 0.86 run with a message: its real stdout lines, and its exit code 0 even when the model refused.
 * As strict as the real one with arguments. What it does is the first word of the message file.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const flag = { type: 'boolean' } as const
const value = { type: 'string' } as const

function readArguments() {
  try {
    return parseArgs({
      options: {
        model: value,
        'yes-always': flag,
        'no-pretty': flag,
        'no-stream': flag,
        'no-fancy-input': flag,
        'no-check-update': flag,
        'no-show-release-notes': flag,
        'analytics-disable': flag,
        'no-suggest-shell-commands': flag,
        'no-detect-urls': flag,
        'no-show-model-warnings': flag,
        'no-gitignore': flag,
        'no-auto-commits': flag,
        'no-dirty-commits': flag,
        'map-tokens': value,
        timeout: value,
        'chat-history-file': value,
        'input-history-file': value,
        'message-file': value,
      },
    }).values
  } catch (error) {
    console.error(`usage: aider [-h] …\naider: error: ${String(error)}`)
    process.exit(2)
  }
}

const options = readArguments()
const message = readFileSync(options['message-file'] ?? '', 'utf8')
const [what = ''] = message.trim().split(/\s+/)

console.log('Aider v0.86.2')
console.log(`Main model: ${options.model ?? 'openrouter/anthropic/claude-sonnet-4.5'} with diff edit format`)
console.log('Git repo: .git with 1 files\nRepo-map: using 1024 tokens, auto refresh\n')

switch (what) {
  case 'edit':
    writeFileSync('notes.md', 'hello\n')
    console.log('notes.md\n```\n<<<<<<< SEARCH\n=======\nhello\n>>>>>>> REPLACE\n```\n')
    console.log('Tokens: 1.2k sent, 56 received. Cost: $0.0045 message, $0.0045 session.\nApplied edit to notes.md')
    break
  case 'refused':
    console.log(
      'litellm.AuthenticationError: AuthenticationError: OpenrouterException - {"error":{"message":"User not found.","code":401}}',
    )
    console.log('The API provider is not able to authenticate you. Check your API key.')
    break
  case 'busy':
    console.log('litellm.RateLimitError: RateLimitError: OpenrouterException - Rate limit exceeded')
    console.log('Retrying in 0.2 seconds...')
    break
  case 'sleep':
    spawnSync('sleep', [message.trim().split(/\s+/)[1] ?? '60'])
    break
  case 'flood':
    for (let line = 0; line < 4000; line += 1) process.stdout.write(`${'flood '.repeat(850)}\n`)
    break
  case 'environment':
    console.log(execFileSync('env', { encoding: 'utf8' }))
    break
  case 'crash':
    process.kill(process.pid, 'SIGKILL')
    break
  default:
    console.log(`Hello from Aider.\n\nTokens: 900 sent, 20 received.`)
}
