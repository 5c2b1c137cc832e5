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
  { name: 'chat-members', path: '/chat?chat=release&panel=info', ready: 'aside li' },
  { name: 'chat-delivery', path: '/chat?chat=release', ready: '[role=log] article button', act: openDelivery },
  { name: 'chat-search', path: '/chat?panel=search&q=数据', ready: 'aside mark' },
  { name: 'chat-new', path: '/chat?new=1', ready: '[role=dialog] [role=option]', act: chooseTwo },
  { name: 'chat-menu', path: '/chat', ready: '[role=listbox] [role=option]', act: openChatMenu },
  { name: 'chat-emoji', path: '/chat?chat=release', ready: '[role=toolbar]', act: openEmoji },
  { name: 'org', path: '/org', ready: '[role=grid] [aria-selected]' },
  { name: 'org-profile', path: '/org?person=u3', ready: 'aside dl' },
  { name: 'org-edit', path: '/org?person=me', ready: 'aside dl', act: editProfile },
  { name: 'org-department', path: '/org', ready: '[role=grid] [aria-selected]', act: newDepartment },
  { name: 'org-colleague', path: '/org?person=u8', ready: 'aside dl', act: openManage },
  { name: 'org-frozen', path: '/org?person=u11', ready: 'aside dl' },
  { name: 'org-role', path: '/org?person=u8', ready: 'aside dl', act: (page) => manage(page, 0) },
  { name: 'org-freeze', path: '/org?person=u8', ready: 'aside dl', act: (page) => manage(page, 3) },
  { name: 'org-about', path: '/org?department=d-sales&about=d-sales', ready: 'aside section' },
  { name: 'org-filters', path: '/org', ready: '[role=grid] [role=row][id]', act: openFilters },
  { name: 'org-department-menu', path: '/org?department=d-fe', ready: '[role=grid] [aria-selected]', act: openDepartmentMenu },
  { name: 'org-duties', path: '/org?view=duties', ready: 'main .scroll li button' },
  { name: 'org-requests', path: '/org?view=requests', ready: 'main .scroll li button' },
  { name: 'org-request', path: '/org?view=requests&request=r2', ready: 'aside dl' },
  { name: 'org-request-approved', path: '/org?view=requests&request=r1', ready: 'aside dl', act: approveRequest },
  { name: 'org-request-account', path: '/org?view=requests', ready: 'main .scroll li button', act: requestAccount },
  { name: 'org-permissions', path: '/org?view=permissions', ready: 'main .scroll li' },
  { name: 'org-handover', path: '/org?view=handover', ready: 'main .scroll li' },
  { name: 'org-offboard', path: '/org?person=u7&offboard=u7', ready: '[role=dialog] fieldset' },
  { name: 'org-offboard-heirs', path: '/org?person=u7&offboard=u7', ready: '[role=dialog] fieldset', act: (page) => nextSteps(page, 1) },
  { name: 'org-offboard-confirm', path: '/org?person=u7&offboard=u7', ready: '[role=dialog] fieldset', act: (page) => nextSteps(page, 2) },
  { name: 'org-offboard-done', path: '/org?person=u7&offboard=u7', ready: '[role=dialog] fieldset', act: offboard },
  { name: 'org-none', path: '/org?q=zrx', ready: 'main p' },
  { name: 'announcement', path: '/announcement', ready: '[role=listbox] [role=option]' },
  { name: 'announcement-reader', path: '/announcement?id=a1&readers=1', ready: 'aside li' },
  { name: 'announcement-publish', path: '/announcement?new=1', ready: '[role=dialog] textarea' },
  { name: 'rules', path: '/rules', ready: 'main ul li button[aria-current], main .scroll li button' },
  { name: 'rules-rule', path: '/rules?rule=invite.days', ready: 'aside form', dotted: true },
  { name: 'rules-list', path: '/rules?group=chat&rule=chat.workdays', ready: 'aside form' },
  { name: 'rules-search', path: '/rules?q=口令', ready: 'main .scroll li button' },
  { name: 'audit', path: '/audit', ready: '[role=grid] [role=row][id]' },
  { name: 'audit-entry', path: '/audit?entry=e0-3', ready: 'aside dl' },
  { name: 'audit-export', path: '/audit', ready: '[role=grid] [role=row][id]', act: exportAudit },
  { name: 'audit-none', path: '/audit?q=zrx', ready: 'main p' },
  { name: 'welcome', query: { fake: 'none' } },
  { name: 'found', query: { fake: 'none' }, act: (page) => page.locator('main button').nth(1).click() },
  { name: 'found-council', query: { fake: 'none' }, act: foundWithCouncil },
  { name: 'council-words', query: { fake: 'none' }, act: foundAndSeeKeys },
  { name: 'join', query: { fake: 'none' }, act: openJoin },
  { name: 'join-damaged', query: { fake: 'none' }, act: pasteDamaged },
  { name: 'joining-searching', query: { fake: 'searching' } },
  { name: 'joining-stalled', query: { fake: 'stalled' } },
  { name: 'joining-compare', query: { fake: 'compare' }, ready: '[data-testid=link-code]' },
  { name: 'link-form', query: { fake: 'none' }, act: (page) => page.locator('main button').nth(2).click() },
  { name: 'recover-form', query: { fake: 'none' }, act: (page) => page.locator('main button').nth(3).click() },
  { name: 'joining-history', query: { fake: 'history' } },
  { name: 'joining-failed', query: { fake: 'failed' } },
  { name: 'damaged', query: { fake: 'damaged' }, ready: '[role=alert]' },
  { name: 'recovered', path: '/settings', query: { fake: 'recovered' } },
  { name: 'unlock', query: { fake: 'locked' } },
  { name: 'unlock-wrong', query: { fake: 'locked' }, act: unlockWrongly },
  { name: 'unlock-forgot', query: { fake: 'locked' }, act: (page) => page.locator('form > button').last().click() },
  { name: 'unlock-code', query: { fake: 'locked' }, act: forgetToAnotherDevice },
  { name: 'unlock-code-wrong', query: { fake: 'locked' }, act: typeWrongCode },
  { name: 'ended-frozen', query: { fake: 'frozen' } },
  { name: 'ended-removed', query: { fake: 'removed' } },
  { name: 'ended-signed-out', query: { fake: 'signed_out' } },
  { name: 'passphrase-overdue', query: { fake: 'overdue' } },
  { name: 'passphrase-soon', path: '/settings?section=security', query: { fake: 'soon' } },
  { name: 'passphrase-change', path: '/settings?section=security&do=passphrase', ready: '[role=dialog] form', act: typePassphrase },
  { name: 'words-ask', path: '/settings?section=security&do=words', query: { fake: 'words' }, ready: '[role=dialog] form' },
  { name: 'words-shown', path: '/settings?section=security&do=words', query: { fake: 'words' }, ready: '[role=dialog] form', act: showWords },
  { name: 'words-quiz', path: '/settings?section=security&do=words', query: { fake: 'words' }, ready: '[role=dialog] form', act: quizWords },
  { name: 'security', path: '/settings?section=security' },
  { name: 'replace-owner', path: '/settings?section=security&do=council', ready: '[role=dialog] input' },
  { name: 'replace-owner-words', path: '/settings?section=security&do=council', ready: '[role=dialog] input', act: chooseOwner },
  { name: 'devices', path: '/settings?section=devices', ready: 'main ul li ul, main section ul li' },
  { name: 'device-sign-out', path: '/settings?section=devices', ready: 'main section ul li button', act: (page) => signOut(page, 2) },
  { name: 'device-sign-out-words', path: '/settings?section=devices', ready: 'main section ul li button', act: (page) => signOut(page, 1) },
  { name: 'device-code-ask', path: '/settings?section=devices', ready: 'main section ul li button', act: askForCode },
  { name: 'device-code', path: '/settings?section=devices', ready: 'main section ul li button', act: showCode },
  { name: 'device-link', path: '/settings?section=devices&do=link', ready: '[data-testid=device-link]' },
  { name: 'device-compare', path: '/settings?section=devices&do=link', ready: '[data-testid=device-link]', act: letDeviceCome },
  { name: 'profile-menu', path: '/settings', act: openProfileMenu },
  { name: 'settings', path: '/settings' },
  { name: 'settings-appearance', path: '/settings?section=appearance' },
  { name: 'settings-account', path: '/settings?section=account' },
  { name: 'settings-leave', path: '/settings?section=account', act: leaveTeam },
  { name: 'settings-leave-owner', path: '/settings?section=account&leave=1', ready: '[role=dialog] [role=status], [role=dialog] p' },
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

async function openDelivery(page) {
  await page.locator('[role=log] article button').last().click()
  await page.waitForSelector('aside li')
}

async function chooseTwo(page) {
  for (const index of [1, 3]) await page.locator('[role=dialog] [role=option]').nth(index).click()
}

async function openEmoji(page) {
  await page.locator('[role=toolbar] button').first().click()
  await page.waitForSelector('[frimousse-emoji]:not([aria-label=""])')
}

async function openChatMenu(page) {
  await page.locator('[role=listbox] [role=option]').nth(1).click({ button: 'right' })
  await page.waitForSelector('[role=menuitem]')
}

async function editProfile(page) {
  await page.locator('aside button[aria-haspopup=dialog]').click()
  await page.waitForSelector('[role=dialog] form')
}

async function newDepartment(page) {
  await page.locator('main button[aria-haspopup=dialog]').first().click()
  await page.waitForSelector('[role=dialog] input')
}

async function fillFound(page) {
  await page.locator('main button').nth(1).click()
  const inputs = page.locator('main form input:not([type=checkbox]):not([type=password]):not([aria-haspopup])')
  for (const [index, text] of ['星海科技', '周明轩', 'XH1007', '研发中心', '研发负责人'].entries()) await inputs.nth(index).fill(text)
  for (const index of [0, 1]) await page.locator('main form input[type=password]').nth(index).fill('lake-Tiger#41')
}

async function foundWithCouncil(page) {
  await fillFound(page)
  await page.locator('main form input[type=checkbox]').check()
  await page.clock.runFor(200)
  await page.locator('main form button[type=submit]').scrollIntoViewIfNeeded()
}

async function foundAndSeeKeys(page) {
  await foundWithCouncil(page)
  await page.locator('main form button[type=submit]').click()
  await page.waitForSelector('main form ul')
  await page.locator('main input[type=password]').fill('tongzhou#2026')
  await page.keyboard.press('Enter')
  await page.waitForSelector('main ol')
}

async function unlockWrongly(page) {
  await page.locator('main input[type=password]').fill('not this')
  await page.keyboard.press('Enter')
  await page.waitForSelector('main button[aria-disabled=true]')
}

async function forgetToAnotherDevice(page) {
  await page.locator('form > button').last().click()
  await page.locator('main [role=radiogroup] label').last().click()
  await page.waitForSelector('main form input:not([type=password])')
}

async function typeWrongCode(page) {
  await forgetToAnotherDevice(page)
  await page.locator('main form input:not([type=password])').fill('7kq2m x9wtb 0hrne')
  await page.locator('main form input[type=password]').nth(0).fill('lake#Tiger41')
  await page.locator('main form input[type=password]').nth(1).fill('lake#Tiger41')
  await page.clock.runFor(200)
  await page.keyboard.press('Enter')
  await page.waitForSelector('main form [aria-invalid=true]')
}

async function typePassphrase(page) {
  await page.locator('[role=dialog] input[type=password]').nth(1).fill('lake20010203')
  await page.clock.runFor(200)
}

async function showWords(page) {
  await page.locator('[role=dialog] input[type=password]').fill('tongzhou#2026')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=dialog] ol')
}

async function quizWords(page) {
  await showWords(page)
  await page.locator('[role=dialog] button').last().click()
  await page.locator('[role=dialog] form button[type=submit]').click()
}

async function signOut(page, row) {
  await page.locator('main section ul li').nth(row).locator('button').last().click()
  await page.waitForSelector('[role=dialog] input')
}

async function askForCode(page) {
  await page.locator('main section ul li').nth(1).locator('button').first().click()
  await page.waitForSelector('[role=dialog] input')
}

async function showCode(page) {
  await askForCode(page)
  await page.locator('[role=dialog] input').fill('tongzhou#2026')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[data-testid=rescue-code]')
}

async function letDeviceCome(page) {
  await page.evaluate(() => globalThis.go.app.API.DemoConnect())
  await page.waitForSelector('[data-testid=link-code]')
}

async function openProfileMenu(page) {
  await page.locator('nav > button').first().click()
  await page.waitForSelector('[role=menuitem]')
}

async function exportAudit(page) {
  await page.locator('main header button').last().click()
  await page.locator('[role=dialog] button').last().click()
  await page.waitForSelector('[role=dialog] dl')
}

async function openManage(page) {
  await page.locator('aside button[aria-haspopup=menu]').click()
  await page.waitForSelector('[role=menuitem]')
}

async function manage(page, item) {
  await openManage(page)
  await page.locator('[role=menuitem]').nth(item).click()
  await page.waitForSelector('[role=dialog] form')
}

async function openFilters(page) {
  await page.locator('main section header button[aria-haspopup=menu]').last().click()
  await page.waitForSelector('[role=menuitemcheckbox]')
}

async function openDepartmentMenu(page) {
  await page.locator('main section header button[aria-haspopup=menu]').first().click()
  await page.waitForSelector('[role=menuitem]')
}

async function approveRequest(page) {
  await page.locator('aside footer button').nth(1).click()
  await page.waitForSelector('[data-testid=invitation-link]')
}

async function requestAccount(page) {
  await page.locator('main section header button[aria-haspopup=dialog]').last().click()
  await page.locator('[role=dialog] button[type=submit]').click()
}

async function nextSteps(page, count) {
  for (let step = 0; step < count; step += 1) await page.locator('[role=dialog] button').last().click()
}

async function offboard(page) {
  await nextSteps(page, 2)
  await page.locator('[role=dialog] input').fill('徐浩然')
  await page.locator('[role=dialog] button').last().click()
  await page.waitForSelector('[role=dialog] ul svg')
}

/** Somebody else owns the team too, so that I may go. */
async function leaveTeam(page) {
  await page.evaluate(() => globalThis.go.org.API.SetRole({ userId: 'u7', role: 'owner', departmentId: '' }))
  await page.locator('main section button').last().click()
  await page.waitForSelector('[role=dialog] input')
}

async function chooseOwner(page) {
  await page.locator('[role=dialog] input:visible').nth(1).click()
  await page.locator('[role=option]:visible').nth(2).click()
  await page.locator('[role=dialog] footer button, [role=dialog] button').last().click()
  await page.waitForSelector('[role=dialog] ol input')
}
