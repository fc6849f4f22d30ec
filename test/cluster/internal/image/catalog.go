package image

import (
	"debug/elf"
	_ "embed" // for passwd
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"runtime"
	"strings"
)

// passwd is /etc/passwd of the busybox image, with the usual users.
//
//go:embed passwd
var passwd []byte

// Program is an image of one static binary that is its entry point.
func Program(name, binary string) (Image, error) {
	data, err := os.ReadFile(binary)
	if err != nil {
		return Image{}, err
	}
	file := path.Base(binary)
	return Image{
		Names:  []string{name},
		Arch:   runtime.GOARCH,
		Config: Config{Entrypoint: []string{"/" + file}},
		Files:  []File{{Path: file, Mode: 0o755, Data: data}, tmp()},
	}, nil
}

// Busybox is an image of a static busybox under all names of its applets.
func Busybox(binary string, names ...string) (Image, error) {
	data, err := os.ReadFile(binary)
	if err != nil {
		return Image{}, err
	}
	list, err := exec.Command(binary, "--list").Output()
	if err != nil {
		return Image{}, fmt.Errorf("listing the applets of %s: %w", binary, err)
	}
	img := Image{
		Names:  names,
		Arch:   runtime.GOARCH,
		Config: Config{Cmd: []string{"sh"}, Env: []string{"PATH=/bin:/usr/bin"}},
		Files: []File{
			{Path: "bin/busybox", Mode: 0o755, Data: data},
			{Path: "etc/passwd", Mode: 0o644, Data: passwd},
			{Path: "etc/group", Mode: 0o644, Data: []byte("root:x:0:\nnogroup:x:65534:\n")},
			{Path: "root", Mode: fs.ModeDir | 0o700},
			{Path: "usr/bin/env", Link: "/bin/busybox"},
			tmp(),
		},
	}
	for applet := range strings.FieldsSeq(string(list)) {
		if applet != "busybox" {
			img.Files = append(img.Files, File{Path: "bin/" + applet, Link: "/bin/busybox"})
		}
	}
	return img, nil
}

// python replaces the Python of real images.
const python = `#!/bin/sh
echo "python $*"
if [ -w /results ]; then echo "$*" >/results/model.pt; fi
`

// Training is the image in the examples of the plugin's reference: a shell, and a program
// called python that prints its arguments and writes a file to /results.
func Training(busybox, name string) (Image, error) {
	img, err := Busybox(busybox, name)
	img.Config.Cmd = []string{"python", "train.py"}
	img.Files = append(img.Files, File{Path: "bin/python", Mode: 0o755, Data: []byte(python)})
	return img, err
}

func tmp() File { return File{Path: "tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777} }

// IsStatic reports whether the file is an executable that needs no libraries.
func IsStatic(binary string) bool {
	f, err := elf.Open(binary)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}
