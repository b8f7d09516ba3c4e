//go:build !darwin && !fakemetal

package metal

import "sightglass/engine/device"

// Open returns ErrUnavailable: this is not a Mac.
func Open(Options) (device.Device, error) { return nil, ErrUnavailable }
