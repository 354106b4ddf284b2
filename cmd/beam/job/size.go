package job

import (
	"fmt"
	"math"
	"time"

	"beam/beam"
	"beam/capture"
)

// Recording is what a job is named, sized and timed by.
type Recording struct {
	Room      string   // URL, or the word demo
	Args      []string // all that follows the word record, the room included
	Size      capture.Size
	FPS       int
	Engine    string
	AudioOnly bool
	Bucket    bool // it is uploaded while it is made

	Longest       time.Duration // --duration, else --max-duration
	ReadyTimeout  time.Duration
	UploadTimeout time.Duration // how long a finished recording waits for its bucket
}

const (
	mebi = 1 << 20
	gibi = 1 << 30
)

// soundCores is what a recording of sound alone keeps busy: the page, which
// paints although nobody looks.
const soundCores = 0.6

// soundBits is the rate of a recording of sound alone, bits a second: AAC at
// 128 kb/s, and the file format's share.
const soundBits = 131_000

// millicores returns the thousandths of cores to ask for. Request and limit are
// the same: Beam looks at the limit to choose its engine and preset, and a pod
// whose limits are its requests is the last to be evicted.
func (r Recording) millicores() int {
	cores := soundCores
	if !r.AudioOnly {
		cores = beam.NeededCores(r.Engine, r.Size, r.FPS)
	}
	return int(math.Ceil(cores*10)) * 100
}

// memory returns the bytes to ask for, what is in /dev/shm included. Measured by
// scripts/check-image in the demo room of four: 0.65 GB at 720p, of it Chrome
// 0.45. Rooms differ in nothing more than in this, so about twice that is asked
// for: a gibibyte, and half of one for each megapixel.
func (r Recording) memory() int64 {
	need := int64(gibi)
	if !r.AudioOnly {
		need += int64(float64(r.Size.Pixels()) / 1e6 * gibi / 2)
	}
	return roundUp(need, 256*mebi)
}

// spool returns the bytes of disk that hold the whole recording, for a bucket
// that answers nothing until the end. A quarter is spare, because the kubelet
// evicts a pod whose volume grows beyond its limit.
func (r Recording) spool() int64 {
	bits := soundBits
	if !r.AudioOnly {
		bits = beam.MostBits(r.Size, r.FPS)
	}
	return roundUp(int64(float64(bits)/8*r.Longest.Seconds()*1.25)+256*mebi, gibi)
}

// grace returns how long a pod that was asked to end may take: to drain, to
// finish the file, and to wait for a bucket that does not answer. A bucket that
// does needs seconds of it.
func (r Recording) grace() time.Duration {
	const drain = time.Minute
	if !r.Bucket {
		return drain
	}
	return drain + r.UploadTimeout
}

// deadline returns after how long the cluster ends a job that does not end by
// itself, which only a fault makes it reach: the recording, its upload, each
// try's joining, and half an hour for a node and the image.
func (r Recording) deadline(retries int) time.Duration {
	const slack = 30 * time.Minute
	try := r.ReadyTimeout + 2*time.Minute
	return r.Longest + r.grace() + try*time.Duration(retries+1) + slack
}

func roundUp(n, unit int64) int64 { return (n + unit - 1) / unit * unit }

// bytesQuantity prints bytes as Kubernetes does: a number of Mi or Gi.
func bytesQuantity(n int64) string {
	if n%gibi == 0 {
		return fmt.Sprintf("%dGi", n/gibi)
	}
	return fmt.Sprintf("%dMi", n/mebi)
}
