import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconArrowLeft } from '../../../ui/icons';
import { TextInput } from '../../../ui/text-input';
import classes from './form.module.css';
import quiz from './word-quiz.module.css';

interface WordQuizProps {
  /** Positions that are asked for, from 0. */
  asked: readonly number[];
  words: readonly string[];
  pending: boolean;
  error: unknown;
  onBack: () => void;
  onRight: () => void;
}

/** Asks for some of the words. */
export function WordQuiz({ asked, words, pending, error, onBack, onRight }: WordQuizProps) {
  const { t } = useTranslation('account');
  const reasonOf = useFaultText();
  const [answers, setAnswers] = useState<readonly string[]>(asked.map(() => ''));
  const [checked, setChecked] = useState(false);
  const right = (index: number) => answers[index]?.trim().toLowerCase() === words[asked[index] ?? -1];
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if (!pending && asked.every((_, index) => right(index))) onRight();
      }}
    >
      <p className={classes.intro}>{t('words.quiz')}</p>
      <div className={quiz.grid}>
        {asked.map((position, index) => (
          <TextInput
            key={position}
            label={t('words.nth', { n: position + 1 })}
            required
            autoFocus={index === 0}
            value={answers[index] ?? ''}
            onChange={(value) => setAnswers(answers.map((one, at) => (at === index ? value : one)))}
            error={checked && !right(index) ? t('words.notThis', { n: position + 1 }) : undefined}
          />
        ))}
      </div>
      {error !== null && (
        <Banner tone="danger" alert>
          {t('words.failed', { reason: reasonOf(error) })}
        </Banner>
      )}
      <div className={classes.buttons}>
        <Button kind="ghost" icon={<IconArrowLeft size={16} stroke={1.8} />} onClick={onBack}>
          {t('words.again')}
        </Button>
        <Button kind="primary" type="submit" loading={pending}>
          {t('words.confirm')}
        </Button>
      </div>
    </form>
  );
}
