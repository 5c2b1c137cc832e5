// Command tongzhou is the desktop app 同舟: a company works together without a central server.
package main

import (
	"embed"
	"io/fs"
	"os"

	"tongzhou/backend/command"
)

// The built interface. Before its first build the folder holds only .gitkeep, and the program says so instead.
//
//go:embed all:frontend/dist
var frontend embed.FS

func main() {
	dist, err := fs.Sub(frontend, "frontend/dist")
	if err != nil { // the path is a constant, and valid
		panic(err)
	}
	os.Exit(command.Main(dist))
}
