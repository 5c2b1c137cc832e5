package rules

func account() []Setting {
	return []Setting{
		{Key: ProfileComplete, Kind: Bool, Default: true, Level: Hard, Serves: []string{"R5"}, Acts: true},
		{Key: Avatars, Kind: Enum, Default: "photo", Options: []string{"photo", UniformAvatars, Off}, Level: Default, Serves: []string{"R4"}, Acts: true},
		{Key: AccountReview, Kind: Bool, Default: true, Level: Hard, Serves: []string{"R8", "R106"}, Acts: true},
		{Key: ProfileReview, Kind: Bool, Default: true, Level: Hard, Serves: []string{"R19", "R106"}, Acts: true},
		{Key: InviteDays, Kind: Int, Default: 7, Unit: Days, Min: 1, Max: 30, Level: Hard, Serves: []string{"R8"}, Acts: true},
		{Key: "account.passphrase_min", Kind: Int, Default: 8, Unit: Characters, Min: 8, Max: 64, Level: Hard, Serves: []string{"R10"}, Who: Owners},
		{Key: PassphraseDays, Kind: Int, Default: 90, Unit: Days, Min: 30, Max: 365, Level: Hard, Serves: []string{"R12"}, Who: Owners, Acts: true},
		{Key: PassphraseRemindDays, Kind: Int, Default: 14, Unit: Days, Min: 1, Max: 29, Level: Hard, Serves: []string{"R12"}, Acts: true},
		{Key: IdleMinutes, Kind: Int, Default: 15, Unit: Minutes, Min: 0, Max: 240, Level: Default, Serves: []string{"R18"}, Acts: true},
		{Key: "account.public_hint", Kind: Bool, Default: true, Level: Default, Serves: []string{"R18"}},
		{Key: ReviewDays, Kind: Int, Default: 90, Unit: Days, Min: 0, Max: 365, Level: Default, Serves: []string{"R22"}, Acts: true},
		{Key: "account.norm_required", Kind: Bool, Default: true, Level: Policy, Serves: []string{"R23", "R143"}},
		{Key: RotateDays, Kind: Int, Default: 30, Unit: Days, Min: 1, Max: 90, Level: Hard, Serves: []string{"R21", "R52"}, Who: Owners, Acts: true},
	}
}

func emergency() []Setting {
	return []Setting{
		{Key: "emergency.contact", Kind: Text, Default: "8888", Min: 0, Max: 60, Level: Can, Serves: []string{"R136"}},
		{Key: "emergency.copy_head", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R135"}},
		{Key: "emergency.alarm_minutes", Kind: Int, Default: 5, Unit: Minutes, Min: 1, Max: 60, Level: Can, Serves: []string{"R134", "R91"}},
		{Key: "emergency.escalate_minutes", Kind: Int, Default: 30, Unit: Minutes, Min: 5, Max: 1440, Level: Hard, Serves: []string{"R135"}},
	}
}

func audit() []Setting {
	return []Setting{
		{Key: AuditRoles, Kind: Enum, Default: "admin", Options: []string{"admin", "owner"}, Level: Hard, Serves: []string{"R139", "R140"}, Who: Owners, Acts: true},
		{Key: "audit.access_log", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R31", "R140"}, Who: Owners},
		{Key: "audit.group_export", Kind: Enum, Default: "group_admin", Options: []string{"group_admin", "group_owner"}, Level: Hard, Serves: []string{"R74", "R141"}},
	}
}
