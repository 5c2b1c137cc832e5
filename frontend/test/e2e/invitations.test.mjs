// What a newcomer sees when an invitation is not what it should be, and when nobody is there.

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
/** @type {Member} */
let wu;

before(async () => {
  browser = await openBrowser();
  lin = new Member(browser, { name: '林晓雯', staffNo: 'XH-001', department: '研发中心' });
  li = new Member(browser, { name: '李承泽', staffNo: 'XH-002', department: '研发中心' });
  wu = new Member(browser, { name: '吴诗涵', staffNo: 'XH-003', department: '市场部' });
});

after(async () => {
  for (const member of [lin, li, wu]) await member.remove();
  await browser.close();
});

test('an invitation works once, whole, and as soon as somebody is there', { timeout: 600_000 }, async (t) => {
  const step = story(t, async () => {
    for (const member of [lin, li, wu]) await member.keep();
  });
  let used = '';

  await step('a link that was cut off is recognised before anything is sent', async () => {
    await Promise.all([lin.start(), li.start(), wu.start()]);
    await lin.found(team);
    const link = await lin.invite('李承泽');
    await li.paste(link.slice(0, -20));
    await li.page.getByText('这不是一条完整的邀请链接').waitFor();
    await li.page.getByRole('button', { name: '返回' }).click();
    await li.join(link, team);
    used = link;
  });

  await step('a used link says so, and what to do', async () => {
    await wu.paste(used);
    await wu.beginJoining(team);
    const alert = wu.page.getByRole('alert');
    await alert.getByText('这条邀请已经被用过').waitFor();
    await alert.getByText('请对方重新生成一条邀请').waitFor();
    await wu.page.getByRole('button', { name: '返回修改' }).click();
  });

  await step('while nobody is there, the newcomer sees why, and joins when somebody comes', async () => {
    const link = await lin.invite('吴诗涵');
    await lin.stop();
    await li.stop();
    await wu.page.getByRole('textbox', { name: '邀请链接' }).fill(link);
    await wu.page.getByRole('button', { name: `加入${team}` }).click();
    await wu.page.getByRole('alert').getByText('还没有找到在线的同事').waitFor({ timeout: 60_000 });
    await wu.page.getByText(/林晓雯 打开同舟/).waitFor();
    await lin.start();
    await wu.joined(120_000);
  });

  await step('what each shows is what the signed log says', async () => {
    for (const member of [lin, li, wu]) {
      member.checkErrors();
      await member.stop();
      await member.program.verify();
    }
  });
});
