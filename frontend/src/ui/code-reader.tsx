import { useMutation } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { useRef, useState } from 'react';
import type { ClipboardEvent, DragEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { codeApi } from '../platform/api';
import { useFaultText } from '../platform/fault-text';
import { Button } from './button';
import classes from './code-reader.module.css';
import { IconQrcode } from './icons';

interface CodeReaderProps {
  /** The field, with what is wrong with the picture, if anything is: that comes before what is wrong with the text. */
  children: (error: string | undefined) => ReactNode;
  /** Takes the code's text as if it had been pasted. */
  onText: (text: string) => void;
}

/** Around a field for a link: fills it from a picture of the link's QR code that is chosen, pasted or dropped. */
export function CodeReader({ children, onText }: CodeReaderProps) {
  const { t } = useTranslation('ui');
  const reasonOf = useFaultText();
  const file = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const { mutate, reset, isPending, isSuccess, error } = useMutation({ mutationFn: codeApi.read });
  const read = (pictures: FileList | null | undefined) => {
    const picture = pictures?.[0];
    if (picture) mutate(picture, { onSuccess: onText });
  };

  const onPaste = (event: ClipboardEvent) => {
    // What office programs copy is a text and a picture of it: then the text is meant.
    if (event.clipboardData.files.length === 0 || event.clipboardData.getData('text') !== '') return;
    event.preventDefault();
    read(event.clipboardData.files);
  };
  const onDrag = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault(); // or the window would open the file
    setOver(true);
  };
  const onDrop = (event: DragEvent) => {
    setOver(false);
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    read(event.dataTransfer.files);
  };
  return (
    // Typing goes on with the text: a picture that is still being read no longer replaces it.
    <div className={clsx(classes.reader, over && classes.over)} onPaste={onPaste} onDragOver={onDrag} onDragLeave={() => setOver(false)} onDrop={onDrop} onInput={reset}>
      {children(error ? reasonOf(error) : undefined)}
      <div className={classes.bar}>
        <Button size="sm" kind="ghost" icon={<IconQrcode size={15} stroke={1.7} />} loading={isPending} onClick={() => file.current?.click()}>
          {t('code.choose')}
        </Button>
        <span className={classes.how} role="status">
          {isPending ? t('code.reading') : isSuccess ? t('code.done') : t('code.how')}
        </span>
      </div>
      <input
        ref={file}
        type="file"
        accept="image/png,image/jpeg,image/gif"
        hidden
        aria-label={t('code.file')}
        // Not typing.
        onInput={(event) => event.stopPropagation()}
        onChange={(event) => {
          read(event.target.files);
          event.target.value = ''; // the same file again is a choice as well
        }}
      />
    </div>
  );
}
