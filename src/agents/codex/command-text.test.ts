import { expect, test } from 'vitest'
import { commandText } from './command-text.ts'

test.each([
  ["/bin/bash -lc 'npm test'", 'npm test'],
  ['/bin/sh -lc env', 'env'],
  ['/usr/bin/zsh -lc "echo \\"hi\\" > \'a b\'"', 'echo "hi" > \'a b\''],
  ['bash -c "printf \'a\\\\nb\' > up.txt"', "printf 'a\\nb' > up.txt"],
  [`/bin/bash -lc 'say "it'"'"'s"'`, `say "it's"`],
  // As they are: no shell, or more than one word behind it.
  ['git status', 'git status'],
  ['/bin/bash -lc \'echo "$0"\' there', '/bin/bash -lc \'echo "$0"\' there'],
])('%s', (line, text) => {
  expect(commandText(line)).toBe(text)
})
