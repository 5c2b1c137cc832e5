import type { TFunction } from 'i18next';
import { useEffect, useRef, useState } from 'react';
import type { SendKey } from '../../../platform/api';
import { Button } from '../../../ui/button';
import { IconAlertCircle, IconSend2, IconX } from '../../../ui/icons';
import { IconButton } from '../../../ui/icon-button';
import { PlainEditor } from '../../../ui/plain-editor';
import type { PlainEditorHandle } from '../../../ui/plain-editor';
import { useDraft } from '../use-draft';
import classes from './composer.module.css';
import { EmojiButton } from './emoji-button';

interface ComposerProps {
  name: string;
  /** The draft of this chat when it was opened. */
  draft: string;
  sendKey: SendKey;
  language: string;
  mac: boolean;
  t: TFunction<'chat'>;
  /** Rejects when the message was not saved. */
  onSend: (text: string) => Promise<void>;
  onDraft: (text: string) => void;
  reasonOf: (error: unknown) => string;
}

const HINT = 'composer-hint';
const FAILURE = 'composer-failure';

export function Composer({ name, draft, sendKey, language, mac, t, onSend, onDraft, reasonOf }: ComposerProps) {
  const editor = useRef<PlainEditorHandle>(null);
  const [empty, setEmpty] = useState(draft.trim() === '');
  const [failure, setFailure] = useState('');
  const drafts = useDraft(draft, onDraft);

  useEffect(() => {
    // Who opens a chat wants to write, unless they are walking through the list or a dialog is open.
    if (!document.activeElement?.closest('[role="listbox"], [role="dialog"]')) editor.current?.focus();
  }, []);

  const change = (text: string) => {
    setEmpty(text.trim() === '');
    drafts.change(text);
  };

  const submit = () => {
    const text = editor.current?.text().trim();
    if (!text) return;
    setFailure('');
    editor.current?.setText('');
    drafts.save('');
    onSend(text).catch((error: unknown) => {
      // What was written must never be lost: it goes back to where it was written.
      const since = editor.current?.text() ?? drafts.current();
      const restored = since ? `${text}\n${since}` : text;
      editor.current?.setText(restored);
      drafts.save(restored);
      setFailure(t('composer.failed', { reason: reasonOf(error) }));
    });
  };

  return (
    <div className={classes.composer}>
      {failure && <Failure text={failure} t={t} onDismiss={() => setFailure('')} />}
      {/* The whole box is the target; the editor in it is what the keyboard reaches. */}
      <div
        className={classes.box}
        onClick={(event) => {
          if (event.target === event.currentTarget) editor.current?.focus();
        }}
      >
        <PlainEditor
          ref={editor}
          label={t('composer.label', { name })}
          placeholder={t('composer.placeholder', { name })}
          initialText={draft}
          sendKey={sendKey}
          onChange={change}
          onSubmit={submit}
          describedBy={failure ? FAILURE : HINT}
        />
        <div className={classes.bar} role="toolbar" aria-label={t('composer.tools')}>
          <EmojiButton language={language} t={t} onPick={(emoji) => editor.current?.insert(emoji)} />
          <span className={classes.space} />
          <span id={HINT} className={classes.hint}>
            {sendKey === 'enter' ? t('composer.hintEnter') : t(mac ? 'composer.hintCmd' : 'composer.hintCtrl')}
          </span>
          <Button kind="primary" size="sm" icon={<IconSend2 size={15} stroke={1.8} />} disabledReason={empty ? t('composer.empty') : ''} onClick={submit}>
            {t('composer.send')}
          </Button>
        </div>
      </div>
    </div>
  );
}

interface FailureProps {
  text: string;
  t: TFunction<'chat'>;
  onDismiss: () => void;
}

function Failure({ text, t, onDismiss }: FailureProps) {
  return (
    <div className={classes.failure} role="alert" id={FAILURE}>
      <IconAlertCircle size={16} stroke={1.7} aria-hidden />
      <span>{text}</span>
      <IconButton label={t('composer.dismiss')} size="sm" onClick={onDismiss}>
        <IconX size={15} stroke={1.7} />
      </IconButton>
    </div>
  );
}
