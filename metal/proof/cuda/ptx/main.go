// Command ptx compiles every kernel file to PTX and, with ptxas, to machine code, for build/gpu/build.sh. It prints what ptxas says of each
// kernel that does not keep everything in registers.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sync/errgroup"

	"sightglass/metal"
	"sightglass/metal/proof"
)

func main() {
	out := flag.String("out", "", "folder for STEM.ptx, STEM.cubin and STEM.log")
	libdevice := flag.String("libdevice", "", "path of libdevice.10.bc")
	ptxas := flag.String("ptxas", "", "path of ptxas")
	cache := flag.String("cache", "", "folder for what need not be compiled again")
	flag.Parse()
	if err := run(*out, *cache, *libdevice, *ptxas); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out, cache, libdevice, ptxas string) error {
	tools, err := proof.NewToolchain(cache)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var g errgroup.Group
	g.SetLimit(2)
	stems := metal.Stems()
	errs := make([]error, len(stems))
	for i, stem := range stems {
		g.Go(func() error {
			errs[i] = compile(tools, filepath.Join(out, stem), stem, libdevice, ptxas)
			return nil
		})
	}
	g.Wait()
	return errors.Join(errs...)
}

// compile makes one file, unless it was made of the same text before.
func compile(tools *proof.Toolchain, base, stem, libdevice, ptxas string) error {
	text := metal.Source(stem)
	ptx, err := tools.PTX(context.Background(), libdevice, proof.File{Name: stem + ".metal", Text: text})
	if err != nil {
		return fmt.Errorf("%s: %w", stem, err)
	}
	key := fmt.Sprintf("%x\n", sha256.Sum256(ptx))
	if old, err := os.ReadFile(base + ".sum"); err == nil && string(old) == key {
		log, err := os.ReadFile(base + ".log")
		tell(stem, log)
		return err
	}
	if err := os.WriteFile(base+".ptx", ptx, 0o644); err != nil {
		return err
	}
	log, err := exec.Command(ptxas, "-arch=sm_90", "-O3", "-v", "-o", base+".cubin", base+".ptx").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: ptxas: %w\n%s", stem, err, log)
	}
	tell(stem, log)
	if err := os.WriteFile(base+".log", log, 0o644); err != nil {
		return err
	}
	return os.WriteFile(base+".sum", []byte(key), 0o644)
}

func tell(stem string, log []byte) {
	for _, line := range spilled(log) {
		fmt.Println(stem, line)
	}
}

var inMemory = regexp.MustCompile(`^\s*(\d+) bytes stack frame, (\d+) bytes spill stores`)

// spilled lists the kernels that have a stack, and how large.
func spilled(log []byte) []string {
	var list []string
	name := ""
	for line := range bytes.Lines(log) {
		text := string(line)
		if _, after, ok := strings.Cut(text, "Function properties for "); ok {
			name = strings.TrimSpace(after)
		}
		if m := inMemory.FindStringSubmatch(text); m != nil && m[1] != "0" {
			list = append(list, fmt.Sprintf("%s: %s bytes of stack, %s of them spilled", name, m[1], m[2]))
		}
	}
	return list
}
