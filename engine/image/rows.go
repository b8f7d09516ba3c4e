package image

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// eachRow calls do(y) for every y in [0, n) on all processors, and stops early with the context's error. Rows are dealt in
// short runs, so that a cancel is seen within a few rows.
func eachRow(ctx context.Context, n int, do func(y int)) error {
	const run = 8
	workers := min(runtime.GOMAXPROCS(0), (n+run-1)/run)
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for ctx.Err() == nil {
				end := int(next.Add(run))
				if end-run >= n {
					return
				}
				for y := end - run; y < min(end, n); y++ {
					do(y)
				}
			}
		})
	}
	group.Wait()
	return ctx.Err()
}
