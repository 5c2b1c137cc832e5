import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Checkbox } from '../../../ui/checkbox';
import { Dialog } from '../../../ui/dialog';
import { TextInput } from '../../../ui/text-input';
import { useToast } from '../../../ui/toast';
import { NO_WORDS, WordInput } from '../../../ui/word-input';
import { wrongWords } from '../model';
import type { Device } from '../model';
import { useRevokeDevice } from '../queries';
import classes from './form.module.css';

/** Signs a device out, for good: says what that does, and has its name typed. */
export function RevokeDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const { t } = useTranslation(['account', 'ui']);
  const reasonOf = useFaultText();
  const toast = useToast();
  const revoke = useRevokeDevice();
  const [name, setName] = useState('');
  const [lost, setLost] = useState(false);
  const [words, setWords] = useState<readonly string[]>(NO_WORDS);
  const [checked, setChecked] = useState(false);
  const missing = device.needsWords ? words.filter((word) => word === '').length : 0;
  const fault = revoke.error ? toFault(revoke.error) : null;
  const aboutWords = fault?.code === 'vault.words' || fault?.code === 'device.words';

  const submit = () => {
    setChecked(true);
    if (name.trim() !== device.name || missing > 0 || revoke.isPending) return;
    revoke.mutate(
      { deviceId: device.id, lost, words: device.needsWords ? words : [] },
      {
        onSuccess: () => {
          toast(t('revoke.done', { name: device.name }));
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      opened
      title={device.current ? t('revoke.titleCurrent') : t('revoke.title', { name: device.name })}
      size={device.needsWords ? 'lg' : 'md'}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="danger" loading={revoke.isPending} onClick={submit}>
            {t('devices.signOut')}
          </Button>
        </>
      }
    >
      <div className={classes.form}>
        <ul className={classes.points}>
          <li>{device.current ? t('revoke.effectCurrent') : t('revoke.effect')}</li>
          <li>{t('revoke.offline')}</li>
          <li>{t('revoke.final')}</li>
        </ul>
        {!device.current && <Checkbox label={t('revoke.lost')} help={t('revoke.lostHelp')} checked={lost} onChange={setLost} />}
        <TextInput
          label={t('revoke.name', { name: device.name })}
          required
          autoFocus
          value={name}
          onChange={setName}
          onEnter={submit}
          error={checked && name.trim() !== device.name ? t('revoke.nameWrong', { name: device.name }) : undefined}
        />
        {device.needsWords && (
          <>
            <p className={classes.help}>{t('revoke.needsWords')}</p>
            <WordInput
              label={t('words.label')}
              words={words}
              onChange={setWords}
              wrong={aboutWords ? wrongWords(words, fault.params.word ?? '') : []}
              error={aboutWords ? reasonOf(fault) : checked && missing > 0 ? t('words.missing', { n: missing }) : undefined}
            />
          </>
        )}
        {fault && !aboutWords && (
          <Banner tone="danger" alert>
            {t('revoke.failed', { reason: reasonOf(fault) })}
          </Banner>
        )}
      </div>
    </Dialog>
  );
}
