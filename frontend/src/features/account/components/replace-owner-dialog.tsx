import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { usePeople } from '../../../platform/people';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { Select } from '../../../ui/select';
import { useToast } from '../../../ui/toast';
import { NO_WORDS, WordInput } from '../../../ui/word-input';
import { wrongWords } from '../model';
import type { Council } from '../model';
import { useReplaceOwner } from '../queries';
import classes from './form.module.css';

const SPOILT = ['council.words', 'council.key', 'council.twice'];

/** Who is lost and who follows, then one page for each holder: the words stand on one screen at a time only. */
export function ReplaceOwnerDialog({ council, onClose }: { council: Council; onClose: () => void }) {
  const { t } = useTranslation(['account', 'ui']);
  const reasonOf = useFaultText();
  const toast = useToast();
  const people = usePeople();
  const act = useReplaceOwner();
  const only = council.owners.length === 1 ? (council.owners[0]?.userId ?? null) : null;
  const [replaces, setReplaces] = useState<string | null>(only);
  const [subject, setSubject] = useState<string | null>(null);
  const [words, setWords] = useState<readonly (readonly string[])[]>(() => Array.from({ length: council.needed }, () => NO_WORDS));
  const [page, setPage] = useState(0); // 0: the people; from 1 on the holders
  const [checked, setChecked] = useState(false);
  const fault = act.error ? toFault(act.error) : null;
  const spoilt = fault !== null && SPOILT.includes(fault.code) && fault.params.holder === String(page);
  const mine = words[page - 1] ?? NO_WORDS;
  const missing = mine.filter((word) => word === '').length;
  const last = page === council.needed;

  const next = () => {
    setChecked(true);
    if (replaces === null || subject === null || (page > 0 && missing > 0) || act.isPending) return;
    if (!last) {
      setChecked(false);
      setPage(page + 1);
      return;
    }
    act.mutate(
      { replaces, subject, words },
      {
        onSuccess: () => {
          toast(t('replace.done', { name: people.get(subject)?.name ?? '' }));
          onClose();
        },
        onError: (error) => {
          const { code, params } = toFault(error);
          if (SPOILT.includes(code)) setPage(Number(params.holder));
        },
      },
    );
  };

  return (
    <Dialog
      opened
      title={page === 0 ? t('replace.title') : t('replace.holder', { n: page, k: council.needed })}
      size={page === 0 ? 'md' : 'lg'}
      onClose={onClose}
      footer={
        <>
          {page > 0 ? <Button onClick={() => setPage(page - 1)}>{t('replace.previous')}</Button> : <Button onClick={onClose}>{t('ui:cancel')}</Button>}
          <Button kind={last ? 'danger' : 'primary'} loading={act.isPending} onClick={next}>
            {last ? t('replace.submit') : t('replace.next')}
          </Button>
        </>
      }
    >
      <div className={classes.form}>
        {page === 0 ? (
          <>
            <ul className={classes.points}>
              <li>{t('replace.effect')}</li>
              <li>{t('replace.offline')}</li>
              <li>{t('replace.holders', { k: council.needed })}</li>
            </ul>
            <Select
              label={t('replace.replaces')}
              required
              value={replaces}
              options={council.owners.map(({ userId, name }) => ({ value: userId, label: name }))}
              onChange={setReplaces}
              error={checked && replaces === null ? t('replace.choose') : undefined}
            />
            <Select
              label={t('replace.subject')}
              required
              value={subject}
              options={[...people.values()].filter(({ userId }) => userId !== replaces).map(({ userId, name }) => ({ value: userId, label: name }))}
              onChange={setSubject}
              placeholder={t('replace.choose')}
              error={checked && subject === null ? t('replace.choose') : undefined}
            />
          </>
        ) : (
          <WordInput
            key={page}
            label={t('replace.words', { n: page })}
            words={mine}
            onChange={(list) => setWords(words.map((before, at) => (at === page - 1 ? list : before)))}
            autoFocus
            wrong={spoilt ? wrongWords(mine, fault.params.word ?? '') : []}
            error={spoilt ? reasonOf(fault) : checked && missing > 0 ? t('words.missing', { n: missing }) : undefined}
          />
        )}
        {fault && !SPOILT.includes(fault.code) && (
          <Banner tone="danger" alert>
            {t('replace.failed', { reason: reasonOf(fault) })}
          </Banner>
        )}
      </div>
    </Dialog>
  );
}
