// The browser of a story: one Chromium, one window (context) for each member.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { keep } from './process.mjs'

/** How long an action may take on a busy machine, in ms. Waiting ends as soon as the condition holds. */
export const actionLimit = 120_000

/** Starts the system's Chromium. Sandboxing needs rights that build machines do not give. */
export async function openBrowser() {
  return await chromium.launch({
    executablePath: process.env.TONGZHOU_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--lang=zh-CN'],
  })
}

/**
 * Opens a member's interface as a person with a Chinese system sees it, and collects what goes wrong in it.
 * @param {import('playwright-core').Browser} browser
 * @param {string} address as the program prints it
 */
export async function openPage(browser, address) {
  const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  page.setDefaultTimeout(actionLimit)
  /** @type {string[]} */
  const errors = []
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)))
  await page.goto(address)
  return { page, errors }
}

/**
 * Keeps what a page showed when a story failed.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export async function keepPage(page, name) {
  await mkdir(keep, { recursive: true })
  await page.screenshot({ path: join(keep, `${name}.png`) })
  await writeFile(join(keep, `${name}.html`), await page.content())
}
