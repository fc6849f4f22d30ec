package transfer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
)

// writeSums writes a line of sha256sum for each local file. It hashes the content on the
// local disk.
func (f *fetch) writeSums(ctx context.Context) error {
	if f.Sums == nil || f.tree == nil {
		return nil
	}
	slices.Sort(f.paths)
	for _, p := range slices.Compact(f.paths) {
		file, err := f.tree.OpenFile(p)
		if err != nil {
			return fmt.Errorf("hashing %q: %w", p, err)
		}
		hash := sha256.New()
		_, err = io.Copy(hash, &cancelReader{ctx, file})
		_ = file.Close()
		if err == nil {
			_, err = io.WriteString(f.Sums, SumLine(hash.Sum(nil), p))
		}
		if err != nil {
			return fmt.Errorf("hashing %q: %w", p, err)
		}
	}
	return nil
}

// SumLine returns the line of sha256sum for one file. It escapes a name as sha256sum does, with a backslash at the start
// of the line.
func SumLine(sum []byte, name string) string {
	escaped := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(name)
	if escaped != name {
		return fmt.Sprintf("\\%x  %s\n", sum, escaped)
	}
	return fmt.Sprintf("%x  %s\n", sum, name)
}
