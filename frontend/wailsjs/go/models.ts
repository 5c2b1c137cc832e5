export namespace announcement {
	
	export interface AnnouncementDTO {
	    id: string;
	    title: string;
	    text: string;
	    authorId: string;
	    authorName: string;
	    at: string;
	    read: number;
	    total: number;
	    acknowledged: boolean;
	    needAck: boolean;
	}
	export interface PersonDTO {
	    userId: string;
	    name: string;
	}
	export interface PublishInput {
	    title: string;
	    text: string;
	    needAck: boolean;
	}
	export interface ReadersDTO {
	    read: PersonDTO[];
	    unread: PersonDTO[];
	}

}

export namespace app {
	
	export interface CheckDTO {
	    name: string;
	    ok: boolean;
	    state: string;
	    code: string;
	    params: Record<string, string>;
	}
	export interface PeerDTO {
	    deviceId: string;
	    userId: string;
	    userName: string;
	    deviceName: string;
	    path: string;
	    address: string;
	    state: string;
	    since: string;
	    syncedAt: string;
	    lastSeen: string;
	    bytesIn: number;
	    bytesOut: number;
	    behind: number;
	    reason: string;
	}
	export interface SelfDTO {
	    deviceName: string;
	    peerId: string;
	    addresses: string[];
	    code: string;
	}
	export interface ConnectionsDTO {
	    self: SelfDTO;
	    state: string;
	    online: number;
	    upload: number;
	    download: number;
	    syncedAt: string;
	    peers: PeerDTO[];
	}
	export interface ProfileInput {
	    name: string;
	    staffNo: string;
	    departmentId: string;
	    departmentName: string;
	    position: string;
	    phone: string;
	    email: string;
	    kind: string;
	}
	export interface FoundInput {
	    teamName: string;
	    profile: ProfileInput;
	    deviceName: string;
	}
	export interface InvitationDTO {
	    id: string;
	    link: string;
	    createdAt: string;
	    expiresAt: string;
	    state: string;
	    usedBy: string;
	    note: string;
	}
	export interface InvitationInput {
	    note: string;
	}
	export interface InvitationPreviewDTO {
	    teamName: string;
	    inviter: string;
	    expiresAt: string;
	    addresses: number;
	}
	export interface JoinDTO {
	    step: string;
	    done: number;
	    total: number;
	    code: string;
	    params: Record<string, string>;
	    since: string;
	}
	export interface JoinInput {
	    link: string;
	    profile: ProfileInput;
	    deviceName: string;
	}
	export interface MeDTO {
	    userId: string;
	    deviceId: string;
	    name: string;
	}
	
	
	
	export interface SettingsDTO {
	    language: string;
	    theme: string;
	    sendKey: string;
	}
	export interface StateDTO {
	    phase: string;
	    teamId: string;
	    teamName: string;
	    me: MeDTO;
	    role: string;
	    version: string;
	    os: string;
	    settings: SettingsDTO;
	    damage: string;
	}

}

export namespace chat {
	
	export interface LastDTO {
	    id: string;
	    text: string;
	    senderId: string;
	    senderName: string;
	    at: string;
	    own: boolean;
	}
	export interface ChatDTO {
	    id: string;
	    kind: string;
	    name: string;
	    purpose: string;
	    peerUserId: string;
	    members: number;
	    avatar: number;
	    last?: LastDTO;
	    unread: number;
	    mentioned: boolean;
	    draft: string;
	    muted: boolean;
	    pinned: boolean;
	    canSend: boolean;
	    canManage: boolean;
	}
	export interface ChatMemberDTO {
	    userId: string;
	    name: string;
	    role: string;
	    online: boolean;
	}
	export interface PersonDTO {
	    userId: string;
	    name: string;
	}
	export interface ReceiverDTO {
	    userId: string;
	    name: string;
	    read: boolean;
	}
	export interface DeliveryDTO {
	    savedAt: string;
	    total: number;
	    received: ReceiverDTO[];
	    waiting: PersonDTO[];
	}
	export interface GroupInput {
	    name: string;
	    purpose: string;
	    members: string[];
	}
	export interface MessageDTO {
	    id: string;
	    chatId: string;
	    senderId: string;
	    senderName: string;
	    text: string;
	    at: string;
	    own: boolean;
	    late: boolean;
	    state: string;
	    received: number;
	    total: number;
	    read: number;
	}
	export interface HistoryDTO {
	    messages: MessageDTO[];
	    hasOlder: boolean;
	    hasNewer: boolean;
	    firstUnread: string;
	}
	export interface HistoryQuery {
	    chatId: string;
	    before: string;
	    after: string;
	    around: string;
	    limit: number;
	}
	export interface HitDTO {
	    message: MessageDTO;
	    chatName: string;
	    chatKind: string;
	    ranges: number[][];
	}
	
	
	
	
	export interface SearchDTO {
	    hits: HitDTO[];
	    indexing: number;
	    more: boolean;
	}
	export interface SearchQuery {
	    text: string;
	    chatId: string;
	    senderId: string;
	    before: string;
	    limit: number;
	}
	export interface SendInput {
	    chatId: string;
	    text: string;
	    clientId: string;
	}

}

export namespace org {
	
	export interface DepartmentDTO {
	    id: string;
	    parentId: string;
	    name: string;
	    members: number;
	    total: number;
	}
	export interface MemberDTO {
	    userId: string;
	    name: string;
	    pinyin: string;
	    staffNo: string;
	    departmentId: string;
	    departmentPath: string[];
	    position: string;
	    phone: string;
	    email: string;
	    kind: string;
	    role: string;
	    online: boolean;
	    joinedAt: string;
	    self: boolean;
	    avatar: number;
	}
	export interface MemberPageDTO {
	    members: MemberDTO[];
	    total: number;
	}
	export interface MemberQuery {
	    text: string;
	    departmentId: string;
	    limit: number;
	    offset: number;
	}
	export interface ProfileInput {
	    name: string;
	    staffNo: string;
	    departmentId: string;
	    departmentName: string;
	    position: string;
	    phone: string;
	    email: string;
	    kind: string;
	}

}

