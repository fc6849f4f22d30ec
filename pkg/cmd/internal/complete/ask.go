package complete

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

const (
	// most is how many words are offered: more are no help to anybody.
	most = 300
	// patience is how long one list may take.
	patience = 3 * time.Second
)

// errEnough ends a list of which enough is known.
var errEnough = errors.New("enough")

// ask asks the cluster, and gives up in time; whole says that it has all of the answer. Whoever is
// asked may not look at the context: a program that gets credentials does not.
func ask[T any](cmd *cobra.Command, f *factory.Factory, question func(context.Context, clients.Interface, string) ([]T, error)) (all []T, whole bool) {
	ctx, cancel := context.WithTimeout(cmd.Context(), patience)
	defer cancel()
	Ready(cmd)
	answer := make(chan []T, 1)
	go func() {
		defer close(answer)
		client, namespace, err := f.Cluster()
		if err != nil {
			return
		}
		if all, err := question(ctx, client, namespace); err == nil {
			answer <- all
		}
	}()
	select {
	case <-ctx.Done():
		return nil, false
	case all, whole = <-answer:
		return all, whole
	}
}

// offers returns what word makes of the objects of a list, which is read page by page, where
// it begins with typed. It ends with most of them.
func offers[T watcher.Object, L runtime.Object](ctx context.Context, from watcher.Client[L], selector, typed string, word func(T) string) (words []string, err error) {
	err = watcher.Each(ctx, from, metav1.ListOptions{LabelSelector: selector}, func(object T) error {
		if one := word(object); begins(one, typed) {
			words = append(words, one)
		}
		if len(words) == most {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return words, err
}

// begins reports whether a word, with what it means behind it, begins as typed does. What would break
// a line of the answer does not.
func begins(one, typed string) bool {
	name, _, _ := strings.Cut(one, "\t")
	return name != "" && strings.HasPrefix(name, typed) && printable.Safe(name)
}
