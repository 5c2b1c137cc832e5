import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { somePositions } from '../../../lib/words';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconAlertTriangle } from '../../../ui/icons';
import { PassphraseInput } from '../../../ui/passphrase-input';
import { WordGrid } from '../../../ui/word-grid';
import { useConfirmWords, useReadWords } from '../queries';
import type { AllWords } from '../queries';
import { CouncilPages } from './council-pages';
import { WordQuiz } from './word-quiz';
import classes from './form.module.css';

interface WordsFlowProps {
  /** Leaving it for later; its label says so where that is not the same as closing. */
  onLater: () => void;
  laterLabel: string;
  onDone: () => void;
}

/** How many words are asked for, to see that they were written down. */
const ASKED = 4;

/** The 24 recovery words: passphrase, the keys of a council if there is one, the own words, then some of them from the paper. */
export function WordsFlow({ onLater, laterLabel, onDone }: WordsFlowProps) {
  const [all, setAll] = useState<AllWords | null>(null);
  const [handedOut, setHandedOut] = useState(false);
  // Chosen once: whoever goes back to look at the paper again is asked for the same ones.
  const [asked] = useState(() => somePositions(ASKED, Math.random));
  const [asking, setAsking] = useState(false);
  const confirm = useConfirmWords();
  if (!all) return <AskPassphrase onLater={onLater} laterLabel={laterLabel} onWords={setAll} />;
  const { own: words, council } = all;
  if (council.length > 0 && !handedOut) return <CouncilPages keys={council} onDone={() => setHandedOut(true)} />;
  if (!asking) return <Show words={words} onLater={onLater} laterLabel={laterLabel} onNext={() => setAsking(true)} />;
  return (
    <WordQuiz
      asked={asked}
      words={words}
      pending={confirm.isPending}
      error={confirm.error}
      onBack={() => setAsking(false)}
      onRight={() => confirm.mutate(words, { onSuccess: onDone })}
    />
  );
}

interface AskPassphraseProps {
  onLater: () => void;
  laterLabel: string;
  onWords: (words: AllWords) => void;
}

function AskPassphrase({ onLater, laterLabel, onWords }: AskPassphraseProps) {
  const { t } = useTranslation('account');
  const reasonOf = useFaultText();
  const read = useReadWords();
  const [passphrase, setPassphrase] = useState('');
  const [checked, setChecked] = useState(false);
  const fault = read.error ? toFault(read.error) : null;
  const reason = fault?.code === 'vault.wrong' ? t('change.wrong') : fault && reasonOf(fault);
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if (passphrase !== '' && !read.isPending) read.mutate(passphrase, { onSuccess: onWords });
      }}
    >
      <p className={classes.intro}>{t('words.why')}</p>
      <ul className={classes.points}>
        {(['paper', 'secret', 'lost'] as const).map((point) => (
          <li key={point}>{t(`words.${point}`)}</li>
        ))}
      </ul>
      <PassphraseInput
        label={t('words.passphrase')}
        required
        autoFocus
        value={passphrase}
        onChange={setPassphrase}
        error={checked && passphrase === '' ? t('unlock.passphraseRequired') : (reason ?? undefined)}
      />
      <div className={classes.buttons}>
        <Button kind="ghost" onClick={onLater}>
          {laterLabel}
        </Button>
        <Button kind="primary" type="submit" loading={read.isPending}>
          {t('words.show')}
        </Button>
      </div>
    </form>
  );
}

interface ShowProps {
  words: readonly string[];
  onLater: () => void;
  laterLabel: string;
  onNext: () => void;
}

function Show({ words, onLater, laterLabel, onNext }: ShowProps) {
  const { t } = useTranslation('account');
  return (
    <div className={classes.form}>
      <Banner tone="warning" icon={<IconAlertTriangle size={16} stroke={1.8} />}>
        {t('words.once')}
      </Banner>
      <WordGrid label={t('words.label')} words={words} />
      <p className={classes.help}>{t('words.order')}</p>
      <div className={classes.buttons}>
        <Button kind="ghost" onClick={onLater}>
          {laterLabel}
        </Button>
        <Button kind="primary" autoFocus onClick={onNext}>
          {t('words.written')}
        </Button>
      </div>
    </div>
  );
}
