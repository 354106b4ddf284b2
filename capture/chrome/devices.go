package chrome

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
)

// The silent devices: a black camera and a microphone that hears nothing. They
// are Chrome's own stand-ins for devices, fed from files, so that a page finds
// them as it finds real ones. The microphone has nothing of the sound that the
// page plays.
const (
	cameraWidth, cameraHeight = 1280, 720 // pixels; rooms that ask for less get it scaled
	cameraRate                = 10        // pictures a second, as few as rooms put up with
	microphoneRate            = 48000     // samples a second
)

func (f folders) camera() string     { return filepath.Join(f.root, "black.y4m") }
func (f folders) microphone() string { return filepath.Join(f.root, "silence.wav") }

// writeDevices writes the files of the silent devices. Chrome plays them over
// and over.
func (f folders) writeDevices() error {
	if err := os.WriteFile(f.camera(), blackVideo(cameraWidth, cameraHeight, cameraRate), 0o600); err != nil {
		return err
	}
	return os.WriteFile(f.microphone(), silentSound(microphoneRate), 0o600)
}

// deviceFlags are Chrome's flags for the silent devices.
func deviceFlags(f folders) []string {
	return []string{
		"--use-fake-device-for-media-stream=device-count=1",
		"--use-file-for-fake-video-capture=" + f.camera(),
		"--use-file-for-fake-audio-capture=" + f.microphone(),
	}
}

// grantDevices lets every page use the silent devices without a question.
func (b *Browser) grantDevices(ctx context.Context) error {
	for _, name := range []string{"camera", "microphone"} {
		_, err := cdp.Call(ctx, b.cdp, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted})
		if err != nil {
			return fmt.Errorf("allow the %s: %w", name, err)
		}
	}
	return nil
}

// blackVideo returns one black picture as YUV4MPEG2 (yuv4mpeg(5)): 4:2:0, black
// being 16, 128, 128 (ITU-R BT.601).
func blackVideo(width, height, rate int) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\nFRAME\n", width, height, rate)
	out.Write(bytes.Repeat([]byte{16}, width*height))
	out.Write(bytes.Repeat([]byte{128}, 2*((width+1)/2)*((height+1)/2)))
	return out.Bytes()
}

// silentSound returns one second of silence as a WAV file: PCM, 16 bits, mono
// (RIFF, "fmt " and "data").
func silentSound(rate int) []byte {
	const channels, bytesEach = 1, 2
	size := rate * channels * bytesEach
	var out bytes.Buffer
	out.WriteString("RIFF")
	_ = binary.Write(&out, binary.LittleEndian, uint32(36+size))
	out.WriteString("WAVEfmt ")
	_ = binary.Write(&out, binary.LittleEndian, struct {
		Size               uint32
		Format, Channels   uint16
		Rate, BytesASecond uint32
		Block, Bits        uint16
	}{16, 1, channels, uint32(rate), uint32(rate * channels * bytesEach), channels * bytesEach, 8 * bytesEach})
	out.WriteString("data")
	_ = binary.Write(&out, binary.LittleEndian, uint32(size))
	out.Write(make([]byte, size))
	return out.Bytes()
}

// devicesScript tells whether a page was refused a device: the browser remembers
// that it was, or the page says so to whoever looks at it. The names are those of
// the errors (Media Capture and Streams, 10.2).
const devicesScript = `(async () => {
  for (const name of ['camera', 'microphone']) {
    const p = await navigator.permissions.query({ name }).catch(() => null);
    if (p?.state === 'denied') return true;
  }
  return /NotAllowedError|NotFoundError|\b(microphone|webcam|camera)\b/i.test(Reflect.get(Document.prototype, 'body', document)?.innerText ?? '');
})()`

// MissesDevices tells whether the page seems to want a camera or a microphone and
// to have been refused it. It is a guess from outside, for a hint: of a page that
// asks, is told that there is no device, and says nothing of it, nothing is seen.
func (p *Page) MissesDevices(ctx context.Context) bool {
	if p.b.silent {
		return false
	}
	if p.deviceErrors.Load() {
		return true
	}
	raw, err := p.EvaluateApart(ctx, devicesScript)
	return err == nil && string(raw) == "true"
}

// deviceWords are what browsers say of a device that a page did not get.
var deviceWords = []string{"Requested device not found", "NotAllowedError: Permission denied", "NotFoundError", "Permission denied by system"}

// speaksOfDevices tells whether a line of the console is about a refused device.
func speaksOfDevices(line string) bool {
	return slices.ContainsFunc(deviceWords, func(w string) bool { return strings.Contains(line, w) })
}
