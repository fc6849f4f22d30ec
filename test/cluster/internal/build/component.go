// Package build makes the cluster's binaries from the modules that pin them,
// once: a binary is kept in a directory named after all that went into it.
package build

import (
	"path/filepath"
	"strings"
)

// Component is a Go module whose packages become binaries.
type Component struct {
	Name     string
	Dir      string            // of the module
	Packages []string          // to build
	Binary   string            // the name of the one binary, where the package's own will not do
	Tags     string            // build tags
	Stamp    map[string]string // linker variable -> module whose version it takes
	Links    []string          // further names for Binary
	Slow     string            // what to tell who waits, such as "about 5 minutes"
}

// Components lists what a cluster is made of; dir is test/cluster.
func Components(dir string) []Component {
	return []Component{kubernetes(dir), containerd(dir), cni(dir), localPath(dir), s3(dir), pause(dir)}
}

func kubernetes(dir string) Component {
	return Component{
		Name:     "kubernetes",
		Dir:      filepath.Join(dir, "components", "kubernetes"),
		Packages: []string{"."},
		Binary:   "kubernetes",
		Stamp:    map[string]string{"k8s.io/component-base/version.gitVersion": "k8s.io/kubernetes"},
		Links:    []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"},
		Slow:     "5 to 10 minutes on 2 cores",
	}
}

func containerd(dir string) Component {
	const commands = "github.com/containerd/containerd/v2/cmd/"
	return Component{
		Name:     "containerd",
		Dir:      filepath.Join(dir, "components", "containerd"),
		Packages: []string{commands + "containerd", commands + "containerd-shim-runc-v2", commands + "ctr"},
		Tags:     "no_btrfs no_devmapper no_zfs",
		Stamp:    map[string]string{"github.com/containerd/containerd/v2/version.Version": "github.com/containerd/containerd/v2"},
		Slow:     "1 to 2 minutes",
	}
}

func cni(dir string) Component {
	const plugins = "github.com/containernetworking/plugins/plugins/"
	return Component{
		Name:     "cni",
		Dir:      filepath.Join(dir, "components", "cni"),
		Packages: []string{plugins + "main/bridge", plugins + "main/loopback", plugins + "ipam/host-local"},
	}
}

func localPath(dir string) Component {
	return Component{
		Name:     "localpath",
		Dir:      filepath.Join(dir, "components", "localpath"),
		Packages: []string{"github.com/rancher/local-path-provisioner"},
		Slow:     "about a minute",
	}
}

func s3(dir string) Component {
	return Component{
		Name:     "s3",
		Dir:      filepath.Join(dir, "components", "s3"),
		Packages: []string{"github.com/versity/versitygw/cmd/versitygw"},
		Slow:     "1 to 2 minutes",
	}
}

func pause(dir string) Component {
	return Component{Name: "pause", Dir: dir, Packages: []string{"./pause"}}
}

// ldflags strips the binaries and stamps them with the versions that go.mod
// pins. Kubernetes wants major and minor on their own too.
func (c Component) ldflags(version func(module string) string) string {
	flags := []string{"-s", "-w"}
	for variable, module := range c.Stamp {
		v := version(module)
		flags = append(flags, "-X "+variable+"="+v)
		if base, ok := strings.CutSuffix(variable, ".gitVersion"); ok {
			parts := strings.SplitN(strings.TrimPrefix(v, "v"), ".", 3)
			if len(parts) == 3 {
				flags = append(flags, "-X "+base+".gitMajor="+parts[0], "-X "+base+".gitMinor="+parts[1])
			}
		}
	}
	return strings.Join(flags, " ")
}
