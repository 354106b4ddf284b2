package inspect

import (
	"bytes"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// index reads ffmpeg's framecrc format: lines of "#key stream: value" and then,
// for each packet, "stream, dts, pts, duration, size, checksum", with times in
// units of the "tb" that the head gives.
type index struct {
	num, den      int64
	width, height int
}

// parse takes one line; ok is false for those of the head.
func (x *index) parse(line []byte) (p packet, ok bool, err error) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return p, false, nil
	}
	if line[0] == '#' {
		return p, false, x.head(string(line))
	}
	if x.num == 0 {
		return p, false, fmt.Errorf("packet before its time base: %q", line)
	}
	fields := strings.Split(string(line), ",")
	if len(fields) < 5 {
		return p, false, fmt.Errorf("%d fields: %q", len(fields), line)
	}
	pts, err := strconv.ParseInt(strings.TrimSpace(fields[2]), 10, 64)
	if err != nil {
		return p, false, fmt.Errorf("presentation time: %w", err)
	}
	size, err := strconv.ParseInt(strings.TrimSpace(fields[4]), 10, 64)
	if err != nil || size < 0 || size > largestPacket {
		return p, false, fmt.Errorf("packet size %q", fields[4])
	}
	at, err := x.time(pts)
	return packet{pts: at, size: int(size)}, true, err
}

func (x *index) head(line string) error {
	key, value, ok := strings.Cut(line, ": ")
	if !ok {
		return nil
	}
	a, b := int64(0), int64(0)
	switch strings.TrimRight(key, " 0123456789") {
	case "#tb":
		if _, err := fmt.Sscanf(value, "%d/%d", &a, &b); err != nil || a <= 0 || b <= 0 {
			return fmt.Errorf("time base %q", value)
		}
		x.num, x.den = a, b
	case "#dimensions":
		if _, err := fmt.Sscanf(value, "%dx%d", &a, &b); err != nil || a <= 0 || b <= 0 || a > 1<<16 || b > 1<<16 {
			return fmt.Errorf("dimensions %q", value)
		}
		x.width, x.height = int(a), int(b)
	}
	return nil
}

// time returns ticks of the time base, rounded to the nearest nanosecond.
func (x *index) time(ticks int64) (time.Duration, error) {
	n := big.NewInt(ticks)
	n.Mul(n, big.NewInt(x.num)).Mul(n, big.NewInt(2*int64(time.Second)))
	n.Add(n, big.NewInt(x.den)).Div(n, new(big.Int).Mul(big.NewInt(2), big.NewInt(x.den)))
	if !n.IsInt64() {
		return 0, fmt.Errorf("%d ticks of %d/%d s are out of range", ticks, x.num, x.den)
	}
	return time.Duration(n.Int64()), nil
}
