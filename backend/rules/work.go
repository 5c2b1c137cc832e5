package rules

func tasks() []Setting {
	return []Setting{
		{Key: "tasks.confirm_hours", Kind: Int, Default: 24, Unit: Hours, Min: 1, Max: 168, Level: Hard, Serves: []string{"R92"}},
		{Key: "tasks.deliverable_required", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R96"}},
		{Key: "tasks.reviewer", Kind: Enum, Default: "creator", Options: []string{"creator", "head"}, Level: Hard, Serves: []string{"R97"}},
		{Key: "tasks.review_days", Kind: Int, Default: 2, Unit: WorkingDays, Min: 1, Max: 30, Level: Hard, Serves: []string{"R97"}},
		{Key: "tasks.reject_reason", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R97"}},
		{Key: "tasks.escalate", Kind: Bool, Default: true, Level: Default, Serves: []string{"R99"}},
	}
}

func approvals() []Setting {
	return []Setting{
		{Key: "approvals.text_max", Kind: Int, Default: 300, Unit: Characters, Min: 100, Max: 5000, Level: Can, Serves: []string{"R104"}},
		{Key: "approvals.departments_min", Kind: Int, Default: 2, Unit: NoUnit, Min: 2, Max: 10, Level: Can, Serves: []string{"R104"}},
		{Key: "approvals.sequential", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R105"}},
	}
}

func meetings() []Setting {
	invitation := []string{"topic", "agenda", "duration", "attendees", "materials"}
	return []Setting{
		{Key: "meetings.invite_days", Kind: Int, Default: 1, Unit: Days, Min: 0, Max: 14, Level: Hard, Serves: []string{"R108"}},
		{Key: "meetings.invitation_fields", Kind: List, Default: invitation, Options: invitation, Min: 0, Max: len(invitation), Level: Hard, Serves: []string{"R108"}},
		{Key: "meetings.test_minutes", Kind: Int, Default: 10, Unit: Minutes, Min: 0, Max: 60, Level: Default, Serves: []string{"R110"}},
		{Key: "meetings.minutes_hours", Kind: Int, Default: 24, Unit: Hours, Min: 1, Max: 168, Level: Hard, Serves: []string{"R112"}},
	}
}

func files() []Setting {
	folder, name := []string{"department", "project", "type"}, []string{"date", "department", "name", "version"}
	return []Setting{
		{Key: "files.folder_template", Kind: List, Default: folder, Options: []string{"department", "project", "type", "year", "quarter", "matter"}, Min: 0, Max: 6, Level: Hard, Serves: []string{"R115"}},
		{Key: "files.name_template", Kind: List, Default: name, Options: name, Min: 0, Max: len(name), Level: Hard, Serves: []string{"R116"}},
		{Key: "files.refused_types", Kind: List, Default: []string{"avi", "flv", "mkv", "rmvb"}, Min: 0, Max: 50, Level: Hard, Serves: []string{"R118"}},
		{Key: "files.department_access", Kind: Enum, Default: "view", Options: []string{"none", "view", "edit"}, Level: Hard, Serves: []string{"R119"}},
		{Key: "files.share_days", Kind: Int, Default: 7, Unit: Days, Min: 1, Max: 30, Level: Hard, Serves: []string{"R122", "R106"}},
		{Key: "files.sensitive_approval", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R123", "R124", "R106"}},
		{Key: "files.monthly_cleanup", Kind: Bool, Default: true, Level: Default, Serves: []string{"R127"}},
		{Key: "files.archive_days", Kind: Int, Default: 3, Unit: WorkingDays, Min: 1, Max: 30, Level: Hard, Serves: []string{"R129"}},
		{Key: "files.archive_template", Kind: List, Default: []string{"date", "type", "version"}, Options: []string{"date", "type", "version"}, Min: 0, Max: 3, Level: Hard, Serves: []string{"R130"}},
		{Key: "files.archive_approval", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R131", "R106"}},
		{Key: BackupDays, Kind: Int, Default: 7, Unit: Days, Min: 0, Max: 90, Level: Default, Serves: []string{"R137"}, Acts: true},
	}
}

func reports() []Setting {
	kinds := []string{"daily", "weekly", "monthly", "special"}
	return []Setting{
		{Key: "reports.kinds", Kind: List, Default: kinds, Options: kinds, Min: 0, Max: len(kinds), Level: Can, Serves: []string{"R132"}},
		{Key: "reports.due", Kind: Text, Default: "18:00", Unit: Clock, Min: 5, Max: 5, Level: Hard, Serves: []string{"R133"}},
		{Key: "reports.late_reminder", Kind: Bool, Default: true, Level: Hard, Serves: []string{"R133"}},
	}
}
