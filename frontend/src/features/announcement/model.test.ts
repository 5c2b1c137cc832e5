import { expect, test } from 'vitest';
import { checkDraft, excerpt, isNews, paragraphs, TITLE_MAX, waitsForMe } from './model';
import type { Announcement } from './model';

const announcement: Announcement = {
  id: 'a', title: '放假安排', text: '', authorId: 'u', authorName: '何静宜', at: 0, read: 0, total: 3, acknowledged: false, needAck: true,
};

test('only what asks for a confirmation waits for me; the rest is news until it is read', () => {
  const news = { ...announcement, needAck: false };
  expect([announcement, news].map(waitsForMe)).toEqual([true, false]);
  expect([announcement, news].map(isNews)).toEqual([false, true]);
  expect([announcement, news].map((a) => ({ ...a, acknowledged: true })).some((a) => waitsForMe(a) || isNews(a))).toBe(false);
});

test('needs a title and a text of a length the backend takes', () => {
  expect(checkDraft({ title: ' ', text: '\n', needAck: false })).toEqual({ title: 'required', text: 'required' });
  expect(checkDraft({ title: '长'.repeat(TITLE_MAX + 1), text: '正文', needAck: false })).toEqual({ title: 'long' });
  expect(checkDraft({ title: '长'.repeat(TITLE_MAX), text: '正文', needAck: false })).toEqual({});
});

test('cards show one calm line, the reader shows paragraphs', () => {
  expect(excerpt('各位\n\n下周一  放假。 ')).toBe('各位 下周一  放假。');
  expect(paragraphs('一\n二\n\n\n三\n')).toEqual(['一\n二', '三']);
});
