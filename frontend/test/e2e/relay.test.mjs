// Never on at the same time: a spare machine's relay hands on what was written, on real processes, and can read nothing of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.mjs';
import { Member, eventually } from './member.mjs';
import { RelayProgram } from './relay-process.mjs';
import { story } from './story.mjs';

const team = '星海科技';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Member} */
let lin;
/** @type {Member} */
let li;
const relay = new RelayProgram();

before(async () => {
  browser = await openBrowser();
  lin = new Member(browser, { name: '林晓雯', staffNo: 'XH-001', department: '研发中心' });
  li = new Member(browser, { name: '李承泽', staffNo: 'XH-002', department: '市场部' });
});

after(async () => {
  for (const member of [lin, li]) await member.remove();
  await relay.remove();
  await browser.close();
});

/** Waits until the member's only relay is in a state. @param {Member} member @param {string} state */
const relayIs = (member, state) =>
  eventually(`${member.who.name}: the relay is ${state}`, async () => {
    const { relays } = await member.call('app', 'Relays');
    return relays.length === 1 && relays[0].state === state;
  });

test('two who are never on at once write to each other through a relay', { timeout: 600_000 }, async (t) => {
  const step = story(t, async () => {
    for (const member of [lin, li]) await member.keep();
  });
  const secrets = ['晚上写的，你明天看', '早上回的，你晚上看', '冻结以后的名称'];
  let liId = '';

  await step('they meet once', async () => {
    await Promise.all([lin.start(), li.start()]);
    await lin.found(team);
    await li.join(await lin.invite('李承泽'), team);
    liId = (await li.call('app', 'State')).me.userId;
    await lin.openDirect('李承泽');
  });

  await step('lin sets up a relay: the link that it prints is pasted', async () => {
    const link = await relay.start();
    const { page } = lin;
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('中继');
    await page.getByRole('option', { name: /^中继/ }).click();
    const dialog = page.getByRole('dialog', { name: '中继' });
    await dialog.getByText('tongzhou relay', { exact: true }).waitFor();
    await dialog.getByRole('textbox', { name: '中继的链接' }).fill(`链接在这里：${link}\n`);
    await dialog.getByText(/中继地址 127\.0\.0\.1:/).waitFor();
    await dialog.getByRole('textbox', { name: '名称（选填）' }).fill('旧电脑');
    await dialog.getByRole('button', { name: '添加中继' }).click();
    await dialog.getByRole('listitem', { name: '旧电脑' }).getByText('全部存好').waitFor({ timeout: 30_000 });
    await dialog.getByRole('button', { name: '关闭' }).click();
    await relayIs(li, 'synced');
  });

  await step('lin writes while li is off, sees it on the relay, and goes off', async () => {
    await li.stop();
    await lin.openChat('李承泽');
    await lin.send('李承泽', secrets[0]);
    await lin.message(secrets[0]).getByText('已存到中继').waitFor({ timeout: 30_000 });
    await relayIs(lin, 'synced');
    await lin.stop();
  });

  await step('li comes on alone and has it', async () => {
    await li.start();
    await li.openChat('林晓雯');
    await li.sees(secrets[0], 30_000);
    assert.equal((await li.call('app', 'Connections')).online, 0, 'nobody else was there');
    await li.send('林晓雯', secrets[1]);
    await li.message(secrets[1]).getByText('已存到中继').waitFor({ timeout: 30_000 });
    await relayIs(li, 'synced');
    await li.stop();
  });

  await step('lin has the answer', async () => {
    await lin.start();
    await lin.openChat('李承泽');
    await lin.sees(secrets[1], 30_000);
  });

  await step('who was frozen gets nothing more from it', async () => {
    await lin.call('org', 'Freeze', { userId: liId, reason: '离岗' });
    await lin.call('org', 'RenameTeam', secrets[2]); // something that every member reads
    await eventually('the list names one device', async () => (await lin.call('app', 'Relays')).relays[0].devices === 1);
    await relayIs(lin, 'synced');
    await lin.stop();
    await li.start();
    await li.inside();
    await relayIs(li, 'not_listed');
    assert.equal((await li.call('app', 'State')).teamName, team);
  });

  await step('there is nothing to read on the disk of the relay', async () => {
    const words = [...secrets, team, '林晓雯', '李承泽', 'XH-001'].map((word) => Buffer.from(word));
    const disk = await relay.disk();
    assert.ok(disk.some(({ name, bytes }) => name.startsWith('relay.db') && bytes.length > 20_000), 'that is where it keeps things');
    for (const { name, bytes } of disk) {
      for (const word of words) assert.equal(bytes.includes(word), false, `${name} holds ${word}`);
    }
  });


  li.checkErrors();
});
