// The screens that screens.mjs looks at: where they are, and what to do there first.

/** @typedef {import('playwright-core').Page} Page */

/**
 * @type {{
 *   name: string,
 *   path?: string,
 *   query?: Record<string, string>,
 *   ready?: string,
 *   dotted?: boolean,
 *   act?: (page: Page) => Promise<unknown>,
 * }[]}
 */
export const screens = [
  { name: 'chat', path: '/chat', ready: '[role=listbox] [role=option]' },
  { name: 'chat-group', path: '/chat?chat=release', ready: '[role=log] [data-index]' },
  { name: 'org', path: '/org', ready: 'main h1' },
  { name: 'announcement', path: '/announcement', ready: 'main h1' },
  { name: 'welcome', query: { fake: 'none' } },
  { name: 'found', query: { fake: 'none' }, act: (page) => page.locator('main button').nth(1).click() },
  { name: 'join', query: { fake: 'none' }, act: openJoin },
  { name: 'join-damaged', query: { fake: 'none' }, act: pasteDamaged },
  { name: 'joining-searching', query: { fake: 'searching' } },
  { name: 'joining-stalled', query: { fake: 'stalled' } },
  { name: 'joining-history', query: { fake: 'history' } },
  { name: 'joining-failed', query: { fake: 'failed' } },
  { name: 'damaged', query: { fake: 'damaged' }, ready: '[role=alert]' },
  { name: 'recovered', path: '/settings', query: { fake: 'recovered' } },
  { name: 'settings', path: '/settings' },
  { name: 'settings-appearance', path: '/settings?section=appearance' },
  { name: 'settings-account', path: '/settings?section=account' },
  { name: 'settings-about', path: '/settings?section=about' },
  { name: 'sync', path: '/settings', act: openSync },
  { name: 'sync-syncing', path: '/settings', query: { net: 'syncing' }, act: openSync },
  { name: 'sync-waiting', path: '/settings', query: { net: 'waiting' }, act: openSync },
  { name: 'sync-alone', path: '/settings', query: { net: 'alone' }, act: openSync },
  { name: 'offline', path: '/settings', query: { net: 'offline' } },
  { name: 'address', path: '/settings?address=1', ready: '[role=dialog] form' },
  { name: 'invite', path: '/settings?invite=1', ready: '[role=dialog] li' },
  { name: 'invite-made', path: '/settings?invite=1', ready: '[role=dialog] li', act: makeInvitation },
  { name: 'palette', path: '/settings', act: openPalette },
  { name: 'shortcuts', path: '/settings', act: (page) => page.keyboard.press('Control+/') },
]

async function openJoin(page) {
  await page.locator('main button').nth(0).click()
  await page.locator('textarea').first().fill('tongzhou://join/abc')
}

async function pasteDamaged(page) {
  await page.locator('main button').nth(0).click()
  await page.locator('textarea').first().fill('https://example.com')
  await page.locator('button[type=submit]').click()
}

async function openSync(page) {
  await page.locator('header button[aria-haspopup=dialog]').nth(1).click()
  await page.waitForSelector('dl')
}

async function makeInvitation(page) {
  await page.locator('[role=dialog] input').fill('前端 李承泽')
  await page.locator('[role=dialog] button[type=submit]').click()
  await page.waitForSelector('[data-testid=invitation-link]')
}

async function openPalette(page) {
  await page.keyboard.press('Control+k')
  await page.waitForSelector('[role=combobox]')
}
