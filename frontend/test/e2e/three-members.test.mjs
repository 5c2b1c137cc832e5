// Three people, three real programs: found, invite, join, chat in a group, lose one in the middle of sending, write on both
// sides while apart, come back. Nothing that anybody was told is saved may be missing anywhere.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.mjs';
import { Member, eventually } from './member.mjs';
import { story } from './story.mjs';

const team = '星海科技';
const group = '发布小组';

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

test('three colleagues work together, apart and together again (R1, R32, R37, R57)', { timeout: 600_000 }, async (t) => {
  const step = story(t, async () => {
    for (const member of [lin, li, wu]) await member.keep();
  });

  await step('one founds a team and invites two, who join', async () => {
    await Promise.all([lin.start(), li.start(), wu.start()]);
    await lin.found(team);
    await li.join(await lin.invite('李承泽'), team);
    await wu.join(await lin.invite('吴诗涵'), team);
  });

  await step('they chat in a group, and the sender sees who has it', async () => {
    await lin.createGroup(group, ['李承泽', '吴诗涵']);
    await lin.send(group, '今天下午三点发布，大家准备一下');
    for (const member of [li, wu]) {
      await member.openChat(group);
      await member.sees('今天下午三点发布');
    }
    await li.send(group, '安装包已经好了 👍');
    await wu.send(group, 'Release notes are ready');
    await lin.sees('安装包已经好了');
    await lin.sees('Release notes are ready');
    await lin.message('今天下午三点发布').getByRole('button', { name: /已送达.*全部已读/ }).waitFor();
  });

  await step('what lay on the screen is read, and no longer counts', async () => {
    for (const member of [lin, li, wu]) {
      await member.page.getByRole('navigation', { name: '模块' }).getByRole('button', { name: '消息', exact: true }).waitFor();
    }
  });

  /** What Li was told is saved before the power went. @type {string[]} */
  let saved = [];

  await step('one is killed in the middle of sending', async () => {
    saved = await sendUntilKilled(li, 400);
    assert.ok(saved.length > 0, 'the program was killed before anything was saved');
    assert.ok(saved.length < 400, 'the program was killed after everything was saved: the story tells nothing');
  });

  await step('the others go on without them', async () => {
    await lin.send(group, '李承泽好像掉线了，我们先继续');
    await wu.sees('我们先继续');
    await wu.send(group, '好，我先发公众号');
    await lin.sees('我先发公众号');
    await lin.stop();
    await wu.stop();
  });

  await step('the one comes back alone, has everything that was saved, and writes offline', async () => {
    await li.start();
    await li.inside();
    await li.openChat(group);
    const texts = await li.history(group);
    for (const text of saved) assert.ok(texts.some((line) => line.endsWith(text)), `lost after kill -9: ${text}`);
    await li.send(group, '我重启好了，离线写一条');
    await li.message('离线写一条').getByRole('button', { name: /已保存到本机/ }).waitFor();
  });

  await step('together again, all three show the same', async () => {
    await Promise.all([lin.start(), wu.start()]);
    for (const member of [lin, wu]) {
      await member.inside();
      await member.openChat(group);
      await member.sees('离线写一条', 90_000);
    }
    await li.sees('我先发公众号', 90_000);
    await eventually('equal histories', async () => {
      const [a, b, c] = await Promise.all([lin, li, wu].map((member) => member.history(group)));
      return a.join('\n') === b.join('\n') && b.join('\n') === c.join('\n');
    });
    const history = await lin.history(group);
    for (const text of ['今天下午三点发布', 'Release notes are ready', '我们先继续', '我先发公众号', '离线写一条', ...saved]) {
      assert.equal(history.filter((line) => line.includes(text)).length, 1, `once, and only once: ${text}`);
    }
  });

  await step('what each shows is what the signed log says', async () => {
    for (const member of [lin, li, wu]) {
      member.checkErrors();
      await member.stop();
      await member.program.verify();
    }
  });
});

/**
 * Sends numbered messages one after the other, each durable when the call returns, and kills the program after some of them.
 * Returns the texts whose sending was confirmed.
 * @param {Member} member @param {number} count
 */
async function sendUntilKilled(member, count) {
  const chatId = await member.chatId(group);
  /** @type {string[]} */
  const confirmed = [];
  await member.page.exposeFunction('confirmed', (/** @type {string} */ text) => confirmed.push(text));
  const sending = member.page
    .evaluate(
      async ([id, n]) => {
        for (let i = 1; i <= n; i += 1) {
          const text = `第 ${String(i).padStart(4, '0')} 条`;
          await window.go.chat.API.Send({ chatId: id, text, clientId: `burst-${i}` });
          await window.confirmed(text);
        }
      },
      [chatId, count],
    )
    .catch(() => undefined); // the program is gone, as intended
  await eventually('some messages are saved', async () => confirmed.length >= 20);
  await member.kill();
  await sending;
  return [...confirmed];
}
