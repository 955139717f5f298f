import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSafeFileName, safeFileNames } from './file-names.ts'

test('names of foreign files become plain ones, and stay what people know them by', () => {
  expect(
    safeFileNames([
      'Bildschirmfoto 2026-11-21.PNG',
      '../../.ssh/id_rsa',
      '-rf',
      '..',
      '',
      'C:\\temp\\a,b.txt',
      'größe.md',
    ]),
  ).toEqual(['Bildschirmfoto_2026-11-21.PNG', 'id_rsa', 'rf', 'file', 'file-2', 'a_b.txt', 'größe.md'])
  expect(safeFileNames(['a.png', 'A.png', 'a.png', 'a-2.png'])).toEqual(['a.png', 'A-2.png', 'a-3.png', 'a-2-2.png'])
})

test('whatever a name is: it leads nowhere else, hides nothing, fits, and is there once', () => {
  const anyName = fc.oneof(
    fc.constantFrom('a'.repeat(130), `${'ы'.repeat(130)}.pdf`, 'a'.repeat(119)),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('.', '/', '\\', '-', '~', 'a', '\n', '\0', ' ', ',', 'é') }),
  )
  fc.assert(
    fc.property(fc.array(anyName, { maxLength: 8 }), (names) => {
      const safe = safeFileNames(names)
      expect(new Set(safe.map((name) => name.toLowerCase())).size).toBe(names.length)
      for (const name of safe) {
        expect(name).toMatch(/^[^\s/\\,.~-][^\s/\\,~\0]*$/)
        expect(Buffer.byteLength(name)).toBeLessThan(250)
        expect(isSafeFileName(name)).toBe(true)
      }
    }),
  )
})
