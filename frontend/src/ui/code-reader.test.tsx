import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { beforeEach, expect, test } from 'vitest';
import { Fault } from '../platform/fault';
import { FakeBackend, rejection } from '../platform/testing/fake-backend';
import { renderScreen } from '../platform/testing/render';
import { CodeReader } from './code-reader';
import { TextInput } from './text-input';

const LINK = 'tongzhou:relay?abc';
const note = () => screen.getByText((_text, element) => element?.matches('[role=status]:not(:empty)') ?? false);
const picture = () => new File(['code'], 'screenshot.png', { type: 'image/png' });

let backend: FakeBackend;

beforeEach(() => {
  backend = new FakeBackend().handle('app', { ReadCode: () => LINK }).install();
});

function Field() {
  const [text, setText] = useState('');
  return <CodeReader onText={setText}>{(error) => <TextInput label="链接" value={text} error={error} onChange={setText} />}</CodeReader>;
}

async function show() {
  await renderScreen(<Field />, { at: '/' });
  return screen.getByRole('textbox', { name: '链接' });
}

const clipboard = (files: File[], text = '') => ({ clipboardData: { files, getData: () => text, types: [] } });
const dragged = (files: File[], types = ['Files']) => ({ dataTransfer: { files, types } });

const ways: [string, (field: HTMLElement) => unknown][] = [
  ['chosen', () => userEvent.upload(screen.getByLabelText('选择二维码图片'), picture())],
  ['pasted', (field) => fireEvent.paste(field, clipboard([picture()]))],
  ['dropped', (field) => fireEvent.drop(field, dragged([picture()]))],
];

test.each(ways)('a picture that is %s fills the field', async (_way, hand) => {
  const field = await show();
  await hand(field);
  await waitFor(() => expect(field).toHaveValue(LINK));
  expect(backend.callsOf('app.ReadCode')).toEqual([[btoa('code')]]);
  expect(note()).toHaveTextContent('已填入二维码里的内容');
});

test.each(ways)('one that is %s and has no code leaves the field and says what to do, until something is typed', async (_way, hand) => {
  backend.handle('app', {
    ReadCode: () => {
      throw rejection(new Fault('qr.none'));
    },
  });
  const user = userEvent.setup();
  const field = await show();
  await user.type(field, 'a');
  await hand(field);
  expect(await screen.findByText(/图片里没有找到二维码.*截取完整/)).toBeInTheDocument();
  expect(field).toBeInvalid();
  expect(field).toHaveValue('a');
  await user.type(field, 'b');
  expect(field).toBeValid();
  expect(screen.queryByText(/没有找到二维码/)).not.toBeInTheDocument();
});

test.each([
  ['qr.unreadable', /换用 PNG、JPG 或 GIF/],
  ['qr.too_large', /只截取二维码那一块/],
])('%s is told with what to do', async (code, text) => {
  backend.handle('app', {
    ReadCode: () => {
      throw rejection(new Fault(code));
    },
  });
  fireEvent.drop(await show(), dragged([picture()]));
  expect(await screen.findByText(text)).toBeInTheDocument();
});

test('one that is too large is not even sent', async () => {
  const field = await show();
  const huge = picture();
  Object.defineProperty(huge, 'size', { value: 10 * 1024 * 1024 + 1 });
  fireEvent.drop(field, dragged([huge]));
  expect(await screen.findByText(/图片太大/)).toBeInTheDocument();
  expect(backend.callsOf('app.ReadCode')).toEqual([]);
});

test('text is pasted and dragged as ever, also with a picture of it beside', async () => {
  const field = await show();
  // Not prevented: the browser does it.
  expect(fireEvent.paste(field, clipboard([], LINK))).toBe(true);
  expect(fireEvent.paste(field, clipboard([picture()], LINK))).toBe(true);
  expect(fireEvent.dragOver(field, dragged([], ['text/plain']))).toBe(true);
  expect(fireEvent.drop(field, dragged([], ['text/plain']))).toBe(true);
  expect(fireEvent.dragOver(field, dragged([]))).toBe(false);
  expect(backend.callsOf('app.ReadCode')).toEqual([]);
});

test('whoever types on meanwhile keeps what they typed', async () => {
  let answer: (text: string) => void = () => undefined;
  backend.handle('app', { ReadCode: () => new Promise<string>((resolve) => (answer = resolve)) });
  const user = userEvent.setup();
  const field = await show();
  fireEvent.paste(field, clipboard([picture()]));
  await waitFor(() => expect(backend.callsOf('app.ReadCode')).toHaveLength(1));
  expect(note()).toHaveTextContent('正在识别');
  await user.type(field, 'mine');
  answer(LINK);
  await waitFor(() => expect(note()).toHaveTextContent('也可以'));
  expect(field).toHaveValue('mine');
});

test('the keyboard gets at it', async () => {
  const user = userEvent.setup();
  const field = await show();
  await user.click(field);
  await user.tab();
  expect(screen.getByRole('button', { name: '识别二维码图片' })).toHaveFocus();
});
