import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import { ADDRESS } from '../../../platform/places';
import { Button } from '../../../ui/button';
import { CodeReader } from '../../../ui/code-reader';
import { CopyButton } from '../../../ui/copy-button';
import { Dialog } from '../../../ui/dialog';
import { QrCode } from '../../../ui/qr-code';
import { TextInput } from '../../../ui/text-input';
import { useToast } from '../../../ui/toast';
import type { Connections } from '../model';
import { connectionsQuery, useAddAddress } from '../queries';
import classes from './address-dialog.module.css';

/** Connects two devices that do not find each other: gives the own address, takes the other one. */
export function AddressDialog() {
  const { t } = useTranslation('connections');
  const opened = useParam(ADDRESS) !== '';
  const setParams = useSetParams();
  const { data } = useQuery({ ...connectionsQuery, enabled: opened });
  const close = () => setParams({ [ADDRESS]: '' }, { replace: true });
  return (
    <Dialog opened={opened} title={t('address.title')} size="md" onClose={close}>
      {data && <OwnAddress self={data.self} />}
      <TheirAddress onDone={close} />
    </Dialog>
  );
}

function OwnAddress({ self }: Pick<Connections, 'self'>) {
  const { t } = useTranslation('connections');
  if (self.code === '') return <p className={classes.help}>{t('address.none')}</p>;
  return (
    <section className={classes.own} aria-label={t('address.own')}>
      <QrCode label={t('address.qr')} text={self.code} size={132} />
      <div className={classes.words}>
        <h3 className={classes.heading}>{t('address.own')}</h3>
        <p className={classes.help}>{t('address.ownHelp')}</p>
        <code className={`selectable ${classes.code ?? ''}`}>{self.code}</code>
        <CopyButton text={self.code} label={t('address.copy')} size="sm" />
        {self.addresses.length > 1 && (
          <details className={classes.all}>
            <summary>{t('address.all')}</summary>
            <ul>
              {self.addresses.map((address) => (
                <li key={address}>
                  <code className="selectable">{address}</code>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </section>
  );
}

function TheirAddress({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('connections');
  const reasonOf = useFaultText();
  const toast = useToast();
  const add = useAddAddress();
  const [address, setAddress] = useState('');
  const [checked, setChecked] = useState(false);
  const missing = checked && address.trim() === '' ? t('address.required') : undefined;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (address.trim() === '' || add.isPending) return;
    add.mutate(address.trim(), {
      onSuccess: () => {
        toast(t('address.connected'));
        onDone();
      },
    });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <CodeReader onText={setAddress}>
        {(unread) => (
          <TextInput
            label={t('address.theirs')}
            placeholder={t('address.placeholder')}
            help={t('address.theirsHelp')}
            autoFocus
            value={address}
            error={unread ?? missing ?? (add.error ? t('address.failed', { reason: reasonOf(add.error) }) : undefined)}
            onChange={setAddress}
          />
        )}
      </CodeReader>
      <div className={classes.buttons}>
        <Button kind="primary" type="submit" loading={add.isPending}>
          {t('address.connect')}
        </Button>
      </div>
    </form>
  );
}
