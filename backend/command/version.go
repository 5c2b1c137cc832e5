package command

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker in release builds: -X tongzhou/backend/command.version=1.2.3
var version = "dev"

// versionCommand says which program this is.
type versionCommand struct{}

func (versionCommand) Run(c *call) error {
	info, _ := debug.ReadBuildInfo() // nil in a binary without module support, of which there is none
	fmt.Fprintf(c.Stdout, "tongzhou %s\ncommit %s\n%s %s/%s\n", version, commitOf(info), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// commitOf names the commit the program was built from; "unknown" if it was built outside a repository.
func commitOf(info *debug.BuildInfo) string {
	commit, date, modified := "unknown", "", ""
	if info == nil {
		return commit
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			commit = setting.Value
		case "vcs.time":
			date = " " + setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				modified = " modified"
			}
		}
	}
	return commit + date + modified
}
