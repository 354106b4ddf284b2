package demo

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"
)

func FuzzReadIVF(f *testing.F) {
	f.Add([]byte("DKIF\x00\x00\x20\x00VP80\x80\x02\x68\x01\x1e\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10"))
	f.Add([]byte("DKIF"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if frames, err := readIVF(data); err == nil {
			for _, frame := range frames {
				isKeyframe(frame)
			}
		}
	})
}

func FuzzReadOgg(f *testing.F) {
	var file bytes.Buffer
	w := must(oggwriter.NewWith(&file, soundRate, 1))
	_ = w.WriteRTP(&rtp.Packet{Payload: []byte{0x78, 1, 2, 3}})
	w.Close()
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if all, _, err := readOgg(data); err == nil && len(all) > len(data) {
			t.Errorf("%d packets from %d bytes", len(all), len(data))
		}
	})
}
