// Stands in for 100ms's servers: the signalling, whose messages the test's own server hands on
// from the recorder's page and back, and the SFU, as far as one client goes that joins and
// receives. As from the real one, no picture comes before the client has asked for a layer of it.
// The people of the room are made here; the first is the host. Runs where person.js does.
const CHANNEL = 'ion-sfu'; // by which the client asks for layers
const PUBLISH = 0; // the connections, as the messages name them
const SUBSCRIBE = 1;

const layers = ['f', 'h', 'q'].map((rid, i) => ({ rid, scaleResolutionDownBy: 2 ** i, maxBitrate: 700, maxFramerate: 30 }));
const role = (name, allowed) => ({
	name, priority: 1, permissions: {},
	publishParams: {
		allowed, audio: { bitRate: 32, codec: 'opus' }, video: { bitRate: 700, codec: 'vp8', frameRate: 30, width: 640, height: 360 },
		screen: { bitRate: 700, codec: 'vp8', frameRate: 10, width: 1280, height: 720 }, ...(allowed.length > 0 && { simulcast: { video: { layers }, screen: { layers: [] } } }),
	},
	subscribeParams: { subscribeToRoles: ['host', 'guest'], maxSubsBitRate: 3200, subscribeDegradation: {} },
});
const all = ['audio', 'video', 'screen'];
const policy = { name: 'viewer', known_roles: { host: role('host', all), guest: role('guest', all), viewer: role('viewer', []) }, template_id: 't', plugins: {}, app_data: {} };

const people = new Map(); // by number
const socket = new WebSocket(`ws://${location.host}/sfu`);
const connected = new Promise((resolve) => { socket.onopen = resolve; });
const say = (message) => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
const tell = (method, params) => say({ method, params });
let client; // the recorder: its two connections, and what is sent to it

const about = (p, tracks = p.tracks) => ({
	peer_id: p.id, role: p.role, groups: [], joined_at: p.since, info: { name: p.name, data: '', user_id: p.id, type: 'regular' },
	tracks: Object.fromEntries(tracks.map(({ track, source, stream }) => [track.id, { track_id: track.id, stream_id: stream.id, type: track.kind, source, mute: false, description: '' }])),
});

function connection(target) {
	const made = new RTCPeerConnection();
	made.onicecandidate = ({ candidate }) => { if (candidate) tell('trickle', { target, candidate }); };
	return made;
}

// One negotiation after the other: what the client receives is offered to it, and
// the pictures that are new are held back until it asks.
function offer() {
	const { subscribe } = client;
	client.negotiation = client.negotiation.then(async () => {
		await subscribe.setLocalDescription();
		const held = [...client.sent.values()].filter((one) => one.fresh && one.track.kind === 'video');
		for (const one of client.sent.values()) one.fresh = false;
		await Promise.all(held.map((one) => one.sender.replaceTrack(null)));
		const answered = new Promise((resolve) => { client.answered = resolve; });
		tell('offer', { type: 'offer', sdp: subscribe.localDescription.sdp, sfu_node_id: 'node' });
		await answered;
	});
	return client.negotiation;
}

function send(p) {
	if (!client?.subscribe) return;
	for (const { track, stream } of p.tracks) {
		if (!client.sent.has(track.id)) client.sent.set(track.id, { track, sender: client.subscribe.addTrack(track, stream), fresh: true });
	}
}

async function prefer({ track_id: id, max_spatial_layer: layer }) {
	const one = client.sent.get(id);
	await one?.sender.replaceTrack(layer === 'none' ? null : one.track);
}

async function answerOffer(description) {
	await client.publish.setRemoteDescription(description);
	await client.publish.setLocalDescription();
	return { type: 'answer', sdp: client.publish.localDescription.sdp, sfu_node_id: 'node' };
}

function subscribed() {
	client.subscribe = connection(SUBSCRIBE);
	const channel = client.subscribe.createDataChannel(CHANNEL);
	channel.onmessage = async ({ data }) => {
		const { id, method, params } = JSON.parse(data);
		if (method === 'prefer-video-track-state') await prefer(params);
		channel.send(JSON.stringify({ id, jsonrpc: '2.0', result: { track_id: params.track_id, max_spatial_layer: params.max_spatial_layer, subscribed: true } }));
	};
	const peers = Object.fromEntries([...people.values()].map((p) => [p.id, about(p)]));
	tell('peer-list', { peers, room: { name: 'room', session_id: 's', room_id: 'room', started_at: Date.now(), peer_count: people.size + 1 } });
	for (const p of people.values()) send(p);
	return offer();
}

async function hear({ id, method, params }) {
	switch (method) {
	case 'connected': // said by the test's server
		client = { publish: connection(PUBLISH), sent: new Map(), negotiation: Promise.resolve() };
		return tell('on-policy-change', policy);
	case 'join':
		say({ id, result: await answerOffer(params.offer) });
		subscribed(); // which is over after the answer, a later message
		return undefined;
	case 'offer': return say({ id, result: await answerOffer(params.desc) });
	case 'answer':
		await client.subscribe.setRemoteDescription(params.desc);
		return client.answered();
	case 'trickle': return (params.target === PUBLISH ? client.publish : client.subscribe).addIceCandidate(params.candidate);
	default: return id && say({ id, result: { timestamp: Date.now() } });
	}
}
let heard = Promise.resolve(); // a candidate waits for the description before it
socket.onmessage = ({ data }) => { heard = heard.then(() => hear(JSON.parse(data))); };

setInterval(() => {
	const list = [...people.values()].map((p) => ({ peer_id: p.id, track_id: p.tracks[0].track.id, level: p.speaks ? 60 : 10 }));
	if (client?.subscribe) tell('active-speakers', { 'speaker-list': list });
}, 500);

// The same as in cast.html.
const cast = {
	async join(i) {
		await connected;
		const of = CAST.people[i];
		const voice = studio.voice(of);
		const stream = new MediaStream();
		const tracks = [voice.track, studio.camera(of)].map((track) => ({ track, stream, source: 'regular' }));
		const p = { id: `peer-${i}`, name: of.name, role: i === 0 ? 'host' : 'guest', since: Date.now(), tracks, voice };
		people.set(i, p);
		if (!client?.subscribe) return;
		tell('on-peer-join', about(p));
		send(p);
		await offer();
	},
	settled() {},
	async leave(i) {
		const p = people.get(i);
		people.delete(i);
		for (const { track } of p.tracks) {
			client.subscribe.removeTrack(client.sent.get(track.id).sender);
			client.sent.delete(track.id);
		}
		tell('on-peer-leave', about(p));
		await offer();
	},
	async share(i) {
		const p = people.get(i);
		const shared = { track: studio.screen(), stream: new MediaStream(), source: 'screen' };
		p.tracks.push(shared);
		tell('on-track-add', { peer: about(p, []), tracks: about(p, [shared]).tracks });
		send(p);
		await offer();
	},
	loud(i) {
		for (const [j, p] of people) {
			p.speaks = i === j;
			p.voice.loud(p.speaks);
		}
	},
};
