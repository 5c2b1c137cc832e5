package rules

// All returns the registry in the order in which it is shown.
func All() []Setting {
	var all []Setting
	for _, part := range []struct {
		group    Group
		settings []Setting
	}{
		{Account, account()},
		{Chat, chat()},
		{Groups, groups()},
		{Announcement, announcement()},
		{Tasks, tasks()},
		{Approvals, approvals()},
		{Meetings, meetings()},
		{Files, files()},
		{Reports, reports()},
		{Emergency, emergency()},
		{Audit, audit()},
	} {
		for _, s := range part.settings {
			s.Group = part.group
			if s.Who == "" {
				s.Who = Admins
			}
			all = append(all, s)
		}
	}
	return all
}
