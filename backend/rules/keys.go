package rules

// Settings that this version of the program obeys.
const (
	PassphraseDays       Key = "account.passphrase_days"        // a passphrase must be changed after so long (R12)
	PassphraseRemindDays Key = "account.passphrase_remind_days" // and is asked for so long before
	IdleMinutes          Key = "account.idle_minutes"           // without a key or a click, the program locks; 0: never (R18)
	ProfileComplete      Key = "account.profile_complete"       // department and position must be filled in (R5)
	ReviewDays           Key = "account.permission_review_days" // people look at their own permissions every so often; 0: never (R22)
	InviteDays           Key = "invite.days"                    // how long an invitation admits (R8)
	RotateDays           Key = "keys.rotate_days"               // age at which a key is replaced (R21)
	Avatars              Key = "account.avatar"                 // people are shown by a photograph of their own, or all of a department alike (R4)
	ProfileReview        Key = "org.profile_review"             // name, department and position change by request only (R19)
	AccountReview        Key = "org.account_review"             // who asks for an account does not approve it (R8)
	HistoryDays          Key = "history.keep_days"              // messages go after so long; 0: never (R57)
	BurstSame            Key = "chat.burst_same"                // so many equal messages in a row, no more; 0: any number (R45)
	BackupDays           Key = "files.backup_days"              // a backup is reminded of, and made where it can be, after so long; 0: never (R137)
	AuditRoles           Key = "audit.export_roles"             // who may export the audit log (R140)
)

// UniformAvatars is the value of Avatars by which people have no photographs: those of a department look alike.
const UniformAvatars = "uniform"
