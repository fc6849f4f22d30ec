package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/report"
)

// verification measures the cost of hashes: it hashes as many bytes as a fetch transfers,
// as often as a fetch does, and compares the time with the fetch. Every
// byte is hashed four times: in the file and in the stream, at each end. The result assumes that
// none of the hashes run in parallel with other work.
func verification(ctx context.Context, b *bench, set string) ([]report.Goal, error) {
	run, err := b.fetch(ctx, set, "verified")
	if err != nil {
		return nil, err
	}
	const hashes = 4
	var seconds []float64
	for range 5 {
		seconds = append(seconds, hashed(run.Bytes).Seconds())
	}
	slices.Sort(seconds)
	cost := hashes * seconds[len(seconds)/2]
	part := cost / run.Seconds
	return []report.Goal{{
		What: set + ": CPU time of all hashes of a fetch relative to its duration", Want: "<= 10%",
		Got:     fmt.Sprintf("%.1f%% (%.3f s of %.2f s)", 100*part, cost, run.Seconds),
		Reached: part <= 0.10, Measured: true,
	}}, nil
}

// hashed returns the time of one hash of that many bytes.
func hashed(bytes int64) time.Duration {
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * i)
	}
	var hash xxh3.Hasher
	began := time.Now()
	for ; bytes > 0; bytes -= int64(len(block)) {
		_, _ = hash.Write(block[:min(bytes, int64(len(block)))]) // never fails
	}
	_ = hash.Sum128()
	return time.Since(began)
}
