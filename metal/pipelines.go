//go:build darwin || fakemetal

package metal

import (
	"fmt"
	"io/fs"
	"runtime"
	"sync"

	"sightglass/engine/device"
)

// pipelines compiles each kernel file once and makes each pipeline once.
type pipelines struct {
	device    ref
	files     fs.FS
	stems     []string
	libraries map[string]func() (ref, error) // by stem
	mu        sync.Mutex
	made      map[string]func() (ref, error) // by name
	working   sync.WaitGroup
}

// newPipelines begins to compile all kernel files in the background. Who needs one earlier compiles it at once.
func newPipelines(dev ref, files fs.FS) *pipelines {
	p := &pipelines{device: dev, files: files, stems: stems(files), libraries: map[string]func() (ref, error){}, made: map[string]func() (ref, error){}}
	for _, stem := range p.stems {
		p.libraries[stem] = sync.OnceValues(func() (ref, error) {
			lib, err := newLibrary(dev, source(files, stem))
			if err != nil {
				return 0, fmt.Errorf("metal: %s.metal does not compile: %w", stem, err)
			}
			return lib, nil
		})
	}
	queue := make(chan string, len(p.stems))
	for _, stem := range p.stems {
		queue <- stem
	}
	close(queue)
	for range min(4, runtime.NumCPU()) {
		p.working.Go(func() {
			for stem := range queue {
				p.libraries[stem]() // an error waits for who needs the kernel
			}
		})
	}
	return p
}

// find returns the pipeline of a step, or 0 where no kernel file has the step's op.
func (p *pipelines) find(s device.Step) (ref, error) {
	stem := stemOf(p.stems, s.Kernel)
	if stem == "" {
		return 0, nil
	}
	name := PipelineName(s)
	p.mu.Lock()
	get, ok := p.made[name]
	if !ok {
		get = sync.OnceValues(func() (ref, error) {
			lib, err := p.libraries[stem]()
			if err != nil {
				return 0, err
			}
			pipeline, err := newPipeline(p.device, lib, name)
			if err != nil {
				return 0, fmt.Errorf("metal: %s.metal: kernel %q: %w", stem, name, err)
			}
			return pipeline, nil
		})
		p.made[name] = get
	}
	p.mu.Unlock()
	return get()
}

// begin makes the pipelines of steps in the background, side by side.
func (p *pipelines) begin(steps []device.Step) {
	begun := map[string]bool{}
	for _, s := range steps {
		if name := PipelineName(s); !begun[name] {
			begun[name] = true
			p.working.Go(func() { p.find(s) }) // an error waits for who needs the kernel
		}
	}
}

// all returns the pipeline of each step.
func (p *pipelines) all(steps []device.Step) ([]ref, error) {
	p.begin(steps)
	refs, errs := make([]ref, len(steps)), make([]error, len(steps))
	for i, s := range steps {
		if refs[i], errs[i] = p.find(s); errs[i] != nil {
			return nil, errs[i]
		}
	}
	return refs, nil
}

// close waits for the background and releases what was made.
func (p *pipelines) close() {
	p.working.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, get := range p.made {
		if r, err := get(); err == nil {
			release(r)
		}
	}
	for _, get := range p.libraries {
		if r, err := get(); err == nil {
			release(r)
		}
	}
	clear(p.made)
}
