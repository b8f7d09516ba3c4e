package weights

import "sightglass/engine/tensor"

// Tensor is a tensor of a file. Data is part of File, the whole mapped file, or File is nil.
type Tensor struct {
	tensor.Array
	File []byte
}

// Source is an opened checkpoint.
type Source interface {
	// Names lists the tensors.
	Names() []string
	// Get returns a tensor; its bytes are valid until Close.
	Get(name string) (Tensor, error)
	Close() error
}
