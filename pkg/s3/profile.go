package s3

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"gopkg.in/ini.v1"
)

// block contains the settings of the AWS CLI in a profile below s3, such as
//
//	[profile lab]
//	s3 =
//	    addressing_style = path
//	    multipart_chunksize = 16MB
//
// The SDK does not read them.
type block struct {
	// Without a setting, pathStyle is nil and chunk 0.
	pathStyle *bool
	// chunk is the size of the parts of large files, in bytes.
	chunk int64
}

// readBlock returns the settings of a profile below s3.
func readBlock(profile string) (b block, err error) {
	path := cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename())
	file, err := ini.LoadSources(ini.LoadOptions{AllowNestedValues: true, SkipUnrecognizableLines: true}, path)
	if errors.Is(err, fs.ErrNotExist) {
		return block{}, nil
	}
	if err != nil {
		return block{}, fmt.Errorf("reading %s: %w", filepath.Base(path), err)
	}
	for _, section := range []string{"profile " + profile, profile} {
		key, err := file.Section(section).GetKey("s3")
		if err != nil {
			continue
		}
		for _, line := range slices.Backward(key.NestedValues()) { // the first of two settings is used
			b.read(line)
		}
		break
	}
	return b, nil
}

// read reads a line "name = value".
func (b *block) read(line string) {
	name, value, _ := strings.Cut(line, "=")
	switch value = strings.TrimSpace(value); strings.TrimSpace(name) {
	case "addressing_style":
		if value == "path" || value == "virtual" { // auto is the default
			b.pathStyle = new(value == "path")
		}
	case "multipart_chunksize":
		b.chunk = parseChunk(value)
	}
}

// parseChunk reads a size in the syntax of the AWS CLI, such as 16MB, with units of 1024. It returns 0 for a value that
// is not a valid size of a part.
func parseChunk(text string) int64 {
	text = strings.ToUpper(text)
	factor := int64(1)
	for i, unit := range []string{"KB", "MB", "GB"} {
		if rest, ok := strings.CutSuffix(text, unit); ok {
			text, factor = strings.TrimSpace(rest), 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > MostPart/factor || n*factor < LeastPart {
		return 0
	}
	return n * factor
}
