// Media that really went over WebRTC, on loopback: what is sent is a canvas of
// one colour and a tone, what the fixtures hand out is what was received.
const pair = [new RTCPeerConnection(), new RTCPeerConnection()];
pair.forEach((peer, i) => {
	peer.onicecandidate = ({ candidate }) => candidate && pair[1 - i].addIceCandidate(candidate);
});
const received = new Map(); // by track id
pair[1].ontrack = ({ track, streams: [stream] }) => received.set(track.id, { track, stream });
const audio = new AudioContext();

function picture(color) {
	const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
	const context = canvas.getContext('2d');
	const paint = () => {
		context.fillStyle = color;
		context.fillRect(0, 0, 64, 36);
	};
	paint();
	setInterval(paint, 200);
	return canvas.captureStream(5).getVideoTracks()[0];
}

function tone(frequency) {
	const oscillator = new OscillatorNode(audio, { frequency });
	const out = audio.createMediaStreamDestination();
	oscillator.connect(out);
	oscillator.start();
	return out.stream.getAudioTracks()[0];
}

let turn = Promise.resolve();
// Sends a stream with a picture, a tone or both; resolves to what arrived:
// { stream, video, audio }.
export function send({ color, frequency }) {
	turn = turn.then(async () => {
		const stream = new MediaStream();
		if (color) stream.addTrack(picture(color));
		if (frequency) stream.addTrack(tone(frequency));
		for (const track of stream.getTracks()) pair[0].addTrack(track, stream);
		await pair[0].setLocalDescription();
		await pair[1].setRemoteDescription(pair[0].localDescription);
		await pair[1].setLocalDescription();
		await pair[0].setRemoteDescription(pair[1].localDescription);
		const got = { stream: undefined };
		for (const { kind, id } of stream.getTracks()) {
			const found = received.get(id);
			if (!found) throw new Error(`no ${kind} arrived`);
			got[kind] = found.track;
			got.stream = found.stream;
		}
		return got;
	});
	return turn;
}
