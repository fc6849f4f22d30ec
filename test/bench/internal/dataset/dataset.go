// Package dataset creates the file trees of the benchmarks, and verifies
// copies of them.
package dataset

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// A Set is one tree of files. Its content is always the same.
type Set struct {
	// Name is that of the claim and of the directory that hold it.
	Name  string
	Title string
	fill  func(m *maker)
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

// Many is the number of files of the set "many".
const Many = 500_000

// All returns the sets. Sets whose names end in -part are smaller, for measurements that would
// take long on a slow link. For a short run, sets of many files are smaller.
func All(short bool) []Set {
	many := Many
	if short {
		many /= 10
	}
	return []Set{
		randomSet("random", 512*mib), textSet("text", 512*mib), smallSet("small", 20_000), mixedSet("mixed", 1024*mib),
		randomSet("random-part", 64*mib), textSet("text-part", 128*mib), mixedSet("mixed-part", 128*mib), manySet(many),
	}
}

// Find returns the set of that name.
func Find(sets []Set, name string) (Set, error) {
	i := slices.IndexFunc(sets, func(s Set) bool { return s.Name == name })
	if i < 0 {
		return Set{}, fmt.Errorf("there is no data set %q", name)
	}
	return sets[i], nil
}

func randomSet(name string, size int64) Set {
	return Set{name, fmt.Sprintf("one file of %d MiB, random", size/mib), func(m *maker) { m.random("random.bin", size) }}
}

func textSet(name string, size int64) Set {
	return Set{name, fmt.Sprintf("one training log of %d MiB", size/mib), func(m *maker) { m.text("train.log", size) }}
}

func smallSet(name string, files int) Set {
	return Set{name, fmt.Sprintf("%d files of 4 KiB, random, in 100 directories", files), func(m *maker) {
		for i := range files {
			m.random(fmt.Sprintf("d%02d/f%05d.bin", i%100, i), 4*kib)
		}
	}}
}

// mixedSet is what a training run leaves: half of it checkpoints, a quarter
// logs, the rest pictures and records of all sizes.
func mixedSet(name string, size int64) Set {
	return Set{name, fmt.Sprintf("a mixed tree of %d MiB: checkpoints, logs, pictures, records", size/mib), func(m *maker) {
		for i := range 4 {
			m.random(fmt.Sprintf("checkpoints/step-%d000.pt", i), size/8)
		}
		for i := range 8 {
			m.text(fmt.Sprintf("logs/rank%d.log", i), size/32)
		}
		for remaining, i := size*3/20, 0; remaining > 0; i++ {
			size := min(remaining, 20*kib+m.below(200*kib))
			m.random(fmt.Sprintf("pictures/%02d/%05d.jpg", i%20, i), size)
			remaining -= size
		}
		for remaining, i := size/4-size*3/20, 0; remaining > 0; i++ {
			size := min(remaining, kib+m.below(40*kib))
			m.text(fmt.Sprintf("records/%02d/%05d.json", i%50, i), size)
			remaining -= size
		}
	}}
}

func manySet(files int) Set {
	return Set{"many", fmt.Sprintf("%d files of 16 bytes in 500 directories", files), func(m *maker) {
		for i := range files {
			m.random(fmt.Sprintf("d%03d/f%06d", i%500, i), 16)
		}
	}}
}

// Fill makes the set below dir.
func (s Set) Fill(dir string) error {
	m := &maker{dir: dir, created: map[string]bool{}, source: rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32s", s.Name))))}
	m.rng = rand.New(m.source) //nolint:gosec // content for files, the same each time
	s.fill(m)
	return m.err
}

// maker writes files and remembers the first error.
type maker struct {
	dir     string
	created map[string]bool
	source  *rand.ChaCha8
	rng     *rand.Rand
	step    int
	block   []byte
	err     error
}

func (m *maker) below(n int64) int64 { return m.rng.Int64N(n) }

// write makes a file of size bytes out of what next yields.
func (m *maker) write(name string, size int64, nextBlock func() []byte) {
	if m.err != nil {
		return
	}
	path := filepath.Join(m.dir, name)
	if dir := filepath.Dir(path); !m.created[dir] {
		m.err = os.MkdirAll(dir, 0o750)
		m.created[dir] = true
	}
	if m.err == nil {
		m.err = writeFile(path, size, nextBlock)
	}
}

func writeFile(path string, size int64, nextBlock func() []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, int(min(size, mib)))
	for size > 0 && err == nil {
		data := nextBlock()
		data = data[:min(size, int64(len(data)))]
		size -= int64(len(data))
		_, err = buffered.Write(data)
	}
	if err == nil {
		err = buffered.Flush()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

func (m *maker) random(name string, size int64) {
	if m.block == nil {
		m.block = make([]byte, mib)
	}
	block := m.block[:min(size, mib)]
	m.write(name, size, func() []byte {
		_, _ = m.source.Read(block) // never fails
		return block
	})
}

// text writes lines like a training log: the words repeat, the numbers do not.
func (m *maker) text(name string, size int64) {
	var line []byte
	m.write(name, size, func() []byte {
		m.step++
		line = m.line(line[:0])
		return line
	})
}
