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
	
	export interface AccountDTO {
	    staffNo: string;
	    name: string;
	    wordsConfirmed: boolean;
	    passphraseState: string;
	    passphraseDays: number;
	    keychain: boolean;
	    remembered: boolean;
	    idleMinutes: number;
	    since: string;
	    by: string;
	}
	export interface BackupFailDTO {
	    at: string;
	    code: string;
	    params: Record<string, string>;
	}
	export interface BackupRunDTO {
	    at: string;
	    added: number;
	    size: number;
	    ops: number;
	    read: boolean;
	    tested: boolean;
	    code: string;
	}
	export interface BackupDTO {
	    folder: string;
	    set: string;
	    days: number;
	    due: boolean;
	    dueAt: string;
	    later: boolean;
	    phase: string;
	    done: number;
	    total: number;
	    last: BackupRunDTO;
	    failed: BackupFailDTO;
	}
	
	
	export interface ChangePassphraseInput {
	    old: string;
	    next: string;
	}
	export interface CheckDTO {
	    name: string;
	    ok: boolean;
	    state: string;
	    code: string;
	    params: Record<string, string>;
	}
	export interface CheckPassphraseInput {
	    passphrase: string;
	    staffNo: string;
	    name: string;
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
	export interface OwnerDTO {
	    userId: string;
	    name: string;
	}
	export interface CouncilDTO {
	    needed: number;
	    keys: number;
	    owners: OwnerDTO[];
	}
	export interface DeviceDTO {
	    id: string;
	    name: string;
	    current: boolean;
	    addedAt: string;
	    addedBy: string;
	    lastSeen: string;
	    online: boolean;
	    state: string;
	    canRevoke: boolean;
	    needsWords: boolean;
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
	    passphrase: string;
	    council: number;
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
	    relay: string;
	}
	export interface JoinInput {
	    link: string;
	    profile: ProfileInput;
	    deviceName: string;
	    passphrase: string;
	}
	export interface LinkDTO {
	    link: string;
	    expiresAt: string;
	}
	export interface LinkDeviceInput {
	    link: string;
	    deviceName: string;
	    passphrase: string;
	}
	export interface LinkStateDTO {
	    step: string;
	    code: string;
	    deviceName: string;
	    fault: string;
	    params: Record<string, string>;
	}
	export interface MeDTO {
	    userId: string;
	    deviceId: string;
	    name: string;
	}
	
	export interface PassphraseCheckDTO {
	    problems: string[];
	    score: number;
	}
	
	
	export interface RecoverInput {
	    link: string;
	    words: string[];
	    deviceName: string;
	    passphrase: string;
	}
	export interface RelayDTO {
	    key: string;
	    name: string;
	    addresses: string[];
	    state: string;
	    path: string;
	    reason: string;
	    since: string;
	    waiting: number;
	    behind: number;
	    storedAt: string;
	    syncedAt: string;
	    devices: number;
	    refused: string;
	}
	export interface RelayLinkDTO {
	    key: string;
	    addresses: string[];
	    known: boolean;
	    allows: boolean;
	}
	export interface RelaysDTO {
	    relays: RelayDTO[];
	    mayChange: boolean;
	    max: number;
	}
	export interface ReplaceOwnerInput {
	    replaces: string;
	    subject: string;
	    words: string[][];
	}
	export interface RescueCodeInput {
	    deviceId: string;
	    passphrase: string;
	}
	export interface ResetByCodeInput {
	    code: string;
	    next: string;
	}
	export interface ResetPassphraseInput {
	    words: string[];
	    next: string;
	}
	export interface RestoreInput {
	    from: string;
	    passphrase: string;
	    words: string;
	    run: number;
	    oldIsGone: boolean;
	}
	export interface RestoreProgressDTO {
	    phase: string;
	    done: number;
	    total: number;
	}
	export interface RestoredDTO {
	    deviceName: string;
	    at: string;
	    run: number;
	    ops: number;
	    missing: number;
	    rows: number;
	}
	export interface ResumeJoinInput {
	    staffNo: string;
	    passphrase: string;
	}
	export interface RevokeDeviceInput {
	    deviceId: string;
	    lost: boolean;
	    words: string[];
	}
	
	export interface SetUpBackupInput {
	    current: string;
	    folder: string;
	    passphrase: string;
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
	    account: AccountDTO;
	    damage: string;
	}
	export interface UnlockInput {
	    staffNo: string;
	    passphrase: string;
	    remember: boolean;
	}

}

export namespace audit {
	
	export interface EntryDTO {
	    id: string;
	    at: string;
	    userId: string;
	    userName: string;
	    deviceId: string;
	    deviceName: string;
	    action: string;
	    params: Record<string, string>;
	    kind: string;
	    state: string;
	    reason: string;
	}
	export interface ExportDTO {
	    path: string;
	    entries: number;
	    digest: string;
	}
	export interface PageDTO {
	    entries: EntryDTO[];
	    more: boolean;
	}
	export interface Query {
	    userId: string;
	    kind: string;
	    from: string;
	    to: string;
	    text: string;
	    before: string;
	    limit: number;
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
	    onRelay: boolean;
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
	    filling: boolean;
	    firstUnread: string;
	    keptFrom: string;
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
	
	export interface AccountRequestInput {
	    name: string;
	    staffNo: string;
	    departmentId: string;
	    position: string;
	    kind: string;
	    note: string;
	}
	export interface BelongingDTO {
	    id: string;
	    feature: string;
	    kind: string;
	    title: string;
	    heirId: string;
	}
	export interface PersonRef {
	    userId: string;
	    name: string;
	}
	export interface DepartmentDTO {
	    id: string;
	    parentId: string;
	    name: string;
	    members: number;
	    total: number;
	    heads: PersonRef[];
	    admins: PersonRef[];
	    duty: string;
	    canState: boolean;
	}
	export interface DutyInput {
	    userId: string;
	    departmentId: string;
	    text: string;
	}
	export interface FieldDTO {
	    name: string;
	    from: string;
	    to: string;
	}
	export interface FreezeInput {
	    userId: string;
	    reason: string;
	}
	export interface HeirInput {
	    itemId: string;
	    userId: string;
	}
	export interface RoleDTO {
	    role: string;
	    departmentId: string;
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
	    picture: string;
	    pictureHere: boolean;
	    canRemovePicture: boolean;
	    avatars: string;
	    duty: string;
	    standing: string;
	    since: string;
	    roles: RoleDTO[];
	    placed: boolean;
	    namesake: boolean;
	    canManage: boolean;
	    canPlace: boolean;
	    canFreeze: boolean;
	    canState: boolean;
	}
	export interface MemberPageDTO {
	    members: MemberDTO[];
	    total: number;
	}
	export interface MemberQuery {
	    text: string;
	    departmentId: string;
	    standing: string;
	    kind: string;
	    role: string;
	    limit: number;
	    offset: number;
	}
	export interface MergeInput {
	    id: string;
	    into: string;
	}
	export interface OffboardInput {
	    userId: string;
	    mode: string;
	    heirs: HeirInput[];
	    note: string;
	}
	export interface StepDTO {
	    key: string;
	    state: string;
	    detail: string;
	}
	export interface OffboardingDTO {
	    id: string;
	    userId: string;
	    name: string;
	    at: string;
	    byName: string;
	    mode: string;
	    note: string;
	    steps: StepDTO[];
	    open: number;
	}
	export interface PermissionDTO {
	    kind: string;
	    scopeId: string;
	    name: string;
	    role: string;
	    since: string;
	}
	export interface PermissionsDTO {
	    role: string;
	    departmentName: string;
	    items: PermissionDTO[];
	    reviewedAt: string;
	    dueAt: string;
	}
	
	export interface PictureDTO {
	    data: string;
	}
	export interface PlaceInput {
	    userId: string;
	    departmentId: string;
	}
	export interface PlanDTO {
	    member: MemberDTO;
	    items: BelongingDTO[];
	    devices: number;
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
	export interface ReviewStepDTO {
	    role: string;
	    state: string;
	    byName: string;
	    at: string;
	    comment: string;
	}
	export interface RequestDTO {
	    id: string;
	    kind: string;
	    state: string;
	    byId: string;
	    byName: string;
	    at: string;
	    subjectId: string;
	    subject: string;
	    note: string;
	    fields: FieldDTO[];
	    steps: ReviewStepDTO[];
	    canReview: boolean;
	    canWithdraw: boolean;
	}
	export interface RequestQuery {
	    box: string;
	    state: string;
	}
	export interface ReviewInput {
	    id: string;
	    approve: boolean;
	    comment: string;
	}
	
	export interface ReviewedDTO {
	    request: RequestDTO;
	    invitation: string;
	}
	
	export interface RoleInput {
	    userId: string;
	    role: string;
	    departmentId: string;
	}

}

export namespace rules {
	
	export interface RuleChangeDTO {
	    at: string;
	    byId: string;
	    byName: string;
	    device: string;
	    from: any;
	    to: any;
	}
	export interface RuleDTO {
	    key: string;
	    group: string;
	    kind: string;
	    unit: string;
	    min: number;
	    max: number;
	    least: number;
	    options: string[];
	    default: any;
	    value: any;
	    changed: boolean;
	    serves: string[];
	    level: string;
	    who: string;
	    canChange: boolean;
	    acts: boolean;
	    final: boolean;
	    at: string;
	    by: string;
	}
	export interface SetInput {
	    key: string;
	    value: any;
	}

}

