package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// diary notes when steps begin and end.
type diary struct {
	mu    sync.Mutex
	notes []string
}

func (d *diary) add(note string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes = append(d.notes, note)
}

// lasting is a step that takes a minute.
func (d *diary) lasting(name string, err error) func(context.Context, io.Writer) error {
	return func(context.Context, io.Writer) error {
		d.add("+" + name)
		<-time.After(time.Minute)
		d.add("-" + name)
		return err
	}
}

func TestOneStepOfALaneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var one, other diary
		begin := time.Now()
		err := (&tool{out: io.Discard}).runSteps(t.Context(), []step{
			{name: "a", lane: "one", run: one.lasting("a", nil)},
			{name: "b", lane: "one", run: one.lasting("b", nil)},
			{name: "c", lane: "other", run: other.lasting("c", nil)},
			{name: "d", lane: "other", run: other.lasting("d", nil)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"+a", "-a", "+b", "-b"}; !slices.Equal(one.notes, want) {
			t.Errorf("in one lane %v, want %v", one.notes, want)
		}
		if took := time.Since(begin); took != 2*time.Minute {
			t.Errorf("two lanes of two minutes took %v", took)
		}
	})
}

func TestAStepWaitsAcrossLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var story diary
		err := (&tool{out: io.Discard}).runSteps(t.Context(), []step{
			{name: "uses", lane: "one", needs: []string{"makes"}, run: story.lasting("uses", nil)},
			{name: "follows", lane: "other", after: []string{"breaks"}, run: story.lasting("follows", nil)},
			{name: "makes", lane: "third", run: story.lasting("makes", nil)},
			{name: "breaks", lane: "third", run: story.lasting("breaks", errors.New("broken"))},
		})
		if err == nil || err.Error() != "failed: breaks" {
			t.Errorf("error %v", err)
		}
		for _, pair := range [][2]string{{"-makes", "+uses"}, {"-breaks", "+follows"}} {
			first, then := slices.Index(story.notes, pair[0]), slices.Index(story.notes, pair[1])
			if first < 0 || then < first {
				t.Errorf("%s not before %s in %v", pair[0], pair[1], story.notes)
			}
		}
	})
}

func TestStepsThatWaitForEachOtherFail(t *testing.T) {
	err := (&tool{out: io.Discard}).runSteps(t.Context(), []step{
		{name: "a", needs: []string{"b"}, run: result(nil)},
		{name: "b", after: []string{"a"}, run: result(nil)},
		{name: "c", run: result(nil)},
	})
	if err == nil || !strings.Contains(err.Error(), "1 of 3") {
		t.Errorf("error %v", err)
	}
}

func TestEveryLineNamesItsStep(t *testing.T) {
	var printed bytes.Buffer
	terminal := &shared{to: &printed}
	a, b := &transcript{to: terminal, name: "a"}, &transcript{to: terminal, name: "b"}
	for _, out := range []io.Writer{a, b, a} {
		if _, err := fmt.Fprint(out, "half, "); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprint(a, "whole\nnext")
	if seen := a.close() + b.close(); seen != "half, half, whole\nnexthalf, " {
		t.Errorf("seen %q", seen)
	}
	if want := "[a] half, half, whole\n[a] next\n[b] half, \n"; printed.String() != want {
		t.Errorf("printed %q, want %q", printed.String(), want)
	}
}
