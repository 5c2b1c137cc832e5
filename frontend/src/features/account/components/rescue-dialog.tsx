import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { PassphraseInput } from '../../../ui/passphrase-input';
import type { Device } from '../model';
import { useRescueCode } from '../queries';
import classes from './form.module.css';

/** The code that opens another device of mine whose passphrase I forgot, against the passphrase of this one. */
export function RescueDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const { t } = useTranslation(['account', 'ui']);
  const reasonOf = useFaultText();
  const rescue = useRescueCode();
  const [passphrase, setPassphrase] = useState('');
  const [checked, setChecked] = useState(false);
  const fault = rescue.error ? toFault(rescue.error) : null;
  const reason = fault?.code === 'vault.wrong' ? t('change.wrong') : fault && reasonOf(fault);
  const submit = () => {
    setChecked(true);
    if (passphrase !== '' && !rescue.isPending) rescue.mutate({ deviceId: device.id, passphrase });
  };
  return (
    <Dialog
      opened
      title={t('rescue.title', { name: device.name })}
      onClose={onClose}
      footer={
        rescue.data ? (
          <Button kind="primary" onClick={onClose}>
            {t('ui:close')}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t('ui:cancel')}</Button>
            <Button kind="primary" loading={rescue.isPending} onClick={submit}>
              {t('rescue.show')}
            </Button>
          </>
        )
      }
    >
      {rescue.data ? (
        <div className={classes.form}>
          <p className={classes.intro}>{t('rescue.type', { name: device.name })}</p>
          <output className={classes.code} aria-label={t('rescue.code')} data-testid="rescue-code">
            {rescue.data.split('-').map((group) => (
              <span key={group}>{group}</span>
            ))}
          </output>
          <p className={classes.help}>{t('rescue.once')}</p>
        </div>
      ) : (
        <form
          className={classes.form}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <p className={classes.intro}>{t('rescue.why', { name: device.name })}</p>
          <PassphraseInput
            label={t('rescue.passphrase')}
            required
            autoFocus
            value={passphrase}
            onChange={setPassphrase}
            error={checked && passphrase === '' ? t('unlock.passphraseRequired') : (reason ?? undefined)}
          />
        </form>
      )}
    </Dialog>
  );
}
