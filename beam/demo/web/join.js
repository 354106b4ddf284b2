// Joins a room of the demo server: hidden, publishing nothing. It keeps what is
// known of the room and calls the given functions when that changes; see doc.go
// for the messages.
export function join({ room, onRoster, onStream, onEnded, onLost }) {
	const query = new URLSearchParams(location.search);
	const url = new URL('/join', location.href);
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	url.searchParams.set('room', room);
	for (const key of ['name', 'role']) {
		if (query.has(key)) url.searchParams.set(key, query.get(key));
	}

	const state = { participants: [], streams: new Map(), phase: 'joining' };
	const peer = new RTCPeerConnection();
	const socket = new WebSocket(url);

	peer.addEventListener('track', ({ streams: [stream] }) => {
		if (!stream) return;
		state.streams.set(stream.id, stream);
		stream.addEventListener('removetrack', () => {
			if (stream.getTracks().length === 0 && state.streams.get(stream.id) === stream) {
				state.streams.delete(stream.id);
				onStream();
			}
		});
		onStream();
	});

	const receive = {
		async offer({ sdp }) {
			await peer.setRemoteDescription({ type: 'offer', sdp });
			await peer.setLocalDescription();
			// The server needs no candidates: it answers to where packets come from.
			socket.send(JSON.stringify({ type: 'answer', sdp: peer.localDescription.sdp }));
		},
		roster({ participants }) {
			state.phase = 'joined';
			state.participants = participants ?? [];
			onRoster();
		},
		ended() {
			leave('ended');
			onEnded();
		},
	};
	const leave = (phase) => {
		state.phase = phase;
		state.participants = [];
		state.streams.clear();
		peer.close();
	};

	// In turn: an answer must not overtake the one before.
	let turn = Promise.resolve();
	socket.addEventListener('message', ({ data }) => {
		const message = JSON.parse(data);
		turn = turn.then(() => receive[message.type]?.(message)).catch((error) => console.error(error));
	});
	socket.addEventListener('close', () => {
		turn = turn.then(() => {
			if (state.phase === 'ended') return;
			leave('lost');
			onLost();
		});
	});

	// For adapters that want to know who is there. streams are live MediaStreams.
	window.__demoRoom = {
		phase: () => state.phase,
		participants: () => state.participants.map((p) => ({
			...p,
			stream: state.streams.get(p.id) ?? null,
			screen: (p.sharing && state.streams.get(`${p.id}-screen`)) || null,
		})),
	};
	return state;
}

// Shows a stream in a video, with sound. Where the browser wants a click before
// it lets a page be heard, the picture plays at once and refused is called.
export function show(video, stream, refused) {
	if (video.srcObject === stream) return;
	video.srcObject = stream;
	if (!stream) return;
	video.play().catch((error) => {
		if (error.name !== 'NotAllowedError') return; // the stream was replaced or removed
		video.muted = true;
		video.play().catch(() => {});
		refused();
	});
}
