package faketest

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"
)

// Calls returns every request, with its options, as a line each.
func (c *Cluster) Calls() []string {
	var calls []string
	for _, action := range c.clients.Actions() {
		calls = append(calls, describe(action))
	}
	return calls
}

// Changes returns the requests that change something in the cluster.
func (c *Cluster) Changes() []string {
	var changes []string
	for _, call := range c.Calls() {
		verb, rest, _ := strings.Cut(call, " ")
		if !slices.Contains([]string{"get", "list", "watch"}, verb) && !strings.HasPrefix(rest, "selfsubjectreviews") {
			changes = append(changes, call)
		}
	}
	return changes
}

// Created returns the objects that clients created, in their order.
func (c *Cluster) Created() []runtime.Object {
	var objects []runtime.Object
	for _, action := range c.clients.Actions() {
		if create, ok := action.(clienttesting.CreateActionImpl); ok && action.GetResource().Resource != "selfsubjectreviews" {
			objects = append(objects, create.Object)
		}
	}
	return objects
}

func describe(action clienttesting.Action) string {
	words := []string{action.GetVerb(), action.GetResource().Resource}
	if sub := action.GetSubresource(); sub != "" {
		words[1] += "/" + sub
	}
	switch a := action.(type) {
	case clienttesting.GetActionImpl:
		words = append(words, a.Name)
	case clienttesting.CreateActionImpl:
		words = append(words, nameOf(a.Object))
		words = add(words, "fieldManager", a.CreateOptions.FieldManager)
		words = add(words, "dryRun", strings.Join(a.CreateOptions.DryRun, ","))
	case clienttesting.DeleteActionImpl:
		words = append(append(words, a.Name), deleteOptions(a.DeleteOptions)...)
	case clienttesting.PatchActionImpl:
		words = append(words, a.Name, string(a.PatchType), string(a.Patch))
	case clienttesting.ListActionImpl:
		words = add(words, "labels", a.ListOptions.LabelSelector)
		words = add(words, "fields", a.ListOptions.FieldSelector)
	}
	if namespace := action.GetNamespace(); namespace != Namespace && action.GetResource().Resource != "selfsubjectreviews" {
		words = append(words, fmt.Sprintf("namespace=%q", namespace))
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

func deleteOptions(options metav1.DeleteOptions) []string {
	var words []string
	if options.PropagationPolicy != nil {
		words = add(words, "propagationPolicy", string(*options.PropagationPolicy))
	}
	if options.Preconditions != nil && options.Preconditions.UID != nil {
		words = add(words, "uid", string(*options.Preconditions.UID))
		if options.Preconditions.ResourceVersion != nil {
			words = add(words, "version", *options.Preconditions.ResourceVersion)
		}
	}
	return add(words, "dryRun", strings.Join(options.DryRun, ","))
}

func add(words []string, name, value string) []string {
	if value == "" {
		return words
	}
	return append(words, name+"="+value)
}

func nameOf(object runtime.Object) string {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return ""
	}
	return accessor.GetName() + accessor.GetGenerateName()
}
