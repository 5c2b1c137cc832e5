import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../ui/button';
import { Group } from '../../../ui/group';
import { councilQuery } from '../queries';
import { ReplaceOwnerDialog } from './replace-owner-dialog';

interface CouncilGroupProps {
  open: boolean;
  onOpen: () => void;
  onClose: () => void;
}

/** The recovery council and its one act, in a team that has one. */
export function CouncilGroup({ open, onOpen, onClose }: CouncilGroupProps) {
  const { t } = useTranslation('account');
  const { data: council } = useQuery(councilQuery);
  if (!council || council.needed === 0) return null;
  return (
    <>
      <Group
        title={t('replace.title')}
        help={t('replace.about', { k: council.needed, n: council.keys })}
        control={
          <Button aria-haspopup="dialog" onClick={onOpen}>
            {t('replace.open')}
          </Button>
        }
      />
      {open && <ReplaceOwnerDialog council={council} onClose={onClose} />}
    </>
  );
}
