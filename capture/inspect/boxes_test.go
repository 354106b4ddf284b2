package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

func box(name string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	out := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(out, name...), body...)
}

func trak(handler string, elst []byte) []byte {
	return box("trak", box("edts", elst), box("mdia", box("hdlr", make([]byte, 8), []byte(handler), make([]byte, 13))))
}

func elst(version byte, entries ...[]byte) []byte {
	return box("elst", []byte{version, 0, 0, 0, 0, 0, 0, byte(len(entries))}, bytes.Join(entries, nil))
}

func edit32(media int32) []byte {
	out := binary.BigEndian.AppendUint32(nil, 1000)
	return append(binary.BigEndian.AppendUint32(out, uint32(media)), 0, 1, 0, 0)
}

func edit64(media int64) []byte {
	out := binary.BigEndian.AppendUint64(nil, 1000)
	return append(binary.BigEndian.AppendUint64(out, uint64(media)), 0, 1, 0, 0)
}

func wide(name string, n int) []byte {
	out := append([]byte{0, 0, 0, 1}, name...)
	out = binary.BigEndian.AppendUint64(out, uint64(16+n))
	return append(out, make([]byte, n)...)
}

func TestReadBoxes(t *testing.T) {
	ftyp := box("ftyp", []byte("isom"))
	moov := box("moov", trak("vide", elst(0, edit32(-1), edit32(1024))), trak("soun", elst(1, edit64(-1), edit64(2112))))
	mdat := wide("mdat", 100)
	for name, tt := range map[string]struct {
		file []byte
		want Boxes
		err  error
	}{
		"faststart":     {bytes.Join([][]byte{ftyp, moov, mdat}, nil), Boxes{MoovFirst: true, VideoEditList: true, AudioEditList: true, AudioSkip: 2112}, nil},
		"moov last":     {bytes.Join([][]byte{ftyp, mdat, moov}, nil), Boxes{VideoEditList: true, AudioEditList: true, AudioSkip: 2112}, nil},
		"mdat to end":   {bytes.Join([][]byte{ftyp, moov, {0, 0, 0, 0, 'm', 'd', 'a', 't', 1, 2}}, nil), Boxes{MoovFirst: true, VideoEditList: true, AudioEditList: true, AudioSkip: 2112}, nil},
		"fragments":     {bytes.Join([][]byte{ftyp, box("moov", box("mvex")), box("moof"), mdat}, nil), Boxes{MoovFirst: true, Fragmented: true}, nil},
		"cut in mdat":   {bytes.Join([][]byte{ftyp, moov, mdat[:60]}, nil), Boxes{MoovFirst: true, VideoEditList: true, AudioEditList: true, AudioSkip: 2112, Broken: true}, nil},
		"cut in a head": {bytes.Join([][]byte{ftyp, moov, mdat[:5]}, nil), Boxes{MoovFirst: true, VideoEditList: true, AudioEditList: true, AudioSkip: 2112, Broken: true}, nil},
		"no moov":       {bytes.Join([][]byte{ftyp, mdat}, nil), Boxes{Broken: true}, nil},
		"no mp4":        {[]byte("RIFF....WAVE"), Boxes{}, errNotMP4},
		"empty":         {nil, Boxes{Broken: true}, errNotMP4},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readBoxes(bytes.NewReader(tt.file), int64(len(tt.file)))
			if !errors.Is(err, tt.err) || err == nil && got != tt.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func FuzzReadBoxes(f *testing.F) {
	ftyp := box("ftyp", []byte("isom"))
	f.Add(bytes.Join([][]byte{ftyp, box("moov", trak("soun", elst(0, edit32(1024)))), wide("mdat", 9)}, nil))
	f.Add(bytes.Join([][]byte{ftyp, box("moov", trak("vide", elst(1, edit64(-1)))), box("moof")}, nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readBoxes(bytes.NewReader(data), int64(len(data)))
		if err == nil && got.AudioSkip < 0 {
			t.Errorf("%+v", got)
		}
	})
}

func FuzzParseProbe(f *testing.F) {
	f.Add([]byte(`{"streams":[{"codec_type":"video","avg_frame_rate":"30/1","disposition":{"attached_pic":0}},{"codec_type":"audio","sample_rate":"48000"}],"format":{"duration":"2.0","tags":{"COMMENT":"{}"}}}`))
	f.Add([]byte(`{"streams":[{"codec_type":"video","avg_frame_rate":"0/0"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := parseProbe(data)
		if err == nil && (info.Video == nil) != (info.VideoStreams == 0) {
			t.Errorf("%+v", info)
		}
	})
}
