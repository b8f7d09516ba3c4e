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

// Activations is that of the device.
func (m *memory) Activations() tensor.DType {
	if d, ok := m.Device.(interface{ Activations() tensor.DType }); ok {
		return d.Activations()
	}
	return tensor.F32
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
