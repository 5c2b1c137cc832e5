import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { Checkbox } from '../../../ui/checkbox';
import { Facts } from '../../../ui/group';
import { PassphraseInput } from '../../../ui/passphrase-input';
import { ProgressBar } from '../../../ui/progress-bar';
import { Segmented } from '../../../ui/segmented';
import { TextInput } from '../../../ui/text-input';
import { useNow } from '../../../ui/use-now';
import { NO_WORDS, WordInput } from '../../../ui/word-input';
import { teamApi } from '../api';
import type { RestoreInput } from '../model';
import { restoreQuery, useCancelRestore, useChooseFolder, useInspectBackup, useRestoreBackup } from '../queries';
import { FormFoot } from './form-parts';
import classes from './form.module.css';

const WAYS = ['passphrase', 'words'] as const;

/** A lost or broken machine is replaced by this one, from its backup (R138): looks into it first, then asks whether the old one is gone. */
export function RestoreForm({ onBack }: { onBack: () => void }) {
  const { t, i18n } = useTranslation('team');
  const reasonOf = useFaultText();
  const now = useNow();
  const inspect = useInspectBackup();
  const restore = useRestoreBackup();
  const choose = useChooseFolder();
  const [from, setFrom] = useState('');
  const [by, setBy] = useState<(typeof WAYS)[number]>('passphrase');
  const [passphrase, setPassphrase] = useState('');
  const [words, setWords] = useState<readonly string[]>(NO_WORDS);
  const [gone, setGone] = useState(false);
  const [checked, setChecked] = useState(false);
  const missing = by === 'words' ? words.filter((word) => word === '').length : 0;
  const found = inspect.data;
  const failure = restore.error ?? inspect.error ?? choose.error;

  // What was found is that of another backup, once something else was typed.
  const typed = <V,>(set: (value: V) => void) => (value: V) => {
    set(value);
    inspect.reset();
    restore.reset();
    setGone(false);
    setChecked(false);
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (from.trim() === '' || (by === 'passphrase' && passphrase === '') || missing > 0 || inspect.isPending || restore.isPending) return;
    const input: RestoreInput = { from: from.trim(), passphrase: by === 'passphrase' ? passphrase : '', words: by === 'words' ? words.join(' ') : '', run: 0, oldIsGone: gone };
    if (!found) {
      inspect.mutate(input, { onSuccess: () => setChecked(false) });
    } else if (gone) {
      restore.mutate(input);
    }
  };
  if (restore.isPending) return <Running />;
  return (
    <form onSubmit={submit} noValidate>
      <h1 className={classes.title}>{t('restore.title')}</h1>
      <p className={classes.intro}>{t('restore.help')}</p>
      <TextInput
        label={t('restore.from')}
        required
        autoFocus
        placeholder={t('restore.fromPlaceholder')}
        value={from}
        onChange={typed(setFrom)}
        error={checked && from.trim() === '' ? t('restore.fromRequired') : undefined}
      />
      {teamApi.canChoose() && (
        <div className={classes.gap}>
          <Button size="sm" loading={choose.isPending} onClick={() => choose.mutate(t('restore.from'), { onSuccess: (path) => path !== '' && typed(setFrom)(path) })}>
            {t('restore.choose')}
          </Button>
        </div>
      )}
      <div className={classes.gap}>
        <Segmented
          label={t('restore.by')}
          value={by}
          options={WAYS.map((value) => ({ value, label: t(value === 'words' ? 'restore.byWords' : 'restore.byPassphrase') }))}
          onChange={typed(setBy)}
        />
      </div>
      <div className={classes.gap}>
        {by === 'passphrase' ? (
          <PassphraseInput
            label={t('restore.passphrase')}
            required
            value={passphrase}
            onChange={typed(setPassphrase)}
            error={checked && passphrase === '' ? t('restore.passphraseRequired') : undefined}
          />
        ) : (
          <WordInput
            label={t('restore.words')}
            words={words}
            onChange={typed(setWords)}
            help={t('restore.wordsHelp')}
            error={checked && missing > 0 ? t('restore.missing', { n: missing }) : undefined}
          />
        )}
      </div>
      {found && (
        <section className={classes.gap} aria-label={t('restore.found')}>
          <Facts
            facts={[
              { name: t('restore.device'), value: found.deviceName },
              { name: t('restore.at'), value: timeText(i18n.language).full(Date.parse(found.at), now) },
              { name: t('restore.ops'), value: t('restore.opsValue', { count: found.ops }) },
            ]}
          />
          <div className={classes.gap}>
            <Checkbox label={t('restore.gone')} help={t('restore.goneHelp')} checked={gone} onChange={setGone} />
          </div>
        </section>
      )}
      <FormFoot
        failure={failure ? t('restore.failed', { reason: reasonOf(failure) }) : found && checked && !gone ? t('restore.goneRequired') : ''}
        submit={t(found ? 'restore.submit' : 'restore.look')}
        pending={inspect.isPending}
        onBack={onBack}
      />
    </form>
  );
}

/** Restoring, with a way out: until it is whole, nothing is put in its place. */
function Running() {
  const { t } = useTranslation('team');
  const { data: progress } = useQuery(restoreQuery);
  const cancel = useCancelRestore();
  const label = t(`restore.phase.${progress?.phase === '' ? 'reading' : (progress?.phase ?? 'reading')}`);
  return (
    <div>
      <h1 className={classes.title}>{t('restore.title')}</h1>
      <p className={classes.intro} role="status">
        {label}
      </p>
      <ProgressBar label={label} value={progress && progress.phase !== 'proving' && progress.total > 0 ? { done: progress.done, total: progress.total } : null} />
      <div className={classes.buttons}>
        <Button loading={cancel.isPending} onClick={() => cancel.mutate()}>
          {t('restore.cancel')}
        </Button>
      </div>
    </div>
  );
}
