// What is done on a screen before screens.mjs looks at it.

export async function openJoin(page) {
  await page.locator('main button').nth(0).click()
  await page.locator('textarea').first().fill('tongzhou://join/abc')
}

export async function pasteDamaged(page) {
  await page.locator('main button').nth(0).click()
  await page.locator('textarea').first().fill('https://example.com')
  await page.locator('button[type=submit]').click()
}

export async function openSync(page) {
  await page.locator('header button[aria-haspopup=dialog]').nth(1).click()
  await page.waitForSelector('dl')
}

export async function makeInvitation(page) {
  await page.locator('[role=dialog] input').fill('前端 李承泽')
  await page.locator('[role=dialog] button[type=submit]').click()
  await page.waitForSelector('[data-testid=invitation-link]')
}

export async function openPalette(page) {
  await page.keyboard.press('Control+k')
  await page.waitForSelector('[role=combobox]')
}

export async function openDelivery(page) {
  await page.locator('[role=log] article button').last().click()
  await page.waitForSelector('aside li')
}

export async function chooseTwo(page) {
  for (const index of [1, 3]) await page.locator('[role=dialog] [role=option]').nth(index).click()
}

export async function openEmoji(page) {
  await page.locator('[role=toolbar] button').first().click()
  await page.waitForSelector('[frimousse-emoji]:not([aria-label=""])')
}

export async function openChatMenu(page) {
  await page.locator('[role=listbox] [role=option]').nth(1).click({ button: 'right' })
  await page.waitForSelector('[role=menuitem]')
}

export async function editProfile(page) {
  await page.locator('aside button[aria-haspopup=dialog]').click()
  await page.waitForSelector('[role=dialog] form')
}

export async function newDepartment(page) {
  await page.locator('main button[aria-haspopup=dialog]').first().click()
  await page.waitForSelector('[role=dialog] input')
}

async function fillFound(page) {
  await page.locator('main button').nth(1).click()
  const inputs = page.locator('main form input:not([type=checkbox]):not([type=password]):not([aria-haspopup])')
  for (const [index, text] of ['星海科技', '周明轩', 'XH1007', '研发中心', '研发负责人'].entries()) await inputs.nth(index).fill(text)
  for (const index of [0, 1]) await page.locator('main form input[type=password]').nth(index).fill('lake-Tiger#41')
}

export async function foundWithCouncil(page) {
  await fillFound(page)
  await page.locator('main form input[type=checkbox]').check()
  await page.clock.runFor(200)
  await page.locator('main form button[type=submit]').scrollIntoViewIfNeeded()
}

export async function foundAndSeeKeys(page) {
  await foundWithCouncil(page)
  await page.locator('main form button[type=submit]').click()
  await page.waitForSelector('main form ul')
  await page.locator('main input[type=password]').fill('tongzhou#2026')
  await page.keyboard.press('Enter')
  await page.waitForSelector('main ol')
}

export async function unlockWrongly(page) {
  await page.locator('main input[type=password]').fill('not this')
  await page.keyboard.press('Enter')
  await page.waitForSelector('main button[aria-disabled=true]')
}

export async function forgetToAnotherDevice(page) {
  await page.locator('form > button').last().click()
  await page.locator('main [role=radiogroup] label').last().click()
  await page.waitForSelector('main form input:not([type=password])')
}

export async function typeWrongCode(page) {
  await forgetToAnotherDevice(page)
  await page.locator('main form input:not([type=password])').fill('7kq2m x9wtb 0hrne')
  await page.locator('main form input[type=password]').nth(0).fill('lake#Tiger41')
  await page.locator('main form input[type=password]').nth(1).fill('lake#Tiger41')
  await page.clock.runFor(200)
  await page.keyboard.press('Enter')
  await page.waitForSelector('main form [aria-invalid=true]')
}

export async function typePassphrase(page) {
  await page.locator('[role=dialog] input[type=password]').nth(1).fill('lake20010203')
  await page.clock.runFor(200)
}

export async function showWords(page) {
  await page.locator('[role=dialog] input[type=password]').fill('tongzhou#2026')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=dialog] ol')
}

export async function quizWords(page) {
  await showWords(page)
  await page.locator('[role=dialog] button').last().click()
  await page.locator('[role=dialog] form button[type=submit]').click()
}

export async function signOut(page, row) {
  await page.locator('main section ul li').nth(row).locator('button').last().click()
  await page.waitForSelector('[role=dialog] input')
}

export async function askForCode(page) {
  await page.locator('main section ul li').nth(1).locator('button').first().click()
  await page.waitForSelector('[role=dialog] input')
}

export async function showCode(page) {
  await askForCode(page)
  await page.locator('[role=dialog] input').fill('tongzhou#2026')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[data-testid=rescue-code]')
}

export async function letDeviceCome(page) {
  await page.evaluate(() => globalThis.go.app.API.DemoConnect())
  await page.waitForSelector('[data-testid=link-code]')
}

export async function openProfileMenu(page) {
  await page.locator('nav > button').first().click()
  await page.waitForSelector('[role=menuitem]')
}

export async function exportAudit(page) {
  await page.locator('main header button').last().click()
  await page.locator('[role=dialog] button').last().click()
  await page.waitForSelector('[role=dialog] dl')
}

export async function openManage(page) {
  await page.locator('aside button[aria-haspopup=menu]').click()
  await page.waitForSelector('[role=menuitem]')
}

export async function manage(page, item) {
  await openManage(page)
  await page.locator('[role=menuitem]').nth(item).click()
  await page.waitForSelector('[role=dialog] form')
}

export async function openFilters(page) {
  await page.locator('main section header button[aria-haspopup=menu]').last().click()
  await page.waitForSelector('[role=menuitemcheckbox]')
}

export async function openDepartmentMenu(page) {
  await page.locator('main section header button[aria-haspopup=menu]').first().click()
  await page.waitForSelector('[role=menuitem]')
}

export async function approveRequest(page) {
  await page.locator('aside footer button').nth(1).click()
  await page.waitForSelector('[data-testid=invitation-link]')
}

export async function requestAccount(page) {
  await page.locator('main section header button[aria-haspopup=dialog]').last().click()
  await page.locator('[role=dialog] button[type=submit]').click()
}

export async function nextSteps(page, count) {
  for (let step = 0; step < count; step += 1) await page.locator('[role=dialog] button').last().click()
}

export async function offboard(page) {
  await nextSteps(page, 2)
  await page.locator('[role=dialog] input').fill('徐浩然')
  await page.locator('[role=dialog] button').last().click()
  await page.waitForSelector('[role=dialog] ul svg')
}

/** Somebody else owns the team too, so that I may go. */
export async function leaveTeam(page) {
  await page.evaluate(() => globalThis.go.org.API.SetRole({ userId: 'u7', role: 'owner', departmentId: '' }))
  await page.locator('main section button').last().click()
  await page.waitForSelector('[role=dialog] input')
}

export async function chooseOwner(page) {
  await page.locator('[role=dialog] input:visible').nth(1).click()
  await page.locator('[role=option]:visible').nth(2).click()
  await page.locator('[role=dialog] footer button, [role=dialog] button').last().click()
  await page.waitForSelector('[role=dialog] ol input')
}

export async function backUp(page) {
  await page.locator('main section button').first().click()
  await page.locator('[role=progressbar]').waitFor()
}

export async function lookIntoBackup(page) {
  await page.locator('main button').nth(4).click()
  await page.locator('main form input:not([type=password]):not([type=radio])').first().fill('/media/zhou/KINGSTON')
  await page.locator('main form input[type=password]').fill('qX9!tmrv')
  await page.locator('main form button[type=submit]').click()
  await page.locator('main form input[type=checkbox]').waitFor()
}

export async function restoreBackup(page) {
  await lookIntoBackup(page)
  await page.locator('main form input[type=checkbox]').check()
  await page.locator('main form button[type=submit]').click()
  await page.locator('[role=progressbar]').waitFor()
}
