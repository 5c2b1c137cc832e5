// A database that can no longer be read: the program says so, keeps the file, and gets everything back from colleagues.

import assert from 'node:assert/strict';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.mjs';
import { Member, eventually } from './member.mjs';
import { story } from './story.mjs';

const team = '星海科技';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Member} */
let lin;
/** @type {Member} */
let li;

before(async () => {
  browser = await openBrowser();
  lin = new Member(browser, { name: '林晓雯', staffNo: 'XH-001', department: '研发中心' });
  li = new Member(browser, { name: '李承泽', staffNo: 'XH-002', department: '市场部' });
});

after(async () => {
  for (const member of [lin, li]) await member.remove();
  await browser.close();
});

test('a destroyed database comes back from a colleague (R57)', { timeout: 600_000 }, async (t) => {
  const step = story(t, async () => {
    for (const member of [lin, li]) await member.keep();
  });

  await step('two colleagues have a history', async () => {
    await Promise.all([lin.start(), li.start()]);
    await lin.found(team);
    await li.join(await lin.invite('李承泽'), team);
    await lin.openDirect('李承泽');
    await lin.send('李承泽', '这条会丢吗');
    await li.openChat('林晓雯');
    await li.send('林晓雯', '不会');
    await lin.message('这条会丢吗').getByRole('button', { name: /已送达/ }).waitFor();
    await lin.sees('不会');
  });

  await step('the beginning of the file is overwritten', async () => {
    await li.stop();
    const file = await open(join(li.program.data, 'tongzhou.db'), 'r+');
    await file.write(Buffer.alloc(16_384, 0xa5), 0, 16_384, 0);
    await file.close();
  });

  await step('the program says what happened, keeps the file, and has everything again', async () => {
    await li.start();
    await li.page.getByText(/数据库损坏，已重新建立。原来的文件保存在/).waitFor();
    const kept = (await readdir(li.program.data)).find((name) => name.startsWith('damaged-'));
    assert.ok(kept, 'the damaged file was not kept');
    assert.ok((await readdir(join(li.program.data, kept))).includes('tongzhou.db'));
    await li.inside();
    await li.openChat('林晓雯');
    await li.sees('这条会丢吗');
    await li.sees('不会');
    await eventually('equal histories', async () => (await lin.history('李承泽')).join() === (await li.history('林晓雯')).join());
  });

  await step('both write on', async () => {
    await li.send('林晓雯', '都回来了');
    await lin.sees('都回来了');
    await lin.send('李承泽', '那就好');
    await li.sees('那就好');
  });

  await step('what each shows is what the signed log says', async () => {
    for (const member of [lin, li]) {
      member.checkErrors();
      await member.stop();
      await member.program.verify();
    }
  });
});
