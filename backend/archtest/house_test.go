package archtest

import (
	"os"
	"testing"
)

// house loads this repository.
func house(t *testing.T) *Tree {
	t.Helper()
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if !tree.has("go.mod") || len(tree.gos) < 10 {
		t.Fatalf("this is not the repository: %d Go files", len(tree.gos))
	}
	return tree
}

func rules() map[string]func(*Tree) []Finding {
	return map[string]func(*Tree) []Finding{
		"Directions":  Directions,
		"PackageDocs": PackageDocs,
		"Leftovers":   Leftovers,
		"Habits":      Habits,
		"Purity":      Purity,
		"Rooms":       Rooms,
		"Messages":    Messages,
	}
}

func TestTheHouse(t *testing.T) {
	tree := house(t)
	for name, rule := range rules() {
		t.Run(name, func(t *testing.T) {
			for _, finding := range rule(tree) {
				t.Error(finding)
			}
		})
	}
}
