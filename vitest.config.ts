import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/agents/**', '**/node_modules/**'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'threads',
    // One more than the machines have cores: many tests wait most of their time.
    maxWorkers: 3,
    // The machines that run this are shared and slow: a test waits for what happens, never for a time.
    testTimeout: 60_000,
    // One second is not enough on a machine that does other things.
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    experimental: { viteModuleRunner: false },
  },
})
