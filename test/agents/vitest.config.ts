import { defineConfig } from 'vitest/config'
import { SUBJECTS } from './subjects.ts'

/** A project for each agent: two of them run at once, the cases of each one after the other. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: SUBJECTS.map(({ name }) => ({
      test: {
        name,
        root: import.meta.dirname,
        include: ['conformance.test.ts'],
        env: { DROVER_TEST_AGENT: name },
        pool: 'forks',
        testTimeout: 150_000,
        hookTimeout: 60_000,
        experimental: { viteModuleRunner: false },
      },
    })),
  },
})
