// What a person does in the interface, found the way a person (or a screen reader) finds it: by role and name.

import { openPage, keepPage, actionLimit } from './browser.mjs';
import { Program } from './process.mjs';

/** Joining includes finding each other and fetching history. */
const joinLimit = 90_000;

/** What everybody in the stories unlocks with. */
const passphrase = 'lake-Tiger#41';

/** One person with a program, a page on it, and what they would click. */
export class Member {
  /** @type {import('playwright-core').Page | undefined} */
  #page;
  /** @type {string[]} */
  #errors = [];

  /**
   * @param {import('playwright-core').Browser} browser
   * @param {{ name: string, staffNo: string, department: string, device?: string }} who
   */
  constructor(browser, who) {
    this.browser = browser;
    this.who = who;
    this.device = who.device ?? `${who.name}的电脑`;
    this.program = new Program(this.device, { staffNo: who.staffNo, passphrase });
  }

  get page() {
    if (!this.#page) throw new Error(`${this.who.name} has no page`);
    return this.#page;
  }

  /** Starts the program and opens its page, and unlocks it if it is in a team. Also after it was stopped or killed. */
  async start() {
    await this.open();
    const unlock = this.page.getByRole('heading', { name: '解锁同舟' });
    await unlock.or(this.page.getByRole('heading', { name: '一起工作，不经过服务器' })).first().waitFor();
    if (await unlock.isVisible()) await this.unlock();
  }

  /** Starts the program and opens its page as it comes. */
  async open() {
    const address = await this.program.start();
    const { page, errors } = await openPage(this.browser, address);
    this.#page = page;
    this.#errors = errors;
  }

  /** Closes the page and ends the program as a person would. */
  async stop() {
    await this.#closePage();
    await this.program.stop();
  }

  /** Ends the program like a power cut; its page stays behind and is closed. */
  async kill() {
    await this.program.kill();
    await this.#closePage();
  }

  async remove() {
    await this.#closePage();
    await this.program.remove();
  }

  async #closePage() {
    await this.#page?.context().close();
    this.#page = undefined;
  }

  /** Keeps what the page shows, for a failed story. */
  async keep() {
    if (this.#page) await keepPage(this.#page, this.device);
  }

  /** Fails if the page threw. */
  checkErrors() {
    if (this.#errors.length > 0) throw new Error(`the page of ${this.who.name} threw:\n${this.#errors.join('\n')}`);
  }

  async #fillProfile() {
    const { page, who } = this;
    await page.getByRole('textbox', { name: '姓名', exact: true }).fill(who.name);
    await page.getByRole('textbox', { name: '工号', exact: true }).fill(who.staffNo);
    await page.getByRole('textbox', { name: '部门', exact: true }).fill(who.department);
    await page.getByRole('textbox', { name: '职位', exact: true }).fill('工程师');
    await this.fillDevice();
  }

  /** The name of the device and the passphrase that opens it from now on. */
  async fillDevice() {
    const { page } = this;
    await page.getByRole('textbox', { name: '这台设备的名称' }).fill(this.device);
    // Fields for secrets have no role.
    for (const index of [0, 1]) await page.locator('input[type=password]').nth(index).fill(passphrase);
  }

  /** Unlocks the device. @param {string} secret */
  async unlock(secret = passphrase) {
    const { page, who } = this;
    await page.getByRole('textbox', { name: '工号' }).fill(who.staffNo);
    await page.locator('input[type=password]').fill(secret);
    await page.getByRole('button', { name: '解锁', exact: true }).click();
  }

  /** Leaves the recovery words for later, which come first after getting into a team. */
  async #skipWords(timeout = actionLimit) {
    await this.page.getByRole('heading', { name: '抄下恢复词' }).waitFor({ timeout });
    await this.page.getByRole('button', { name: '稍后再抄' }).click();
  }

  /** @param {string} team */
  async found(team) {
    const { page } = this;
    await page.getByRole('button', { name: '创建团队' }).click();
    await page.getByRole('textbox', { name: '团队名称', exact: true }).fill(team);
    await this.#fillProfile();
    await page.getByRole('button', { name: '创建团队', exact: true }).click();
    await this.#skipWords();
    await this.inside();
  }

  /** Waits until the app is there. */
  async inside(timeout = actionLimit) {
    await this.page.getByRole('navigation', { name: '模块' }).waitFor({ timeout });
  }

  /**
   * Makes an invitation and returns its link.
   * @param {string} note for whom
   */
  async invite(note) {
    const { page } = this;
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('邀请同事');
    await page.getByRole('option', { name: '邀请同事', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: '邀请同事' });
    await dialog.getByRole('textbox', { name: /给谁/ }).fill(note);
    await dialog.getByRole('button', { name: '生成邀请' }).click();
    const link = await dialog.getByTestId('invitation-link').textContent();
    await dialog.getByRole('button', { name: '关闭' }).click();
    await dialog.waitFor({ state: 'hidden' });
    if (!link?.startsWith('tongzhou://join/')) throw new Error(`this is not an invitation: ${link}`);
    return link;
  }

  /**
   * Pastes an invitation, with the sentence around it that people paste too.
   * @param {string} link
   */
  async paste(link) {
    const { page } = this;
    await page.getByRole('button', { name: '加入团队' }).click();
    await page.getByRole('textbox', { name: '邀请链接' }).fill(`快来：${link}\n`);
  }

  /**
   * Begins to join with the pasted invitation.
   * @param {string} team
   */
  async beginJoining(team) {
    await this.#fillProfile();
    await this.page.getByRole('button', { name: `加入${team}` }).click();
  }

  /**
   * Joins and waits until the app is there.
   * @param {string} link
   * @param {string} team
   */
  async join(link, team) {
    await this.paste(link);
    await this.beginJoining(team);
    await this.joined();
  }

  /** Waits until the app is there after joining. */
  async joined(timeout = joinLimit) {
    await this.#skipWords(timeout);
    await this.inside(joinLimit);
  }

  /** Copies the recovery words from the screen, answers what is asked of them, and returns them. */
  async noteWords() {
    const { page } = this;
    await page.getByRole('button', { name: '设置' }).click();
    await page.getByRole('button', { name: '账号与安全', exact: true }).click();
    await page.getByRole('button', { name: '去抄写' }).last().click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('input[type=password]').fill(passphrase);
    await dialog.getByRole('button', { name: '显示恢复词' }).click();
    const list = dialog.getByRole('list', { name: '恢复词' });
    await list.waitFor();
    const words = await list.locator('b').allTextContents();
    await dialog.getByRole('button', { name: '抄好了，去核对' }).click();
    for (const field of await dialog.getByRole('textbox', { name: /^第 \d+ 个词/ }).all()) {
      const nth = Number(/\d+/.exec((await field.evaluate((input) => input.labels[0].textContent)) ?? '')?.[0]);
      await field.fill(words[nth - 1]);
    }
    await dialog.getByRole('button', { name: '核对并完成' }).click();
    await dialog.waitFor({ state: 'hidden' });
    return words;
  }

  /** Types the words into the form that takes them. @param {string[]} words */
  async fillWords(words) {
    const group = this.page.getByRole('group', { name: '恢复词' });
    for (const [index, word] of words.entries()) await group.getByRole('textbox').nth(index).fill(word);
  }

  /** Asks for the account back on a device that has nothing. @param {string[]} words @param {string} link of the team */
  async recover(words, link) {
    const { page } = this;
    await page.getByRole('button', { name: '用恢复词找回' }).click();
    await this.fillWords(words);
    await page.getByRole('textbox', { name: '团队链接' }).fill(link);
    await this.fillDevice();
    await page.getByRole('button', { name: '找回账号' }).click();
  }

  /** Opens a screen of the rail. @param {string} name */
  async goTo(name) {
    await this.page.getByRole('navigation', { name: '模块' }).getByRole('button', { name }).click();
  }

  /** Opens the profile of a colleague and what can be done about their account. @param {string} person @param {string} action */
  async manage(person, action) {
    const { page } = this;
    await this.goTo('通讯录');
    await page.getByRole('row', { name: person }).click();
    await page.getByRole('complementary').getByRole('button', { name: '管理' }).click();
    await page.getByRole('menuitem', { name: action }).click();
  }

  /**
   * Makes a group of colleagues.
   * @param {string} name
   * @param {string[]} people
   */
  async createGroup(name, people) {
    const { page } = this;
    await page.getByRole('navigation', { name: '模块' }).getByRole('button', { name: '消息' }).click();
    await page.getByRole('button', { name: '新建会话' }).first().click();
    const dialog = page.getByRole('dialog', { name: '新建会话' });
    for (const person of people) await dialog.getByRole('option', { name: person }).click();
    await dialog.getByRole('textbox', { name: '群名称' }).fill(name);
    await dialog.getByRole('button', { name: '创建群聊' }).click();
    await this.composer(name).waitFor();
  }

  /**
   * Starts a one-to-one chat with a colleague.
   * @param {string} person
   */
  async openDirect(person) {
    const { page } = this;
    await page.getByRole('navigation', { name: '模块' }).getByRole('button', { name: '消息' }).click();
    await page.getByRole('button', { name: '新建会话' }).first().click();
    const dialog = page.getByRole('dialog', { name: '新建会话' });
    await dialog.getByRole('option', { name: person }).click();
    await dialog.getByRole('button', { name: '开始聊天' }).click();
    await this.composer(person).waitFor();
  }

  /**
   * Opens a chat from the list.
   * @param {string} name
   */
  async openChat(name) {
    const { page } = this;
    await page.getByRole('navigation', { name: '模块' }).getByRole('button', { name: '消息' }).click();
    await page.getByRole('listbox', { name: '会话列表' }).getByRole('option', { name }).click();
    await this.composer(name).waitFor();
  }

  /** @param {string} chat */
  composer(chat) {
    return this.page.getByRole('textbox', { name: `消息输入框，发送到 ${chat}` });
  }

  /**
   * Types a message and sends it with Enter.
   * @param {string} chat the open one
   * @param {string} text
   */
  async send(chat, text) {
    const composer = this.composer(chat);
    await composer.click();
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press('Enter');
    await this.sees(text);
  }

  /** A message of the open chat. @param {string} text */
  message(text) {
    return this.page.getByRole('log').getByRole('article').filter({ hasText: text });
  }

  /**
   * Waits until the open chat shows the text. A chat opens at the last read message, so a new one may be further down: then
   * the button to the newest messages is there, and is used.
   * @param {string} text
   */
  async sees(text, timeout = actionLimit) {
    const message = this.message(text).last();
    const latest = this.page.getByRole('button', { name: /回到最新消息|条新消息/ });
    await eventually(
      `${this.who.name} sees "${text}"`,
      async () => {
        if (await message.isVisible()) return true;
        if (await latest.isVisible()) await latest.click();
        return false;
      },
      timeout,
    );
  }

  /**
   * Calls the backend as the page does, for what is too much to read from the screen.
   * @param {string} pkg @param {string} method @param {unknown[]} args
   */
  async call(pkg, method, ...args) {
    return await this.page.evaluate(([p, m, a]) => window.go[p].API[m](...a), [pkg, method, args]);
  }

  /** The id of a chat by its name. @param {string} name */
  async chatId(name) {
    const chat = (await this.call('chat', 'Chats')).find((one) => one.name === name);
    if (!chat) throw new Error(`${this.who.name} has no chat ${name}`);
    return chat.id;
  }

  /** The whole history of a chat, oldest first, as this member's program tells it. @param {string} name */
  async history(name) {
    const chatId = await this.chatId(name);
    const messages = [];
    let page = await this.call('chat', 'History', { chatId, before: '', after: '', around: '', limit: 100 });
    while (page.hasNewer) page = await this.call('chat', 'History', { chatId, before: '', after: page.messages.at(-1).id, around: '', limit: 100 });
    messages.unshift(...page.messages);
    while (page.hasOlder) {
      page = await this.call('chat', 'History', { chatId, before: page.messages[0].id, after: '', around: '', limit: 100 });
      messages.unshift(...page.messages);
    }
    return messages.map(({ id, senderName, text }) => `${id} ${senderName}: ${text}`);
  }
}

/**
 * Waits for a condition that no event announces.
 * @param {string} what @param {() => Promise<boolean>} condition
 */
export async function eventually(what, condition, timeout = 60_000) {
  const end = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
