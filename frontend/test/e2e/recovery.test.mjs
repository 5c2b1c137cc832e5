// Every device is lost: the 24 words and a link of the team bring the account back, on real processes; in the end they leave
// of their own accord.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.mjs';
import { Member } from './member.mjs';
import { story } from './story.mjs';

const team = '星海科技';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Member} */
let lin;
/** @type {Member} */
let li;
/** Li's new computer. @type {Member} */
let back;

before(async () => {
  browser = await openBrowser();
  lin = new Member(browser, { name: '林晓雯', staffNo: 'XH-001', department: '研发中心' });
  li = new Member(browser, { name: '李承泽', staffNo: 'XH-002', department: '研发中心' });
  back = new Member(browser, { name: '李承泽', staffNo: 'XH-002', department: '研发中心', device: '李承泽的新电脑' });
});

after(async () => {
  for (const member of [lin, li, back]) await member.remove();
  await browser.close();
});

test('who lost every device returns with the words (R18, R45)', { timeout: 600_000 }, async (t) => {
  const step = story(t, async () => {
    for (const member of [lin, li, back]) await member.keep();
  });
  /** What is on Li's paper. @type {string[]} */
  let words = [];
  let link = '';
  let userId = '';
  /** @type {string[]} */
  let history = [];

  await step('they meet, and write', async () => {
    await Promise.all([lin.start(), li.start()]);
    await lin.found(team);
    link = await lin.invite('李承泽');
    await li.join(link, team);
    await lin.openDirect('李承泽');
    await lin.send('李承泽', '第一条');
    await li.openChat('林晓雯');
    await li.send('林晓雯', '第二条');
    await lin.sees('第二条');
    history = await lin.history('李承泽');
    userId = (await li.call('app', 'State')).me.userId;
  });

  await step('the words are copied to paper, and checked', async () => {
    words = await li.noteWords();
    assert.equal(new Set(words).size > 12, true, 'they are words');
  });

  await step('the only device is gone, with all that was on it', async () => {
    await li.remove();
  });

  await step('wrong words are refused before anything is sent', async () => {
    await back.start();
    await back.recover([...words.slice(1), words[0] ?? ''], link);
    await back.page.getByText(/恢复词不对/).first().waitFor();
  });

  await step('the words and the link that was used long ago bring the account and its history back', async () => {
    await back.fillWords(words);
    await back.page.getByRole('button', { name: '找回账号' }).click();
    await back.joined();
    assert.equal((await back.call('app', 'State')).me.userId, userId, 'it is the same account');
    await back.openChat('林晓雯');
    await back.sees('第一条');
    await back.sees('第二条');
    assert.deepEqual(await back.history('林晓雯'), history);
  });

  await step('and they go on', async () => {
    await back.send('林晓雯', '我回来了');
    await lin.sees('我回来了');
    await lin.send('李承泽', '欢迎');
    await back.sees('欢迎');
  });

  await step('one who leaves of their own accord loses everything at once', async () => {
    const { page } = back;
    await page.getByRole('button', { name: '设置' }).click();
    await page.getByRole('button', { name: '个人与团队', exact: true }).click();
    await page.getByRole('button', { name: '退出团队…' }).click();
    const dialog = page.getByRole('dialog', { name: `退出「${team}」` });
    await dialog.getByRole('textbox', { name: /输入团队名称/ }).fill(team);
    await dialog.getByRole('button', { name: '退出团队' }).click();
    await page.getByRole('heading', { name: '你已不在这个团队' }).waitFor();
  });

  await step('no page threw', async () => {
    for (const member of [lin, back]) member.checkErrors();
  });
});
