import { expect, test } from 'vitest'
import { createTerminal } from '../../test/fakes/terminal.ts'
import { openLineReader } from './line-reader.ts'
import { createScreen, rowsOf } from './screen.ts'

/** A screen with a prompt, as `drover chat` has it. */
function openScreen(size: { columns?: number; rows?: number } = {}) {
  const terminal = createTerminal(size)
  let screen: ReturnType<typeof createScreen> | undefined
  const reader = openLineReader(terminal.stdin, {
    output: terminal.stdout,
    onEnter: (rows, shown) => screen?.typed(rows, shown),
    onInterrupt: () => undefined,
  })
  reader.prompt?.setText('you> ')
  screen = createScreen(terminal.stdout, reader.prompt)
  screen.print('Hello.')
  return { terminal, reader, screen }
}

test('what lives is drawn again in place, below what is printed and above the prompt', async () => {
  const { terminal, reader, screen } = openScreen()
  screen.live(['working', 'on it'])
  expect(terminal.text()).toBe('Hello.\nworking\non it\nyou>')
  screen.live(['still working'])
  screen.print('One\nTwo')
  expect(terminal.text()).toBe('Hello.\nOne\nTwo\nstill working\nyou>')
  screen.live([])
  reader.close()
  screen.close()
  expect(terminal.text()).toBe('Hello.\nOne\nTwo')
})

test('what somebody types stays while all else changes, also over several rows, and stands for good at Enter', async () => {
  const { terminal, reader, screen } = openScreen({ columns: 20 })
  screen.live(['working'])
  terminal.type('a rather long line of words')
  await expect.poll(() => terminal.text()).toBe('Hello.\nworking\nyou> a rather long l\nine of words')
  screen.print('Done')
  screen.live(['working', 'more'])
  expect(terminal.text()).toBe('Hello.\nDone\nworking\nmore\nyou> a rather long l\nine of words')
  terminal.type('!\r')
  expect(await reader.next()).toBe('a rather long line of words!')
  expect(terminal.text()).toBe('Hello.\nDone\nyou> a rather long l\nine of words!\nworking\nmore\nyou>')
  reader.close()
})

test('what was pasted over several rows can be taken away again', async () => {
  const { terminal, reader } = openScreen({ columns: 20 })
  terminal.type('a rather long line of words')
  await expect.poll(() => terminal.text()).toBe('Hello.\nyou> a rather long l\nine of words')
  terminal.type('\u0015')
  await expect.poll(() => terminal.text()).toBe('Hello.\nyou>')
  reader.close()
})

test('more than the terminal has rows is cut at its top, and nothing above is lost', () => {
  const { terminal, reader, screen } = openScreen({ rows: 8 })
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`)
  screen.live(lines)
  screen.live([...lines, 'the last'])
  screen.live(['short'])
  expect(terminal.text()).toBe('Hello.\nshort\nyou>')
  reader.close()
})

test('without a prompt what lives is the last thing there', () => {
  const terminal = createTerminal()
  const screen = createScreen(terminal.stdout, undefined)
  screen.live(['a', 'b'])
  screen.print('x')
  screen.live(['c'])
  expect(terminal.text()).toBe('x\nc')
  screen.close()
  expect(terminal.text()).toBe('x')
})

test('a line is cut into rows that fit, wide letters too', () => {
  expect(rowsOf('abcdef', 4)).toEqual(['abcd', 'ef'])
  expect(rowsOf('a你好c', 4)).toEqual(['a你', '好c'])
  expect(rowsOf('', 4)).toEqual([''])
})
