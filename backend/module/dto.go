package module

import "time"

// Timestamp is how times travel to the interface: RFC 3339 in UTC with milliseconds, "" for the zero time. A time.Time would
// arrive there without a type.
func Timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
