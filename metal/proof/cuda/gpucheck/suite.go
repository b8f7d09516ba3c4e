//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// suite is a list of items that run one after the other in a worker process: an item that breaks the GPU's context, or never ends, costs
// the worker, and the next one goes on behind it.
type suite struct {
	name    string
	columns []string
	items   []item
	patient time.Duration // how long an item may take
}

type item struct {
	name string
	run  func() ([]row, error)
}

// row is a line of the table, by column.
type row map[string]any

// line is what a worker says of an item: that it began, or how it ended.
type line struct {
	Item  int    `json:"item"`
	Done  bool   `json:"done"`
	Rows  []row  `json:"rows,omitempty"`
	Error string `json:"error,omitempty"`
}

const mark = "\x00"

func say(l line) {
	text, err := json.Marshal(l)
	if err != nil {
		text, _ = json.Marshal(line{Item: l.Item, Done: true, Error: err.Error()}) // infinite numbers, say
	}
	fmt.Printf("%s%s\n", mark, text)
}

// work runs items from one on, and ends at the first that fails, for the GPU may not answer any more.
func (s suite) work(from int) int {
	for i := from; i < len(s.items); i++ {
		say(line{Item: i})
		l := line{Item: i, Done: true}
		var err error
		if l.Rows, err = guarded(s.items[i].run); err != nil {
			l.Error = err.Error()
		}
		say(l)
		if err != nil {
			return 3
		}
	}
	return 0
}

func guarded(run func() ([]row, error)) (rows []row, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return run()
}

// supervise runs all items in workers and writes the table. It returns the exit code.
func (s suite) supervise() int {
	results := make([]line, len(s.items))
	for next := 0; next < len(s.items); {
		at, err := s.worker(next, results)
		if at < len(s.items) && !results[at].Done {
			results[at] = line{Item: at, Done: true, Error: fmt.Sprintf("the worker ended: %v", err)}
			fmt.Printf("FAIL %s: %s\n", s.items[at].name, results[at].Error)
		}
		next = at + 1
	}
	return s.report(results)
}

// worker starts a process at an item and returns the last one that it began.
func (s suite) worker(from int, results []line) (at int, err error) {
	exe, err := os.Executable()
	if err != nil {
		return from, err
	}
	args := append([]string{"-from", strconv.Itoa(from)}, os.Args[1:]...)
	c := exec.Command(exe, args...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return from, err
	}
	patience := time.AfterFunc(s.patient, func() { c.Process.Kill() })
	defer patience.Stop()
	at = from
	in := bufio.NewScanner(out)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		text, ours := strings.CutPrefix(in.Text(), mark)
		var l line
		if !ours || json.Unmarshal([]byte(text), &l) != nil {
			fmt.Println(in.Text())
			continue
		}
		patience.Reset(s.patient)
		at = l.Item
		if !l.Done {
			continue
		}
		results[at] = l
		for _, r := range l.Rows {
			fmt.Println(s.format(r))
		}
		if l.Error != "" {
			fmt.Printf("FAIL %s: %s\n", s.items[at].name, l.Error)
		}
	}
	return at, c.Wait()
}

func (s suite) format(r row) string {
	cells := make([]string, len(s.columns))
	for i, c := range s.columns {
		switch v := r[c].(type) {
		case nil:
		case float64:
			cells[i] = number(v)
		default:
			cells[i] = fmt.Sprint(v)
		}
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// number writes four digits, without an exponent where that is short.
func number(v float64) string {
	if v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	digits := 3
	for x := math.Abs(v); x >= 10 && digits > 0; x /= 10 {
		digits--
	}
	if v != 0 && math.Abs(v) < 1e-3 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

func (s suite) report(results []line) int {
	var text strings.Builder
	fmt.Fprintf(&text, "## %s\n\n| %s |\n|%s\n", s.name, strings.Join(s.columns, " | "), strings.Repeat("---|", len(s.columns)))
	failures := 0
	for _, l := range results {
		for _, r := range l.Rows {
			fmt.Fprintln(&text, s.format(r))
			if r["verdict"] == "FAIL" {
				failures++
			}
		}
	}
	fmt.Fprintln(&text)
	for i, l := range results {
		if l.Error != "" {
			failures++
			fmt.Fprintf(&text, "- FAIL %s: %s\n", s.items[i].name, l.Error)
		}
	}
	fmt.Fprintf(&text, "\n%s: %d items, %d failures\n", s.name, len(s.items), failures)
	if opts.out != "" {
		data, err := json.MarshalIndent(results, "", " ")
		if err == nil {
			err = os.WriteFile(filepath.Join(opts.out, s.name+".json"), data, 0o644)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(opts.out, s.name+".md"), []byte(text.String()), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	fmt.Printf("\n%s: %d items, %d failures\n", s.name, len(s.items), failures)
	return min(failures, 1)
}
