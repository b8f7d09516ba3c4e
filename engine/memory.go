package engine

import (
	"sync"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

// memory is a device that remembers what a session takes of it, so that closing the session gives everything back: weights are bound in many
// places, and a GPU counts them until they are freed.
type memory struct {
	device.Device
	wide    bool // results stay f32, although the device would keep them in halves
	mu      sync.Mutex
	buffers []device.Buffer
}

func (m *memory) Alloc(bytes int) (device.Buffer, error) { return m.keep(m.Device.Alloc(bytes)) }

func (m *memory) Wrap(b []byte) (device.Buffer, error) { return m.keep(m.Device.Wrap(b)) }

func (m *memory) keep(b device.Buffer, err error) (device.Buffer, error) {
	if err == nil {
		m.mu.Lock()
		m.buffers = append(m.buffers, b)
		m.mu.Unlock()
	}
	return b, err
}

// Activations is that of the device, but for a model whose numbers outgrow it.
func (m *memory) Activations() tensor.DType {
	d, ok := m.Device.(interface{ Activations() tensor.DType })
	if !ok || m.wide && d.Activations() == tensor.F16 {
		return tensor.F32
	}
	return d.Activations()
}

// Alone is that of the device, 1 where it says nothing.
func (m *memory) Alone() int {
	if d, ok := m.Device.(interface{ Alone() int }); ok {
		return d.Alone()
	}
	return 1
}

// ready is m for graph.Ready: it wants to know of programs if the device does.
func (m *memory) ready() device.Device {
	if r, ok := m.Device.(device.Readier); ok {
		return struct {
			*memory
			device.Readier
		}{m, r}
	}
	return m
}

// free frees all buffers; those that were freed before stay so.
func (m *memory) free() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.buffers {
		b.Free()
	}
	m.buffers = nil
}
