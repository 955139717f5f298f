import { defineConfig, type OxlintOverride } from 'oxlint'

/** Who may import whom. ARCHITECTURE.md says why; test/import-borders.test.ts plants a break of each and expects it found. */

/** Records, in order: each may see those before it. */
const RECORDS = [
  'orgs',
  'codebases',
  'conversations',
  'places',
  'tasks',
  'usage',
  'schedules',
  'events',
  'memories',
  'questions',
  'deliveries',
  'webhooks',
  'inbox',
]
const STAGES = ['inbound', 'worker', 'outbound']
/** Plug-in families, and the files of each that its plug-ins share. */
const FAMILIES = {
  agents: ['driver.ts', 'turn.ts'],
  workspaces: ['workspace.ts'],
  channels: ['channel.ts'],
  speech: ['transcriber.ts'],
}
const CONTRACTS = ['agents/driver.ts', 'workspaces/workspace.ts', 'channels/channel.ts', 'speech/transcriber.ts']

const inside = (folders: string[]) => folders.map((folder) => `${folder}/**`)
/** Beside db and lib: how streams wake, and how they are written. */
const RELAY_SEES = [...inside(['db', 'lib']), 'http/watch.ts', 'http/stream-looks.ts']
const DATABASE = ['pg', 'kysely', 'node-pg-migrate'].map((name) => ({
  name,
  message: 'Only src/db and store.ts files speak to PostgreSQL.',
}))
const WEB = ['hono', '@hono/zod-openapi', '@hono/node-server'].map((name) => ({
  name,
  message: 'Only src/http knows the web framework.',
}))

/** All of `../` is closed except what is listed. */
const sees = (
  files: string[],
  allowed: string[],
  message: string,
  packages = [...DATABASE, ...WEB],
  own: string[] = [],
): OxlintOverride => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: packages,
        patterns: [
          { message, group: ['**/../**', ...allowed.flatMap((path) => [`!../${path}`, `!**/../${path}`]), ...own] },
        ],
      },
    ],
  },
})

/** A folder whose sub-folders (worker/kinds, cli/commands) may see the files beside them. */
const withRooms = (folder: string, allowed: string[], message: string) => [
  sees([`src/${folder}/*.ts`], allowed, message),
  sees([`src/${folder}/*/**`], allowed, message, [...DATABASE, ...WEB], ['!../*.ts']),
]

const recordsBefore = (record: string) => RECORDS.slice(0, RECORDS.indexOf(record))

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'node', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true },
  ignorePatterns: ['test/bench/node_modules', 'test/agents/node_modules'],
  rules: {
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-unassigned-import': 'off',
    'import/no-named-as-default-member': 'off',
    'node/no-process-env': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    // A transaction shadows the outer `db` on purpose: no query can slip past it.
    'no-shadow': 'off',
    'no-await-in-loop': 'off',
    // Methods are written short, and none of ours uses `this`.
    'typescript/unbound-method': 'off',
    // tsc checks that a function returns on every path, and knows an exhaustive switch.
    'typescript/consistent-return': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'vitest/require-mock-type-parameters': 'off',
  },
  overrides: [
    sees(['src/lib/**'], [], 'lib knows no word of our domain.'),
    sees(['src/db/**'], inside(['lib']), 'db uses lib only.', WEB),
    ...RECORDS.map((record) =>
      sees(
        [`src/${record}/**`],
        [...inside([...recordsBefore(record), 'db', 'lib']), ...CONTRACTS],
        `${record} may see: ${recordsBefore(record).join(', ') || 'no other record'}, db, lib, the contracts.`,
      ),
    ),
    // The same borders with the database packages open: a store holds all SQL of its record.
    ...RECORDS.map((record) =>
      sees(
        [`src/${record}/store.ts`, `src/${record}/*-store.ts`],
        [...inside([...recordsBefore(record), 'db', 'lib']), ...CONTRACTS],
        `${record} may see: ${recordsBefore(record).join(', ') || 'no other record'}, db, lib, the contracts.`,
        WEB,
      ),
    ),
    ...STAGES.flatMap((stage) =>
      withRooms(
        stage,
        [...inside([...RECORDS, 'db', 'lib']), ...CONTRACTS],
        'Stages meet in the database, never in a function call.',
      ),
    ),
    sees(
      ['src/http/**'],
      [...inside([...RECORDS, 'db', 'lib']), ...CONTRACTS],
      'http is an edge: it sees records, never stages or plug-ins.',
      DATABASE,
    ),
    ...withRooms(
      'mcp',
      [...inside([...RECORDS, 'db', 'lib']), ...CONTRACTS],
      'mcp is an edge: it sees records, never stages or plug-ins.',
    ),
    // The second with the database packages open.
    sees(['src/relay/**'], RELAY_SEES, 'The relay keeps posts and hands them on; it knows nothing of tasks.'),
    sees(['src/relay/store.ts'], RELAY_SEES, 'The relay knows nothing of tasks.', WEB),
    ...withRooms('gateway', ['lib/**', 'agents/driver.ts'], 'The gateway knows models, and nothing of tasks.'),
    ...withRooms('cli', ['lib/**', 'config.ts', 'http/wire.ts'], 'The CLI talks to the HTTP API.'),
    ...Object.entries(FAMILIES).flatMap(([family, files]) => [
      sees([`src/${family}/*/**`], ['lib/**', ...files], 'A plug-in sees its own folder, its contract and lib.'),
      sees([`src/${family}/*.ts`], ['lib/**'], 'A contract sees lib.'),
    ]),
    {
      files: ['src/app.ts'],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                group: ['./channels/*/**', './agents/*/**', './workspaces/*/**', './speech/*/**'],
                message: 'Plug-ins come in through main.ts.',
              },
            ],
          },
        ],
      },
    },
    // The scripted agent is a program of its own.
    {
      files: [
        'src/main.ts',
        'src/cli/**',
        'src/agents/scripted/session-store.ts',
        'test/**',
        'scripts/**',
        '**/*.test.ts',
        '*.config.ts',
      ],
      rules: { 'node/no-process-env': 'off' },
    },
    // Tests may look anywhere: they check the borders from outside.
    {
      files: ['**/*.test.ts', 'test/**'],
      rules: { 'no-restricted-imports': 'off', 'max-lines': ['error', { max: 600 }] },
    },
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off' } },
  ],
})
