import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/order.ts'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/agents/**', '**/node_modules/**'],
    globalSetup: ['test/global-setup.ts'],
    // Tests start thousands of programs, and what a start costs grows with the memory of the process that starts it.
    pool: 'forks',
    // No module has state of its own, and loading them all for each file anew took a third of the time.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // Twice as many as the machines have cores: many tests wait most of their time.
    maxWorkers: 4,
    // The machines that run this are shared and slow: a test waits for what happens, never for a time.
    testTimeout: 60_000,
    // One second is not enough on a machine that does other things.
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    experimental: { viteModuleRunner: false },
  },
})
