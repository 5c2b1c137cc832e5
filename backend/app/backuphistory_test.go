package app

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// U1, U2, U5, U6: a random history of a device that writes, backs up, is killed in the middle of either, and is lost and restored
// from its last finished backup, beside a colleague who writes as well. What was written and reached the colleague, or was backed up,
// is there in the end, once, on both; nothing forked, and the tables are what the ops say. TONGZHOU_SEED runs one history.
func TestU5AnyHistoryOfRestoring(t *testing.T) {
	t.Parallel()
	seeds := []uint64{1, 2, 3, 4, 5, 6}
	if one, err := strconv.ParseUint(os.Getenv("TONGZHOU_SEED"), 10, 64); err == nil {
		seeds = []uint64{one}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			h := &restoringHistory{t: t, random: rand.New(rand.NewPCG(seed, 0))}
			h.run()
		})
	}
}

type restoringHistory struct {
	t      *testing.T
	random *rand.Rand
	a, b   *person
	chat   string
	stick  string
	want   []string // what must be there in the end
	said   []string // what happened
}

func (h *restoringHistory) run() {
	h.a, h.b = pair(h.t)
	h.chat = h.a.group("销售群", h.b)
	h.stick = h.t.TempDir()
	defer func() {
		if h.t.Failed() {
			h.t.Logf("history: %q", h.said)
		}
	}()
	h.write(h.a)
	h.a.backsUp(h.stick)
	for range 12 {
		switch n := h.random.IntN(10); {
		case n < 4:
			h.write(h.a)
		case n < 6:
			h.write(h.b)
		case n < 7:
			h.say("back up")
			h.a.backsUpAgain()
		case n < 8:
			h.killed()
		case n < 9:
			h.say("restart")
			h.a.stop()
			h.a.start()
		default:
			h.lost()
		}
	}
	h.lost()
	h.write(h.a)
	h.write(h.b)
	h.agree()
	if n := h.a.forks() + h.b.forks(); n != 0 {
		h.t.Errorf("%d forks", n)
	}
	h.a.verified()
	h.b.verified()
}

func (h *restoringHistory) say(what string) { h.said = append(h.said, what) }

func (h *restoringHistory) write(p *person) {
	text := fmt.Sprint(p.name, len(h.want))
	h.say(text)
	p.send(h.chat, text)
	h.want = append(h.want, text)
}

// killed ends the program like a power cut, sometimes in the middle of a backup.
func (h *restoringHistory) killed() {
	h.say("kill")
	if h.random.IntN(2) == 0 {
		if _, err := h.a.api.BackUpNow(); err != nil {
			h.t.Fatal(err)
		}
	}
	h.a.kill()
	h.a.start()
}

// lost loses the machine after the colleague has everything, and makes another one of the stick.
func (h *restoringHistory) lost() {
	h.say("lose and restore")
	h.agree()
	h.a.stop()
	sets, err := filepath.Glob(filepath.Join(h.stick, "*"))
	if err != nil || len(sets) == 0 {
		h.t.Fatal("nothing on the stick")
	}
	h.a = h.a.restored(sets[len(sets)-1])
	h.stick = h.t.TempDir() // a new machine has a set of its own
	h.a.backsUp(h.stick)
}

func (h *restoringHistory) agree() {
	want := slices.Sorted(slices.Values(h.want))
	for _, p := range []*person{h.a, h.b} {
		var got []string
		p.until("everything that was written", func() bool {
			got = p.texts(h.chat)
			slices.Sort(got)
			return slices.Equal(got, want)
		})
	}
}
