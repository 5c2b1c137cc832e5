import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { isMac } from '../../../platform/machine';
import { useParam, useSetParams } from '../../../platform/navigation';
import { shortcutText } from '../../../platform/shortcut';
import { Button } from '../../../ui/button';
import { Group } from '../../../ui/group';
import { IconKey, IconLock } from '../../../ui/icons';
import { Select } from '../../../ui/select';
import { Tag } from '../../../ui/tag';
import { useToast } from '../../../ui/toast';
import { idleChoices } from '../model';
import { lockNow, useSetIdleLock } from '../queries';
import { ChangeDialog } from './change-dialog';
import { CouncilGroup } from './council-group';
import { WordsDialog } from './words-dialog';

/** Passphrase, recovery words and lock. In the address: `do=passphrase`, `do=words` or `do=council` opens the dialog. */
export function SecuritySection() {
  const { t } = useTranslation('account');
  const { account } = useAppState();
  const client = useQueryClient();
  const setParams = useSetParams();
  const task = useParam('do');
  const close = () => setParams({ do: '' }, { replace: true });
  const left = account.passphraseDays;
  return (
    <>
      <Group
        title={t('security.passphrase')}
        help={left > 0 ? t('security.passphraseHelp', { n: left }) : t('security.passphraseNoEnd')}
        control={
          <Button aria-haspopup="dialog" onClick={() => setParams({ do: 'passphrase' })}>
            {t('security.change')}
          </Button>
        }
      />
      <Group
        title={t('security.words')}
        help={account.wordsConfirmed ? t('security.wordsDone') : t('security.wordsOpen')}
        control={
          account.wordsConfirmed ? (
            <Tag tone="success">{t('security.wordsTag')}</Tag>
          ) : (
            <Button kind="primary" icon={<IconKey size={16} stroke={1.8} />} aria-haspopup="dialog" onClick={() => setParams({ do: 'words' })}>
              {t('security.write')}
            </Button>
          )
        }
      />
      <IdleLock minutes={account.idleMinutes} />
      <Group
        title={t('security.lock')}
        help={t('security.lockHelp', { keys: shortcutText('mod+l', isMac()) })}
        control={
          <Button icon={<IconLock size={16} stroke={1.8} />} onClick={() => void lockNow(client)}>
            {t('lock.now')}
          </Button>
        }
      />
      <Group title={t('security.keychain')} help={keychainHelp()} />
      <CouncilGroup open={task === 'council'} onOpen={() => setParams({ do: 'council' })} onClose={close} />
      {task === 'passphrase' && <ChangeDialog onClose={close} />}
      {task === 'words' && !account.wordsConfirmed && <WordsDialog onClose={close} />}
    </>
  );

  function keychainHelp(): string {
    if (!account.keychain) return t('security.keychainNone');
    return account.remembered ? t('security.keychainOn') : t('security.keychainOff');
  }
}

function IdleLock({ minutes }: { minutes: number }) {
  const { t } = useTranslation('account');
  const { mutate } = useSetIdleLock();
  const toast = useToast();
  const reasonOf = useFaultText();
  const text = (n: number) => (n === 0 ? t('security.never') : t('security.minutes', { count: n }));
  return (
    <Group
      title={t('security.idle')}
      help={t('security.idleHelp')}
      control={
        <Select
          label={t('security.idle')}
          hideLabel
          width={140}
          value={String(minutes)}
          options={idleChoices(minutes).map((n) => ({ value: String(n), label: text(n) }))}
          onChange={(value) => mutate(Number(value), { onError: (error) => toast(t('security.failed', { reason: reasonOf(error) })) })}
        />
      }
    />
  );
}
