import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { useGo, useParam, useSetParams } from '../../../platform/navigation';
import { usePeople } from '../../../platform/people';
import { EmptyState } from '../../../ui/empty-state';
import { IconMessageCircle } from '../../../ui/icons';
import { Panes } from '../../../ui/panes';
import { useToast } from '../../../ui/toast';
import { chatsQuery, useOpenDirect } from '../queries';
import { toPanel } from '../panel';
import { ChatDrawer } from './chat-drawer';
import { ChatList } from './chat-list';
import { ChatPane } from './chat-pane';
import { CreateDialog } from './create-dialog';

/**
 * 消息. What is open is in the address: `chat`, `message` to go to, `panel` at the
 * right, `new` for the dialog, and `person` to open the chat with someone.
 */
export function ChatScreen() {
  const { t } = useTranslation('chat');
  const set = useSetParams();
  const chatId = useParam('chat');
  const panel = toPanel(useParam('panel'));
  const creating = useParam('new') !== '';
  const chats = useQuery(chatsQuery);
  const people = usePeople();
  useOpenPerson();

  const chat = chats.data?.find((c) => c.id === chatId);
  const searchedIn = useParam('in');
  // The drawer stays as it is; what it shows follows the chat, except who received a message of the other one.
  const pick = (id: string) =>
    set({ chat: id, message: '', new: '', of: '', panel: panel === 'delivery' ? '' : (panel ?? ''), in: searchedIn && id });
  return (
    <>
      <Panes
        id="chat"
        mainKey={chatId}
        list={
          <ChatList
            open={chatId}
            people={people}
            onPick={pick}
            onNew={() => set({ new: '1' })}
            onSearch={() => set({ panel: 'search', in: '' })}
          />
        }
        drawer={panel && (chat ?? panel === 'search') ? <ChatDrawer panel={panel} chat={chat ?? null} people={people} /> : null}
      >
        {chat ? (
          <ChatPane key={chat.id} chat={chat} people={people} />
        ) : (
          !chats.isPending && (
            <EmptyState icon={<IconMessageCircle size={36} stroke={1.3} />} text={chatId ? t('pane.gone') : t('pane.pick')} />
          )
        )}
      </Panes>
      {creating && <CreateDialog people={people} onClose={() => set({ new: '' }, { replace: true })} onDone={pick} />}
    </>
  );
}

/** Other screens link to a person: this opens the chat with them. */
function useOpenPerson(): void {
  const go = useGo();
  const toast = useToast();
  const reasonOf = useFaultText();
  const person = useParam('person');
  const { mutate } = useOpenDirect();
  const asked = useRef('');
  useEffect(() => {
    if (asked.current === person) return;
    asked.current = person;
    if (person === '') return;
    mutate(person, {
      onSuccess: (chat) => go('/chat', { chat: chat.id }, { replace: true }),
      onError: (error) => {
        toast(reasonOf(error));
        go('/chat', {}, { replace: true });
      },
    });
  }, [person, mutate, go, toast, reasonOf]);
}
