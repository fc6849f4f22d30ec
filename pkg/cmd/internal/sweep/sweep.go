// Package sweep removes the helper pods that killed fetches left, for verbs that have other work to do.
package sweep

import (
	"context"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// limit is how much the sweep may delay a command.
const limit = 2 * time.Second

// HelperPods deletes the stale helper pods of a namespace, "" for all, after a command has done its own work.
// Errors are ignored: if the user may not list or delete pods, the next command tries again.
func HelperPods(ctx context.Context, f *factory.Factory, client clients.Interface, namespace string) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	swept, _ := helper.Sweep(ctx, client, namespace, f.ServerClock().Now())
	if len(swept) > 0 {
		f.Say("Deleted helper pods of interrupted fetches: " + strings.Join(swept, ", "))
	}
}
