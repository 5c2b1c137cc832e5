import { useTranslation } from 'react-i18next';
import { useParam, useSetParams } from '../../../platform/navigation';
import type { People } from '../../../platform/people';
import { Drawer } from '../../../ui/drawer';
import type { Chat } from '../model';
import type { Panel } from '../panel';
import { DeliveryPanel } from './delivery-panel';
import { MembersPanel } from './members-panel';
import { PersonPanel } from './person-panel';
import { SearchPanel } from './search-panel';

interface ChatDrawerProps {
  panel: Panel;
  /** The open chat; null only for the search over all chats. */
  chat: Chat | null;
  people: People;
}

export function ChatDrawer({ panel, chat, people }: ChatDrawerProps) {
  const { t } = useTranslation('chat');
  const set = useSetParams();
  const of = useParam('of');
  const close = () => set({ panel: '', of: '', in: '', from: '', q: '' });
  const direct = chat?.kind === 'direct';
  const titles = { search: t('search.title'), delivery: t('delivery.title'), info: direct ? t('person.title') : t('members.title') };
  return (
    <Drawer title={titles[panel]} onClose={close}>
      {panel === 'search' && <SearchPanel people={people} />}
      {panel === 'delivery' && of !== '' && <DeliveryPanel key={of} messageId={of} people={people} />}
      {panel === 'info' && chat && (direct ? <PersonPanel userId={chat.peerUserId} name={chat.name} people={people} /> : <MembersPanel chat={chat} people={people} />)}
    </Drawer>
  );
}
