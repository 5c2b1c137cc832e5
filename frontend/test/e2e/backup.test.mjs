// A machine is lost: its backup on a stick makes another one the same device, on real processes, and the colleague has the rest.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.mjs';
import { Member } from './member.mjs';
import { story } from './story.mjs';

const team = '星海科技';
const secret = 'paper-Boat#77';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Member} */
let lin;
/** @type {Member} */
let li;
/** The computer that replaces Li's. @type {Member} */
let next;
/** @type {string} */
let stick;

before(async () => {
  browser = await openBrowser();
  stick = await mkdtemp(join(tmpdir(), 'tongzhou-stick-'));
  lin = new Member(browser, { name: '林晓雯', staffNo: 'XH-001', department: '研发中心' });
  li = new Member(browser, { name: '李承泽', staffNo: 'XH-002', department: '研发中心' });
  next = new Member(browser, { name: '李承泽', staffNo: 'XH-002', department: '研发中心', device: '李承泽的替换电脑' });
});

after(async () => {
  for (const member of [lin, li, next]) await member.remove();
  await browser.close();
  await rm(stick, { recursive: true, force: true });
});

test('a lost computer is replaced from its backup (R137, R138)', { timeout: 600_000 }, async (t) => {
  const step = story(t, async () => {
    for (const member of [lin, li, next]) await member.keep();
  });
  let device = '';

  await step('they meet, and write', async () => {
    await Promise.all([lin.start(), li.start()]);
    await lin.found(team);
    await li.join(await lin.invite('李承泽'), team);
    await lin.openDirect('李承泽');
    await lin.send('李承泽', '备份之前');
    await li.openChat('林晓雯');
    await li.send('林晓雯', '收到');
    await lin.sees('收到');
    device = (await li.call('app', 'State')).me.deviceId;
  });

  await step('a backup goes onto a stick, and is tried out', async () => {
    const { page } = li;
    await page.getByRole('button', { name: '设置' }).click();
    await page.getByRole('button', { name: '备份与恢复', exact: true }).click();
    await page.getByRole('button', { name: '设置备份' }).click();
    const dialog = page.getByRole('dialog', { name: '设置备份' });
    assert.equal(await dialog.getByRole('button', { name: '选择文件夹' }).count(), 0, 'a browser has no dialog for folders');
    await dialog.getByRole('textbox', { name: /保存到/ }).fill(stick);
    await dialog.getByRole('textbox', { name: /备份口令/ }).fill(secret);
    await dialog.getByRole('textbox', { name: /再输一次/ }).fill(secret);
    await dialog.getByRole('textbox', { name: /这台设备的口令/ }).fill(li.program.unlock.passphrase);
    await dialog.getByRole('button', { name: '开始备份' }).click();
    await page.getByText('已全部读回，试恢复成功').waitFor();
    assert.equal((await readdir(stick)).length, 1, 'the stick has one folder of backups');
  });

  await step('more is written, and then the computer is lost', async () => {
    await li.openChat('林晓雯');
    await li.send('林晓雯', '备份之后');
    await lin.sees('备份之后');
    await li.remove();
  });

  await step('the new computer refuses a wrong passphrase, and says that nothing was changed', async () => {
    const { page } = await restoring('not-This#12');
    await page.getByText(/没有改动任何内容：备份口令不对/).waitFor();
  });

  await step('it looks into the backup, asks about the old computer, and restores', async () => {
    const { page } = next;
    await page.getByRole('textbox', { name: /备份口令/ }).fill(secret);
    await page.getByRole('button', { name: '查看备份' }).click();
    await page.getByText('李承泽的电脑').waitFor();
    await page.getByRole('checkbox', { name: /那台电脑不再使用/ }).check();
    await page.getByRole('button', { name: '恢复', exact: true }).click();
    await page.getByRole('heading', { name: '解锁同舟' }).waitFor();
    await next.unlock();
    await next.joined(); // Li never wrote the recovery words down, and is asked again
  });

  await step('everything is there, also what was written after the backup, and they go on', async () => {
    await next.openChat('林晓雯');
    assert.equal((await next.call('app', 'State')).me.deviceId, device, 'it is the same device');
    for (const text of ['备份之前', '收到', '备份之后']) await next.sees(text);
    await next.send('林晓雯', '换了电脑');
    await lin.sees('换了电脑');
    await lin.send('李承泽', '欢迎回来');
    await next.sees('欢迎回来');
  });

  await step('no page threw', async () => {
    for (const member of [lin, next]) member.checkErrors();
  });
});

/** Opens the new computer on the page that restores. @param {string} passphrase */
async function restoring(passphrase) {
  await next.start();
  const { page } = next;
  await page.getByRole('button', { name: '从备份恢复' }).click();
  await page.getByRole('textbox', { name: /备份文件夹/ }).fill(stick);
  await page.getByRole('textbox', { name: /备份口令/ }).fill(passphrase);
  await page.getByRole('button', { name: '查看备份' }).click();
  return next;
}
