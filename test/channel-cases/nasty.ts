const FENCE = '```'
/** What agents write on bad days. */
export const NASTY = [
  'Cost is 5.00! (really) - a_b_c snake_case 2*3*4 #1 +x =y |z| {k} ~5 files~ > gt < lt & amp \\ [x] (y) `',
  '**bold *both* bold** ***all*** ~~gone~~ `code *not*` [**link**](https://ex.com/a_(b)?q=1#h) <https://x.y>',
  `Text\n${FENCE}js\nlet x = 1;\nno close`,
  '| Name | Note |\n|:--|--:|\n| a\\|b | **x** |\n| `c|d` | <br> |',
  `1. one\n   - sub *a*\n     ${FENCE}sh\n     rm -rf "$X"\n     ${FENCE}\n2. two\n\n   para\n- [x] done\n  > quote`,
  '<script>alert(1)</script> <b>bold</b> &lt;i&gt; <!-- hidden --> <img src=x onerror=1>',
  '<!channel> <@U12345> @everyone [click](javascript:alert(1)) [x](tg://user?id=1) [](https://x.y) ![](a.png)',
  '[ref][1] ![alt](https://i.mg/a.png) note[^1]\n\n[1]: https://r.ef "title"\n[^1]: note',
  'Emoji 👩‍👩‍👧‍👦 🇳🇴 日本語 العربية 𝒳 \u202e rtl',
  'line1\r\nline2\r\n\r\n- a\r\n- b',
  '**** *** ** * ** a**b**c *a*b*',
  `> ${FENCE}\n> quoted code\n> ${FENCE}`,
  '[only]: https://a.definition',
  '<!-- only a comment -->',
]
