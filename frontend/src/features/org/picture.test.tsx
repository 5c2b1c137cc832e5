import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { Fault } from '../../platform/fault';
import { FakeBackend, rejection } from '../../platform/testing/fake-backend';
import { renderScreen } from '../../platform/testing/render';
import { Avatar } from '../../ui/avatar';
import { PictureField } from './components/picture-field';
import { staleAfter } from './queries';
import { middle } from './square-picture';
import { aMember } from './testing';

test.each([
  [400, 300, { x: 50, y: 0, side: 300 }],
  [300, 401, { x: 0, y: 51, side: 300 }],
  [256, 256, { x: 0, y: 0, side: 256 }],
])('of %i × %i the middle is taken', (width, height, want) => {
  expect(middle(width, height)).toEqual(want);
});

const PHOTO = 'data:image/jpeg;base64,AAAA';

function aBackend(picture: string, pictureHere: boolean): FakeBackend {
  const me = aMember({ picture, pictureHere, self: true, canRemovePicture: picture !== '' });
  return new FakeBackend().handle('org', { Members: () => ({ members: [me], total: 1 }), Me: () => me, Picture: () => ({ data: PHOTO }) }).install();
}

afterEach(() => vi.restoreAllMocks());

test('a photograph lies over the initials once it is on this device (R3)', async () => {
  const backend = aBackend('p1', false);
  const { container, client } = await renderScreen(<Avatar name="林晓雯" userId="u1" colour={2} />);
  await waitFor(() => expect(backend.callsOf('org.Members')).toHaveLength(1));
  expect(container.querySelector('img')).toBeNull();
  expect(backend.callsOf('org.Picture')).toEqual([]);
  backend.handle('org', { Members: () => ({ members: [aMember({ picture: 'p1', pictureHere: true })], total: 1 }) });
  await client.invalidateQueries();
  await waitFor(() => expect(container.querySelector('img')).toHaveAttribute('src', PHOTO));
});

test('a file that is no picture is refused before anything is sent, with the reason', async () => {
  const backend = aBackend('', false);
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:x', revokeObjectURL: () => undefined }));
  vi.stubGlobal(
    'Image',
    class {
      onerror: () => void = () => undefined;
      set src(_: string) {
        queueMicrotask(() => this.onerror());
      }
    },
  );
  await renderScreen(<PictureField me={aMember({ self: true })} />, { staleAfter });
  fireEvent.change(screen.getByLabelText('头像'), { target: { files: [new File(['x'], 'x.txt')] } });
  expect(await screen.findByRole('alert')).toHaveTextContent('这张图片无法识别，请换一张');
  expect(backend.callsOf('org.SetPicture')).toEqual([]);
  vi.unstubAllGlobals();
});

test.each([
  ['photo', '请使用本人清晰照片，同事会看到', true],
  ['off', '同事会看到', true],
  ['uniform', '团队规范：使用部门统一头像，不显示照片', false],
])('by the house rule %s it is said what is wanted (R4)', async (avatars, help, offered) => {
  aBackend('', false);
  await renderScreen(<PictureField me={aMember({ self: true, avatars })} />, { staleAfter });
  expect(screen.getByText(help)).toBeInTheDocument();
  expect(screen.queryAllByRole('button', { name: '上传头像' })).toHaveLength(offered ? 1 : 0);
});

test('a photograph can be taken away, and why not is said', async () => {
  const user = userEvent.setup();
  const backend = aBackend('p1', true).handle('org', {
    RemovePicture: () => {
      throw rejection(new Fault('denied'));
    },
  });
  await renderScreen(<PictureField me={aMember({ self: true, picture: 'p1', pictureHere: true, canRemovePicture: true })} />, { staleAfter });
  await user.click(screen.getByRole('button', { name: '移除' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('没有成功');
  backend.handle('org', { RemovePicture: () => null });
  await user.click(screen.getByRole('button', { name: '移除' }));
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
  expect(backend.callsOf('org.RemovePicture')).toEqual([['u1'], ['u1']]);
});
