/** What the drawer of the chat screen shows: who is in the chat, who got a message, or search. */
export type Panel = 'info' | 'delivery' | 'search';

export function toPanel(param: string): Panel | null {
  return param === 'info' || param === 'delivery' || param === 'search' ? param : null;
}
