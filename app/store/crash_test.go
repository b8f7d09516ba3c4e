package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// crashFolder is the variable that makes this test binary a writer to be killed: its value is the folder.
const crashFolder = "SIGHTGLASS_TEST_CRASH_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(crashFolder); folder != "" {
		if err := write(folder, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// write makes one operation after another, saying when each begins and is acknowledged. It does not end by itself.
func write(folder, done string) error {
	start, err := strconv.ParseInt(done, 10, 64)
	if err != nil {
		return err
	}
	s, err := Open(folder)
	if err != nil {
		return err
	}
	m := newModel(crashSeed)
	for m.tick < start {
		m.next()
	}
	s.now = m.now
	for {
		op := m.next()
		fmt.Println("begin", m.tick)
		if err := op.do(s); !errors.Is(err, op.want) {
			return fmt.Errorf("operation %d, %s: got %v, want %v", m.tick, op.name, err, op.want)
		}
		fmt.Println("done", m.tick)
	}
}

const crashSeed = 11

func TestKilledInTheMiddleOfWrites(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 5
	}
	folder, m := t.TempDir(), newModel(crashSeed)
	r := rand.New(rand.NewPCG(5, 6))
	inside := 0
	for range rounds {
		begun, done := killWriter(t, folder, m.tick, r)
		if begun > done {
			inside++
		}
		for m.tick < done {
			m.next()
		}
		s, err := Open(folder)
		must(t, err)
		if aside := s.SetAside(); aside != "" {
			t.Fatalf("after operation %d: got a damaged file %q, want a sound one", done, aside)
		}
		if before := m.differs(s); before != nil {
			// The operation in the making may be there, but whole.
			m.next()
			if err := m.differs(s); err != nil || m.tick > begun {
				t.Fatalf("killed in operation %d, %d acknowledged: got neither what was before:\n%v\nnor what was after:\n%v", begun, done, before, err)
			}
		}
		checkStore(t, s)
		must(t, s.Close())
	}
	t.Logf("%d of %d kills came between the beginning of a write and its acknowledgement, over %d operations", inside, rounds, m.tick)
	if inside < rounds/10 {
		t.Errorf("got %d kills inside a write, want at least %d", inside, rounds/10)
	}
}

// killWriter starts a writer, kills it after some operations, and returns the last begun and the last acknowledged one.
func killWriter(t *testing.T, folder string, done int64, r *rand.Rand) (int64, int64) {
	t.Helper()
	child := exec.Command(os.Args[0], strconv.FormatInt(done, 10))
	child.Env = append(os.Environ(), crashFolder+"="+folder)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	begun, last := done, done+1+r.Int64N(12)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		must(t, err)
		var what string
		var n int64
		if _, err := fmt.Sscan(line, &what, &n); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		if what == "done" {
			done = n
		} else if begun = n; n == last {
			must(t, child.Process.Kill())
		}
	}
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("writer: got %v, want it killed", err)
	}
	return begun, done
}

// limitFileSize lets no file grow beyond a size until the function it returns is called: that stands for a full disk.
func limitFileSize(t *testing.T, size int64) (lift func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ) // it would end the process
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	small := limit
	small.Cur = uint64(size)
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small))
	return func() {
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
		signal.Reset(syscall.SIGXFSZ)
	}
}

func TestDiskFull(t *testing.T) {
	folder := t.TempDir()
	s, m := openIn(t, folder), newModel(3)
	s.now = m.now
	for range 60 {
		op := m.next()
		if err := op.do(s); !errors.Is(err, op.want) {
			t.Fatalf("operation %d: got %v, want %v", m.tick, err, op.want)
		}
	}
	info, err := os.Stat(filepath.Join(folder, fileName))
	must(t, err)
	lift := limitFileSize(t, info.Size())
	_, err = s.PutPicture(Picture{Name: "large"}, make([]byte, 40<<20))
	lift()
	if !errors.Is(err, ErrDiskFull) {
		t.Errorf("got %v, want ErrDiskFull", err)
	}
	must(t, m.differs(s))
	checkStore(t, s)
	for range 20 {
		op := m.next()
		if err := op.do(s); !errors.Is(err, op.want) {
			t.Fatalf("operation %d once there is room again: got %v, want %v", m.tick, err, op.want)
		}
	}
	must(t, m.differs(s))
}

func TestDiskFullAtTheFirstStart(t *testing.T) {
	folder := t.TempDir()
	lift := limitFileSize(t, 5000)
	_, err := Open(folder)
	lift()
	if !errors.Is(err, ErrDiskFull) {
		t.Errorf("got %v, want ErrDiskFull", err)
	}
	if s := openIn(t, folder); s.SetAside() != "" {
		t.Errorf("once there is room: got %q set aside, want nothing", s.SetAside())
	}
}
