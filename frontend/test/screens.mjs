// Opens every screen in Chromium, in both themes and languages, and lets axe look at it (WCAG 2.2 AA and best practice).
// Any violation, error on the console or missing text fails. `--pictures DIR` also keeps a picture of each; `--only TEXT`
// takes the screens whose name contains it. The backend is the one in memory, so nothing but a browser is needed.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import axe from 'axe-core'
import { chromium } from 'playwright-core'
import { createServer } from 'vite'
import { screens } from './screens-list.mjs'

const { values: options } = parseArgs({ options: { pictures: { type: 'string' }, only: { type: 'string', default: '' } } })

/** The demonstration's day; see src/platform/testing/demo/clock.ts. */
const now = new Date(2026, 10, 21, 10, 42, 18)
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const everyVariant = [
  { theme: 'light', language: 'zh-CN', width: 1280, height: 800 },
  { theme: 'dark', language: 'zh-CN', width: 1280, height: 800 },
  { theme: 'light', language: 'en', width: 1024, height: 700 },
  { theme: 'dark', language: 'en', width: 1024, height: 700 },
]
// Every theme, language and width once is enough to find violations; pictures show all.
const variants = options.pictures ? everyVariant : [everyVariant[0], everyVariant[3]]

const server = await createServer({ logLevel: 'error', server: { host: '127.0.0.1', port: 0, hmr: false, watch: null } })
await server.listen()
const address = server.resolvedUrls?.local[0]
if (!address) throw new Error('the page is not served')
const browser = await chromium.launch({
  executablePath: process.env.TONGZHOU_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
})
if (options.pictures) await mkdir(options.pictures, { recursive: true })

let failures = 0
let looked = 0
try {
  for (const screen of screens.filter(({ name }) => name.includes(options.only))) {
    for (const variant of variants) {
      const found = await look(screen, variant)
      looked++
      failures += found.length
      const title = `${screen.name} ${variant.theme} ${variant.language} ${variant.width}`
      console.log(found.length === 0 ? `ok: ${title}` : `FAIL: ${title}\n${found.map((one) => `  ${one}`).join('\n')}`)
    }
  }
} finally {
  await browser.close()
  await server.close()
}
console.log(failures === 0 ? `${looked} screens, no violations` : `${failures} violations on ${looked} screens`)
process.exitCode = failures === 0 && looked > 0 ? 0 : 1

/** Opens one screen and returns what is wrong with it. */
async function look(screen, variant) {
  const { theme, language, width, height } = variant
  const context = await browser.newContext({ viewport: { width, height }, locale: language, colorScheme: theme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const found = []
  page.on('pageerror', (error) => found.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(message.text())
  })
  try {
    await page.clock.install({ time: now })
    const query = new URLSearchParams({ fake: 'ready', theme, language, ...screen.query })
    await page.goto(`${address}?${query}#${screen.path ?? '/'}`)
    await page.waitForSelector(screen.ready ?? 'main h1')
    await screen.act?.(page)
    await settle(page)
    if (options.pictures) await page.screenshot({ path: join(options.pictures, `${screen.name}-${theme}-${language}-${width}.png`) })
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), rules)
    for (const { id, nodes } of violations) found.push(...nodes.map((node) => `${id}: ${node.html.slice(0, 160)} · ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`))
    const keys = await page.evaluate(() => document.body.innerText.match(/(?<!@)\b[a-z]+(?:\.[a-z][A-Za-z]+){1,3}\b(?!\.com)/g) ?? [])
    found.push(...keys.filter((key) => screen.dotted !== true).map((key) => `a text is missing: ${key}`))
  } catch (error) {
    found.push(String(error))
    if (options.pictures) await page.screenshot({ path: join(options.pictures, `failed-${screen.name}-${theme}.png`) })
  } finally {
    await context.close()
  }
  return found
}

/** Lets timers of the page pass (delays of skeletons and tooltips), then waits until nothing is drawn anew. */
async function settle(page) {
  await page.clock.runFor(600)
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}
