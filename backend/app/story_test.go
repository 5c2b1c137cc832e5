package app

import (
	"testing"

	"tongzhou/backend/features/announcement"
)

// pair is a team of two who are in sync.
func pair(t *testing.T, adapt ...func(*App)) (a, b *person) {
	t.Helper()
	a, b = newPerson(t, "张三", adapt...), newPerson(t, "李四", adapt...)
	a.found()
	b.joined(a.invite(), "1002")
	a.synced(1)
	b.synced(1)
	return a, b
}

// R1, R5, R6, R28, R32, R37: the main job.
func TestTwoColleaguesWorkTogether(t *testing.T) {
	a, b := pair(t)
	const everybody = "李四 1002 销售部; 张三 1001 销售部"
	for _, p := range []*person{a, b} {
		p.until("the directory", func() bool { return p.names() == everybody })
		if s := p.state(); s.TeamName != "星海科技" || s.Me.Name != p.name {
			t.Fatalf("%s: state %+v", p.name, s)
		}
	}
	if a.state().Role != "owner" || b.state().Role != "member" {
		t.Fatalf("roles %s and %s", a.state().Role, b.state().Role)
	}
	d := a.direct(b)
	a.send(d, "你好")
	b.reads(d, "你好")
	b.send(d, "在")
	a.reads(d, "你好", "在")
	g := b.group("销售群", a)
	b.send(g, "大家好")
	a.reads(g, "大家好")
	if _, err := a.news().Publish(announcement.PublishInput{Title: "公告", Text: "内容", NeedAck: true}); err != nil {
		t.Fatal(err)
	}
	b.until("the announcement", func() bool {
		l, err := b.news().List()
		return err == nil && len(l) == 1 && l[0].Title == "公告"
	})
	a.synced(1)
	b.synced(1)

	a.stop()
	b.stop()
	a.start()
	b.start()
	a.reads(d, "你好", "在")
	b.reads(g, "大家好")
	a.synced(1)
	a.send(g, "回来了")
	b.reads(g, "大家好", "回来了")
	a.verified()
	b.verified()
}
