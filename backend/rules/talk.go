package rules

import "tongzhou/sync/op"

func chat() []Setting {
	week := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	return []Setting{
		{Key: "chat.file_megabytes", Kind: Int, Default: 50, Unit: Megabytes, Min: 1, Max: 500, Level: Hard, Serves: []string{"R33"}},
		{Key: "chat.recall_minutes", Kind: Int, Default: 2, Unit: Minutes, Min: 0, Max: 1440, Level: Hard, Serves: []string{"R35"}},
		{Key: "chat.everyone", Kind: Enum, Default: "group_admin", Options: []string{Off, "group_admin", "group_owner"}, Level: Default, Serves: []string{"R39"}},
		{Key: "chat.everyone_per_day", Kind: Int, Default: 3, Unit: Times, Min: 0, Max: 50, Level: Default, Serves: []string{"R39"}},
		{Key: "chat.nudge_per_day", Kind: Int, Default: 3, Unit: Times, Min: 1, Max: 50, Level: Can, Serves: []string{"R40"}},
		{Key: "chat.bare_file_hint", Kind: Bool, Default: true, Level: Default, Serves: []string{"R41"}},
		{Key: "chat.file_name_hint", Kind: Bool, Default: true, Level: Default, Serves: []string{"R43"}},
		{Key: BurstSame, Kind: Int, Default: 5, Unit: Times, Min: 0, Max: 50, Level: Hard, Serves: []string{"R45"}, Acts: true},
		{Key: "chat.short_run", Kind: Int, Default: 5, Unit: Times, Min: 0, Max: 50, Level: Default, Serves: []string{"R46"}},
		{Key: "chat.workdays", Kind: List, Default: week[:5], Options: week, Min: 1, Max: 7, Level: Hard, Serves: []string{"R47"}},
		{Key: "chat.work_start", Kind: Text, Default: "09:00", Unit: Clock, Min: 5, Max: 5, Level: Hard, Serves: []string{"R47"}},
		{Key: "chat.work_end", Kind: Text, Default: "18:00", Unit: Clock, Min: 5, Max: 5, Level: Hard, Serves: []string{"R47"}},
		{Key: "chat.reply_minutes", Kind: Int, Default: 30, Unit: Minutes, Min: 0, Max: 1440, Level: Default, Serves: []string{"R47", "R48"}},
		{Key: "chat.reply_other_minutes", Kind: Int, Default: 120, Unit: Minutes, Min: 0, Max: 2880, Level: Default, Serves: []string{"R47"}},
		{Key: "chat.quiet", Kind: Bool, Default: true, Level: Default, Serves: []string{"R49"}},
		{Key: "chat.quiet_from", Kind: Text, Default: "22:00", Unit: Clock, Min: 5, Max: 5, Level: Default, Serves: []string{"R49"}},
		{Key: "chat.quiet_until", Kind: Text, Default: "07:00", Unit: Clock, Min: 5, Max: 5, Level: Default, Serves: []string{"R49"}},
		{Key: "chat.frequency_hint", Kind: Bool, Default: true, Level: Default, Serves: []string{"R50"}},
		{Key: "chat.sensitive_words", Kind: List, Default: []string{}, Min: 0, Max: 100, Level: Hard, Serves: []string{"R52"}},
		{Key: "chat.sensitive_action", Kind: Enum, Default: "review", Options: []string{"warn", "review", "refuse"}, Level: Hard, Serves: []string{"R52"}},
		{Key: "chat.forward_outside", Kind: Bool, Default: false, Level: Hard, Serves: []string{"R53"}},
		{Key: HistoryDays, Kind: Int, Default: 0, Unit: Days, Min: 0, Least: op.MinKeepDays, Max: op.MaxKeepDays, Options: []string{"0", "365", "730"}, Level: Can, Serves: []string{"R57", "R143"}, Acts: true, Final: true},
		{Key: "chat.watermark", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R53"}},
	}
}

func groups() []Setting {
	return []Setting{
		{Key: "groups.name_template", Kind: List, Default: []string{"department", "project", "type"}, Options: []string{"department", "project", "type"}, Min: 0, Max: 3, Level: Hard, Serves: []string{"R59"}},
		{Key: "groups.name_parts", Kind: Int, Default: 3, Unit: Parts, Min: 1, Max: 3, Level: Hard, Serves: []string{"R59"}},
		{Key: "groups.name_parts_accepted", Kind: Int, Default: 2, Unit: Parts, Min: 1, Max: 3, Level: Hard, Serves: []string{"R59"}},
		{Key: "groups.cross_creators", Kind: Enum, Default: "head", Options: []string{"member", "head", "admin"}, Level: Hard, Serves: []string{"R60"}},
		{Key: "groups.purpose_required", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R61"}},
		{Key: "groups.cross_heads", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R62"}},
		{Key: "groups.necessity_check", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R63"}},
		{Key: "groups.join_review", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R65", "R66", "R106"}},
		{Key: "groups.nickname_hint", Kind: Bool, Default: true, Level: Default, Serves: []string{"R69"}},
		{Key: "groups.announcement_required", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R70"}},
		{Key: "groups.guests_write", Kind: Bool, Default: false, Level: Hard, Serves: []string{"R76"}},
		{Key: "groups.review_days", Kind: Int, Default: 90, Unit: Days, Min: 0, Max: 365, Level: Default, Serves: []string{"R78"}},
		{Key: "groups.silent_days", Kind: Int, Default: 60, Unit: Days, Min: 0, Max: 365, Level: Default, Serves: []string{"R78"}},
		{Key: "groups.dissolve_approval", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R80", "R106"}},
		{Key: "groups.dissolve_export", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R81"}},
		{Key: "groups.idle_days", Kind: Int, Default: 30, Unit: Days, Min: 0, Max: 365, Level: Default, Serves: []string{"R82"}},
	}
}

func announcement() []Setting {
	return []Setting{
		{Key: "announcement.publishers", Kind: Enum, Default: "admin", Options: []string{"dept_admin", "head", "admin", "owner"}, Level: Hard, Serves: []string{"R85"}},
		{Key: "announcement.review", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R86"}},
		{Key: "announcement.official", Kind: Enum, Default: "admin", Options: []string{"admin", "owner"}, Level: Hard, Serves: []string{"R87"}, Who: Owners},
	}
}
