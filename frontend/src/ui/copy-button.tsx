import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from '../platform/machine';
import { Button } from './button';
import { IconCheck, IconCopy } from './icons';

interface CopyButtonProps {
  text: string;
  label: string;
  kind?: 'primary' | 'default' | 'ghost';
  size?: 'md' | 'sm';
}

const SHOWN_MS = 2000;

/** Copies, and says so on itself. */
export function CopyButton({ text, label, kind = 'default', size = 'md' }: CopyButtonProps) {
  const { t } = useTranslation('ui');
  const [done, setDone] = useState(false);
  return (
    <Button
      kind={kind}
      size={size}
      icon={done ? <IconCheck size={15} stroke={2} /> : <IconCopy size={15} stroke={1.7} />}
      onClick={() => {
        void copyText(text).then(() => {
          setDone(true);
          window.setTimeout(() => setDone(false), SHOWN_MS);
        });
      }}
    >
      <span aria-live="polite">{done ? t('copied') : label}</span>
    </Button>
  );
}
