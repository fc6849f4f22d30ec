package results

import (
	"slices"
	"testing"
)

func TestDescribeTasks(t *testing.T) {
	for want, numbers := range map[string][]int{
		"task 3": {3}, "tasks 0-2, 5": {0, 1, 2, 5},
		"tasks 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, and 2 more": {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22},
	} {
		if got := describeTasks(numbers); got != want {
			t.Errorf("%v: %s; want %s", numbers, got, want)
		}
	}
}

func TestParseTasks(t *testing.T) {
	for text, want := range map[string]Tasks{"": nil, "3": {{3, 3}}, "0,3-5": {{0, 0}, {3, 5}}, "7-7": {{7, 7}}} {
		if got, err := ParseTasks(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{",", "1,", "a", "3-1", "-1", "+1", "1-", "1-2-3", "99999999999"} {
		if got, err := ParseTasks(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestExistingPaths: tasks may lack a path that other tasks have; a path that no task has is an error.
func TestExistingPaths(t *testing.T) {
	var said []string
	out := messages{print: func(lines ...string) { said = append(said, lines...) }}
	l := &resultsLocation{tasks: map[string]int{"0/a": 0, "1/a": 1, "2/a": 2}}
	paths := []string{"0/a", "1/a", "2/a"}
	if got, ok := l.existingPaths(paths, []string{"0/a", "1/a"}, out); !ok || !slices.Equal(got, []string{"2/a"}) {
		t.Errorf("%v, %t", got, ok)
	}
	if got, ok := l.existingPaths(paths, paths, out); ok {
		t.Errorf("no task has the path: %v", got)
	}
	if got, ok := (&resultsLocation{}).existingPaths(paths, paths[:1], out); ok {
		t.Errorf("not an array job: %v", got)
	}
	if want := []string{"Note: some tasks do not have all requested paths: tasks 0-1"}; !slices.Equal(said, want) {
		t.Errorf("%q", said)
	}
}
