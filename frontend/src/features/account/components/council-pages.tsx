import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconAlertTriangle } from '../../../ui/icons';
import { WordGrid } from '../../../ui/word-grid';
import { useForgetCouncil } from '../queries';
import classes from './form.module.css';

interface CouncilPagesProps {
  /** 24 words for each key. */
  keys: readonly (readonly string[])[];
  /** They were removed from this device. */
  onDone: () => void;
}

/** The keys of the recovery council, one page each: every one goes to another person, and none stays here. */
export function CouncilPages({ keys, onDone }: CouncilPagesProps) {
  const { t } = useTranslation('account');
  const [index, setIndex] = useState(0);
  const forget = useForgetCouncil();
  const reasonOf = useFaultText();
  const last = index === keys.length - 1;
  return (
    <div className={classes.form}>
      <div>
        <h2 className={classes.title}>{t('council.title', { n: index + 1, total: keys.length })}</h2>
        <p className={classes.intro}>{t('council.help')}</p>
      </div>
      <Banner tone="warning" icon={<IconAlertTriangle size={16} stroke={1.8} />}>
        {t('council.once')}
      </Banner>
      <WordGrid label={t('council.label', { n: index + 1 })} words={keys[index] ?? []} />
      {forget.error && (
        <Banner tone="danger" alert>
          {t('words.failed', { reason: reasonOf(forget.error) })}
        </Banner>
      )}
      <div className={classes.end}>
        <Button
          kind="primary"
          loading={forget.isPending}
          onClick={() => {
            if (last) forget.mutate(undefined, { onSuccess: onDone });
            else setIndex(index + 1);
          }}
        >
          {last ? t('council.done') : t('council.next')}
        </Button>
      </div>
    </div>
  );
}
