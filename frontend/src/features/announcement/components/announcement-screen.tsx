import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useParam, useSetParams } from '../../../platform/navigation';
import { EmptyState } from '../../../ui/empty-state';
import { IconSpeakerphone } from '../../../ui/icons';
import { Panes } from '../../../ui/panes';
import { announcementsQuery } from '../queries';
import { AnnouncementList } from './announcement-list';
import { AnnouncementReader } from './announcement-reader';
import { PublishDialog } from './publish-dialog';
import { ReadersDrawer } from './readers-drawer';

/** 公告. In the address: `id` of what is read, `readers` for the drawer, `new` for the dialog. */
export function AnnouncementScreen() {
  const { t } = useTranslation('announcement');
  const set = useSetParams();
  const id = useParam('id');
  const readers = useParam('readers') !== '';
  const publishing = useParam('new') !== '';
  const list = useQuery(announcementsQuery);
  const open = list.data?.find((one) => one.id === id);
  return (
    <>
      <Panes
        id="announcement"
        mainKey={id}
        list={<AnnouncementList open={id} onOpen={(next) => set({ id: next })} onPublish={() => set({ new: '1' })} />}
        drawer={open && readers ? <ReadersDrawer key={id} id={id} onClose={() => set({ readers: '' })} /> : null}
      >
        {open ? (
          <AnnouncementReader key={id} announcement={open} readersOpen={readers} onReaders={() => set({ readers: readers ? '' : '1' })} />
        ) : (
          !list.isPending && <EmptyState icon={<IconSpeakerphone size={36} stroke={1.3} />} text={id ? t('reader.gone') : t('reader.pick')} />
        )}
      </Panes>
      {publishing && (
        <PublishDialog onClose={() => set({ new: '' }, { replace: true })} onDone={(published) => set({ new: '', id: published }, { replace: true })} />
      )}
    </>
  );
}
