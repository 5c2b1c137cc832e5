package nettest

import (
	"context"
	"fmt"
	"time"
)

const (
	kills = 5
	// writers keep several sends under way, so that a kill finds some at every stage.
	writers = 3
)

// killedWhileWriting ends a program with SIGKILL in the middle of writing, again and again. Nothing that it said was saved may
// be missing afterwards, here or at the colleague.
func killedWhileWriting(ctx context.Context, s *scene) error {
	a, err := s.member(ctx, "a", "安然", "1001", address{own: "203.0.113.21/24", outer: "203.0.113.21"})
	if err != nil {
		return err
	}
	b, err := s.member(ctx, "b", "白川", "1002", address{own: "203.0.113.22/24", outer: "203.0.113.22"})
	if err != nil {
		return err
	}
	chat, err := team(ctx, a, b)
	if err != nil {
		return err
	}
	var saved []string
	for round := range kills {
		// The moment differs from round to round, from the first send to a good many.
		texts := writeUntilKilled(ctx, a, chat, round, time.Duration(20+150*round)*time.Millisecond)
		saved = append(saved, texts...)
		if err := a.start(ctx); err != nil {
			return err
		}
	}
	if len(saved) == 0 {
		return fmt.Errorf("nothing was saved in %d rounds", kills)
	}
	if err := a.holds(ctx, chat, saved, 20*time.Second); err != nil {
		return err
	}
	if err := b.holds(ctx, chat, saved, 60*time.Second); err != nil {
		return err
	}
	if err := sameHistory(ctx, chat, a, b); err != nil {
		return err
	}
	s.ok("killed %d times while writing: all %d saved messages are here and at the colleague, in the same order", kills, len(saved))
	return verified(ctx, s, a, b)
}

// writeUntilKilled returns the texts that the program said were saved.
func writeUntilKilled(ctx context.Context, m *member, chat string, round int, after time.Duration) []string {
	saved := make(chan string, 4096)
	ended := make(chan struct{}, writers)
	for w := range writers {
		go func() {
			defer func() { ended <- struct{}{} }()
			for i := 0; ; i++ {
				text := fmt.Sprintf("%d-%d-%d 已保存", round, w, i)
				if m.send(ctx, chat, text) != nil {
					return
				}
				saved <- text
			}
		}()
	}
	select {
	case <-time.After(after):
	case <-ctx.Done():
	}
	m.program.kill()
	for range writers {
		<-ended
	}
	close(saved)
	var texts []string
	for text := range saved {
		texts = append(texts, text)
	}
	return texts
}

// team founds a team, lets the others join, and makes a group of all.
func team(ctx context.Context, first *member, others ...*member) (chat string, err error) {
	if err := first.found(ctx, teamName); err != nil {
		return "", err
	}
	for _, m := range others {
		if err := joinBy(ctx, first, m); err != nil {
			return "", err
		}
	}
	return first.group(ctx, groupName, others...)
}

func joinBy(ctx context.Context, first, m *member) error {
	invitation, err := first.invite(ctx)
	if err != nil {
		return err
	}
	return m.join(ctx, invitation)
}

// sameHistory waits until all show the same messages in the same order.
func sameHistory(ctx context.Context, chat string, members ...*member) error {
	what := ""
	return until(ctx, 30*time.Second, func() (bool, error) {
		first, err := members[0].history(ctx, chat)
		if err != nil {
			return false, err
		}
		for _, m := range members[1:] {
			list, err := m.history(ctx, chat)
			if err != nil {
				return false, err
			}
			what = fmt.Sprintf("%s has %d messages, %s %d", members[0].person, len(first), m.person, len(list))
			if len(list) != len(first) {
				return false, nil
			}
			for i := range list {
				if list[i] != first[i] {
					what = fmt.Sprintf("message %d differs: %v and %v", i, first[i], list[i])
					return false, nil
				}
			}
		}
		return true, nil
	}, func() string { return what })
}

// verified stops the programs and checks their data.
func verified(ctx context.Context, s *scene, members ...*member) error {
	for _, m := range members {
		if err := m.program.stop(); err != nil {
			return fmt.Errorf("stop %s: %w", m.name, err)
		}
		if err := m.verify(ctx); err != nil {
			return err
		}
	}
	s.ok("verify passes for all %d", len(members))
	return nil
}
