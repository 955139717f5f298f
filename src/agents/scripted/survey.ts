import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { FORMS } from './parse-script.ts'
import { REAL_AGENTS } from './real-agents.ts'

/** The answer to words that are no steps: what this agent is, what lies in the repository, and what to do next. */
export function surveyOf(workspace: string): string {
  return [
    'I am Drover’s scripted agent: no model. I run the steps that you write, one per line, and cannot think.',
    `**This repository**\n${describeRepository(workspace)}`,
    `**Steps that I know**\n\`\`\`\n${Object.values(FORMS).join('\n')}\n\`\`\`\nFor example: \`write notes.md :: hello\``,
    `**An agent that thinks**\n${REAL_AGENTS.map(({ title, advice }) => `- ${title}: ${advice}`).join('\n')}`,
  ].join('\n\n')
}

/** Reads only. */
function describeRepository(workspace: string): string {
  const files = git(workspace, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
    .split('\0')
    .filter(Boolean)
  const facts = [
    ...fact('Title', readTitle(workspace)),
    ...fact('Files', `${files.length}${files.length > 0 ? ` (${countKinds(files)})` : ''}`),
    ...fact('npm scripts', readNpmScripts(workspace)),
    ...fact('Makefile targets', readTargets(workspace)),
    ...fact('Last commits', git(workspace, 'log', '-3', '--format=%h %s').trim().split('\n').join(' · ')),
  ]
  return facts.join('\n')
}

function fact(name: string, value: string): string[] {
  return value === '' ? [] : [`- ${name}: ${value}`]
}

function git(workspace: string, ...args: string[]): string {
  try {
    return execFileSync('git', args, {
      cwd: workspace,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    })
  } catch {
    // No git here, or no commit yet: the survey says less.
    return ''
  }
}

function countKinds(files: string[]): string {
  const counts = new Map<string, number>()
  for (const file of files) {
    const kind = extname(file) || 'without ending'
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  return sorted
    .slice(0, 6)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ')
}

function read(workspace: string, name: string): string {
  try {
    return readFileSync(join(workspace, name), 'utf8')
  } catch {
    return ''
  }
}

function readTitle(workspace: string): string {
  return /^#\s+(.+)$/m.exec(read(workspace, 'README.md'))?.[1] ?? ''
}

function readNpmScripts(workspace: string): string {
  try {
    const { scripts = {} } = JSON.parse(read(workspace, 'package.json')) as { scripts?: object }
    return Object.keys(scripts).join(', ')
  } catch {
    return ''
  }
}

function readTargets(workspace: string): string {
  const targets = [...read(workspace, 'Makefile').matchAll(/^([a-z][\w-]*):(?!=)/gim)].map(([, name]) => name)
  return targets.slice(0, 10).join(', ')
}
