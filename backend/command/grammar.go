package command

import (
	"fmt"
	"log/slog"
	"path/filepath"
)

// grammar is what may be asked, in the tags of package kong. Help texts are in messages/ under "help.".
type grammar struct {
	Verbose bool `help:"${verbose}" short:"v"`

	Open    openCommand    `cmd:"" default:"withargs" help:"${open}"`
	Serve   serveCommand   `cmd:"" help:"${serve}"`
	Relay   relayCommand   `cmd:"" help:"${relay}"`
	Verify  verifyCommand  `cmd:"" help:"${verify}"`
	Backup  backupCommand  `cmd:"" help:"${backup}"`
	Restore restoreCommand `cmd:"" help:"${restore}"`
	Doctor  doctorCommand  `cmd:"" help:"${doctor}"`
	Version versionCommand `cmd:"" help:"${version}"`
}

func (g grammar) level() slog.Level {
	if g.Verbose {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// dataFlag names the data directory.
type dataFlag struct {
	Data string `help:"${data}" placeholder:"DIR"`
}

// dir returns the absolute path of the data directory; by default it is in the person's configuration directory.
func (f dataFlag) dir(e Environment) (string, error) {
	dir := f.Data
	if dir == "" {
		config, err := e.ConfigDir()
		if err != nil {
			return "", fmt.Errorf("find the data directory: %w", err)
		}
		dir = filepath.Join(config, "Tongzhou")
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data directory: %w", err)
	}
	return absolute, nil
}

// appFlags is what the commands that run the app have in common.
type appFlags struct {
	dataFlag
	P2PPort   uint16   `name:"p2p-port" help:"${p2p_port}" placeholder:"N"`
	P2PListen []string `name:"p2p-listen" help:"${p2p_listen}" placeholder:"MULTIADDR" sep:"none"`
	NoMDNS    bool     `name:"no-mdns" help:"${no_mdns}"`
}

// make makes the app, without starting it.
func (f appFlags) make(c *call) (App, error) {
	if err := c.fit(); err != nil {
		return nil, err
	}
	dir, err := f.dir(c.Environment)
	if err != nil {
		return nil, err
	}
	return c.New(Options{Data: dir, P2PPort: int(f.P2PPort), P2PListen: f.P2PListen, NoMDNS: f.NoMDNS, Log: c.log})
}
