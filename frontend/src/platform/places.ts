// Parameters of the address that open something of one feature from any other.

/** `setParams({ [INVITE]: '1' })` opens the dialog that invites a colleague, above whatever is open. */
export const INVITE = 'invite';

/** `setParams({ [LEAVE]: '1' })` opens the dialog in which a person leaves the team. */
export const LEAVE = 'leave';

/** `setParams({ [ADDRESS]: '1' })` opens the dialog that connects to a colleague by address. */
export const ADDRESS = 'address';

/** `setParams({ [RELAYS]: '1' })` opens the dialog of the team's relays. */
export const RELAYS = 'relays';
