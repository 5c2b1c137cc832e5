// Who may do what, on real processes: lock and unlock, a second device, a house rule that acts, a frozen account, and a
// colleague who leaves.

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
/** Lin's other computer. @type {Member} */
let laptop;
/** @type {Member} */
let li;
/** @type {Member} */
let wu;

before(async () => {
  browser = await openBrowser();
  lin = new Member(browser, { name: '林晓雯', staffNo: 'XH-001', department: '研发中心' });
  laptop = new Member(browser, { name: '林晓雯', staffNo: 'XH-001', department: '研发中心', device: '林晓雯的笔记本' });
  li = new Member(browser, { name: '李承泽', staffNo: 'XH-002', department: '研发中心' });
  wu = new Member(browser, { name: '吴诗涵', staffNo: 'XH-003', department: '市场部' });
});

after(async () => {
  for (const member of [lin, laptop, li, wu]) await member.remove();
  await browser.close();
});

test('an owner keeps the team in hand (R1, R2, R16, R18, R20, R45, R144)', { timeout: 600_000 }, async (t) => {
  const step = story(t, async () => {
    for (const member of [lin, laptop, li, wu]) await member.keep();
  });

  await step('they meet', async () => {
    await Promise.all([lin.start(), li.start(), wu.start()]);
    await lin.found(team);
    await li.join(await lin.invite('李承泽'), team);
    await wu.join(await lin.invite('吴诗涵'), team);
    await lin.openDirect('李承泽');
    await lin.send('李承泽', '第一条');
  });

  await step('who locks leaves nothing to be seen, and a wrong passphrase opens nothing', async () => {
    await lin.page.keyboard.press('Control+l');
    await lin.page.getByRole('heading', { name: '解锁同舟' }).waitFor();
    assert.equal(await lin.page.getByText('第一条').count(), 0);
    await assert.rejects(lin.call('chat', 'Chats'), /locked/);
    await lin.unlock('not-the-One#1');
    await lin.page.getByText(/工号或口令不对/).first().waitFor();
    await lin.page.getByRole('button', { name: '解锁', exact: true }).waitFor();
    await lin.unlock();
    await lin.inside();
    await lin.openChat('李承泽');
    await lin.sees('第一条');
  });

  await step('a second device is let in after both screens show the same digits, and has the history', async () => {
    await lin.page.getByRole('button', { name: '设置' }).click();
    await lin.page.getByRole('button', { name: '设备', exact: true }).click();
    await lin.page.getByRole('button', { name: '连接新设备' }).click();
    const link = (await lin.page.getByTestId('device-link').textContent()) ?? '';
    await laptop.start();
    await laptop.page.getByRole('button', { name: '连接我的设备' }).click();
    await laptop.page.getByRole('textbox', { name: '设备链接' }).fill(link);
    await laptop.fillDevice();
    await laptop.page.getByRole('button', { name: '开始连接' }).click();
    const [here, there] = await Promise.all([lin, laptop].map((member) => member.page.getByTestId('link-code').textContent({ timeout: 60_000 })));
    assert.match(here ?? '', /^\d{3} \d{3}$/);
    assert.equal(here, there, 'both screens show the same digits');
    await lin.page.getByRole('button', { name: '一样，允许登录' }).click();
    await lin.page.getByText(/「林晓雯的笔记本」已连接/).waitFor({ timeout: 60_000 });
    await lin.page.getByRole('dialog').getByRole('button', { name: '关闭' }).last().click();
    await lin.page.getByRole('list', { name: '我的设备' }).getByText('林晓雯的笔记本', { exact: true }).waitFor();
    await laptop.inside(90_000);
    await laptop.openChat('李承泽');
    await laptop.sees('第一条');
    await laptop.send('李承泽', '从笔记本写的');
    await lin.openChat('李承泽');
    await lin.sees('从笔记本写的');
  });

  await step('a house rule that was changed acts on a colleague', async () => {
    await lin.goTo('规范');
    await lin.page.getByRole('button', { name: /^聊天/ }).click();
    await lin.page.getByRole('button', { name: /连续相同消息的上限/ }).click();
    const drawer = lin.page.getByRole('complementary', { name: '规范详情' });
    await drawer.getByRole('textbox', { name: /现在的值/ }).fill('2');
    await drawer.getByRole('button', { name: '保存' }).click();
    await drawer.getByText('5 次 → 2 次').waitFor();
    await li.goTo('规范');
    await li.page.getByRole('button', { name: /^聊天/ }).click();
    await li.page.getByRole('button', { name: /连续相同消息的上限.*2 次/ }).waitFor();
    await li.openChat('林晓雯');
    for (let count = 0; count < 2; count += 1) await li.send('林晓雯', '在吗');
    await li.composer('林晓雯').click();
    await li.page.keyboard.insertText('在吗');
    await li.page.keyboard.press('Enter');
    await li.page.getByText(/相同/).last().waitFor();
    assert.equal(await li.message('在吗').count(), 2, 'the third is not sent');
  });

  await step('a frozen account can do nothing, and goes on where it was once it is given back', async () => {
    await lin.manage('李承泽', '冻结账号');
    const dialog = lin.page.getByRole('dialog', { name: '冻结 李承泽 的账号' });
    await dialog.getByRole('textbox', { name: '原因' }).fill('电脑遗失');
    await dialog.getByRole('button', { name: '冻结账号' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await li.page.getByRole('heading', { name: '账号已冻结' }).waitFor({ timeout: 60_000 });
    await li.page.getByText(/林晓雯 在 .* 冻结了你的账号/).waitFor();
    await assert.rejects(li.call('chat', 'Chats'), /account\.frozen/);
    // Who is frozen keeps their place in the list.
    await lin.page.getByRole('row', { name: '李承泽' }).getByText('已冻结').waitFor();
    await lin.manage('李承泽', '解除冻结');
    await lin.page.getByRole('dialog').getByRole('button', { name: '解除冻结' }).click();
    await li.inside(90_000);
    await li.openChat('林晓雯');
    await li.send('林晓雯', '我回来了');
    await lin.openChat('李承泽');
    await lin.sees('我回来了');
  });

  await step('who leaves loses everything at once, and it is in the log', async () => {
    await lin.manage('吴诗涵', '办理离开');
    const dialog = lin.page.getByRole('dialog');
    await dialog.getByRole('radio', { name: /移出团队/ }).check();
    await dialog.getByRole('button', { name: '下一步' }).click();
    await dialog.getByRole('button', { name: '下一步' }).click();
    await dialog.getByRole('textbox', { name: /输入姓名/ }).fill('吴诗涵');
    await dialog.getByRole('button', { name: '收回权限并交接' }).click();
    await lin.page.getByRole('dialog', { name: '吴诗涵 已离开' }).getByText('权限已收回', { exact: true }).waitFor({ timeout: 60_000 });
    await lin.page.getByRole('dialog').getByRole('button', { name: '关闭' }).last().click();
    await wu.page.getByRole('heading', { name: '你已不在这个团队' }).waitFor({ timeout: 60_000 });
    await lin.goTo('日志');
    for (const text of ['移出了 吴诗涵', '冻结了 李承泽 的账号', '把「连续相同消息的上限」设为 2', '连接了新设备「林晓雯的笔记本」']) {
      await lin.page.getByRole('gridcell', { name: text }).first().waitFor();
    }
  });

  await step('no page threw', async () => {
    for (const member of [lin, laptop, li, wu]) member.checkErrors();
  });
});
