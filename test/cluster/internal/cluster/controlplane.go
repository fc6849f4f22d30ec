package cluster

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/kube"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/netplan"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/pki"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/process"
)

const controlGroup = "control"

// issueCertificates makes the identities of the control plane.
func (c *Cluster) issueCertificates() (err error) {
	if c.ca, err = pki.Open(c.run("pki")); err != nil {
		return err
	}
	service := netplan.Host(c.state.Services, 1)
	for _, id := range []pki.Identity{
		{File: "etcd", User: "etcd", IPs: []netip.Addr{localhost()}},
		{File: "apiserver-etcd-client", User: "kube-apiserver-etcd-client"},
		{
			File: "apiserver", User: "kube-apiserver",
			DNS: []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
			IPs: []netip.Addr{localhost(), c.block().Gateway(), service},
		},
		{File: "s3", User: "s3", DNS: []string{"localhost"}, IPs: []netip.Addr{localhost(), c.block().Gateway()}},
		{File: "apiserver-kubelet-client", User: "kube-apiserver-kubelet-client", Group: "system:masters"},
		{File: "admin", User: "admin", Group: "system:masters"},
		{File: "controller-manager", User: "system:kube-controller-manager"},
		{File: "scheduler", User: "system:kube-scheduler"},
		{File: "service-account", User: "service-account"},
	} {
		if err := c.ca.Issue(id); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) writeKubeconfigs() error {
	for _, user := range []string{"admin", "controller-manager", "scheduler"} {
		if err := c.writeKubeconfig(c.run(user+".kubeconfig"), user, localhost()); err != nil {
			return err
		}
	}
	return nil
}

// writeKubeconfig points a user at the server's address on host.
func (c *Cluster) writeKubeconfig(path, user string, host netip.Addr) error {
	return render("kubeconfig.yaml", path, map[string]string{
		"Server": c.serverURL(host), "User": user,
		"CA": c.ca.Cert("ca"), "Cert": c.ca.Cert(user), "Key": c.ca.Key(user),
	})
}

// startControlPlane returns when the API server is ready.
func (c *Cluster) startControlPlane(ctx context.Context) error {
	if _, err := c.table.Ensure(c.spec("etcd", controlGroup, c.etcdArgs()...)); err != nil {
		return err
	}
	if err := c.await(ctx, "etcd", func(context.Context) bool { return listening(c.state.EtcdPort) }); err != nil {
		return err
	}
	if _, err := c.table.Ensure(c.spec("kube-apiserver", controlGroup, c.apiserverArgs()...)); err != nil {
		return err
	}
	api, err := kube.New(c.serverURL(localhost()), c.ca.Cert("ca"), c.ca.Cert("admin"), c.ca.Key("admin"))
	if err != nil {
		return err
	}
	c.api = api
	return c.await(ctx, "kube-apiserver", api.Ready)
}

// startControllers starts what works through the API server.
func (c *Cluster) startControllers() error {
	specs := []process.Spec{
		c.spec("kube-controller-manager", controlGroup, c.controllerManagerArgs()...),
		c.spec("kube-scheduler", controlGroup, c.schedulerArgs()...),
		c.spec("local-path-provisioner", controlGroup, c.provisionerArgs()...),
	}
	for i, config := range []string{"controller-manager.kubeconfig", "scheduler.kubeconfig", "admin.kubeconfig"} {
		specs[i].Files = []string{c.run(config)}
		if _, err := c.table.Ensure(specs[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) etcdArgs() []string {
	client := fmt.Sprintf("https://127.0.0.1:%d", c.state.EtcdPort)
	peer := fmt.Sprintf("https://127.0.0.1:%d", c.state.PeerPort)
	return []string{
		c.kube("etcd"),
		"--data-dir=" + c.run("etcd"),
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=default=" + peer,
		"--cert-file=" + c.ca.Cert("etcd"), "--key-file=" + c.ca.Key("etcd"),
		"--trusted-ca-file=" + c.ca.Cert("ca"), "--client-cert-auth",
		"--peer-cert-file=" + c.ca.Cert("etcd"), "--peer-key-file=" + c.ca.Key("etcd"),
		"--peer-trusted-ca-file=" + c.ca.Cert("ca"), "--peer-client-cert-auth",
		"--unsafe-no-fsync", "--quota-backend-bytes=8000000000", "--log-level=warn",
	}
}

func (c *Cluster) apiserverArgs() []string {
	return []string{
		c.kube("kube-apiserver"),
		fmt.Sprintf("--etcd-servers=https://127.0.0.1:%d", c.state.EtcdPort),
		"--etcd-cafile=" + c.ca.Cert("ca"),
		"--etcd-certfile=" + c.ca.Cert("apiserver-etcd-client"), "--etcd-keyfile=" + c.ca.Key("apiserver-etcd-client"),
		"--bind-address=0.0.0.0", "--secure-port=" + strconv.Itoa(c.state.APIPort),
		"--advertise-address=" + c.block().Gateway().String(),
		"--client-ca-file=" + c.ca.Cert("ca"),
		"--tls-cert-file=" + c.ca.Cert("apiserver"), "--tls-private-key-file=" + c.ca.Key("apiserver"),
		"--kubelet-certificate-authority=" + c.ca.Cert("ca"),
		"--kubelet-client-certificate=" + c.ca.Cert("apiserver-kubelet-client"),
		"--kubelet-client-key=" + c.ca.Key("apiserver-kubelet-client"),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + filepath.Join(c.ca.Dir, "service-account.pub"),
		"--service-account-signing-key-file=" + c.ca.Key("service-account"),
		"--service-cluster-ip-range=" + c.state.Services.String(),
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--allow-privileged", "--profiling=false",
	}
}

func (c *Cluster) controllerManagerArgs() []string {
	return []string{
		c.kube("kube-controller-manager"),
		"--kubeconfig=" + c.run("controller-manager.kubeconfig"),
		"--service-account-private-key-file=" + c.ca.Key("service-account"),
		"--root-ca-file=" + c.ca.Cert("ca"),
		"--use-service-account-credentials", "--leader-elect=false", "--secure-port=0",
	}
}

func (c *Cluster) schedulerArgs() []string {
	return []string{
		c.kube("kube-scheduler"),
		"--kubeconfig=" + c.run("scheduler.kubeconfig"), "--leader-elect=false", "--secure-port=0",
	}
}

func (c *Cluster) kube(name string) string { return filepath.Join(c.bins.kubernetes, name) }

// await polls until the process answers; one that died meanwhile is an error
// at once, with the end of its log.
func (c *Cluster) await(ctx context.Context, name string, ready func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for !ready(ctx) {
		if _, alive := c.table.Get(name); !alive {
			return fmt.Errorf("%s has ended (logs: %s; `down --wipe` begins anew):\n%s",
				name, c.table.Logs, c.table.LogTail(name))
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for %s: %w", name, err)
		}
	}
	return nil
}
