package submit

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

// createScript creates the ConfigMap with the script.
func (t *transaction) createScript(ctx context.Context) error {
	if t.Script == nil {
		return nil
	}
	configMaps := t.cluster.Client.CoreV1().ConfigMaps(t.request.Namespace)
	created, err := createOnce(ctx, t, resourceClient[*corev1.ConfigMap]{"configmap", configMaps.Create, configMaps.Get}, t.Script.DeepCopy())
	if err != nil {
		return err
	}
	created.TypeMeta = t.Script.TypeMeta
	t.created.Script = created
	t.recordCreated("configmap", created.Name, created.UID, configMaps.Delete)
	return nil
}

// createEnv creates the Secret with variables.
func (t *transaction) createEnv(ctx context.Context) error {
	if t.Env == nil {
		return nil
	}
	secrets := t.cluster.Client.CoreV1().Secrets(t.request.Namespace)
	created, err := createOnce(ctx, t, resourceClient[*corev1.Secret]{"secret", secrets.Create, secrets.Get}, t.Env.DeepCopy())
	if err != nil {
		return err
	}
	created.TypeMeta = t.Env.TypeMeta
	t.created.Env = created
	t.recordCreated("secret", created.Name, created.UID, secrets.Delete)
	return nil
}

// createOthers creates the other objects of the manifest. Objects that exist are not changed.
func (t *transaction) createOthers(ctx context.Context) error {
	if len(t.Others) == 0 {
		return nil
	}
	client, mapper, err := t.cluster.Objects()
	if err != nil {
		return err
	}
	for _, wanted := range t.Others {
		kind := wanted.GroupVersionKind()
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			return fmt.Errorf("-f: %w", err)
		}
		objects := dynamicClientOf(client, mapping, t.request.Namespace)
		created, err := createOnce(ctx, t, objects.resourceClient, wanted.DeepCopy())
		switch {
		case apierrors.IsAlreadyExists(err):
			t.cluster.Say(fmt.Sprintf("%s/%s already exists and is not changed", strings.ToLower(kind.GroupKind().String()), wanted.GetName()))
		case err != nil:
			return err
		default:
			t.created.Others = append(t.created.Others, created)
			t.recordCreated(objects.kind, created.GetName(), created.GetUID(), objects.remove)
		}
	}
	return nil
}

// dynamicClient creates, reads and deletes objects of any kind.
type dynamicClient struct {
	resourceClient[*unstructured.Unstructured]

	remove func(context.Context, string, metav1.DeleteOptions) error
}

// dynamicClientOf returns the client for objects of one kind.
func dynamicClientOf(client dynamic.Interface, mapping *meta.RESTMapping, namespace string) dynamicClient {
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		namespace = ""
	}
	objects := client.Resource(mapping.Resource).Namespace(namespace)
	return dynamicClient{
		resourceClient[*unstructured.Unstructured]{
			mapping.Resource.GroupResource().String(),
			func(ctx context.Context, wanted *unstructured.Unstructured, options metav1.CreateOptions) (*unstructured.Unstructured, error) {
				return objects.Create(ctx, wanted, options)
			},
			func(ctx context.Context, name string, options metav1.GetOptions) (*unstructured.Unstructured, error) {
				return objects.Get(ctx, name, options)
			},
		},
		func(ctx context.Context, name string, options metav1.DeleteOptions) error {
			return objects.Delete(ctx, name, options)
		},
	}
}
