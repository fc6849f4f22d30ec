package dataset

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// line appends one step of a training log.
func (m *maker) line(buffer []byte) []byte {
	second := m.step / 8
	return fmt.Appendf(buffer, "2026-03-%02d %02d:%02d:%02d,%03d INFO epoch=%d step=%d loss=%.6f grad_norm=%.5f lr=3.000e-04 tokens_per_second=%.1f data_seconds=%.5f gib=%.3f step_seconds=%.5f accuracy=%.5f\n",
		1+second/86400%28, second/3600%24, second/60%60, second%60, m.rng.IntN(1000), m.step/50000, m.step,
		1.7+2/math.Sqrt(float64(m.step))+m.rng.NormFloat64()/20, 0.8+m.rng.Float64()/4, 184000+2000*m.rng.Float64(), m.rng.Float64()/10, 71+m.rng.Float64(), 0.7+m.rng.Float64()/9, 0.6+m.rng.Float64()/9)
}

// sample is how much of a file Compressed reads.
const sample = 64 * mib

// Compressed returns what part of the first bytes of the only file in dir is
// left by the fastest zstd.
func Compressed(dir string) (float64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		return 0, fmt.Errorf("%s: must contain one file, contains %d: %w", dir, len(files), err)
	}
	file, err := os.Open(files[0])
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }() // read only
	var out counter
	encoder, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return 0, err
	}
	in, err := io.Copy(encoder, io.LimitReader(file, sample))
	if closed := encoder.Close(); err == nil {
		err = closed
	}
	return float64(out) / float64(in), err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
