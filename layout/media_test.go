package layout

import (
	"encoding/base64"
	"reflect"
	"testing"
)

func TestParseMedia(t *testing.T) {
	text := "M" + `{"now":2000.5,"frames":[["ab.1",4294967295,1990.25,1,3,"video/VP8",320,180,7],["ab.2",960,1995,0,2,"audio/opus",0,0,8]]}` +
		"\n" + base64.StdEncoding.EncodeToString([]byte("keyop"))
	if !IsMedia(text) || IsMedia(`{"type":"ready"}`) {
		t.Error("media are not told from messages")
	}
	got, err := ParseMedia(text)
	if err != nil {
		t.Fatal(err)
	}
	want := MediaBatch{Clock: "ab", Now: 2000.5, Frames: []EncodedFrame{
		{Track: "ab.1", RTP: 4294967295, Received: 1990.25, Key: true, Codec: "video/vp8", Width: 320, Height: 180, SSRC: 7, Data: []byte("key")},
		{Track: "ab.2", RTP: 960, Received: 1995, Codec: "audio/opus", SSRC: 8, Data: []byte("op")},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
}

func TestParseMediaRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no head":        "M{}",
		"no frames":      "M{\"now\":1,\"frames\":[]}\n",
		"no base64":      "M{\"now\":1,\"frames\":[[\"a.1\",1,1,1,1,\"\",0,0,1]]}\n*",
		"too few bytes":  "M{\"now\":1,\"frames\":[[\"a.1\",1,1,1,4,\"\",0,0,1]]}\nAAAA",
		"too many bytes": "M{\"now\":1,\"frames\":[[\"a.1\",1,1,1,2,\"\",0,0,1]]}\nAAAA",
		"less than none": "M{\"now\":1,\"frames\":[[\"a.1\",1,1,1,-1,\"\",0,0,1]]}\nAAAA",
		"a field short":  "M{\"now\":1,\"frames\":[[\"a.1\",1,1,1,3,\"\",0,0]]}\nAAAA",
		"no number":      "M{\"now\":1,\"frames\":[[\"a.1\",-1,1,1,3,\"\",0,0,1]]}\nAAAA",
	} {
		if _, err := ParseMedia(text); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}
