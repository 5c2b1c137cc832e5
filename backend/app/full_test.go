package app

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"tongzhou/backend/fault"
	"tongzhou/backend/features/chat"
	"tongzhou/sync/replica"
)

// room lets the database grow by so many pages and no more; negative: by any number.
func (p *person) room(pages int) {
	p.t.Helper()
	limit := 1 << 30
	if pages >= 0 {
		var now int
		if err := p.database().Read().QueryRow(`PRAGMA page_count`).Scan(&now); err != nil {
			p.t.Fatal(err)
		}
		limit = now + pages
	}
	if p.teamNow() == nil { // founding and joining begin a database of their own
		p.tune.store.MaxPages = limit
	}
	err := p.database().Write(context.Background(), func(tx replica.Tx) error {
		return tx.QueryRow(fmt.Sprintf(`PRAGMA max_page_count = %d`, limit)).Scan(&limit)
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestAFullDisk(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	g := a.group("销售群", b)
	var sent []string
	a.room(2)
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		text := fmt.Sprint("第 ", i, strings.Repeat(" 很长", 50))
		if _, err = a.chat().Send(chat.SendInput{ChatID: g, Text: text}); err == nil {
			sent = append(sent, text)
		}
	}
	wantFault(t, err, "store.full")
	if len(sent) == 0 {
		t.Fatal("nothing fitted")
	}
	_, err = a.api.SaveSettings(SettingsDTO{Language: "en", Theme: "dark", SendKey: "enter"})
	if err != nil { // a row may still have room
		wantFault(t, err, "store.full")
	}
	a.reads(g, sent...)
	b.reads(g, sent...) // what was saved is sent on
	a.room(-1)
	a.send(g, "又有地方了")
	b.reads(g, append(sent, "又有地方了")...)
	a.synced(1)
	a.verified()
	b.verified()
}

// A team that finds no room is not half there.
func TestFoundingOnAFullDisk(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.room(0)
	_, err := p.api.Found(FoundInput{TeamName: "星海科技", Profile: p.profile("1001"), Passphrase: passphrase})
	wantFault(t, err, "store.full")
	p.outside()
	p.room(-1)
	p.found()
	p.until("the names", func() bool { return p.names() == "张三 1001 销售部" })
	p.verified()
}

func TestJoiningOnAFullDisk(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	b.room(1)
	if err := b.join(link, "1002"); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", "store.full")
	b.outside(joiningFile)
	b.room(-1)
	b.joined(link, "1002")
	a.until("the newcomer's name", func() bool { return a.names() == "李四 1002 销售部; 张三 1001 销售部" })
	b.verified()
}

// The member's disk is full: it says so, and another try works.
func TestTheMembersDiskIsFull(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	a.room(0)
	for { // until not even a small op fits
		if _, err := a.api.CreateInvitation(InvitationInput{}); err != nil {
			wantFault(t, err, "store.full")
			break
		}
	}
	if err := b.join(link, "1002"); err != nil {
		t.Fatal(err)
	}
	b.until("the reason", func() bool { return b.api.JoinProgress().Code == "join.busy" })
	a.room(-1)
	b.joinEnds("done", "")
}

func TestFullDiskIsAFaultPeopleHear(t *testing.T) {
	if code := fault.Code(storeFault(fmt.Errorf("x: %w", errNoSpace()))); code != "store.full" {
		t.Errorf("code %s", code)
	}
}
