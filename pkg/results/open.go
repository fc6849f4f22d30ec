package results

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/client"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// opener decides where a volume is read: in a helper pod, or in a pod that has the volume if no other pod can mount it or
// no helper pod can be started. Then it connects.
type opener struct {
	config   *Config
	request  *Request
	location *resultsLocation
	// relay is nil if files do not pass through a bucket.
	relay    *relay
	messages messages
	session  *helper.Session
	meter    *transport.Meter
	// printed are the notes that were printed already.
	printed map[string]bool
}

func (o *opener) open(ctx context.Context) (*connection, error) {
	if o.location.pod != nil {
		return o.openEmptyDir(), nil
	}
	return o.openClaim(ctx)
}

func (o *opener) openClaim(ctx context.Context) (*connection, error) {
	if !embedded.Available() && (o.request.Plan || agentRequired(o.request.Transfer.Transport)) {
		return o.openWithoutAgent(transport.Container{}, errNoAgent)
	}
	users, err := claim.Users(ctx, o.config.Client, o.location.namespace, o.location.claim.Name)
	if err != nil {
		return nil, err
	}
	if claim.OnlyPod(o.location.claim) {
		reason := fmt.Sprintf("claim %s can be used by only one pod", o.location.claim.Name)
		if opened, err := o.openUser(users, reason); opened != nil || err != nil {
			return opened, err
		}
	}
	container, err := o.session.Locate(ctx, o.node(users))
	if none, ok := errors.AsType[*helper.NoPodError](err); ok {
		if opened, failed := o.openUser(users, "no helper pod can be started: "+none.Reason); opened != nil || failed != nil {
			return opened, failed
		}
	}
	if err != nil {
		return nil, err
	}
	o.config.Progress.Waiting("connecting to the helper pod")
	return o.openHelper(ctx, container)
}

// openEmptyDir reads an emptyDir volume, which no other pod can mount.
func (o *opener) openEmptyDir() *connection {
	pod := o.location.pod
	o.sayOnce(fmt.Sprintf("Note: reading %s inside the pod, because the volume is deleted with the pod; to keep the results of the next run, use run --results=SIZE", o.location.label()))
	return o.openTar(transport.Container{Namespace: pod.Namespace, Pod: pod.Name, Name: o.location.Container}, o.location.Path, "")
}

// node returns the node on which a new helper pod must run; "" for any.
func (o *opener) node(users []corev1.Pod) string {
	for _, pod := range users {
		if claim.OnlyNode(o.location.claim) && pod.Spec.NodeName != "" {
			return pod.Spec.NodeName
		}
	}
	return ""
}

// openUser reads in a running container that has the volume, as the job mounts it. It uses tar: fetch installs nothing in
// the pods of users. It returns nil if there is no such container.
func (o *opener) openUser(users []corev1.Pod, reason string) (*connection, error) {
	for _, pod := range users {
		for _, m := range claim.MountsOfPod(&pod) {
			if m.Claim != o.location.claim.Name || m.SubPath != o.location.SubPath || !containerRuns(pod, m.Container) || m.Varies || isHelper(pod) {
				continue
			}
			if only := o.request.Transfer.Transport; agentRequired(only) {
				return nil, fmt.Errorf("--transport=%s requires a helper pod: %s; pod %s mounts the claim, but fetch does not install the agent in it", only, reason, pod.Name)
			}
			if setting := o.bucketSetting(); setting != "" {
				return nil, fmt.Errorf("%s requires a helper pod: %s; pod %s mounts the claim, but fetch does not install the agent in it%s", setting, reason, pod.Name, o.directHint())
			}
			o.sayOnce(fmt.Sprintf("Note: %s; reading the files inside pod %s, which mounts the claim", reason, pod.Name))
			return o.openTar(transport.Container{Namespace: pod.Namespace, Pod: pod.Name, Name: m.Container}, m.Path, ""), nil
		}
	}
	return nil, nil
}

// bucketSetting returns the setting that makes the files of this job pass through a bucket; "" for none.
func (o *opener) bucketSetting() string {
	if o.relay == nil && o.request.Bucket.To.Bucket == "" {
		return ""
	}
	return o.request.throughBucket()
}

// Direct is the value of --via for a transfer without a bucket.
const Direct = "none"

// directHint offers a transfer without the bucket, if the request itself does not name the bucket.
func (o *opener) directHint() string {
	if o.relay != nil && strings.HasPrefix(o.request.Bucket.ViaSetting, "$") {
		return "; to transfer through the API server, use --via=" + Direct
	}
	return ""
}

// executor runs programs in containers; their streams are counted and limited.
func (o *opener) executor() transport.Executor { return o.meter.Executor(o.config.Executor) }

// openTar reads only with programs of the container's image. sub is the directory or file in root that is read, "" for
// all of root.
func (o *opener) openTar(container transport.Container, root, sub string) *connection {
	o.config.Trace("copying with tar")
	locate := func(context.Context) (transport.Container, error) { return container, nil }
	return &connection{Source: tar.New(o.executor(), locate, root).Below(sub)}
}

// openHelper installs the agent in the helper pod, or reads with tar if the agent cannot run there.
func (o *opener) openHelper(ctx context.Context, container transport.Container) (*connection, error) {
	if o.request.Transfer.Transport == "tar" {
		return o.openTar(container, helper.MountPath, o.location.SubPath), nil
	}
	if !embedded.Available() {
		return o.openWithoutAgent(container, errNoAgent)
	}
	err := helper.Install(ctx, o.executor(), container, embeddedAgent)
	if cannot, ok := errors.AsType[*helper.CannotRunError](err); ok {
		return o.openWithoutAgent(container, cannot)
	}
	if apierrors.IsForbidden(err) {
		return nil, fmt.Errorf("fetch must run a program in helper pod %q: %w", container.Pod, err)
	}
	if err != nil {
		return nil, err
	}
	return o.openAgent(ctx, container)
}

// openWithoutAgent reads with tar, unless something that requires the agent was requested.
func (o *opener) openWithoutAgent(container transport.Container, reason error) (*connection, error) {
	if only := o.request.Transfer.Transport; only != Auto {
		return nil, fmt.Errorf("--transport=%s requires the agent: %w", only, reason)
	}
	if setting := o.bucketSetting(); setting != "" {
		return nil, fmt.Errorf("%s requires the agent: %w%s", setting, reason, o.directHint())
	}
	if o.request.Plan {
		return nil, fmt.Errorf("--plan requires the agent: %w", reason)
	}
	o.sayOnce(fmt.Sprintf("Note: %v; copying with tar, which is slower", reason))
	return o.openTar(container, helper.MountPath, o.location.SubPath), nil
}

// embeddedAgent returns the agent for a machine type.
func embeddedAgent(machine string) (helper.Binary, bool) {
	binary, ok := embedded.For(machine)
	if !ok {
		return helper.Binary{}, false
	}
	return helper.Binary{Size: binary.Size, SHA256: binary.SHA256, Gzip: binary.Compressed(), Open: binary.Open}, true
}

// openAgent connects to the agent.
func (o *opener) openAgent(ctx context.Context, container transport.Container) (*connection, error) {
	only := o.request.Transfer.Transport
	if only == Auto {
		only = ""
	}
	transports, err := client.Agent(ctx, container, client.Options{
		Exec: o.executor(), Tunnel: o.config.Tunnel, Meter: o.meter, Only: only, Trace: o.config.Trace,
		Join: []string{helper.AgentPath, "join", helper.SocketPath}, Now: o.config.Clock.Now(),
	})
	if err != nil {
		return nil, &silentAgentError{err}
	}
	source, err := agent.New(transports.HTTPClient(), o.request.Transfer.Compress)
	if err != nil {
		return nil, err
	}
	if o.relay == nil {
		return &connection{Source: source, agent: source, transports: transports}, nil
	}
	relayed := o.relay.sourceFor(source, o.meter)
	alive, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go source.StayAwake(alive)
	return &connection{Source: relayed, agent: source, transports: transports, relayed: relayed, stopKeepAlive: cancel}, nil
}

// sayOnce prints a note, unless it was printed already.
func (o *opener) sayOnce(text string) {
	if !o.printed[text] {
		o.printed[text] = true
		o.messages.say(text)
	}
}
