import { fireEvent, render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { QueryClientProvider } from '@tanstack/react-query';
import { appStateQuery } from '../../platform/app-state';
import { startTranslator } from '../../platform/i18n';
import { newQueryClient } from '../../platform/query-client';
import { anAppState } from '../../platform/testing/render';
import { UiProvider } from '../../ui/provider';
import { RecoveredNotice } from './recovered-notice';

function show(damage: string) {
  startTranslator('zh-CN');
  const client = newQueryClient();
  const state = anAppState({ damage });
  client.setQueryData(appStateQuery.queryKey, state);
  render(
    <QueryClientProvider client={client}>
      <UiProvider theme="light">
        <RecoveredNotice />
      </UiProvider>
    </QueryClientProvider>,
  );
}

test('says that the database was damaged and where the old file is, until it was read', () => {
  show('/data/damaged-1');
  expect(screen.getByRole('alert')).toHaveTextContent('数据库损坏，已重新建立。原来的文件保存在 /data/damaged-1');
  fireEvent.click(screen.getByRole('button', { name: '知道了' }));
  expect(screen.queryByRole('alert')).toBeNull();
});

test('says nothing when nothing was damaged', () => {
  show('');
  expect(screen.queryByRole('alert')).toBeNull();
});
