//go:build e2e

package chrome

import (
	"testing"

	"beam/capture"
)

// deviceScript uses the devices as a room does and tells what they give.
const deviceScript = `(async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const devices = (await navigator.mediaDevices.enumerateDevices()).map((d) => d.kind);
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = stream;
  await video.play();
  await new Promise((done) => video.requestVideoFrameCallback(done));
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext('2d');
  canvas.drawImage(video, 0, 0);
  const pixels = canvas.getImageData(0, 0, video.videoWidth, video.videoHeight).data;
  let brightest = 0;
  for (let i = 0; i < pixels.length; i += 4) brightest = Math.max(brightest, pixels[i], pixels[i + 1], pixels[i + 2]);
  const audio = new AudioContext();
  const meter = audio.createAnalyser();
  audio.createMediaStreamSource(stream).connect(meter);
  // Something loud is played meanwhile: the microphone must not hear it.
  const tone = audio.createOscillator();
  tone.connect(audio.destination);
  tone.start();
  const heard = new Float32Array(meter.fftSize);
  let loudest = 0;
  for (let i = 0; i < 20; i++) {
    await new Promise((done) => setTimeout(done, 50));
    meter.getFloatTimeDomainData(heard);
    for (const s of heard) loudest = Math.max(loudest, Math.abs(s));
  }
  const sinks = [];
  for (const d of await navigator.mediaDevices.enumerateDevices())
    if (d.kind === 'audiooutput') sinks.push(await audio.setSinkId?.(d.deviceId).then(() => 'ok', (e) => e.name));
  return { devices, size: [video.videoWidth, video.videoHeight], brightest, loudest, state: stream.getTracks().map((t) => t.readyState), sinks };
})()`

func TestSilentDevices(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"/": "<p>room"})
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	for engine, change := range map[string]func(*Options){
		"headless": func(o *Options) { o.SilentDevices = true },
		"window":   func(o *Options) { o.SilentDevices, o.Display = true, screen },
	} {
		t.Run(engine, func(t *testing.T) {
			p := open(t, launch(t, change), OpenOptions{URL: s.URL})
			got, err := p.Evaluate(within(t), deviceScript)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s", got)
		})
	}
}
