// Writing and finding: input methods, drafts, unread counts, search, and what was written while nobody was there.

import assert from 'node:assert/strict';
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

test('two colleagues write to each other and find it again (R28, R32, R37)', { timeout: 600_000 }, async (t) => {
  const step = story(t, async () => {
    for (const member of [lin, li]) await member.keep();
  });

  await step('they meet', async () => {
    await Promise.all([lin.start(), li.start()]);
    await lin.found(team);
    await li.join(await lin.invite('李承泽'), team);
    await lin.openDirect('李承泽');
  });

  await step('Enter that confirms Chinese input does not send', async () => {
    const composer = lin.composer('李承泽');
    await composer.click();
    const keyboard = await lin.page.context().newCDPSession(lin.page);
    await keyboard.send('Input.imeSetComposition', { text: 'shenpi', selectionStart: 6, selectionEnd: 6 });
    const confirm = async () => {
      for (const type of ['rawKeyDown', 'keyUp']) {
        await keyboard.send('Input.dispatchKeyEvent', { type, key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 });
      }
    };
    // The key that confirms comes with code 229: in Chromium before the word is put in, in WebKit after it.
    await confirm();
    await keyboard.send('Input.insertText', { text: '审批流程改好了' });
    await confirm();
    assert.equal((await composer.innerText()).trim(), '审批流程改好了');
    assert.equal(await lin.message('shenpi').count(), 0, 'the letters of an unfinished word were sent');
    assert.equal(await lin.message('审批流程').count(), 0, 'the Enter that confirmed the word sent it');
    await lin.page.keyboard.press('Enter');
    await lin.sees('审批流程改好了');
    assert.equal((await composer.innerText()).trim(), '', 'the composer is empty after sending');
  });

  await step('Shift and Enter makes a new line', async () => {
    await lin.composer('李承泽').click();
    await lin.page.keyboard.insertText('第一行');
    await lin.page.keyboard.press('Shift+Enter');
    await lin.page.keyboard.insertText('second line of the API notes');
    await lin.page.keyboard.press('Enter');
    await lin.sees('second line of the API notes');
  });

  await step('who is elsewhere sees how much is new', async () => {
    await li.page.getByRole('navigation', { name: '模块' }).getByRole('button', { name: /消息.*2 条未读/ }).waitFor();
    const row = li.page.getByRole('listbox', { name: '会话列表' }).getByRole('option', { name: '林晓雯' });
    await row.getByText('second line of the API notes').waitFor();
    await li.openChat('林晓雯');
    await li.sees('审批流程改好了');
    await lin.message('second line').getByRole('button', { name: /已读/ }).waitFor();
  });

  await step('a draft survives closing the program', async () => {
    await li.composer('林晓雯').click();
    await li.page.keyboard.insertText('我看完以后');
    // It is saved a moment after the last key.
    await eventually('the draft is saved', async () => (await li.call('chat', 'Chats')).some(({ draft }) => draft === '我看完以后'));
    await li.stop();
    await li.start();
    await li.inside();
    await li.page.getByRole('listbox', { name: '会话列表' }).getByText('[草稿]').waitFor();
    await li.openChat('林晓雯');
    assert.equal(await li.composer('林晓雯').innerText(), '我看完以后');
    await li.page.keyboard.insertText('回复你');
    await li.page.keyboard.press('Enter');
    await lin.sees('我看完以后回复你');
  });

  await step('two Chinese characters and a Latin word are found, and filtered by who wrote them', async () => {
    await li.page.getByRole('button', { name: '搜索消息', exact: true }).click();
    const panel = li.page.getByRole('complementary', { name: '搜索消息' });
    const words = panel.getByRole('searchbox', { name: '搜索词' });
    const results = panel.getByRole('list', { name: '搜索结果' }).getByRole('button');
    for (const [text, found] of [['审批', '审批流程改好了'], ['流程', '审批流程改好了'], ['NOTES', 'API notes'], ['回复', '我看完以后回复你']]) {
      await words.fill(text);
      await results.filter({ hasText: found }).waitFor();
      assert.equal(await results.count(), 1, `only one message has ${text}`);
    }
    await words.fill('没有这个词');
    await panel.getByText('没有找到「没有这个词」').waitFor();
    // 林晓雯 has not written 回复.
    await words.fill('回复');
    await results.waitFor();
    await panel.getByLabel('发送人').click();
    await li.page.getByRole('option', { name: '林晓雯', exact: true }).click();
    await panel.getByText('没有符合筛选的结果').waitFor();
    await panel.getByRole('button', { name: '清除筛选' }).click();
    await results.filter({ hasText: '我看完以后回复你' }).click();
    await li.sees('我看完以后回复你');
  });

  await step('what each shows is what the signed log says', async () => {
    for (const member of [lin, li]) {
      member.checkErrors();
      await member.stop();
      await member.program.verify();
    }
  });
});
