package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tongzhou/backend/fault"
)

// Backup is what the command asks for.
type Backup struct {
	To         string // absolute folder; "": the one of the last time
	Passphrase string // of a new set
}

// Restore is what the command asks for.
type Restore struct {
	From              string // absolute
	Passphrase, Words string
	Run               uint64
	OldIsGone         bool
}

// Progress tells how far a long command is. It may be called often.
type Progress func(phase string, done, total uint64)

// Outcome is what came of a backup or restoring, in the words of the messages.
type Outcome struct {
	Key    string
	Values map[string]string
}

// backupCommand copies what is new to another disk (R137).
type backupCommand struct {
	dataFlag
	To         string `help:"${backup_to}" placeholder:"DIR"`
	Passphrase string `help:"${backup_passphrase}" placeholder:"FILE"`
}

func (b *backupCommand) Run(ctx context.Context, c *call) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	if err := c.fit(); err != nil {
		return err
	}
	dir, err := b.dir(c.Environment)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap("data.missing", err, "dir", dir)
	}
	in := Backup{}
	if b.To != "" {
		if in.To, err = filepath.Abs(b.To); err != nil {
			return fmt.Errorf("find the folder: %w", err)
		}
	}
	if in.Passphrase, err = c.secret(b.Passphrase); err != nil {
		return err
	}
	release, err := hold(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	out, err := c.Backup(ctx, dir, in, c.progress())
	return c.tell(out, err)
}

// restoreCommand makes a data directory of a backup (R138).
type restoreCommand struct {
	dataFlag
	From       string `help:"${restore_from}" placeholder:"DIR" required:""`
	Passphrase string `help:"${restore_passphrase}" placeholder:"FILE"`
	Words      string `help:"${restore_words}" placeholder:"FILE"`
	Number     uint64 `help:"${restore_number}" placeholder:"N"`
	OldGone    bool   `name:"old-machine-gone" help:"${restore_old_gone}"`
}

func (r *restoreCommand) Run(ctx context.Context, c *call) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	if err := c.fit(); err != nil {
		return err
	}
	dir, err := r.dir(c.Environment)
	if err != nil {
		return err
	}
	in := Restore{Run: r.Number, OldIsGone: r.OldGone}
	if in.From, err = filepath.Abs(r.From); err != nil {
		return fmt.Errorf("find the folder: %w", err)
	}
	if in.Words, err = c.secret(r.Words); err != nil {
		return err
	}
	if in.Words == "" {
		if in.Passphrase, err = c.secret(r.Passphrase); err != nil {
			return err
		}
	}
	release, err := createAndHold(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	out, err := c.Restore(ctx, dir, in, c.progress())
	return c.tell(out, err)
}

// secret reads the first line of a file, or of standard input for "-". Secrets are no arguments: every program on the machine sees
// those.
func (c *call) secret(name string) (string, error) {
	var in io.Reader = c.Stdin
	switch name {
	case "":
		return "", nil
	case "-":
	default:
		file, err := os.Open(name)
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		defer file.Close()
		in = file
	}
	const most = 4096 // bytes
	line, err := bufio.NewReader(io.LimitReader(in, most)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// progress says on standard error what is done, once a second and whenever something else begins.
func (c *call) progress() Progress {
	var last string
	var said time.Time
	return func(phase string, done, total uint64) {
		if now := time.Now(); phase != last || now.Sub(said) >= time.Second {
			last, said = phase, now
			fmt.Fprintln(c.Stderr, c.words.say("backup.phase."+phase, map[string]string{"done": fmt.Sprint(done), "total": fmt.Sprint(total)}))
		}
	}
}

func (c *call) tell(out Outcome, err error) error {
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Stdout, c.words.say(out.Key, out.Values))
	return nil
}
