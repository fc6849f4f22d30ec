// Package build builds the cluster's binaries from the modules that pin them,
// once: the name of a binary's directory is a hash of all its inputs.
package build

import (
	"cmp"
	"path/filepath"
	"strings"
	"time"
)

// Component is a set of packages of one Go module that become binaries.
type Component struct {
	Name     string
	Dir      string            // of the module
	ModFile  string            // the file in Dir that pins versions, if it is not go.mod
	Packages []string          // to build
	Tags     string            // build tags
	Stamp    map[string]string // linker variable -> module whose version it takes
	Links    []string          // further names of the binary that is called like the component
	CPU      time.Duration     // processor time that a build takes while no package is compiled yet
}

// Variant selects the components of a cluster.
type Variant struct {
	Oldest bool // the oldest supported Kubernetes, not the newest
	Store  bool // an S3 store
}

// Components lists the components of a cluster, in the best order of their
// builds: the first ones are quickly downloaded.
func Components(root string, v Variant) []Component {
	dir := filepath.Join(root, "test", "cluster")
	components := []Component{pause(dir), Example(root), cni(dir), containerd(dir), kubernetes(dir, v), localPath(dir, v)}
	if v.Store {
		components = append(components, s3(dir))
	}
	return components
}

// modFile is the file that pins Kubernetes.
func (v Variant) modFile() string {
	if v.Oldest {
		return "go.oldest.mod"
	}
	return ""
}

// modFiles names the files that pin the component's versions.
func (c Component) modFiles() []string {
	mod := cmp.Or(c.ModFile, "go.mod")
	return []string{mod, strings.TrimSuffix(mod, ".mod") + ".sum"}
}

// kubernetes is the control plane, the kubelet and kubectl in one binary.
func kubernetes(dir string, v Variant) Component {
	return Component{
		Name:     "kubernetes",
		Dir:      filepath.Join(dir, "components", "kubernetes"),
		ModFile:  v.modFile(),
		Packages: []string{"."},
		Stamp:    map[string]string{"k8s.io/component-base/version.gitVersion": "k8s.io/kubernetes"},
		Links:    []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"},
		CPU:      8 * time.Minute,
	}
}

// localPath is the provisioner of volumes. Its dependencies have the versions that Kubernetes
// pins, so that their packages are compiled already. The two
// cannot be one "go build", because they import logrus by names that differ in case.
func localPath(dir string, v Variant) Component {
	return Component{
		Name:     "localpath",
		Dir:      filepath.Join(dir, "components", "kubernetes"),
		ModFile:  v.modFile(),
		Packages: []string{"github.com/rancher/local-path-provisioner"},
		CPU:      10 * time.Second,
	}
}

// containerd leaves out file systems, tracing and kinds of plugins that the
// nodes do not use.
func containerd(dir string) Component {
	const commands = "github.com/containerd/containerd/v2/cmd/"
	return Component{
		Name:     "containerd",
		Dir:      filepath.Join(dir, "components", "containerd"),
		Packages: []string{commands + "containerd", commands + "containerd-shim-runc-v2", commands + "ctr"},
		Tags:     "no_btrfs no_devmapper no_zfs no_tracing no_rdt nri_no_wasm",
		Stamp:    map[string]string{"github.com/containerd/containerd/v2/version.Version": "github.com/containerd/containerd/v2"},
		CPU:      100 * time.Second,
	}
}

func cni(dir string) Component {
	const plugins = "github.com/containernetworking/plugins/plugins/"
	return Component{
		Name:     "cni",
		Dir:      filepath.Join(dir, "components", "cni"),
		Packages: []string{plugins + "main/bridge", plugins + "main/loopback", plugins + "ipam/host-local"},
		CPU:      5 * time.Second,
	}
}

func s3(dir string) Component {
	return Component{
		Name:     "s3",
		Dir:      filepath.Join(dir, "components", "s3"),
		Packages: []string{"github.com/versity/versitygw/cmd/versitygw"},
		CPU:      80 * time.Second,
	}
}

func pause(dir string) Component {
	return Component{Name: "pause", Dir: dir, Packages: []string{"./pause"}, CPU: time.Second}
}

// Example is the program of the example, which has no image in any registry.
func Example(root string) Component {
	return Component{Name: "example", Dir: root, Packages: []string{"./examples/ds-job"}, CPU: time.Second}
}

// compilerFlags halve the compilation time: no inlining, and
// no debug information, which the linker would remove anyway. The
// standard library is compiled as usual, so that Go reuses the packages that it has
// compiled for the plugin.
func compilerFlags() []string { return []string{"-gcflags=all=-l -dwarf=false", "-gcflags=std="} }

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
