import type { TFunction } from 'i18next';
import { lazy, Suspense, useMemo, useState } from 'react';
import { IconButton } from '../../../ui/icon-button';
import { IconMoodSmile } from '../../../ui/icons';
import { Popover } from '../../../ui/popover';
import classes from './composer.module.css';

// Loaded when it is first opened.
const EmojiPicker = lazy(() => import('../../../ui/emoji-picker').then((module) => ({ default: module.EmojiPicker })));

interface EmojiButtonProps {
  language: string;
  t: TFunction<'chat'>;
  onPick: (emoji: string) => void;
}

const PICKER_PX = 312;

export function EmojiButton({ language, t, onPick }: EmojiButtonProps) {
  const [opened, setOpened] = useState(false);
  // After a choice one goes on writing; after Esc one is back at the button.
  const [chosen, setChosen] = useState(false);
  const labels = useMemo(
    () => ({ search: t('emoji.search'), empty: t('emoji.empty'), loading: t('emoji.loading'), categories: categories(t) }),
    [t],
  );
  const toggle = () => {
    setChosen(false);
    setOpened(!opened);
  };
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      label={t('composer.emoji')}
      width={PICKER_PX}
      side="top-start"
      returnFocus={!chosen}
      trigger={
        <IconButton label={t('composer.emoji')} size="sm" aria-haspopup="dialog" aria-expanded={opened} onClick={toggle}>
          <IconMoodSmile size={19} stroke={1.6} />
        </IconButton>
      }
    >
      <Suspense fallback={<div className={classes.emojiLoading}>{t('emoji.loading')}</div>}>
        <EmojiPicker
          language={language}
          labels={labels}
          onSelect={(emoji) => {
            setChosen(true);
            setOpened(false);
            onPick(emoji);
          }}
        />
      </Suspense>
    </Popover>
  );
}

/** emojibase's numbers of the groups that are offered, in order. */
function categories(t: TFunction<'chat'>): ReadonlyMap<number, string> {
  return new Map([
    [0, t('emoji.smileys')],
    [1, t('emoji.people')],
    [3, t('emoji.nature')],
    [4, t('emoji.food')],
    [6, t('emoji.activities')],
    [5, t('emoji.travel')],
    [7, t('emoji.objects')],
    [8, t('emoji.symbols')],
  ]);
}
