import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { CodeReader } from '../../../ui/code-reader';
import { CopyButton } from '../../../ui/copy-button';
import { TextInput } from '../../../ui/text-input';
import { useToast } from '../../../ui/toast';
import { relayLinkQuery, useAddRelay } from '../queries';
import { shortAddress } from '../relays';
import type { RelayLink } from '../relays';
import classes from './relay-dialog.module.css';

/** What starts a relay on a spare computer. */
const COMMAND = 'tongzhou relay';

/** Three steps from a spare computer to a relay of the team. */
export function RelayGuide({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('connections');
  const faultText = useFaultText();
  const toast = useToast();
  const add = useAddRelay();
  const [link, setLink] = useState('');
  const [name, setName] = useState('');
  const [checked, setChecked] = useState(false);
  const pasted = link.trim();
  const { data: preview, error: unreadable } = useQuery(relayLinkQuery(pasted));
  const missing = checked && pasted === '' ? t('relay.required') : undefined;
  const wrong = pasted !== '' && unreadable ? faultText(unreadable) : undefined;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (pasted === '' || wrong !== undefined || add.isPending) return;
    add.mutate(
      { link: pasted, name: name.trim() },
      {
        onSuccess: () => {
          toast(t('relay.added'));
          onDone();
        },
      },
    );
  };
  return (
    <form className={classes.guide} onSubmit={submit} aria-label={t('relay.guide')}>
      <h3 className={classes.heading}>{t('relay.guide')}</h3>
      <ol className={classes.steps}>
        <li>
          {t('relay.step1')}
          <div className={classes.command}>
            <code className="selectable">{COMMAND}</code>
            <CopyButton text={COMMAND} label={t('relay.copy')} kind="ghost" size="sm" />
          </div>
        </li>
        <li>{t('relay.step2')}</li>
        <li>
          {t('relay.step3')}
          <div className={classes.fields}>
            <CodeReader onText={setLink}>
              {(unread) => (
                <TextInput
                  label={t('relay.link')}
                  placeholder={t('relay.placeholder')}
                  autoFocus
                  value={link}
                  error={unread ?? missing ?? wrong ?? (add.error ? t('relay.failed', { reason: faultText(add.error) }) : undefined)}
                  onChange={setLink}
                />
              )}
            </CodeReader>
            {preview && pasted !== '' && <Found preview={preview} />}
            <TextInput label={t('relay.name')} placeholder={t('relay.namePlaceholder')} value={name} onChange={setName} />
          </div>
        </li>
      </ol>
      <div className={classes.buttons}>
        <Button kind="primary" type="submit" loading={add.isPending}>
          {t('relay.add')}
        </Button>
      </div>
    </form>
  );
}

function Found({ preview }: { preview: RelayLink }) {
  const { t } = useTranslation('connections');
  return (
    <p className={classes.found} role="status">
      {t('relay.found', { address: preview.addresses.map(shortAddress).join(' · ') })}
      <br />
      {preview.known && t('relay.known')}
      {!preview.known && !preview.allows && t('relay.noToken')}
    </p>
  );
}
