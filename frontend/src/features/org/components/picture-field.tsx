import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Avatar } from '../../../ui/avatar';
import { Button } from '../../../ui/button';
import { useToast } from '../../../ui/toast';
import type { Member } from '../model';
import { useRemovePicture, useSetPicture } from '../queries';
import classes from './picture-field.module.css';

/** The own photograph. It counts at once, without saving the rest of the profile. Where those of a department look alike (R4), there is none. */
export function PictureField({ me }: { me: Member }) {
  const { t } = useTranslation('org');
  const file = useRef<HTMLInputElement>(null);
  const set = useSetPicture();
  const remove = useRemovePicture();
  const toast = useToast();
  const reasonOf = useFaultText();
  const error = set.error ?? remove.error;
  const uniform = me.avatars === 'uniform';
  const choose = (chosen: File | undefined) => {
    if (!chosen || set.isPending) return;
    remove.reset();
    set.mutate(chosen, { onSuccess: () => toast(t('picture.saved')) });
  };
  const takeAway = () => {
    set.reset();
    remove.mutate(me.userId, { onSuccess: () => toast(t('picture.removed')) });
  };
  return (
    <div className={classes.field}>
      <Avatar name={me.name} userId={me.userId} colour={me.avatar} size={56} />
      <div className={classes.words}>
        <div className={classes.buttons}>
          {!uniform && (
            <Button size="sm" loading={set.isPending} onClick={() => file.current?.click()}>
              {me.picture === '' ? t('picture.choose') : t('picture.change')}
            </Button>
          )}
          {me.canRemovePicture && (
            <Button size="sm" kind="ghost" loading={remove.isPending} onClick={takeAway}>
              {t('picture.remove')}
            </Button>
          )}
        </div>
        {error ? (
          <p className={classes.error} role="alert">
            {t('picture.failed', { reason: reasonOf(error) })}
          </p>
        ) : (
          <p className={classes.help}>{uniform ? t('picture.uniform') : me.avatars === 'photo' ? t('picture.help') : t('picture.free')}</p>
        )}
      </div>
      <input
        ref={file}
        type="file"
        accept="image/*"
        hidden
        aria-label={t('picture.label')}
        onChange={(event) => {
          choose(event.target.files?.[0]);
          event.target.value = ''; // the same file again is a choice as well
        }}
      />
    </div>
  );
}
