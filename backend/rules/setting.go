package rules

// Key names a setting for good: it stands in signed ops.
type Key string

// Kind is the type of a setting's value.
type Kind string

// The kinds, with the Go type of a checked value.
const (
	Bool Kind = "bool" // bool
	Int  Kind = "int"  // int
	Enum Kind = "enum" // string, one of Options
	Text Kind = "text" // string
	List Kind = "list" // []string, without repetition; of Options where there are any
)

// Unit is what a number or text counts in.
type Unit string

// The units.
const (
	NoUnit      Unit = ""
	Seconds     Unit = "seconds"
	Minutes     Unit = "minutes"
	Hours       Unit = "hours"
	Days        Unit = "days"
	WorkingDays Unit = "working_days"
	Megabytes   Unit = "megabytes"
	Characters  Unit = "characters"
	Times       Unit = "times"
	Parts       Unit = "parts"
	Clock       Unit = "clock" // a text, "09:00"
)

// Level is the kind of the requirement behind a setting.
type Level string

// The levels of the requirements.
const (
	Hard    Level = "H" // enforced
	Default Level = "D" // a nudge or warning, to be switched off where it does not help
	Can     Level = "F" // a capability
	Policy  Level = "P" // stated and acknowledged
)

// Who may change a setting.
type Who string

// The two who may. An owner may change whatever an admin may.
const (
	Owners Who = "owner"
	Admins Who = "admin"
)

// Group is where the screen of rules shows a setting.
type Group string

// The groups, in the order in which they are shown.
const (
	Account      Group = "account"
	Chat         Group = "chat"
	Groups       Group = "groups"
	Announcement Group = "announcement"
	Tasks        Group = "tasks"
	Approvals    Group = "approvals"
	Meetings     Group = "meetings"
	Files        Group = "files"
	Reports      Group = "reports"
	Emergency    Group = "emergency"
	Audit        Group = "audit"
)

// Setting is one entry of the registry.
type Setting struct {
	Key     Key
	Group   Group
	Kind    Kind
	Default any // of the kind's Go type
	Unit    Unit
	// Min and Max bound an Int, the characters of a Text, the entries of a List. An Int of Level Default whose Min is 0 is
	// switched off by 0.
	Min, Max int
	Least    int      // of an Int that may be 0 too: the smallest other value; 0: Min
	Options  []string // of an Int: values that have names, others are as good
	Level    Level
	Serves   []string // "R35"
	Who      Who
	Acts     bool // this version of the program obeys it
	Final    bool // what a value other than the default takes away does not come back with the default
}

// Find returns a setting; false for a key that this version does not know.
func Find(key Key) (Setting, bool) {
	for _, s := range All() {
		if s.Key == key {
			return s, true
		}
	}
	return Setting{}, false
}

// Switchable tells whether the setting can be turned off.
func (s Setting) Switchable() bool {
	switch s.Kind {
	case Bool:
		return true
	case Int, List:
		return s.Min == 0
	case Enum:
		for _, o := range s.Options {
			if o == Off {
				return true
			}
		}
	case Text:
	}
	return false
}

// Off is the option of an Enum that switches its rule off.
const Off = "off"
