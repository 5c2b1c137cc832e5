// Opens every screen in Chromium, in both themes and languages, and lets axe look at it (WCAG 2.2 AA and best practice).
// Any violation, error on the console, missing text or control out of reach fails. `--pictures DIR` also keeps a picture of
// each; `--only TEXT` takes the screens whose name contains it. The backend is the one in memory, so nothing but a browser is
// needed. What takes long is loading: a tab goes from screen to screen, each loaded anew, with scripts that it has compiled.

import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { screens } from './screens-list.mjs'
import { findings } from './screens-rules.mjs'
import { serveSite } from './screens-site.mjs'

const { values: options } = parseArgs({ options: { pictures: { type: 'string' }, only: { type: 'string', default: '' } } })

/** The demonstration's day; see src/platform/testing/demo/clock.ts. */
const now = new Date(2026, 10, 21, 10, 42, 18)
const everyVariant = [
  { theme: 'light', language: 'zh-CN', width: 1280, height: 800 },
  { theme: 'dark', language: 'zh-CN', width: 1280, height: 800 },
  { theme: 'light', language: 'en', width: 1024, height: 700 },
  { theme: 'dark', language: 'en', width: 1024, height: 700 },
]
// Every theme, language and width once is enough to find violations; pictures show all.
const variants = options.pictures ? everyVariant : [everyVariant[0], everyVariant[3]]
const chosen = screens.filter(({ name }) => name.includes(options.only))
const looks = variants.flatMap((variant) => chosen.map((screen) => ({ screen, variant })))

/** After so many screens a tab is replaced: it keeps every setting of its clock. */
const perTab = 25

const site = await serveSite()
const browser = await chromium.launch({
  executablePath: process.env.TONGZHOU_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
})
if (options.pictures) await mkdir(options.pictures, { recursive: true })

let failures = 0
let looked = 0
try {
  const left = [...looks]
  await Promise.all(Array.from({ length: availableParallelism() }, () => lookAtAll(left)))
} finally {
  await browser.close()
  await site.close()
}
console.log(failures === 0 ? `${looked} screens, no violations` : `${failures} violations on ${looked} screens`)
process.exitCode = failures === 0 && looked > 0 && looked === looks.length ? 0 : 1

/** Looks at what is left until nothing is. Several do so side by side. */
async function lookAtAll(left) {
  let tab
  for (let next = left.shift(); next; next = left.shift()) {
    const { screen, variant } = next
    if (!tab || tab.variant !== variant || tab.used === perTab) {
      await tab?.page.context().close()
      tab = await openTab(variant)
    }
    const found = await look(tab, screen)
    if (found.length > 0) tab.used = perTab // It may be in any state.
    looked++
    failures += found.length
    const title = `${screen.name} ${variant.theme} ${variant.language} ${variant.width}`
    console.log(found.length === 0 ? `ok: ${title}` : `FAIL: ${title}\n${found.map((one) => `  ${one}`).join('\n')}`)
  }
  await tab?.page.context().close()
}

/** A window of its own, which remembers nothing of others. */
async function openTab(variant) {
  const { theme, language, width, height } = variant
  const context = await browser.newContext({ viewport: { width, height }, locale: language, colorScheme: theme, reducedMotion: 'reduce' })
  const tab = { variant, page: await context.newPage(), used: 0, errors: [] }
  tab.page.on('pageerror', (error) => tab.errors.push(String(error)))
  tab.page.on('console', (message) => {
    if (message.type() === 'error') tab.errors.push(message.text())
  })
  return tab
}

/** Loads one screen, as after a first start, and returns what is wrong with it. */
async function look(tab, screen) {
  const { page, variant } = tab
  const { theme, language, width } = variant
  tab.used++
  tab.errors = []
  const found = []
  try {
    await page.clock.install({ time: now })
    await page.mouse.move(-1, -1) // Nothing is hovered.
    const query = new URLSearchParams({ fake: 'ready', theme, language, ...screen.query })
    await page.goto(`${site.address}?${query}#${screen.path ?? '/'}`)
    await page.waitForSelector(screen.ready ?? 'main h1')
    await screen.act?.(page)
    await settle(page)
    if (options.pictures) await page.screenshot({ path: join(options.pictures, `${screen.name}-${theme}-${language}-${width}.png`) })
    found.push(...(await findings(page, screen)))
    await page.evaluate(() => globalThis.localStorage.clear())
  } catch (error) {
    found.push(String(error))
    if (options.pictures) await page.screenshot({ path: join(options.pictures, `failed-${screen.name}-${theme}.png`) })
  }
  return [...tab.errors, ...found]
}

/** Lets timers of the page pass (delays of skeletons and tooltips), then waits until nothing is drawn anew. */
async function settle(page) {
  await page.clock.runFor(600)
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}
