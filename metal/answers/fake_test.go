//go:build fakemetal && !darwin

package answers_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
	"sightglass/metal"
	"sightglass/metal/fake"
	"sightglass/metal/proof"
)

// load compiles all kernel files for this machine and gives them to the fake.
var load = sync.OnceValue(func() error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	tools, err := proof.NewToolchain(filepath.Join(cache, "sightglass", "proof"))
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var compiling sync.WaitGroup
	var errs []error
	for _, stem := range metal.Stems() {
		compiling.Go(func() {
			path, err := compile(tools, stem)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				err = fake.Load(path)
			}
			errs = append(errs, err)
		})
	}
	compiling.Wait()
	return errors.Join(errs...)
})

func compile(tools *proof.Toolchain, stem string) (string, error) {
	var files []proof.File
	for _, p := range metal.Parts(stem) {
		files = append(files, proof.File(p))
	}
	return tools.Compile(context.Background(), proof.Fast, files...)
}

// open opens Metal over the fake, with the kernels of the .metal files. What stands between barriers runs in reversed order.
func open(t *testing.T, d tensor.DType) device.Device {
	t.Helper()
	fake.Reset()
	if err := load(); errors.Is(err, proof.ErrNoCompiler) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	fake.UseProven()
	fake.Order(fake.Reversed)
	before := fake.Live()
	dev, err := metal.Open(metal.Options{Activations: d, Note: func(s string) { t.Log("note:", s) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		dev.Close()
		for range 500 { // programs are freed by the collector
			if runtime.GC(); fake.Live() <= before {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if n := fake.Live() - before; n > 0 {
			t.Errorf("%d objects of Metal leak", n)
		}
		if m := fake.Misuse(); m != "" {
			t.Error("misuse of Metal:", m)
		}
	})
	return dev
}
