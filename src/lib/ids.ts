import { monotonicFactory } from 'ulid'

const PREFIX = {
  org: 'org',
  member: 'mem',
  key: 'key',
  codebase: 'cbs',
  conversation: 'cnv',
  message: 'msg',
  session: 'ses',
  task: 'tsk',
  artifact: 'art',
  schedule: 'sch',
  call: 'mcl',
  budget: 'bud',
  memory: 'mmr',
  question: 'que',
  place: 'plc',
  said: 'inb',
  delivery: 'dlv',
  subscription: 'whs',
  hook: 'hok',
  worker: 'wrk',
  workspace: 'wsp',
} as const

/** A text that begins with its kind (`tsk_…`) and sorts by the time of its making. */
export type Id<K extends keyof typeof PREFIX> = `${(typeof PREFIX)[K]}_${string}`

const nextUlid = monotonicFactory()

/** A new id: its kind, then a ULID (48 bits of time, 80 bits of chance) in lower case. */
export function newId<K extends keyof typeof PREFIX>(kind: K): Id<K> {
  return `${PREFIX[kind]}_${nextUlid().toLowerCase()}`
}

/** Whether `text` has the form of an id of this kind. It says nothing of whether such a thing exists. */
export function isId<K extends keyof typeof PREFIX>(kind: K, text: string): text is Id<K> {
  return text.startsWith(`${PREFIX[kind]}_`) && /^[0-9a-z]+$/.test(text.slice(PREFIX[kind].length + 1))
}
