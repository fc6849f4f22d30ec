package watcher

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
)

// page is how many objects are read at a time, as kubectl does.
const page = 500

// Each calls see with each object that client lists with options, reading page by
// page. An error of see ends it.
func Each[T Object, L runtime.Object](ctx context.Context, client Client[L], options metav1.ListOptions, see func(T) error) error {
	pages := pager.New(pager.SimplePageFunc(func(options metav1.ListOptions) (runtime.Object, error) {
		return client.List(ctx, options)
	}))
	pages.PageSize = page
	return pages.EachListItem(ctx, options, func(item runtime.Object) error {
		object, ok := item.(T)
		if !ok {
			return fmt.Errorf("listing: %T in the list", item)
		}
		return see(object)
	})
}
