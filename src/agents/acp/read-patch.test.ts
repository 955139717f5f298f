import { expect, test } from 'vitest'
import { readPatch } from './read-patch.ts'

/** As opencode 1.18 told it, and did it. */
const RECORDED = `*** Begin Patch
*** Add File: notes.md
+hello
*** Update File: a.md
@@
 one
-two
+TWO
 three
*** Delete File: gone.md
*** Update File: old.md
*** Move to: new.md
@@
-x
+X
 y
*** End Patch`

test('a patch adds, updates, deletes and moves', () => {
  expect(readPatch(RECORDED)).toEqual([
    { path: 'notes.md', change: 'add', newText: 'hello\n' },
    { path: 'a.md', change: 'update', oldText: 'one\ntwo\nthree\n', newText: 'one\nTWO\nthree\n' },
    { path: 'gone.md', change: 'delete' },
    { path: 'old.md', change: 'delete' },
    { path: 'new.md', change: 'update', oldText: 'x\ny\n', newText: 'X\ny\n' },
  ])
})

test('several hunks stay apart, with what says where they belong', () => {
  const patch = `*** Begin Patch
*** Update File: src/app.py
@@ def greet():
-print("Hi")
+print("Hello, world!")
@@ class Later:
     def stop(self):
+        self.done = True
*** End of File
*** End Patch`
  expect(readPatch(patch)).toEqual([
    {
      path: 'src/app.py',
      change: 'update',
      oldText: '@@ def greet():\nprint("Hi")\n@@ class Later:\n    def stop(self):\n',
      newText:
        '@@ def greet():\nprint("Hello, world!")\n@@ class Later:\n    def stop(self):\n        self.done = True\n',
    },
  ])
})

test('what looks like a heading within a file is its text', () => {
  const patch = '*** Begin Patch\n*** Add File: a b.md\n+*** Delete File: x\n++1\n+\n+@@\n*** End Patch'
  expect(readPatch(patch)).toEqual([{ path: 'a b.md', change: 'add', newText: '*** Delete File: x\n+1\n\n@@\n' }])
})

test('line endings of Windows and a shell’s words around it do no harm; what is no patch changes nothing', () => {
  const patch = "<<'EOF'\r\n*** Begin Patch\r\n*** Add File: a\r\n+b\r\n*** End Patch\r\nEOF\r\n+c"
  expect(readPatch(patch)).toEqual([{ path: 'a', change: 'add', newText: 'b\n' }])
  expect(readPatch('')).toEqual([])
  expect(readPatch('*** Move to: a\n+b\n--- a\n+++ b')).toEqual([])
  expect(readPatch('*** Begin Patch\n*** Add File: empty\n*** End Patch')).toEqual([
    { path: 'empty', change: 'add', newText: '' },
  ])
})
