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
	// maxWords is how many words are offered: longer lists do not help.
	maxWords = 300
	// timeLimit is how long one list may take.
	timeLimit = 3 * time.Second
)

// errEnough ends a list of which enough is known.
var errEnough = errors.New("enough")

// queryCluster sends question to the cluster, with a time limit; whole means that the response is complete. question
// runs in a goroutine, because it may ignore the context: a program that gets credentials does.
func queryCluster[T any](cmd *cobra.Command, f *factory.Factory, question func(context.Context, clients.Interface, string) ([]T, error)) (result []T, whole bool) {
	ctx, cancel := context.WithTimeout(cmd.Context(), timeLimit)
	defer cancel()
	Ready(cmd)
	answer := make(chan []T, 1)
	go func() {
		defer close(answer)
		client, namespace, err := f.Cluster()
		if err != nil {
			return
		}
		if listed, err := question(ctx, client, namespace); err == nil {
			answer <- listed
		}
	}()
	select {
	case <-ctx.Done():
		return nil, false
	case result, whole = <-answer:
		return result, whole
	}
}

// offers returns the results of word for the objects of a list, which is read page by page, if
// they begin with typed; at most maxWords.
func offers[T watcher.Object, L runtime.Object](ctx context.Context, client watcher.Client[L], selector, typed string, word func(T) string) (words []string, err error) {
	err = watcher.Each(ctx, client, metav1.ListOptions{LabelSelector: selector}, func(object T) error {
		if offered := word(object); begins(offered, typed) {
			words = append(words, offered)
		}
		if len(words) == maxWords {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return words, err
}

// begins reports whether a word, which may be followed by a description, begins with typed. It rejects words that
// would break a line of the response.
func begins(word, typed string) bool {
	name, _, _ := strings.Cut(word, "\t")
	return name != "" && strings.HasPrefix(name, typed) && printable.Safe(name)
}
